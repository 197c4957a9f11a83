"""Whether a text states the rule or the value that decides a wrong proposal, and which of several limits counts.

    states_evidence(case, plain, claims, mentioned, quoted)

A value and one limit will do: "77, limit 72". Of several limits of a rule one must be picked out, by a comparison or by
a word that says where the value stands: to list them all decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth_audit_env.server import protocol as p
from synth_audit_env.server.reasons import statement_words as words
from synth_audit_env.server.reasons.case import Case
from synth_audit_env.server.reasons.claim_words import EVENTS
from synth_audit_env.server.reasons.claims import Claims
from synth_audit_env.server.reasons.facts import Fact
from synth_audit_env.server.reasons.names import Mention
from synth_audit_env.server.reasons.quotations import Quotations

MAX_OTHERS = 3
"""Figures of other groups that a text may give beside the true one, and references beside the one that is not there."""


def states_evidence(case: Case, plain: str, claims: Claims, mentioned: Sequence[Mention], quoted: Quotations) -> bool:
    """Whether it does, in words that are not the note's. The arguments are those of `fault.names_fault`."""
    own = [claim for claim in claims.items if claim.first not in quoted.runs]
    stated = [case.facts.stated_by(claim) for claim in own]
    facts = [fact for of_claim in stated for fact in of_claim]
    named = {n for one in mentioned if one.first not in quoted.runs and one.how != "field" for n in one.numbers}
    if case.proposal.error_type == p.CITATION:
        added = {fault.clause for fault in case.faults if fault.kind == "added"}
        return bool(named & added) and words.ABSENT.search(plain) is not None
    if case.proposal.brief.figure is not None:
        others = [of for of in stated if of and all(fact.role == "group" for fact in of)]
        return any(fact.role == "true" for fact in facts) and len(others) <= MAX_OTHERS
    if case.disorder:
        return _states_disorder(case, facts, claims)
    limits = [fact for fact in facts if fact.role in ("limit", "threshold") and fact.clause in case.deciding]
    values = [fact for fact in facts if fact.role == "observed" and _is_of(case, fact)]
    if not (limits or values or named & case.deciding):
        return False
    unmistakable = [
        of for of in stated if not any(f.role == "actor" or (f.role == "observed" and _is_of(case, f)) for f in of)
    ]
    named_limits = {f.value for of in unmistakable for f in of if f in limits and f.kind == "number"}
    return _commits(case, claims, len(named_limits), named)


def _is_of(case: Case, fact: Fact) -> bool:
    """Whether it is a value on which the case rests; a delay may be given by its dates."""
    return fact.field in case.fields or ("delay" in case.fields and fact.field in ("treatment_start", "enrolment_date"))


def _commits(case: Case, claims: Claims, limits: int, named: set[str]) -> bool:
    """Whether it names one limit only, or says which counts."""
    several = limits > 1 or len(named & case.deciding) > 2
    return not several or any(token.text in words.COMMITTING for token in claims.tokens)


def _states_disorder(case: Case, facts: Sequence[Fact], claims: Claims) -> bool:
    """Whether it gives both dates of a pair that is out of order, the days between them, or says which came first."""
    days = {fact.field for fact in facts if fact.day is not None and fact.role == "observed"}
    spans = {fact.field for fact in facts if fact.role == "interval"}
    told = {EVENTS[token.text] for token in claims.tokens if token.text in EVENTS}
    for later, earlier in case.disorder:
        pair = {later, earlier}
        if pair <= days or (pair <= told and (f"{later} {earlier}" in spans or days & pair)):
            return True
    return False
