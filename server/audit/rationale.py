"""The verdict on a reason: does it say what the Actor did wrong, state the evidence, and say nothing false?

    reason_holds(scenario, proposal, "comorbidity_override_miss",
                 "The Actor applied the Stage IV exception but ignored the comorbidity override (§5.3).")

No model, and no list of misreadings. A reason holds when

1. it names the fault: something in which the Actor's reading differs from the protocol on this record
   (`ground_truth.py`), by the number of the clause, by its name, or by what the Actor put in its place;
2. it states the rule or the value that decides, and where it gives several limits it says which one counts;
3. nothing in it is false: no number, date or reference whose subject can be told, no comparison, nothing that it says
   of the Actor or of a clause, and no conclusion that contradicts the flag. What has no clear subject is ignored.

What a reason quotes of the Actor's note, QUOTATION tokens in a row or more, states nothing. Case and white space change
nothing, and text that addresses the scorer is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ...models import MAX_REASON
from ..world import protocol as p
from ..world.misreadings import FLAWS
from ..world.scenario import Proposal, Scenario
from .reasons import words
from .reasons.claims import Claim
from .reasons.comparisons import comparisons
from .reasons.facts import Fact
from .reasons.falsehoods import falsehoods
from .reasons.ground_truth import Difference, GroundTruth, ground_truth
from .reasons.utterance import Utterance, utterance

DISTINCT = 2
"""The first two words for a premise are used for nothing else."""
NEAR = 8
"""How many words before a figure can say whose figure it is."""
MAX_OTHERS = 3
"""The most figures of other groups that a text may give beside the true one."""
MAX_CLAIMS = 16
"""The most numbers, dates and references in a text that states something. With more, it copies what the tools show."""
MAX_DATES = 3
"""The most days of the record that a text may give without saying which are out of order."""


@dataclass(frozen=True, slots=True)
class Examination:
    """The parts of the verdict on a reason."""

    false: tuple[str, ...]
    """Everything in it that is not true."""
    fault_named: bool
    """It says what the Actor did wrong."""
    evidence_stated: bool
    """It states the rule or the value that decides."""

    @property
    def holds(self) -> bool:
        """Whether the reason earns its bonus."""
        return self.fault_named and self.evidence_stated and not self.false


def reason_holds(scenario: Scenario, proposal: Proposal, error_type: str | None, reason: str) -> bool:
    """Whether a reason for flagging a proposal as this error type names the fault, states the evidence, and is true.

    False for a proposal with which nothing, or something else, is wrong, and for a reason over MAX_REASON characters.
    """
    return proposal.is_wrong and proposal.error_type == error_type and examine(scenario, proposal, reason).holds


def examine(scenario: Scenario, proposal: Proposal, reason: str) -> Examination:
    """Hold a reason against the evidence on a wrong proposal. One over MAX_REASON characters is not read.

    Raises:
        ValueError: Nothing is wrong with the proposal.
    """
    if not proposal.is_wrong:
        raise ValueError(f"nothing is wrong with {proposal.note.proposal_id}")
    if len(reason) > MAX_REASON:
        return Examination((), fault_named=False, evidence_stated=False)
    truth = ground_truth(scenario, proposal)
    said = utterance(reason, truth.names, proposal.note.reasoning)
    return Examination(
        false=tuple(falsehoods(truth, said)),
        fault_named=names_fault(truth, said),
        evidence_stated=states_evidence(truth, said),
    )


def names_fault(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text names at least one fault, by clause, by name, or by what the Actor put in its place.

    A question counts: an author who asks whether the Actor looked has seen the fault. Each kind of difference has its
    rule. A clause that was left out, or applied where it should not be, must be named in a text that speaks of what the
    Actor did. Of a limit or condition that was read as another, the text must show that too.
    """
    if _goes_through_premises(truth, said):
        return False
    named = said.named(*truth.lists, asked=True)
    left_out = [one.mention for one in said.statements if one.act in ("ignored", "not applied")]
    about = named | {n for one in left_out if one.how == "field" and one.first in said.own for n in one.numbers}
    if truth.disorder:
        about |= {n for one in said.mentioned if one.how == "field" and one.first in said.own for n in one.numbers}
    return any(_names(truth, fault, said, named, about) for fault in truth.faults)


