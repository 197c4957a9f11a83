"""Whether a text states the rule or the value that decides a wrong proposal, and of several says which one counts.

    states_evidence(case, said)

A value and one limit will do ("77, limit 72"), or the clause that decides. Of several limits one is picked out only by
numbers: a comparison, by how much, or the last day. Of the dates of a record two or three are, or a comparison. To list
them all decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...world import protocol as p
from . import statement_words as words
from .case import Case
from .comparisons import comparisons
from .facts import Fact
from .utterance import Utterance

MAX_OTHERS = 3
"""Figures of other groups that a text may give beside the true one."""
MAX_CLAIMS = 16
"""Numbers, dates and references in a text that states something; with more it is a copy of what the tools tell."""
MAX_DATES = 3
"""Days of the record that a text may give without saying which are out of order."""


def states_evidence(case: Case, said: Utterance) -> bool:
    """Whether it does, in its own firm words."""
    own = [claim for claim in said.claims.items if claim.first in said.own]
    stated = {claim.first: case.facts.stated_by(claim) for claim in own}
    facts = [fact for of_claim in stated.values() for fact in of_claim]
    if case.proposal.error_type == p.CITATION:
        named = said.named(*case.lists, asked=True)
        added = {fault.clause for fault in case.faults if fault.kind == "added"}
        # Who gives what the protocol does have has looked it up.
        beside = {number for number in named - added if any(_is_like(number, one) for one in added)}
        return bool(named & added) and (words.ABSENT.search(said.plain) is not None or len(beside) > 1)
    if case.proposal.brief.figure is not None:
        others = [of for of in stated.values() if of and all(fact.role == "group" for fact in of)]
        return any(fact.role == "true" for fact in facts) and len(others) <= MAX_OTHERS
    if case.disorder:
        return _states_disorder(case, facts, said)
    return len(own) <= MAX_CLAIMS and _states_limit(case, said, stated)


def _states_limit(case: Case, said: Utterance, stated: Mapping[int, Sequence[Fact]]) -> bool:
    """Whether it gives a limit that counts, the clause that sets it, or a value on which the rule turns.

    A delay by itself says nothing of a window. A stage does beside the one that a clause asks for.
    """
    named = said.named(*case.lists)
    facts = [fact for of_claim in stated.values() for fact in of_claim]
    by_name = {at for one in said.mentioned if one.how == "name" for at in range(one.first, one.last + 1)}
    stages = {fact.role for at, of in stated.items() if at not in by_name for fact in of if fact.kind == "stage"}
    told = (
        bool(named & case.in_force)
        or any(case.counts(fact) or (fact.field == "deadline" and fact.role == "limit") for fact in facts)
        or any(fact.role == "observed" and fact.field in case.fields - {"delay", "stage"} for fact in facts)
        or ("stage" in case.fields and {"observed", "threshold"} <= stages)
    )
    exact = [stated[claim.first] for claim in said.claims.items if claim.first in stated and not said.is_about(claim)]
    return told and (not _lists(case, exact, named) or _places(case, said, stated))


def _is_like(number: str, other: str) -> bool:
    """Whether both are amendments, or of one section."""
    return number.split(".")[0].split(" ")[0] == other.split(".")[0].split(" ")[0]


def _is_of(case: Case, fact: Fact) -> bool:
    """Whether it is a value on which the case rests; a delay may be given by its dates."""
    return fact.field in case.fields or ("delay" in case.fields and fact.field in ("treatment_start", "enrolment_date"))


def _lists(case: Case, stated: Iterable[Sequence[Fact]], named: set[str]) -> bool:
    """Whether it gives a limit of the rule that does not count here, or names both sides of a rule that has two."""
    counting = False
    for facts in stated:
        limits = [fact for fact in facts if fact.kind == "number" and fact.role in ("limit", "text")]
        limits = [fact for fact in limits if fact.field in case.bounds]
        counts = any(fact.value in case.bounds[fact.field] for fact in limits)
        other = any(f.role == "actor" or (f.role == "observed" and _is_of(case, f)) for f in facts)
        # What a clause said before it was amended, or will say, is told in passing.
        elsewhere = any(fact.clause in case.rivals for fact in limits)
        if elsewhere and not counts and not other:
            return True
        counting = counting or counts
    clauses = case.trial.protocol.clauses
    sides = {clause.parameter for clause in clauses if clause.number in named & case.sides}
    return case.deviates and not counting and bool(sides & case.parameters) and bool(sides - case.parameters)


def _places(case: Case, said: Utterance, stated: Mapping[int, Sequence[Fact]]) -> bool:
    """Whether numbers say where a value stands to the limit that counts: by comparison, distance, or last day."""
    for facts in stated.values():
        if any(fact.field == "deadline" and fact.role == "limit" and fact.clause in case.deciding for fact in facts):
            return True
    for claim in said.claims.items:
        if claim.first in said.own and claim.kind == "number" and case.is_distance(claim):
            return True
    limits = any(case.counts(fact) for facts in stated.values() for fact in facts)
    for one in comparisons(said.claims):
        sides = [stated.get(claim.first, ()) for claim in (*one.subjects, one.limit)]
        observed = any(fact.role == "observed" and _is_of(case, fact) for facts in sides for fact in facts)
        limited = any(fact.role == "limit" or case.counts(fact) for facts in sides for fact in facts)
        if one.is_true and observed and limited and limits:
            return True
    return False


def _states_disorder(case: Case, facts: list[Fact], said: Utterance) -> bool:
    """Whether it gives both dates of a pair that is out of order, the days between them, or says which came first."""
    days = {fact.field: fact.day for fact in facts if fact.day is not None and fact.role == "observed"}
    spans = {fact.field for fact in facts if fact.role == "interval"}
    told = said.claims.events
    if len(set(days.values())) > MAX_DATES:
        return _compares_disorder(case, said)
    for later, earlier in case.disorder:
        pair = {later, earlier}
        if pair <= days.keys() or (pair <= told and (f"{later} {earlier}" in spans or days.keys() & pair)):
            return True
    return False


def _compares_disorder(case: Case, said: Utterance) -> bool:
    """Whether it compares the two dates of such a pair."""
    for one in comparisons(said.claims, years=True):
        sides = {
            claim.first: claim for claim in said.claims.items if claim.first in (one.subjects[0].first, one.limit.first)
        }
        fields = {
            fact.field for claim in sides.values() for fact in case.facts.stated_by(claim) if fact.day is not None
        }
        if one.is_true and any({later, earlier} <= fields for later, earlier in case.disorder):
            return True
    return False
