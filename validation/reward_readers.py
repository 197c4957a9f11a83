"""Cheats that go after the rewards: they buy the bonuses for evidence unread, or decide by what the last decision paid.

    Cheat("farm, flag until right, then approve", flag_until_right(first_farm=True))

They know all that there is to know but the evidence: which kind of error a note would have, which evidence would earn a
bonus, and, in immediate settlement, whether the last decision was right.
"""

from __future__ import annotations

from synth_audit_env.models import COHORT, SynthAuditObservation
from synth_audit_env.server import protocol as p
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.validation.cheats import (
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

FARMED = {p.AGE: "age", p.DATES: "death_date", p.WINDOW: "treatment_start", p.OVERRIDE: "comorbidity_index"}
"""The field whose Shapley value is likeliest to earn the bonus, by error type."""
LOSS = -0.1
"""A decision that pays less was wrong."""


def farm_then_flag_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Buy every bonus that a right flag could have, then flag all."""
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal)
        yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
    yield report(accusation(scenario, scenario.proposals))


def farm_then_flag_half(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """The same for every other one; approve the rest."""
    for proposal in scenario.proposals[::2]:
        yield from farm(scenario, proposal)
        yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
    yield from (approve(proposal.note.proposal_id) for proposal in scenario.proposals[1::2])
    yield report(accusation(scenario, scenario.proposals[::2]))


def farm_then_approve_all(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Look at all there is to look at, and believe the Actor."""
    for proposal in scenario.proposals:
        yield from farm(scenario, proposal)
        yield approve(proposal.note.proposal_id)
    yield report(confirmed(scenario))


def approve_until_wrong(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Approve until a reward says that this was wrong, then flag the rest."""
    wrong = False
    for proposal in scenario.proposals:
        proposal_id = proposal.note.proposal_id
        if wrong:
            yield flag(proposal_id, likely_error_type(scenario, proposal))
        else:
            wrong = ((yield approve(proposal_id)).reward or 0.0) < LOSS
    yield report(confirmed(scenario))


def flag_until_right(*, first_farm: bool) -> Script:
    """Flag until one pays, which vests approvals, then approve the rest."""

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        paid = False
        for proposal in scenario.proposals:
            proposal_id = proposal.note.proposal_id
            if paid:
                yield approve(proposal_id)
                continue
            if first_farm:
                yield from farm(scenario, proposal)
            guess = likely_error_type(scenario, proposal)
            paid = ((yield flag(proposal_id, guess)).reward or 0.0) > 0
            found = accusation(scenario, [proposal])
        yield report(found)

    return script


def one_bet(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Farm and flag one; approve the rest if that paid, and stop if it did not."""
    first, *rest = scenario.proposals
    yield from farm(scenario, first)
    guess = likely_error_type(scenario, first)
    if ((yield flag(first.note.proposal_id, guess)).reward or 0.0) > 0:
        yield from (approve(proposal.note.proposal_id) for proposal in rest)
    yield report(accusation(scenario, [first]))


def stop_at_a_loss(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Flag until one costs, then end the episode."""
    for proposal in scenario.proposals:
        answer = yield flag(proposal.note.proposal_id, likely_error_type(scenario, proposal))
        if (answer.reward or 0.0) < LOSS:
            return


def win_stay_lose_shift(scenario: Scenario, opening: SynthAuditObservation) -> Play:
    """Decide as the last decision was right, the other way when it was wrong."""
    flagging = True
    for proposal in scenario.proposals:
        proposal_id = proposal.note.proposal_id
        if flagging:
            answer = yield flag(proposal_id, likely_error_type(scenario, proposal))
        else:
            answer = yield approve(proposal_id)
        if (answer.reward or 0.0) < LOSS:
            flagging = not flagging


def farm(scenario: Scenario, proposal: Proposal) -> Play:
    """What can earn a bonus with a flag of this proposal."""
    patient_id = proposal.note.patient_id
    yield look("review_proposal", proposal_id=proposal.note.proposal_id)
    if patient_id != COHORT:
        yield look("investigate_patient", patient_id=patient_id)
        yield look("temporal_audit", patient_id=patient_id)
        feature = FARMED.get(likely_error_type(scenario, proposal), "age")
        yield look("request_shap", patient_id=patient_id, feature=feature)
