"""Reads a protocol's text into rules: what an auditor knows of the protocol is what the excerpt says, nothing more.

    protocol = read_protocol(observation.protocol_excerpt)
    protocol.clause("5.2").value, protocol.acting_on("5.2"), protocol.asked("delay"), protocol.at("Klinikum Auental")

It knows how the sentences of such protocols are built ("where ..., §5.2 does not apply"), not how many there are or
in which order they act on one another: a clause that acts on a clause that acts on a clause is three sentences. A
sentence that it cannot read is kept in `unread`, for whoever relies on the rules to see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any


class ProtocolTextError(ValueError):
    """The text cannot be a protocol, with the reason."""


@dataclass(frozen=True, slots=True)
class ReadCondition:
    """A comparison of one field of the record with a constant."""

    field: str
    """A field of the record or one of INTERVALS; the stage counts as 1 to 4, a date as its day ordinal."""
    comparison: str
    """One of above, at least, below, at most, exactly."""
    value: float
    term: str = ""
    """The term that the clause has for it, in lower case; empty where the clause says it itself."""


@dataclass(frozen=True, slots=True)
class ReadClause:
    """One numbered sentence, or one amendment, that a verdict can depend on."""

    number: str
    """As cited, without the section sign: "5.2", or "Amendment 3"."""
    quantity: str
    """The quantity that it limits, or the clause that it acts on: a field of the record, or one of INTERVALS."""
    bound: str
    """One of "at least", "at most", "more than" and "less than"."""
    value: float | None
    """The limit that it sets or substitutes; None where it takes the other clause out of force."""
    when: tuple[ReadCondition, ...]
    """All must hold for it to apply."""
    acts_on: str | None
    """Number of the clause that it changes."""

    @property
    def is_amendment(self) -> bool:
        """True if it is no sentence of a section."""
        return self.number.startswith("Amendment")

    @property
    def by_consent(self) -> bool:
        """True if it is an amendment that counts by the day of consent, and not of enrolment."""
        return bool(self.when) and self.when[0].field == "consent_date"


@dataclass(frozen=True, slots=True)
class ReadCohortRule:
    """When enrolment pauses: a figure of one of these features of the cohort is above a limit."""

    number: str
    features: tuple[str, ...]
    is_gap: bool
    """The figure is the stage-adjusted gap of the feature, either way, and not the mortality of one of its groups."""
    limit: float
    """Percentage points, or percent."""


@dataclass(frozen=True, slots=True)
class ReadSource:
    """Whose value of a field counts where the two laboratories differ."""

    number: str
    field: str
    laboratory: str
    """"site" or "central"."""
    replaces: str | None
    """Number of the sentence for everybody that one of an annex replaces; None outside of annexes."""


@dataclass(frozen=True)
class ReadProtocol:
    """Everything that the text says, and what of it was not understood."""

    clauses: tuple[ReadClause, ...]
    annexes: Mapping[str, str]
    """Site to the number of the section that has the limits of its patients."""
    terms: Mapping[str, ReadCondition]
    """Term to its meaning where no annex says otherwise."""
    own_terms: Mapping[tuple[str, str], ReadCondition]
    """Those of annexes that prevail, by section and term."""
    sources: tuple[ReadSource, ...]
    """Those of an annex stand behind those that they replace."""
    cohort_rules: tuple[ReadCohortRule, ...]
    approvals: Mapping[str, Mapping[str, float]]
    """Amendment to the day on which each site approved it, as an ordinal."""
    citable: Mapping[str, str]
    """Everything that can be cited, to its sentence: section and clause numbers, and amendments."""
    unread: tuple[str, ...]

    def clause(self, number: str) -> ReadClause:
        """The clause of that number. Raises KeyError naming it when there is none."""
        for clause in self.clauses:
            if clause.number == number:
                return clause
        raise KeyError(f"the protocol has no clause {number}")

    def source_of(self, field: str) -> ReadSource | None:
        """The sentence on whose value of a field counts, in what holds for a site (`at`); None where there is none."""
        return next((source for source in reversed(self.sources) if source.field == field), None)

    def acting_on(self, number: str) -> tuple[ReadClause, ...]:
        """The clauses that change that one, in the order of the text."""
        return tuple(clause for clause in self.clauses if clause.acts_on == number)

    @property
    def limited(self) -> tuple[tuple[str, str], ...]:
        """Every (quantity, bound) that some clause limits, in the order of the text."""
        return tuple(dict.fromkeys((clause.quantity, clause.bound) for clause in self.clauses))

    def at(self, site: str | None) -> ReadProtocol:
        """The protocol of one site: its annex and what that leaves, amended as the site approved."""
        if not (self.annexes or self.approvals or self.sources):
            return self
        site = site or ""
        own = self.annexes.get(site)
        foreign = set(self.annexes.values()) - {own}
        limited = {(c.quantity, c.bound) for c in self.clauses if c.number.split(".")[0] == own}
        gone = {
            clause.number
            for clause in self.clauses
            if (section := clause.number.split(".")[0]) in foreign
            or (section != own and (clause.quantity, clause.bound) in limited and not clause.is_amendment)
        }
        read = self.without(*gone) if gone else self
        sources = [source for source in self.sources if source.replaces is None or source.number.split(".")[0] == own]
        read = replace(
            read, sources=tuple(sources), clauses=tuple(_as_defined(self.own_terms, c, own) for c in read.clauses)
        )
        known = {clause.number for clause in read.clauses}
        for number, days in self.approvals.items():
            if site in days and number in known:
                since, *others = read.clause(number).when
                read = read.revised(number, when=(replace(since, value=days[site]), *others))
        return replace(read, clauses=tuple(sorted(read.clauses, key=_day))) if self.approvals else read

    def asked(self, quantity: str) -> ReadProtocol:
        """The part of it that is about one quantity."""
        return replace(self, clauses=tuple(clause for clause in self.clauses if clause.quantity == quantity))

    def revised(self, number: str, **changes: Any) -> ReadProtocol:
        """A copy in which that clause is another; the arguments are fields of `Clause`."""
        clauses = [replace(clause, **changes) if clause.number == number else clause for clause in self.clauses]
        return replace(self, clauses=tuple(clauses))

    def without(self, *numbers: str) -> ReadProtocol:
        """A copy that never had those clauses, nor what acts on them."""
        gone = set(numbers)
        while more := {clause.number for clause in self.clauses if clause.acts_on in gone} - gone:
            gone |= more
        return replace(self, clauses=tuple(clause for clause in self.clauses if clause.number not in gone))


def _as_defined(
    own_terms: Mapping[tuple[str, str], ReadCondition], clause: ReadClause, section: str | None
) -> ReadClause:
    """A clause with the terms that the annex of a section defines."""
    return replace(clause, when=tuple(own_terms.get((section or "", asks.term), asks) for asks in clause.when))


def _day(clause: ReadClause) -> float:
    """From when an amendment counts, as an ordinal; 0 for a clause of a section."""
    return clause.when[0].value if clause.is_amendment else 0.0


STAGES = ("I", "II", "III", "IV")
EVENTS = {
    "consent": "consent_date",
    "enrolment": "enrolment_date",
    "treatment start": "treatment_start",
    "treatment": "treatment_start",
    "last contact": "last_contact",
    "death": "death_date",
}
INTERVALS = {
    "delay": ("enrolment_date", "treatment_start"),
    "consent_lead": ("consent_date", "enrolment_date"),
    "follow_up": ("treatment_start", "last_contact"),
    "registry_gap": ("death_date", "last_contact"),
}
"""Days from one date of a record to another, negative where they are the other way round."""
EARLIER = "earlier_at_site"
"""How many patients of the site enrolled before one: what a clause on the order of enrolment asks about."""
WORDS = {
    "age": "age at enrolment",
    "ecog": "ECOG performance status",
    "comorbidity_index": "comorbidity index",
    "ldh": "LDH",
    "haemoglobin": "haemoglobin",
    "creatinine": "creatinine",
    "bmi": "BMI",
    "prior_chemo_cycles": "number of prior cycles",
    EARLIER: "number of earlier enrolments at the site",
    "delay": "treatment delay",
    "consent_lead": "consent lead time",
    "follow_up": "length of follow-up",
    "registry_gap": "lag after death",
    "starting_dose": "starting dose",
}
"""Every number of a record that a clause can ask about, as texts call it."""
_FIELDS = {words.lower(): field for field, words in WORDS.items()} | {"age": "age"}
NUMBER = r"-?\d+(?:\.\d+)?"
COMPARISONS = "above|at least|below|at most|exactly"
BOUNDS = "at least|at most|more than|less than"
OTHER_END = {"at least": "more than", "more than": "at least", "at most": "less than", "less than": "at most"}
"""Each bound to the one that judges a value exactly at the limit otherwise."""
_VALUE = rf"(?:(?:{BOUNDS}) )?(?P<value>{NUMBER})(?: (?:years|days?|g/dL|mg/dL|U/L|mg/m2))?"
_EVENT = "|".join(sorted(EVENTS, key=len, reverse=True))
_EFFECT = rf"§?(?P<target>Amendment \d+|\d+\.\d+) (?:(?P<revoked>does not apply)|reads {_VALUE})\.$"

_HEADING = re.compile(r"§(?P<number>\d+) \w[\w ]*$")
_ANNEX = re.compile(
    r"§(?P<number>\d+) Annex for (?P<site>.+): its limits and their exceptions replace the same limits of "
    r"(?P<common>§\d+ to §\d+)\. Where this annex is silent, (?P=common) hold\.$"
)
_NUMBERED = re.compile(r"§(?P<number>\d+\.\d+) [A-Z][\w -]*[.:] (?P<sentence>.+)$")
_DEFINED = re.compile(r"§(?P<section>\d+)\.\d+ (?P<term>[A-Z][\w ]*) means that (?P<when>.+)\.$")
_PRECEDENCE = re.compile(
    r"§(?P<section>\d+)\.\d+ Precedence: where an annex defines a term otherwise, "
    r"(?P<first>the annex|this section) prevails(?: for every clause at its site)?\.$"
)
_SOURCE = re.compile(
    r"§(?P<number>\d+\.\d+) Source of (?P<what>[\w ]+?)(?:, in place of §(?P<replaces>\d+\.\d+))?: where the two "
    r"laboratories differ, the value of the (?P<laboratory>site|central) laboratory counts\.$"
)
_TERM = re.compile(r"(?P<term>.+) is present$")
_LIMIT = re.compile(rf"(?P<what>[A-Za-z ]+?) is (?P<bound>{BOUNDS}) {_VALUE}\.")
_DAYS = re.compile(
    rf"(?P<event>{_EVENT}) (?:starts|is given|is) (?P<bound>{BOUNDS}) (?P<value>{NUMBER}) days? "
    rf"(?P<way>after|before) (?P<base>{_EVENT})\b",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(rf"where (?P<when>.+), the limit of §(?P<base>\d+\.\d+) is {_VALUE} instead\.$")
_ACTING = re.compile(rf"where (?P<when>.+), {_EFFECT}")
_AMENDMENT = re.compile(
    r"(?P<number>Amendment \d+) \(in force (?P<day>[\d-]+)\): for patients (?P<joined>enrolled|who consented) "
    rf"on or after (?P<since>[\d-]+)(?: where (?P<when>.+))?, {_EFFECT}"
)
_ISSUED = re.compile(
    r"(?P<number>Amendment \d+) \(issued (?P<since>[\d-]+), in force at a site from the day of its approval "
    rf"\(§[\d.]+\)\): for patients (?P<joined>enrolled) on or after that day(?: where (?P<when>.+))?, {_EFFECT}"
)
_APPROVAL = re.compile(r"§[\d.]+ Approval of (?P<number>Amendment \d+): (?P<days>.+)\.$")
_APPROVED = re.compile(r"(?P<site>.+?) on (?P<day>\d{4}-\d\d-\d\d)(?:, |$)")
_ORDER = re.compile(r"§[\d.]+ Order: of several amendments of one clause ")
_NAMED = re.compile(r"(?P<number>Amendment \d+)")
_COHORT_RULE = re.compile(
    r"§(?P<number>\d+\.\d+) Mortality (?P<gap>gap )?by (?P<features>\w+(?: or \w+)*): enrolment (?:in a group )?"
    rf"pauses where [\w -]+ is above (?P<limit>{NUMBER}) "
)
_STAGE = re.compile(r"(?:the disease is )?Stage (?P<stage>I{1,3}|IV)(?P<side> or higher| or lower)?$")
_COMPARED = re.compile(rf"(?:the )?(?P<what>.+?) is (?P<comparison>{COMPARISONS}) {_VALUE}$", re.IGNORECASE)


def read_protocol(text: str) -> ReadProtocol:
    """Read the excerpt of a reset observation.

    Raises:
        ProtocolTextError: Two clauses have one number, or clauses act on one another in a circle.
    """
    clauses: list[ReadClause] = []
    cohort_rules: list[ReadCohortRule] = []
    annexes: dict[str, str] = {}
    approvals: dict[str, dict[str, float]] = {}
    citable: dict[str, str] = {}
    sources: list[ReadSource] = []
    unread: list[str] = []
    lines = text.splitlines()
    terms, own_terms = _terms(lines)
    for line in lines:
        numbered, amendment, annex = _NUMBERED.match(line), _NAMED.match(line), _ANNEX.match(line)
        if annex:
            annexes[annex["site"]] = annex["number"]
        if approval := _APPROVAL.match(line):
            approvals[approval["number"]] = {
                approved["site"]: _ordinal(approved["day"]) for approved in _APPROVED.finditer(approval["days"])
            }
        source = _source(line)
        if source is not None:
            sources.append(source)
        if approval or source or _DEFINED.match(line) or _PRECEDENCE.match(line) or _ORDER.match(line):
            citable[line.split(" ", 1)[0].removeprefix("§")] = line
        elif heading := annex or _HEADING.match(line):
            citable[heading["number"]] = line
        elif found := _COHORT_RULE.match(line):
            citable[found["number"]] = line
            features = tuple(found["features"].split(" or "))
            cohort_rules.append(ReadCohortRule(found["number"], features, bool(found["gap"]), float(found["limit"])))
        elif named := numbered or amendment:
            citable[named["number"]] = line
            clause = _sentence(terms, numbered["number"], numbered["sentence"]) if numbered else _amendment(line)
            if clause is not None:
                clauses.append(_as_defined(own_terms, clause, clause.number.split(".")[0]))
            else:
                unread.append(line)
        elif line and not line.startswith("PROTOCOL "):
            unread.append(line)
    return ReadProtocol(
        clauses=_rooted(clauses, citable, unread),
        annexes=annexes,
        terms=terms,
        own_terms=own_terms,
        sources=tuple(sources),
        cohort_rules=tuple(cohort_rules),
        approvals=approvals,
        citable=citable,
        unread=tuple(unread),
    )


def _terms(lines: list[str]) -> tuple[dict[str, ReadCondition], dict[tuple[str, str], ReadCondition]]:
    """Read the definitions: those for everybody, in the section that says which prevails, and those of the annexes."""
    general: dict[str, ReadCondition] = {}
    own: dict[tuple[str, str], ReadCondition] = {}
    rule = next(filter(None, map(_PRECEDENCE.match, lines)), None)
    for found in filter(None, map(_DEFINED.match, lines)):
        condition, term = _condition(found["when"]), found["term"].lower()
        if condition is not None and rule is not None and found["section"] == rule["section"]:
            general[term] = replace(condition, term=term)
        elif condition is not None and rule is not None and rule["first"] == "the annex":
            own[found["section"], term] = replace(condition, term=term)
    return general, own


def _source(line: str) -> ReadSource | None:
    """Whose value of a field counts; None for any other sentence, and for one on a field that no record has."""
    found = _SOURCE.match(line)
    field = _FIELDS.get(found["what"].lower()) if found else None
    if found is None or field is None:
        return None
    return ReadSource(found["number"], field, found["laboratory"], found["replaces"])


def _sentence(terms: Mapping[str, ReadCondition], number: str, text: str) -> ReadClause | None:
    """A clause of a section; None where the sentence is none. What it limits is left open where it acts on another."""
    if found := _ACTING.match(text) or _EXCEPTION.match(text):
        term = _TERM.match(found["when"])
        meaning = terms.get(term["term"].lower()) if term else None
        when = (meaning,) if meaning else _conditions(found["when"])
        return None if when is None else _dependent(number, found, when)
    if found := _DAYS.match(text):
        dates = (EVENTS[found["base"].lower()], EVENTS[found["event"].lower()])
        between = dates if found["way"] == "after" else dates[::-1]
        quantity = next((quantity for quantity, pair in INTERVALS.items() if pair == between), None)
    else:
        found = _LIMIT.match(text)
        quantity = _FIELDS.get(found["what"].lower()) if found else None
    if found is None or quantity is None:
        return None
    return ReadClause(number, quantity, found["bound"], float(found["value"]), (), None)


def _dependent(number: str, found: re.Match[str], when: tuple[ReadCondition, ...]) -> ReadClause:
    groups = found.groupdict()
    value = None if groups.get("revoked") else float(found["value"])
    # An exception stands beside the limit that it is from: whatever acts on that does not touch it.
    return ReadClause(number, f"§{groups['base']}" if "base" in groups else "", "", value, when, groups.get("target"))


def _amendment(line: str) -> ReadClause | None:
    found = _AMENDMENT.match(line) or _ISSUED.match(line)
    when = _conditions(found["when"]) if found else None
    if found is None or when is None:
        return None
    counted = "enrolment_date" if found["joined"] == "enrolled" else "consent_date"
    since = ReadCondition(counted, "at least", _ordinal(found["since"]))
    return _dependent(found["number"], found, (since, *when))


def _ordinal(day: str) -> float:
    return float(date.fromisoformat(day).toordinal())


def _conditions(text: str | None) -> tuple[ReadCondition, ...] | None:
    """The conditions that "and" joins; None when one of them cannot be read."""
    read = [_condition(part) for part in text.split(" and ")] if text else []
    known = tuple(condition for condition in read if condition is not None)
    return known if len(known) == len(read) else None


def _condition(text: str) -> ReadCondition | None:
    if found := _STAGE.match(text):
        comparison = {" or higher": "at least", " or lower": "at most"}.get(found["side"] or "", "exactly")
        return ReadCondition("stage", comparison, float(STAGES.index(found["stage"]) + 1))
    found = _COMPARED.match(text)
    field = _FIELDS.get(found["what"].lower()) if found else None
    return ReadCondition(field, found["comparison"], float(found["value"])) if found and field else None


def _rooted(clauses: list[ReadClause], citable: Mapping[str, str], unread: list[str]) -> tuple[ReadClause, ...]:
    """The clauses, each with what the one limits that it hangs on; one that hangs on nothing readable is not read."""
    by_number = {clause.number: clause for clause in clauses}
    if len(by_number) != len(clauses):
        raise ProtocolTextError("The protocol has two clauses of one number.")
    rooted = []
    for clause in clauses:
        path, root = [clause.number], by_number.get(clause.number)
        while root is not None and not root.bound:
            path.append(root.acts_on or root.quantity.removeprefix("§"))
            if path[-1] in path[:-1]:
                raise ProtocolTextError(f"Clauses act on one another in a circle: {', '.join(path)}.")
            root = by_number.get(path[-1])
        if root is None:
            unread.append(citable[clause.number])
        else:
            rooted.append(replace(clause, quantity=root.quantity, bound=root.bound))
    return tuple(rooted)