def _goes_through_premises(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text mentions what another misreading takes for granted, and the note does not mention it."""
    heard = [word for word in _premises_beside(truth.proposal.brief.flaw.premise) if f" {word}" in said.plain]
    if not heard:
        return False
    note = truth.proposal.note.reasoning.casefold()
    return any(word not in note for word in heard)


@cache
def _premises_beside(own: tuple[str, ...]) -> tuple[str, ...]:
    """The words for the premises of other misreadings that are not among the words for this one."""
    others = {word: None for flaw in FLAWS.values() for word in flaw.premise[:DISTINCT] if flaw.premise != own}
    return tuple(word for word in others if word not in own)


def _tells_a_deed(said: Utterance) -> bool:
    """Whether a text says more of the Actor than that it is wrong, or quotes it."""
    more = words.VAGUE.sub("", said.plain)
    return said.quotes or any(pattern.search(more) for pattern in (words.DEEDS, words.ACTOR_NAMED))


def _names(truth: GroundTruth, fault: Difference, said: Utterance, named: set[str], about: set[str]) -> bool:
    """Whether a text names this fault.

    Args:
        truth: What is true of the proposal.
        fault: The fault.
        said: The text.
        named: Numbers of the clauses that it names.
        about: Those, and the clauses of which it says that they were left out.
    """
    plain, premise = said.plain, truth.proposal.brief.flaw.premise
    firm = said.own | said.asked
    numbers = [one for one in said.claims.items if one.kind == "number" and one.first in firm]
    theirs = {one.value for one in numbers if one.value in fault.values and _is_the_actors(truth, one)}
    deed = _tells_a_deed(said)
    if fault.kind == "assumed":
        by_premise = any(f" {word}" in plain for word in (premise if deed else premise[:DISTINCT]))
        figures = [one for one in said.claims.items if one.kind in ("number", "fraction") and one.first in said.own]
        quoted = any(_is_quoted(truth, said, one) or (deed and _is_brought_along(truth, one)) for one in figures)
        return by_premise or quoted
    instead = words.INSTEAD.search(plain) is not None
    if fault.kind == "replaced":
        return fault.clause in about and instead
    deed = deed or (truth.record is not None and any(f" {word}" in plain for word in premise))
    if fault.kind == "added":
        stricter = fault.stricter is True and bool(about & truth.deciding) and words.STRICTER.search(plain) is not None
        brought = {value for one in truth.faults if one.kind == "added" for value in one.values}
        both = len({one.value for one in numbers} & brought) > 1
        acted = deed or instead or both or words.ABSENT.search(plain) is not None
        return acted and (fault.clause in named or bool(theirs) or stricter)
    if fault.kind == "altered" and fault.values:
        numbered = {fact.clause for one in numbers for fact in truth.facts.stated_by(one) if fact.role == "threshold"}
        about = about | numbered
        bent = said.quotes or words.BENT.search(plain) is not None
        return deed and (bool(theirs) or (fault.clause in about and bent))
    return deed and fault.clause in about


def _is_brought_along(truth: GroundTruth, number: Claim) -> bool:
    """Whether only the note has that number."""
    facts = [fact for fact in truth.facts.stated_by(number) if fact.role not in ("interval", "text", "other")]
    return bool(facts) and all(fact.role == "actor" and not fact.field and not fact.clause for fact in facts)


def _is_quoted(truth: GroundTruth, said: Utterance, figure: Claim) -> bool:
    """Whether a figure is the note's and not true, and is said to be the note's: "the note says 29.4 %"."""
    roles = {fact.role for fact in truth.facts.stated_by(figure)}
    if "quoted" not in roles or "true" in roles:
        return False
    before = " ".join(["", *said.claims.before(figure, NEAR)]).rpartition(" . ")[2]
    return said.quotes or words.ACTOR_NAMED.search(before) is not None


def _is_the_actors(truth: GroundTruth, number: Claim) -> bool:
    """Whether a number is only in the Actor's reading, and not by chance also a limit or a value of the record."""
    return not any(fact.role == "observed" or truth.counts(fact) for fact in truth.facts.stated_by(number))


def states_evidence(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text asserts the rule or the value that decides, and of several limits says which one counts.

    A value and one limit are enough ("77, limit 72"), or the clause that decides. Only numbers pick out one of several
    limits: a comparison, a distance, or the last day. Two or three dates of a record are enough, or a comparison.
    A list of all of them decides nothing.
    """
    own = [claim for claim in said.claims.items if claim.first in said.own]
    stated = {claim.first: truth.facts.stated_by(claim) for claim in own}
    facts = [fact for of_claim in stated.values() for fact in of_claim]
    if truth.proposal.error_type == p.CITATION:
        named = said.named(*truth.lists, asked=True)
        added = {fault.clause for fault in truth.faults if fault.kind == "added"}
        # Who gives what the protocol does have has looked it up.
        beside = {number for number in named - added if any(_is_like(number, one) for one in added)}
        return bool(named & added) and (words.ABSENT.search(said.plain) is not None or len(beside) > 1)
    if truth.proposal.brief.figure is not None:
        others = [of for of in stated.values() if of and all(fact.role == "group" for fact in of)]
        return any(fact.role == "true" for fact in facts) and len(others) <= MAX_OTHERS
    if truth.disorder:
        return _states_disorder(truth, facts, said)
    return len(own) <= MAX_CLAIMS and _states_limit(truth, said, stated)


def _states_limit(truth: GroundTruth, said: Utterance, stated: Mapping[int, Sequence[Fact]]) -> bool:
    """Whether a text gives a limit that counts, the clause that sets it, or a value on which the rule turns.

    A delay by itself says nothing of a window. A stage does beside the one that a clause asks for.
    """
    named = said.named(*truth.lists)
    facts = [fact for of_claim in stated.values() for fact in of_claim]
    by_name = {at for one in said.mentioned if one.how == "name" for at in range(one.first, one.last + 1)}
    stages = {fact.role for at, of in stated.items() if at not in by_name for fact in of if fact.kind == "stage"}
    decides = (
        bool(named & truth.in_force)
        or any(truth.counts(fact) or (fact.field == "deadline" and fact.role == "limit") for fact in facts)
        or any(fact.role == "observed" and fact.field in truth.fields - {"delay", "stage"} for fact in facts)
        or ("stage" in truth.fields and {"observed", "threshold"} <= stages)
    )
    exact = [stated[claim.first] for claim in said.claims.items if claim.first in stated and not said.is_about(claim)]
    return decides and (not _lists(truth, exact, named) or _places(truth, said, stated))


def _is_like(number: str, other: str) -> bool:
    """Whether both references are amendments, or both are clauses of one section."""
    return number.split(".")[0].split(" ")[0] == other.split(".")[0].split(" ")[0]


def _is_of(truth: GroundTruth, fact: Fact) -> bool:
    """Whether a fact is a value on which the verdict rests. A delay may be given by its dates."""
    by_dates = "delay" in truth.fields and fact.field in ("treatment_start", "enrolment_date")
    return by_dates or fact.field in truth.fields


def _lists(truth: GroundTruth, stated: Iterable[Sequence[Fact]], named: set[str]) -> bool:
    """Whether a text gives a limit of the rule that does not count here, or names both sides of a rule that has two."""
    counting = False
    for facts in stated:
        limits = [fact for fact in facts if fact.kind == "number" and fact.role in ("limit", "text")]
        limits = [fact for fact in limits if fact.field in truth.bounds]
        counts = any(fact.value in truth.bounds[fact.field] for fact in limits)
        other = any(f.role == "actor" or (f.role == "observed" and _is_of(truth, f)) for f in facts)
        # What a clause said before it was amended, or will say, is told in passing.
        elsewhere = any(fact.clause in truth.rivals for fact in limits)
        if elsewhere and not counts and not other:
            return True
        counting = counting or counts
    clauses = truth.trial.protocol.clauses
    sides = {clause.parameter for clause in clauses if clause.number in named & truth.sides}
    return truth.deviates and not counting and bool(sides & truth.parameters) and bool(sides - truth.parameters)


def _places(truth: GroundTruth, said: Utterance, stated: Mapping[int, Sequence[Fact]]) -> bool:
    """Whether numbers say where a value stands to the limit that counts: by comparison, distance, or last day."""
    for facts in stated.values():
        if any(fact.field == "deadline" and fact.role == "limit" and fact.clause in truth.deciding for fact in facts):
            return True
    for claim in said.claims.items:
        if claim.first in said.own and claim.kind == "number" and truth.is_distance(claim):
            return True
    limits = any(truth.counts(fact) for facts in stated.values() for fact in facts)
    for one in comparisons(said.claims):
        sides = [stated.get(claim.first, ()) for claim in (*one.subjects, one.limit)]
        observed = any(fact.role == "observed" and _is_of(truth, fact) for facts in sides for fact in facts)
        limited = any(fact.role == "limit" or truth.counts(fact) for facts in sides for fact in facts)
        if one.is_true and observed and limited and limits:
            return True
    return False


def _states_disorder(truth: GroundTruth, facts: list[Fact], said: Utterance) -> bool:
    """Whether a text gives both dates of a pair that is out of order, the days between them, or which came first."""
    days = {fact.field: fact.day for fact in facts if fact.day is not None and fact.role == "observed"}
    spans = {fact.field for fact in facts if fact.role == "interval"}
    events = said.claims.events
    if len(set(days.values())) > MAX_DATES:
        return _compares_disorder(truth, said)
    for later, earlier in truth.disorder:
        pair = {later, earlier}
        if pair <= days.keys() or (pair <= events and (f"{later} {earlier}" in spans or days.keys() & pair)):
            return True
    return False


def _compares_disorder(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text compares the two dates of a pair that is out of order."""
    for one in comparisons(said.claims, years=True):
        sides = {
            claim.first: claim for claim in said.claims.items if claim.first in (one.subjects[0].first, one.limit.first)
        }
        fields = {
            fact.field for claim in sides.values() for fact in truth.facts.stated_by(claim) if fact.day is not None
        }
        if one.is_true and any({later, earlier} <= fields for later, earlier in truth.disorder):
            return True
    return False
