"""A second judge of records, written from the text of a protocol and sharing no code with the first.

    reading = read(scenario.protocol_text, record.site)
    complies(reading, "window", as_seen(scenario, record))

Each line is a rule. A rule is about a measure; it has a number, may have a condition, and either gives a limit, or
changes the rule of another number: it lifts it, or gives it another limit. A rule of the text that is not understood
is an error, so no line is passed over. An annex has rules for the patients of one site: where it limits a measure, what
the sections for everybody say of that measure is not for them. A term is put back into what it means before a rule is
read, in that annex or for everybody. An amendment that sites approve is put into force from the day of that site's
approval, and of several amendments of one rule the one that came last is the last of the rules. What two laboratories
have measured is taken from the report of the one that the text says counts.
"""

import re
from datetime import date
from functools import cache
from types import SimpleNamespace

from synth_audit_env.server.audit.tools import investigate_patient

QUESTIONS = {
    "age": ("minimum age", "maximum age"),
    "window": ("window",),
    "consent": ("consent",),
    "contact": ("contact",),
    "registry": ("registry",),
    "performance status": ("performance status",),
    "haemoglobin": ("haemoglobin",),
    "creatinine": ("creatinine",),
    "site_cap": ("site cap",),
    "dose": ("dose",),
}
LIMITS = {
    "minimum age": r"Age at enrolment is (at least|more than) (\S+) years\. A blank age is a deviation\.",
    "maximum age": r"Age at enrolment is (at most|less than) (\S+) years\.",
    "performance status": r"ECOG performance status is (at most|less than) (\S+)\.",
    "haemoglobin": r"Haemoglobin is (at least|more than) (\S+) g/dL\.",
    "site cap": r"Enrolment count is (at most|less than) (\S+)\.",
    "creatinine": r"Creatinine is (at most|less than) (\S+) mg/dL\.",
    "dose": r"Starting dose is (at most|less than) (\S+) mg/m2\.",
    "window": r"Treatment starts (at most|less than) (\S+) days? after enrolment\.",
    "consent": r"Consent is given (at least|more than) (\S+) days? before enrolment\.",
    "contact": r"Last contact is (at least|more than) (\S+) days? after treatment start\.",
    "registry": r"Last contact is (at most|less than) (\S+) days? after death, since .*",
}
MEASURED = {
    "ECOG performance status": "ecog",
    "the comorbidity index": "comorbidity_index",
    "LDH": "ldh",
    "haemoglobin": "haemoglobin",
    "creatinine": "creatinine",
    "BMI": "bmi",
    "the cycle count": "prior_chemo_cycles",
}
EARLIER = re.compile(r"where the enrolment count is (below|at least) (\d+), ")
COMPARED = {
    "above": lambda have, asked: have > asked,
    "below": lambda have, asked: have < asked,
    "at least": lambda have, asked: have >= asked,
    "at most": lambda have, asked: have <= asked,
    "more than": lambda have, asked: have > asked,
    "less than": lambda have, asked: have < asked,
}
NUMBER = re.compile(r"^(§[\d.]+|Amendment \d+) ")
UNIT = r"(?: years| days?| g/dL| mg/dL| mg/m2)?"
INSTEAD = re.compile(rf"the limit of (\S+) is (less than |more than |)(\S+){UNIT} instead\.$")
READS = re.compile(rf"(§[\d.]+) reads (less than |more than |)(\S+?){UNIT}\.$")
LIFTED = re.compile(r"(§[\d.]+) does not apply\.$")
WHERE = re.compile(rf"where ({'|'.join(MEASURED)}) is ({'|'.join(COMPARED)}) (\S+?)(?: U/L| g/dL| mg/dL)?, ")
SINCE = re.compile(r"\(in force (\S+)\): for patients (enrolled|who consented) on or after \1, ")
ISSUED = re.compile(
    r"^(Amendment \d+) \(issued (\S+), in force at a site from the day of its approval \(§[\d.]+\)\): for patients "
    r"enrolled on or after that day, "
)
APPROVAL = re.compile(r"^§[\d.]+ Approval of (Amendment \d+): (.+)\.$")
ANNEX = re.compile(
    r"^§(\d+) Annex for (.+): its patients have these limits in place of the same limits of §\d+ to §\d+\.$"
)
MEANS = re.compile(r"^§(\d+)\.\d+ (.+) means that (.+)\.$")
PREVAILS = re.compile(r"^§(\d+)\.\d+ Precedence: where an annex .+, (the annex|this section) prevails over")
SOURCE = re.compile(
    r"^§(\d+)\.\d+ Source of (\w+)(?:, in place of §[\d.]+)?: where the two laboratories differ, the value of the "
    r"(site|central) laboratory counts\.$"
)
TERM = re.compile(r"(?<=where )([a-z ]+) is present(?=, )")
ABOUT_NO_RECORD = re.compile(r"^§[\d.]+ (Equity features|[A-Z][\w -]+): (?!where)|^§\d+ \w+$|^PROTOCOL ")


