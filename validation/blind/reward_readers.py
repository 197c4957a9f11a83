"""Cheats that go after the rewards: they buy the bonuses for evidence unread, or decide by what the last decision paid.

    Cheat("best gamble", gamble(best_move))

They know all that there is to know but the evidence: which kind of error a note would have, which evidence would earn a
bonus, and, in immediate settlement, whether the last decision was right.
"""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.models import COHORT, SynthAuditAction, SynthAuditObservation
from synth_audit_env.server import protocol as p
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.validation.blind.bounds import Ending
from synth_audit_env.validation.blind.cheats import (
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
from synth_audit_env.validation.blind.gambles import Move, Strategy, Told, best_move

FARMED = {p.AGE: "age", p.DATES: "death_date", p.WINDOW: "treatment_start", p.OVERRIDE: "comorbidity_index"}
"""The field whose Shapley value is likeliest to earn the bonus, by error type."""
LOSS = -0.1
"""A decision that pays less was wrong."""


def farm_then_flag_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Buy every bonus that a right flag could have, then flag all."""
    seen = set[str]()
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal, seen)
        yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
    yield report(accusation(scenario, scenario.proposals))


def farm_then_flag_half(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """The same for every other one; approve the rest."""
    seen = set[str]()
    for proposal in scenario.proposals[::2]:
        yield from farm(scenario, proposal, seen)
        yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
    yield from (approve(proposal.note.proposal_id) for proposal in scenario.proposals[1::2])
    yield report(accusation(scenario, scenario.proposals[::2]))


def farm_then_approve_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Look at all there is to look at, and believe the Actor."""
    seen = set[str]()
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal, seen)
        yield approve(proposal.note.proposal_id)
    yield report(confirmed(scenario))


def approve_until_wrong(count: int, told: Told) -> Move:
    """Approve until a reward says that this was wrong, then flag the rest."""
    return "flag" if told.missed else "approve"


def stop_at_a_miss(count: int, told: Told) -> Move:
    """Approve until one costs, then end the episode: a bet that nothing is wrong."""
    return "stop" if told.missed else "approve"


def flag_until_right(count: int, told: Told) -> Move:
    """Flag until one pays, then approve the rest."""
    return "approve" if told.caught else "flag"


def farm_until_right(count: int, told: Told) -> Move:
    """The same, with evidence bought before each flag."""
    return "approve" if told.caught else "farm and flag"


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


def stop_at_a_loss(count: int, told: Told) -> Move:
    """Flag until one costs, then end the episode."""
    return "stop" if told.accused else "flag"


def win_stay_lose_shift(count: int, told: Told) -> Move:
    """Decide as the last decision was right, the other way when it was wrong."""
    return "approve" if (told.accused + told.missed) % 2 else "flag"


GAMBLES: Mapping[str, Strategy] = {
    "approve until wrong, then flag": approve_until_wrong,
    "approve until a loss": stop_at_a_miss,
    "flag until right, then approve": flag_until_right,
    "farm, flag until right, then approve": farm_until_right,
    "farm, one bet": one_bet,
    "farm while ahead": farm_while_ahead,
    "farm one, then the best gamble": farm_then_best,
    "best gamble": best_move,
    "flag until a loss": stop_at_a_loss,
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
            answer = yield _decision(scenario, proposal, move)
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

    Args:
        scenario: The episode.
        proposal: What is to be flagged.
        seen: Patients looked at so far; this one is added.
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


def _decision(scenario: Scenario, proposal: Proposal, move: Move) -> SynthAuditAction:
    proposal_id = proposal.note.proposal_id
    return approve(proposal_id) if move == "approve" else flag(proposal_id, likely_error_type(scenario, proposal))
