"""Which clauses a text mentions, and what it says of each: who ignored what, and what applies.

    found = mentions(claims, names)
    [(m.numbers, m.how) for m in found]                       # [({"5.3"}, "name")] of "the comorbidity override"
    [(s.act, s.mention.numbers) for s in statements(claims, found)]    # [("ignored", {"5.3"})] of "It never read §5.3."

A clause is called what the protocol calls it (`protocol_text.clause_name`) or what people make of that: "the override",
"upper age limit", "the longer window". A statement is a verb of a closed list with the clauses beside it in the same
part of a sentence. Whatever else a sentence says is not read, and so never false. Nothing here knows a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from ...world.protocol import LIMITS, QUESTIONS, Clause, Protocol
from ...world.protocol_text import QUANTITIES, clause_name
from ...world.trial import Trial
from . import words
from .claims import Claims

How = Literal["number", "name", "field"]


class Mention(NamedTuple):
    """Where a text names one clause, or several that go by one name."""

    numbers: frozenset[str]
    how: How
    """number: as cited; name: as it is called; field: by what it is about, such as "the age"."""
    first: int
    last: int
    """Its first and last token."""
    field: str = ""
    """Of a mention by field: which."""


Act = Literal["ignored", "not applied", "read", "applied", "misread", "invented", "holds", "fails"]
_OF_WHOLE = ("invented", "holds", "fails", "applied")
_REACH = 7
"""The most words between a verb and the clause that it is said of."""
_NEAR = 5
"""The most words between a verb in the passive and the clause before it."""
Phrase = tuple[str, ...]
Names = Mapping[str, Sequence[tuple[Phrase, How, str, frozenset[str]]]]
"""What can be named in a trial, by the first word: the phrase, how, the field that it is about, and the clauses."""

_SUBJECTS: Mapping[str, str] = {
    "stage": "stage iv/stage 4/stage-iv/metastatic/stage",
    "comorbidity_index": "comorbidity/comorbidities/comorbidity index/index/charlson/charlson index/cci",
    "haemoglobin": "haemoglobin/hemoglobin/hb/hgb",
    "creatinine": "creatinine",
    "ecog": "performance status/ecog/ecog performance status/performance",
    "ldh": "ldh/lactate dehydrogenase",
    "bmi": "bmi/body mass index",
    "enrolment_date": "enrolment order/order of enrolment/order of enrolments/earlier enrolments/"
    "count of earlier enrolments/number of earlier enrolments/enrollment order/order of enrollment",
    "prior_chemo_cycles": "prior cycles/prior chemotherapy cycles/prior chemotherapy/"
    "count of prior cycles/number of prior chemotherapy cycles/"
    "prior chemo/chemotherapy cycles/cycles/prior-cycles",
}
"""What the condition of a clause is about, in words."""
_ABOUT: Mapping[str, str] = {
    "age": "age/ages/age at enrolment/age at enrollment",
    "delay": "treatment delay/delay/timing/scheduling/time from enrolment to treatment start/time to treatment/"
    "treatment start/"
    "start of treatment/time to treatment start/days to treatment",
    "consent_lead": "consent lead time/time from consent to enrolment/lead time/lead/consent lead/"
    "days from consent to enrolment/"
    "consent-to-enrolment interval/consent date/date of consent",
    "follow_up": "time from treatment start to last contact/follow-up time/length of follow-up/"
    "days from treatment start to last contact/date of last contact/last contact date",
    "ecog": "performance status/ecog/ecog performance status/ecog grade",
    "haemoglobin": "haemoglobin/hemoglobin/hb",
    "creatinine": "creatinine",
    "registry_gap": "lag after death/time from death to last contact/gap from death to last contact/gap/registry gap/"
    "days from death to last contact/"
    "date of last contact/last contact date/death date/date of death",
}
"""What a limit is about, in words."""
_HOPS: Mapping[str, str] = {
    "exception": "exception/extension/allowance/exemption/rule/clause",
    "override": "override/rule/clause",
    "waiver": "waiver/rule/clause",
}
"""What a clause is called by how many hops it is away from the limit."""
_KINDS: Mapping[str, str] = {
    "age_min": "minimum age/minimum-age/lower age/age minimum/age",
    "age_max": "maximum age/maximum-age/upper age/age maximum/age",
    "window_days": "window/scheduling/treatment window",
    "consent_days": "consent/consent interval",
    "contact_days": "follow-up/follow up/followup/contact",
    "registry_days": "registry/registry lag",
    "ecog_max": "performance status/performance status limit/ecog",
    "haemoglobin_min": "haemoglobin/hemoglobin/hb",
    "creatinine_max": "creatinine",
}
"""What may stand between the two in a name."""
_LIMITS: Mapping[str, str] = {
    "age_min": "minimum age/age minimum/lower age limit/minimum age limit/min age/age floor/lower age bound/age limit/"
    "age limits/age rule/minimum age rule/age range",
    "age_max": "maximum age/age maximum/upper age limit/maximum age limit/max age/age cap/age ceiling/age limit/"
    "age limits/age rule/maximum age rule/age range",
    "window_days": "treatment window/base window/standard window/general window/ordinary window/window/window rule",
    "consent_days": "consent interval/consent rule/consent limit/consent lead rule",
    "contact_days": "follow-up/follow-up rule/follow-up limit/follow-up minimum/minimum follow-up/follow up/followup",
    "registry_days": "registry lag/registry rule/registry limit/registry lag rule",
    "ecog_max": "performance status limit/ecog limit/maximum performance status/performance status rule",
    "haemoglobin_min": "haemoglobin limit/hemoglobin limit/minimum haemoglobin/haemoglobin minimum/haemoglobin rule",
    "creatinine_max": "creatinine limit/maximum creatinine/creatinine maximum/creatinine rule",
}
"""What the clauses that set a limit for everybody are called."""


def names_in(trial: Trial, question: str) -> Names:
    """What can be named in a trial, in a text about one question: short names are of its clauses. "" is no question."""
    found: dict[tuple[Phrase, How, str], set[str]] = {}
    asked = QUESTIONS.get(question, ())
    for field, phrases in {**_ABOUT, **_SUBJECTS}.items():
        found |= {(phrase, "field", field): set() for phrase in _split(phrases)}
    for clause in trial.protocol.clauses:
        if clause.in_force is None:
            for phrase in _called(clause, trial.protocol, clause.parameter in asked):
                found.setdefault((phrase, "name", ""), set()).add(clause.number)
        for field, phrases in _fields(clause, trial.protocol) if clause.parameter in asked else ():
            for phrase in _split(phrases):
                found.setdefault((phrase, "field", field), set()).add(clause.number)
    if trial.equity_number:
        for phrase in _split("equity features/equity rule/equity clause/equity section"):
            found[phrase, "name", ""] = {trial.equity_number}
    for provision in (*trial.provisions, *trial.invented_provisions):
        found[_split(provision.title.casefold())[0], "name", ""] = {provision.number}
    names: dict[str, list[tuple[Phrase, How, str, frozenset[str]]]] = {}
    # Of the names that begin at one place the longest counts, clauses before fields, and what is asked about before
    # what is not.
    for phrase, how, field in sorted(found, key=lambda key: (-len(key[0]), key[1] == "field", not found[key])):
        names.setdefault(phrase[0], []).append((phrase, how, field, frozenset(found[phrase, how, field])))
    return names


def _split(names: str) -> list[Phrase]:
    return [tuple(name.replace("-", " - ").split()) for name in names.split("/")]


def _called(clause: Clause, protocol: Protocol, is_asked: bool) -> Iterator[Phrase]:
    """What a clause of a section can be called, in short where its question is asked."""
    if not clause.when:
        yield from _split(_LIMITS[clause.parameter])
        return
    hop = clause_name(clause, protocol).split()[-1]
    kinds = _split(_KINDS[clause.parameter])
    # The names of the window's clauses have no kind in them.
    own: list[Phrase] = [()] if is_asked or clause.parameter == "window_days" else []
    ends = _split(_HOPS.get(hop, hop))
    for subject in _split(_SUBJECTS[clause.when[0].field]):
        yield from ((*subject, *kind, *end) for kind in (*own, *kinds) for end in ends)
    if is_asked:
        yield from ((*kind, *end) for kind in (*own, *kinds) for end in ends if end not in (("rule",), ("clause",)))


def _fields(clause: Clause, protocol: Protocol) -> Iterator[tuple[str, str]]:
    """The fields that a clause reads or limits, and what they are called."""
    quantity = LIMITS[clause.parameter].quantity
    yield quantity, f"{QUANTITIES[quantity].casefold()}/{_ABOUT.get(quantity, quantity)}"
    for condition in clause.when:
        if condition.field in _SUBJECTS and clause.in_force is None:
            yield condition.field, "/".join(filter(None, (_SUBJECTS[condition.field], condition.term)))


def mentions(claims: Claims, names: Names) -> list[Mention]:
    """All mentions of clauses in order. Of the names that begin at one place, the longest counts."""
    found: list[Mention] = []
    for claim in claims.items:
        listed = claim.clause and found and words.LISTS.issuperset(claims.between(found[-1], claim))  # "§5.2 and 5.3"
        if claim.kind == "clause" or listed:
            found.append(Mention(frozenset({claim.clause}), "number", claim.first, claim.last))
    taken = {at for one in found for at in range(one.first, one.last + 1)}
    found += [one for one in _named(claims.texts, names) if one.first not in taken]
    return sorted(found, key=lambda mention: mention.first)


def _named(texts: Phrase, names: Names) -> Iterator[Mention]:
    texts = tuple([text.removesuffix("'s") for text in texts])
    end = 0
    for at, text in enumerate(texts):
        if at < end:
            continue
        for phrase, how, field, numbers in names.get(text, ()):
            length = len(phrase)
            # "comorbidity override miss" is the name of an error type.
            if texts[at : at + length] == phrase and texts[at + length : at + length + 1] != ("miss",):
                end = at + length
                yield Mention(numbers, how, at, end - 1, field)
                break


class Statement(NamedTuple):
    """Something that is said of a clause."""

    act: Act
    """holds, fails: whether it applies; the others: what the Actor did with it."""
    mention: Mention


def statements(claims: Claims, mentioned: Sequence[Mention]) -> list[Statement]:
    """What a text says of the clauses that it mentions, in order."""
    at_token = {at: mention for mention in mentioned for at in range(mention.first, mention.last + 1)}
    texts = _with_names_beside(claims, mentioned)
    found: list[Statement] = []
    for start, end in parts(texts):
        verbs = list(_verbs(texts, start, end))
        for place, (at, act) in enumerate(verbs):
            before = verbs[place - 1][0] + 1 if place else start
            after = verbs[place + 1][0] if place + 1 < len(verbs) else end
            passive = not words.PASSIVE.isdisjoint(texts[max(start, at - 2) : at])
            # No object of a verb stands behind another verb: "The 42 days that it relies on were changed by ...".
            stops = [place for place in range(at + 1, after) if texts[place] in words.WITHOUT | words.PASSIVE]
            ahead = _objects(at_token, at + 1, min([after, at + 1 + _REACH, *stops]))
            behind = _objects(at_token, max(before, at - (_NEAR if passive else _REACH)), at)
            if not passive:  # "Override missed", and not "the exception and missed what follows"
                behind = [one for one in behind if one.last >= at - 2 and texts[at - 1] != "and"]
            if act == "applied" and texts[at].endswith("s") and not passive:
                behind = []  # "§5.3 uses 42 days"
            objects = (behind or ahead) if passive else (ahead or behind)
            if passive and act == "invented":
                objects = behind
            if act in ("holds", "fails"):
                # "§5.3 does not apply", or "the override, which does not apply".
                reach = start - 3 if start and texts[start - 1] == "which" else before
                objects = _objects(at_token, max(reach, at - 6), at)[-1:]
            if not objects and texts[at + 1 : at + 2] == ("it",):
                exact = [one for one in mentioned if one.how != "field" and one.last < at]
                objects = exact[-1:]
            found += [Statement(act, one) for one in objects if act in _OF_WHOLE or not _is_of_part(texts, one)]
    return found


def _with_names_beside(claims: Claims, mentioned: Sequence[Mention]) -> Phrase:
    """The texts in which "§5.3 (the comorbidity override) was never read" is one part: the brackets are commas."""
    texts = list(claims.texts)
    for one, other in pairwise(mentioned):
        opened = [text for text in claims.between(one, other) if text not in words.ARTICLES]
        if opened == ["("] and claims.after(other, 1) == (")",):
            texts[texts.index("(", one.last)] = texts[other.last + 1] = ","
    return tuple(texts)


def _is_of_part(texts: Sequence[str], mention: Mention) -> bool:
    """Whether what is said is of a part of the clause only: "the condition of §5.2", "§5.2's date"."""
    before, after = texts[max(0, mention.first - 3) : mention.first], texts[mention.last + 1 : mention.last + 4]
    if mention.how != "number" or after[:2] != ("'", "s"):
        after = after[:1] if texts[mention.last].endswith("'s") else ()
    return not words.PARTS.isdisjoint((*before, *after))


def parts(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Begin and end of the parts of sentences. A verb does not reach from one part into another."""
    start = 0
    for at, text in enumerate(texts):
        if text in words.BREAKS:
            if at > start:
                yield start, at
            start = at + 1
    if start < len(texts):
        yield start, len(texts)