@cache
def read(text, site):
    """The rules for a site as the text has them in order: (number, when, kind, what it is about, value, words)."""
    sections = {found[2]: found[1] for line in text.splitlines() if (found := ANNEX.search(line))}
    own = sections.pop(site, None)
    rules = [rule for rule in every_rule(as_approved(in_full(text), site)) if section_of(rule) not in sections.values()]
    limited = {rule[3] for rule in rules if rule[2] == "limit" and section_of(rule) == own}
    return [rule for rule in rules if rule[2] != "limit" or section_of(rule) == own or rule[3] not in limited]


def in_full(text):
    """The text with what terms mean in their place, and without the lines that say what they mean."""
    lines = text.splitlines()
    meant = {(found[1], found[2].lower()): found[3] for found in map(MEANS.search, lines) if found}
    prevails = [(found[1], found[2]) for found in map(PREVAILS.search, lines) if found]

    def meaning(section, term):
        ((general, first),) = prevails
        own = meant.get((section, term))
        return own if own is not None and first == "the annex" else meant[general, term]

    return "\n".join(
        TERM.sub(lambda found, at=line: meaning(section_of([at]), found[1]), line)
        for line in lines
        if not MEANS.search(line) and not PREVAILS.search(line)
    )


def as_approved(text, site):
    """The text as a site has it: its amendments in the order in which they came into force there, without the rest."""
    approvals, lines, amendments = {}, [], []
    for line in text.splitlines():
        if found := APPROVAL.match(line):
            approvals[found[1]] = {one[:-14]: one[-10:] for one in found[2].split(", ")}
    for line in text.splitlines():
        if found := ISSUED.match(line):
            if site in approvals[found[1]]:
                day = approvals[found[1]][site]
                start = f"{found[1]} (in force {day}): for patients enrolled on or after {day}, "
                amendments.append((day, start + line[found.end() :]))
        elif found := re.match(r"Amendment \d+ \(in force (\S+)\)", line):
            amendments.append((found[1], line))
        elif not APPROVAL.match(line):
            lines.append(line)
    return "\n".join([*lines, *(line for _, line in sorted(amendments))])


def section_of(rule):
    """The number of the section that a rule stands in; an amendment stands in none."""
    return rule[0].removeprefix("§").split(".")[0]


def every_rule(text):
    """The rules of the sections for everybody and of every annex."""
    rules = []
    for line in text.splitlines():
        if ANNEX.search(line) or SOURCE.search(line) or ABOUT_NO_RECORD.search(line):
            continue
        number, when = NUMBER.match(line)[1], when_of(line)
        if found := INSTEAD.search(line):
            rules.append((number, when, "instead", found[1], float(found[3]), found[2].strip()))
        elif found := READS.search(line):
            rules.append((number, when, "reads", found[1], float(found[3]), found[2].strip()))
        elif found := LIFTED.search(line):
            rules.append((number, when, "lifts", found[1], None, ""))
        else:
            said = line.split(". ", 1)[1]
            forms = {about: re.fullmatch(form, said) for about, form in LIMITS.items()}
            (about, words, value), *more = [(about, *found.groups()) for about, found in forms.items() if found]
            assert not more, line
            rules.append((number, when, "limit", about, float(value), words))
    return rules


