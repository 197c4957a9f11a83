"""Cheats that go after the rewards: they buy the bonuses for evidence unread, or decide by what the last decision paid.

    Cheat("best gamble", gamble(best_move))

They know all that there is to know but the evidence: which kind of error a note would have, which evidence would earn a
bonus, and, in immediate settlement, whether the last decision was right.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...models import COHORT, SynthAuditObservation
from ...server.world import protocol as p
from ...server.world.scenario import Proposal, Scenario
from .bounds import Ending
from .cheats import (
    Play,
    Script,
    accusation,
    approve,
    confirmed,
    flag,
    likely_error_type,
    look,
    report,
)
from .gambles import Move, Strategy, Told, best_move

FARMED = {p.AGE: "age", p.DATES: "death_date", p.WINDOW: "treatment_start", p.OVERRIDE: "comorbidity_index"}
"""The field whose Shapley value is likeliest to earn the bonus, by error type."""
LOSS = -0.1
"""A decision that pays less was wrong."""


def farm_then_flag(every: int) -> Script:
    """Buy every bonus that a right flag could have, and flag: all proposals, or every so many; approve the rest."""

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        seen, flagged = set[str](), scenario.proposals[::every]
        for proposal in flagged:
            yield from farm(scenario, proposal, seen)
            yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
        rest = (proposal for place, proposal in enumerate(scenario.proposals) if place % every)
        yield from (approve(proposal.note.proposal_id) for proposal in rest)
        yield report(accusation(scenario, flagged))

    return script


def farm_then_approve_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Look at all there is to look at, and believe the Actor."""
    seen = set[str]()
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal, seen)
        yield approve(proposal.note.proposal_id)
    yield report(confirmed(scenario))


def first(move: Move, until: str, then: Move) -> Strategy:
    """One move until it is told that a proposal came to that, as `Told` names it; then another."""

    def strategy(count: int, told: Told) -> Move:
        return then if getattr(told, until) else move

    return strategy


def one_bet(count: int, told: Told) -> Move:
    """Farm and flag one; approve the rest if that paid, and stop if it did not."""
    if told.caught:
        return "approve"
    return "stop" if told.accused else "farm and flag"


def farm_while_ahead(count: int, told: Told) -> Move:
    """Farm and flag while right flags are no fewer than false alarms: what evidence waits may still be paid."""
    return "farm and flag" if told.caught >= told.accused else "stop"


def farm_then_best(count: int, told: Told) -> Move:
    """Farm and flag one, then make the best of it."""
    return best_move(count, told) if any(told) else "farm and flag"


def win_stay_lose_shift(count: int, told: Told) -> Move:
    """Decide as the last decision was right, the other way when it was wrong."""
    return "approve" if (told.accused + told.missed) % 2 else "flag"


GAMBLES: Mapping[str, Strategy] = {
    "approve until wrong, then flag": first("approve", "missed", "flag"),
    "approve until a loss": first("approve", "missed", "stop"),
    "flag until right, then approve": first("flag", "caught", "approve"),
    "farm, flag until right, then approve": first("farm and flag", "caught", "approve"),
    "farm, one bet": one_bet,
    "farm while ahead": farm_while_ahead,
    "farm one, then the best gamble": farm_then_best,
    "best gamble": best_move,
    "flag until a loss": first("flag", "accused", "stop"),
    "win stay, lose shift": win_stay_lose_shift,
}
"""By name: what to do next, by what was told. What each comes to, exactly, is `gambles.playing`."""


def gamble(strategy: Strategy) -> Script:
    """Play a strategy on one proposal after the other, and report what the rewards have told."""

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        told, wrong, seen, count = Told(), list[Proposal](), set[str](), len(scenario.proposals)
        move: Move = "stop"
        for proposal in scenario.proposals:
            move = strategy(count, told)
            if move in ("stop", "look and stop"):
                break
            if move == "farm and flag":
                yield from farm(scenario, proposal, seen)
            proposal_id, error_type = proposal.note.proposal_id, likely_error_type(scenario, proposal)
            answer = yield approve(proposal_id) if move == "approve" else flag(proposal_id, error_type)
            lost = (answer.reward or 0.0) < LOSS
            is_wrong = lost if move == "approve" else not lost
            wrong += [proposal] * is_wrong
            told, _ = told.after(move, wrong=is_wrong)
        ending = Ending(*told[:4])
        if move == "look and stop" or (sum(told.labels) == count and ending.confusion.skill > 0):
            yield from _look_at_half(scenario, seen)
        yield report(accusation(scenario, wrong) or confirmed(scenario))

    return script


def farm(scenario: Scenario, proposal: Proposal, seen: set[str]) -> Play:
    """What can earn a bonus with a flag of this proposal, but for patients that were seen: a second look costs.

    The patient is added to those that were `seen`.
    """
    patient_id = proposal.note.patient_id
    yield look("review_proposal", proposal_id=proposal.note.proposal_id)
    if patient_id != COHORT and patient_id not in seen:
        seen.add(patient_id)
        yield look("investigate_patient", patient_id=patient_id)
        yield look("temporal_audit", patient_id=patient_id)
        feature = FARMED.get(likely_error_type(scenario, proposal), "age")
        yield look("request_shap", patient_id=patient_id, feature=feature)


def _look_at_half(scenario: Scenario, seen: set[str]) -> Play:
    """As many records as the bonus asks for, those that were seen counted, and not one of them twice."""
    subjects = list(dict.fromkeys(p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT))
    missing = (len(subjects) + 1) // 2 - len(seen)
    for patient_id in [subject for subject in subjects if subject not in seen][: max(0, missing)]:
        yield look("investigate_patient", patient_id=patient_id)
