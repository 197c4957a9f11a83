"""Finds what a text says that is false, about the record, the protocol or the Actor.

    list(falsehoods(truth, said))    # ["79 age", "ignored 3.1"]

A number has a subject where a unit, a noun, a clause or a word such as "maximum" beside it says what it is a value of.
A number whose subject cannot be told is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...world import protocol as p
from ...world.record import facts
from ..attribution import shapley_values_and_passing
from . import words
from .claims import Claim, Claims
from .comparisons import Comparison, comparisons
from .facts import Fact
from .ground_truth import GroundTruth, setter
from .mentions import Mention, Statement
from .utterance import Utterance

_STOPS = (".", ";", "!", "?")
_REACH = 30
"""The most words beside a claim that are read with it."""


def falsehoods(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """Everything in a text that is false, in words."""
    claims = said.claims
    yield from (claim.text for claim in claims.items if _is_false(truth, claim, claims))
    yield from (one.text for one in comparisons(claims) if not one.is_true and not _is_unsaid(truth, one, claims))
    yield from _shares(claims)
    yield from _names(claims, said.mentioned)
    yield from _absences(truth, said)
    yield from (
        f"{one.act} {'/'.join(sorted(one.mention.numbers))}" for one in said.statements if not _is_so(truth, one)
    )
    yield from _both_ways(said.statements)
    yield from _inventions(truth, claims)
    yield from _conclusions(truth, said)


def _both_ways(statements: Sequence[Statement]) -> Iterator[str]:
    """Contradictions: a text says that the Actor applied a clause, and that it did not."""
    for number in sorted({number for one in statements for number in one.mention.numbers}):
        exact = [one for one in statements if one.mention.how != "field" and one.mention.numbers == {number}]
        acts = {one.act for one in exact}
        used = "applied" in acts and "not applied" in acts
        if used or ("ignored" in acts and not acts.isdisjoint(("applied", "read", "misread"))):
            yield f"both ways {number}"


def _is_unsaid(truth: GroundTruth, comparison: Comparison, claims: Claims) -> bool:
    """Whether a comparison claims nothing: one side may be a distance ("3 years over 78"), or the text denies it."""
    first, limit = comparison.subjects[0], comparison.limit
    if first.kind == "date":
        return not words.DENIALS.isdisjoint(claims.before(first, 12))
    sides = (first, limit)
    return any(
        one.topic == words.DIFFERENCE or (one.topic and not one.value_of and truth.facts.are_differences(one))
        for one in sides
    )


def _is_false(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether the subject of a claim can be told and the claim is not true of it."""
    note = truth.proposal.note
    if claim.kind == "clause":
        cited = {citation.removeprefix("§") for citation in note.citations}
        known = claim.clause in cited or claim.clause in truth.trial.listed
        return _is_not_in_force(truth, claim, claims) if known else not _is_denied(claim, claims)
    if claim.kind == "proposal":
        return f"PROP-{int(claim.value):03d}" != note.proposal_id
    if claim.kind == "patient":
        return truth.record is None or int(claim.value) != int(note.patient_id.removeprefix("P"))
    if claim.kind == "date":
        return _is_misdated(truth, claim, claims)
    if claim.kind == "stage":
        return truth.record is not None and not truth.facts.stated_by(claim)
    if claim.kind == "blank":
        return truth.record is not None and truth.record.age is not None
    return claim.kind == "number" and _is_false_number(truth, claim, claims)