def when_of(line):
    """What a line asks of a record, as a function of the record."""
    if found := SINCE.search(line):
        since = date.fromisoformat(found[1])
        if found[2] == "enrolled":
            return lambda record: record.enrolment_date >= since
        return lambda record: record.consent_date >= since
    if found := EARLIER.search(line):
        below, rank = found[1] == "below", int(found[2])
        return lambda record: (earlier(record) < rank) == below
    if "where the disease is Stage IV, " in line:
        return lambda record: record.stage == "IV"
    if found := WHERE.search(line):
        field, holds, asked = MEASURED[found[1]], COMPARED[found[2]], float(found[3])
        return lambda record: holds(getattr(record, field), asked)
    assert " where " not in line, line
    return lambda record: True


def as_seen(scenario, record):
    """A record with the values that count, by the reports, and the days on which the patients of its site enrolled."""
    seen = SimpleNamespace(**{name: getattr(record, name) for name in record.__slots__})
    seen.site_enrolments = [one.enrolment_date for one in scenario.patients if one.site == record.site]
    reported = investigate_patient(scenario, record.patient_id)[1].model
    for field, laboratory in laboratories(scenario.protocol_text, record.site).items():
        central = reported.central_laboratory[field]
        setattr(seen, field, central if laboratory == "central" else getattr(reported, field))
    return seen


def laboratories(text, site):
    """Whose value counts at a site, by field: what an annex says comes after what is for everybody."""
    annexes = {found[2]: found[1] for line in text.splitlines() if (found := ANNEX.search(line))}
    others = {number for name, number in annexes.items() if name != site}
    found = [one for one in map(SOURCE.search, text.splitlines()) if one and one[1] not in others]
    return {one[2].lower(): one[3] for one in found}


def earlier(seen):
    """How many of the site enrolled before a patient."""
    return sum(day < seen.enrolment_date for day in seen.site_enrolments)


def stands(rules, rule, record):
    """Whether a rule applies to a record: its condition is met, and nothing that applies lifts it."""
    lifting = [other for other in rules if other[2] == "lifts" and other[3] == rule[0]]
    return rule[1](record) and not any(stands(rules, other, record) for other in lifting)


def value_of(rules, rule, record):
    """The number in a rule, or the one that the last amendment in force has it read."""
    reads = [other for other in rules if other[2] == "reads" and other[3] == rule[0] and stands(rules, other, record)]
    return reads[-1][4] if reads else rule[4]


def limit(rules, about, record):
    """The limit for a record: that of the last exception that applies, else the general one."""
    (general,) = [rule for rule in rules if rule[2:4] == ("limit", about)]
    exceptions = [rule for rule in rules if rule[2:4] == ("instead", general[0]) and stands(rules, rule, record)]
    return value_of(rules, (exceptions or [general])[-1], record)


def words_of(rules, about):
    """How a measure is held against its limit. Where a value at it breaks it, every other value of it says so."""
    (general,) = [rule for rule in rules if rule[2:4] == ("limit", about)]
    exceptions = [rule for rule in rules if rule[2:4] == ("instead", general[0])]
    setting = {general[0], *(rule[0] for rule in exceptions)}
    amendments = [rule for rule in rules if rule[2] == "reads" and rule[3] in setting]
    said = "" if general[5].startswith("at ") else general[5]
    assert all(rule[5] == said for rule in (*exceptions, *amendments)), about
    return general[5]


def complies(rules, question, record):
    """Whether a record keeps to the rules that answer a question."""
    asked = QUESTIONS[question]
    return all(keeps(about, words_of(rules, about), limit(rules, about, record), record) for about in asked)


def keeps(about, words, bound, record):
    """Whether a record keeps to one limit."""
    if about == "registry" and record.death_date is None:
        return True
    have = {
        "minimum age": lambda: record.age,
        "maximum age": lambda: record.age,
        "window": lambda: (record.treatment_start - record.enrolment_date).days,
        "consent": lambda: (record.enrolment_date - record.consent_date).days,
        "contact": lambda: (record.last_contact - record.treatment_start).days,
        "performance status": lambda: record.ecog,
        "haemoglobin": lambda: record.haemoglobin,
        "creatinine": lambda: record.creatinine,
        "dose": lambda: record.starting_dose,
        "site cap": lambda: earlier(record),
        "registry": lambda: (record.last_contact - record.death_date).days,
    }[about]()
    return have is not None and COMPARED[words](have, bound)