def _verbs(texts: Sequence[str], start: int, end: int) -> Iterator[tuple[int, Act]]:
    """The verbs of a part of a sentence, and what each says with its negation."""
    if not words.SUPPOSED.isdisjoint(texts[start:end]) and "nothing" not in texts[start:end]:
        return
    for at in range(start, end):
        text = texts[at]
        if text == "missed" and not words.DUE.isdisjoint(texts[max(start, at - 8) : at]):
            continue
        if text not in words.ACTS or (at > start and texts[at - 1] in words.ARTICLES):
            continue
        if at + 1 < end and text in words.READING and texts[at + 1] in words.ONWARDS:
            continue  # "did not read past §5.2"
        if text in words.IGNORING and texts[at + 1 : at + 2] == ("out",):
            continue  # "§5.3 drops out"
        if text in ("applying", "using") and at == start:
            continue  # "Applying §5.3 gives 42 days" says what whoever does so finds
        if text in words.VERB_NOUNS and (not at or texts[at - 1] not in words.BEFORE_VERBS):
            continue  # "needs no closer look"
        subjects = [one for one in texts[max(start, at - 3) : at] if one in words.SUBJECTS]
        if subjects[-1:] in (["i"], ["we"]):
            continue  # "I checked §5.3 and it does not hold"
        held = text in ("applies", "apply")
        if held and "whether" in texts[start:at]:
            continue
        denied = any(before in words.VERB_DENIALS for before in texts[max(start, at - 4) : at])
        denied &= not (held and "without" in texts[max(start, at - 4) : at])
        owed = any(before in words.OWED for before in texts[max(start, at - 4) : at])
        barred = "cannot" in texts[max(start, at - 3) : at]
        if text in words.IGNORING or words.IGNORED.get(text, "") in texts[at + 1 : at + 3]:
            if not denied and not owed:
                yield at, "ignored"
        elif text in words.READING:
            # "Did not read it as ...": it did read it.
            ignored = denied and (end == len(texts) or texts[end] != "as")
            if not owed:
                yield at, "ignored" if ignored else "read"
        elif text in words.MISREADING:
            if not denied:
                yield at, "misread"
        elif text in words.INVENTING:
            if not denied:
                yield at, "invented"
        elif text in words.APPLYING and not _says_to_whom(texts, at):
            past = text not in ("applies", "apply") or texts[at - 1] in words.ACTORS
            if barred:
                yield at, "fails"  # "§5.3 cannot be used" is said of the clause
            elif owed:
                if not denied:
                    yield at, "not applied"
            elif past or text == "apply":
                did = any(before in words.PAST_DENIALS for before in texts[max(start, at - 3) : at])
                if denied and (past or did):
                    yield at, "not applied"
                elif denied:
                    yield at, "fails"
                elif past:
                    yield at, "applied"
            else:
                yield at, "fails" if denied else "holds"


def _says_to_whom(texts: Sequence[str], at: int) -> bool:
    """Whether "applies" is said of whom or when, and not whether: "applies to Stage IV", but "to this patient" is."""
    to, whom = (*texts[at + 1 : at + 3], "", "")[:2]
    return to in words.APPLIES_TO and not (to == "to" and whom in words.WHOM)


def _objects(at_token: dict[int, Mention], first: int, end: int) -> list[Mention]:
    return list(dict.fromkeys(at_token[at] for at in range(first, end) if at in at_token))