def _is_false_number(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    stated = truth.facts.stated_by(claim)
    if claim.value <= 1 and not words.ATTRIBUTIONS.isdisjoint(_sentence(claim, claims)):
        return not stated and not _is_attribution(truth, claim)
    whole = claim.topic in (words.AGE, words.DAYS)
    if (claim.decimals == 0 and 1900 <= claim.value <= 2099) or (claim.decimals and whole):
        return False  # a year, or a section or threshold beside a word for something else
    if _is_approximate(claim, claims):
        return False
    clause = _clause_before(claim, claims)
    if clause and any(fact.clause == clause for fact in truth.facts.all):
        own = [f for f in stated if (f.clause == clause and f.role != "actor") or (f.role == "actor" and not f.clause)]
        return not own or _is_out_of_force(own, claim, claims)
    if _is_limit(claim, claims):
        limits = [fact for fact in stated if fact.role in ("limit", "text", "threshold", "actor")]
        return not limits or _is_out_of_force(limits, claim, claims)
    field = _field_of(claim, claims)
    if field:
        theirs = {("observed", field), ("actor", "")}
        return not any((fact.role, fact.field) in theirs for fact in stated)
    if claim.topic in ("", words.DIFFERENCE, words.COUNT) or stated:
        return False
    return claim.value_of or not truth.facts.are_differences(claim)


def _is_out_of_force(limits: Sequence[Fact], claim: Claim, claims: Claims) -> bool:
    """Whether a number is only what some clause or amendment says, and no word tells that it does not count."""
    return all(fact.role == "text" for fact in limits) and words.LATER.isdisjoint(_sentence(claim, claims))


def _is_attribution(truth: GroundTruth, claim: Claim) -> bool:
    """Whether it is one of the Shapley values that request_shap gives: "SHAP for age is 0"."""
    if truth.record is None:
        return False
    checks = truth.proposal.brief.reading.checks
    shares, _ = shapley_values_and_passing(checks, facts(truth.record), truth.background)
    rounding = 0.5 * 10.0**-claim.decimals if claim.decimals else 1e-9
    return any(abs(abs(share) - claim.value) <= rounding for share in (0.0, *shares.values()))


def _is_approximate(claim: Claim, claims: Claims) -> bool:
    return not words.APPROXIMATE.isdisjoint(claims.before(claim, 2))


def _is_denied(claim: Claim, claims: Claims) -> bool:
    around = (*claims.before(claim, 4), *claims.after(claim, 3))
    return not {"no", "not", "without", "neither", "nor", "lacks", "nowhere"}.isdisjoint(around)


def _clause_before(claim: Claim, claims: Claims) -> str:
    """The clause that a number is said to be what it sets: "§5.1 allows 27 days". Empty where there is none."""
    earlier = claims.previous.get(claim.first)
    if earlier is None or earlier.kind != "clause" or claim.first - earlier.last > _REACH:
        return ""
    between = claims.between(earlier, claim)
    is_said = words.SETS.intersection(between) and words.SETTING.issuperset(between)
    return earlier.clause if is_said else ""


def _is_limit(claim: Claim, claims: Claims) -> bool:
    """Whether a number is said to be a limit: "the maximum is 76", "24 days allowed"."""
    if not words.ALLOWED.isdisjoint(claims.after(claim, 1)):
        return True
    for text in reversed(claims.before(claim, 4)):
        if text in words.LIMIT_NOUNS:
            return True
        if text not in words.IS:
            return False
    return False


def _field_of(claim: Claim, claims: Claims) -> str:
    """The field of the record that a number is said to be the patient's own value of; empty where it cannot be told.

    "The patient is 79", "age 79 is", "index 6", "41 days after enrolment".
    """
    before, after = claims.before(claim, 2), claims.after(claim, 2)
    if claim.topic == words.DAYS and after[:1] == ("after",) and after[-1] in words.ENROLMENT:
        said = set(claims.before(claim, 8))
        return "" if said.isdisjoint(words.STARTED) or said & words.AMENDMENTS else "delay"
    before = ("", *before)[-2:]
    if before[-1] and not claim.decimals and before[0] not in words.LIMIT_NOUNS:
        ends = not after or after[0] in words.AGE_ENDS
        if not words.OUTERMOST.isdisjoint(claims.before(claim, 5)):
            return ""
        if before[0] in words.PERSONS and before[1] in ("is", "was") and not claim.topic and claim.value >= 15:
            return "age" if ends else ""
        if before[1] in ("age", "aged") and after[:1] not in (("to",), ("-",), ("and",)):
            return "age"
        if before[1] == "index" and ends:
            return "comorbidity_index"
    return ""


def _is_not_in_force(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether it says "under Amendment 2" of one that does not apply to this record."""
    if not claim.clause.startswith("Amendment") or truth.proposal.judgement is None:
        return False
    if {"under", "by", "via", "per"}.isdisjoint(claims.before(claim, 1)):
        return False
    step = truth.proposal.judgement.step(claim.clause)
    sentence = set(_sentence(claim, claims))
    return step is not None and not step.applies and sentence.isdisjoint(words.LATER)


def _sentence(claim: Claim, claims: Claims) -> tuple[str, ...]:
    """The words of the sentence that a claim stands in, as far as it reaches."""
    before, after = claims.before(claim, _REACH), claims.after(claim, _REACH)
    start = max((at for at, text in enumerate(before) if text in _STOPS), default=-1) + 1
    end = next((at for at, text in enumerate(after) if text in _STOPS), len(after))
    return before[start:] + after[:end]


def _is_misdated(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether the event that stands right before a date, or in brackets behind it, was on another day."""
    stated = {fact.field for fact in truth.facts.stated_by(claim)}
    event = _event_of(claim, claims)
    if truth.record is None or not event or event in stated or "deadline" in stated:
        return False
    return getattr(truth.record, event) is not None


def _event_of(claim: Claim, claims: Claims) -> str:
    """The record field that a date is said to be; empty where that cannot be told."""
    after = claims.after(claim, 2)
    if after[:1] == ("(",) and len(after) == 2 and after[1] in words.EVENTS:
        return words.EVENTS[after[1]]
    for text in reversed(claims.before(claim, 5)):
        if text in words.EVENTS:
            return words.EVENTS[text]
        if text not in words.DATED:
            return ""
    return ""


def _shares(claims: Claims) -> Iterator[str]:
    """A share beside its percentage that is not that percentage: "5 of 16, 41.2 %"."""
    for one, other in pairwise(claims.items):
        kinds = {one.kind, other.kind}
        if kinds != {"fraction", "number"} or other.first - one.last > 3:
            continue
        share, percent = (one, other) if one.kind == "fraction" else (other, one)
        between = set(claims.between(one, other))
        if percent.topic != words.RATE or not between <= {"(", ",", "=", "or", "that", "is"} or not share.pair[1]:
            continue
        if abs(100 * share.pair[0] / share.pair[1] - percent.value) > 0.5 * 10.0**-percent.decimals + 1e-9:
            yield f"{share.text} {percent.text}"


def _names(claims: Claims, mentioned: Sequence[Mention]) -> Iterator[str]:
    """A number with the name of another clause in brackets behind it: "§4.2 (minimum age)"."""
    for one, other in pairwise(mentioned):
        between = claims.between(one, other)
        cited = one.how == "number" and not any(number.startswith("Amendment") for number in one.numbers)
        named = cited and other.how == "name" and between == ("(",)
        if named and one.numbers.isdisjoint(other.numbers):
            yield f"{'/'.join(sorted(one.numbers))} {'/'.join(sorted(other.numbers))}"


def _absences(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """A reference that is there and is said, alone or in a list, not to be."""
    exact = [one for one in said.mentioned if one.how == "number"]
    for group in said.breaths(exact):
        after = [text for text in said.claims.after(group[-1], 6) if text not in words.LINKING]
        if after[:2] in (["not", "in"], ["not", "exist"], ["not", "listed"]):
            said_absent = {number for one in group for number in one.numbers}
            yield from (f"no {number}" for number in sorted(said_absent & truth.trial.listed))


def _is_so(truth: GroundTruth, statement: Statement) -> bool:
    """Whether what is said of the Actor or of a clause is true, as far as it can be told."""
    mention, trial, note = statement.mention, truth.trial, truth.proposal.note
    changed = {d.clause: d.kind for d in truth.differences if d.clause}
    touched = [changed[number] for number in mention.numbers if number in changed]
    cited = {citation.removeprefix("§") for citation in note.citations}
    if statement.act == "invented":
        return mention.how == "field" or mention.numbers.isdisjoint(trial.listed)
    if statement.act in ("ignored", "misread", "not applied"):
        if mention.numbers.isdisjoint(trial.listed):
            return True
        if statement.act == "ignored" and mention.how == "field" and _ages(truth) & mention.numbers:
            return "dropped" in touched
        if statement.act == "ignored" and len(mention.numbers) == 1 and mention.how != "field":
            return _is_left_out(truth, *mention.numbers)
        return bool(touched)
    if statement.act == "read" or mention.how == "field" or truth.reading is None or truth.proposal.judgement is None:
        return True
    if statement.act == "applied":
        known = {clause.number for clause in truth.proposal.brief.reading.clauses}
        steps = [truth.reading.step(number) for number in mention.numbers]
        return (
            bool(mention.numbers & cited)
            or mention.numbers.isdisjoint(trial.listed)
            or (bool(mention.numbers & known) and any(s and s.applies for s in steps))
        )
    steps_in_truth = [step for number in mention.numbers if (step := truth.proposal.judgement.step(number)) is not None]
    return not steps_in_truth or any(step.applies == (statement.act == "holds") for step in steps_in_truth)


def _is_left_out(truth: GroundTruth, number: str) -> bool:
    """Whether the Actor ignored a clause: it is not in the reading or counts for nothing there."""
    kind = next((d.kind for d in truth.differences if d.clause == number), None)
    read = next((clause for clause in truth.proposal.brief.reading.clauses if clause.number == number), None)
    if kind == "altered" and read is not None and not read.when:
        return True  # its condition is gone: "the condition of §5.4 went unchecked"
    cited = f"§{number}" in truth.proposal.note.citations
    if kind == "misapplied" and truth.reading is not None:
        return setter(truth.reading, number) != number
    return kind in ("dropped", "replaced") or (kind == "altered" and not cited)


def _ages(truth: GroundTruth) -> set[str]:
    return {c.number for c in truth.trial.protocol.clauses if c.parameter in ("age_min", "age_max")}


def _inventions(truth: GroundTruth, claims: Claims) -> Iterator[str]:
    """Claims that the Actor invented a reference, where everything that it leans on exists."""
    texts = claims.texts
    if words.INVENTING.isdisjoint(texts) or any(difference.kind == "added" for difference in truth.differences):
        return
    for at, text in enumerate(texts):
        if text in words.INVENTING:
            nouns = [noun for noun in texts[at + 1 : at + 4] if noun in words.REFERENCES]
            yield from (f"{text} {noun}" for noun in nouns[:1])


def _conclusions(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """Conclusions that contradict the flag: the Actor is right, a compliant record deviates, or the reverse."""
    for match in words.AGREEING.finditer(said.whole):
        if not words.DENIED.search(said.whole[max(0, match.start() - 40) : match.start()]):
            yield match.group()
    if truth.record is None or truth.proposal.error_type == p.CITATION:
        return
    against = words.KEPT if truth.deviates else words.LATE
    for sentence in re.split(r"[.;!?]+(?: |$)", said.plain):
        found = against.search(sentence)
        if found and not words.HEDGES.search(sentence):
            yield found.group()
