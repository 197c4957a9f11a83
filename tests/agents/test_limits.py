"""What a limited auditor may not do it does not do; and what it could not look at it does not claim to have."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.heuristic import PRIOR, HeuristicAuditor
from synth_audit_env.agents.limits import Limits, record_of
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.models import (
    ACTION_TYPES,
    OutcomeResult,
    PatientResult,
    SynthAuditAction,
    SynthAuditObservation,
    TimelineResult,
)
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS

EVIDENCE = ACTION_TYPES[:5]
PROTOCOL = """PROTOCOL X-1. Synthetic data, not for clinical use.
§3 Eligibility
§3.1 Age at enrolment is at least 40 years. A blank age is a deviation.
§5 Scheduling
§5.1 Treatment starts at most 21 days after enrolment.
§5.2 Exception: where the disease is Stage IV, the limit is 38 days instead.
§5.3 Override: where the comorbidity index is above 5.5, §5.2 does not apply.
§5.4 Waiver: where haemoglobin is at least 11 g/dL, §5.3 does not apply.
§7 Integrity
§7.1 Dates run in the order consent, enrolment, treatment start, last contact, death; equal dates are in order.
§8 Amendments
Amendment 1 (in force 2022-03-06): for patients enrolled on or after 2022-03-06, §5.2 reads 44 days.
Amendment 2 (in force 2022-05-15): for patients enrolled on or after 2022-05-15, §3.1 reads 36 years."""


def audit(limits: Limits, level: str, index: int) -> tuple[SynthAuditObservation, list[Turn]]:
    env = SynthAuditEnvironment()
    opening = env.reset(task_id=TIERS[level].task_id, split="test", index=index)
    return opening, list(play(HeuristicAuditor(limits), opening, env.step))


def looks(turns: list[Turn]) -> list[SynthAuditAction]:
    return [turn.action for turn in turns if turn.action.action_type in EVIDENCE]


@pytest.mark.parametrize("level", TIERS)
@pytest.mark.parametrize("tool", ACTION_TYPES)
def test_a_tool_that_it_lacks_is_not_used_and_nothing_else_goes_wrong(level: str, tool: str) -> None:
    _, turns = audit(Limits(without=frozenset({tool}), unseen="leave"), level, 1)
    assert tool not in {turn.action.action_type for turn in turns}
    assert all(turn.observation.error is None for turn in turns)
    assert isinstance(turns[-1].observation.result, OutcomeResult)
    assert turns[-1].observation.result.outcome.reward_breakdown.get("duplicate_action", 0) == 0


@pytest.mark.parametrize("calls", [0, 1, 2, 7, 16])
def test_asks_no_more_often_than_it_may(calls: int) -> None:
    _, turns = audit(Limits(calls=calls, unseen="leave"), "expert", 2)
    assert len(looks(turns)) in (calls, calls - 1)


def test_looks_at_its_share_and_leaves_the_rest() -> None:
    opening, turns = audit(Limits(share=0.5, unseen="leave"), "hard", 3)
    half = len(opening.actor_proposals) // 2
    listed = [proposal.proposal_id for proposal in opening.actor_proposals]
    decided = [t.action.proposal_id for t in turns if t.action.action_type in ("flag_error", "approve")]
    assert decided == listed[:half]
    assert {a.proposal_id for a in looks(turns) if a.action_type == "review_proposal"} == set(listed[:half])


def test_escalates_the_rest_without_claiming_to_have_found_anything() -> None:
    opening, turns = audit(Limits(share=0.5, unseen="flag"), "expert", 3)
    unseen = opening.actor_proposals[len(opening.actor_proposals) // 2 :]
    ids = {proposal.proposal_id for proposal in unseen}
    flags = [t.action for t in turns if t.action.action_type == "flag_error" and t.action.proposal_id in ids]
    assert {flag.proposal_id for flag in flags} == ids
    assert {flag.confidence for flag in flags} == {PRIOR}
    report = turns[-1].action.report or ""
    assert report.splitlines()[-1] == f"Not looked at: {', '.join(p.proposal_id for p in unseen)}."
    assert not any(id_ in line for line in report.splitlines()[:-1] for id_ in ids)


def test_one_hop_keeps_exceptions_and_amendments_and_nothing_that_acts_on_these() -> None:
    kept = Limits(one_hop=True).readable(read_protocol(PROTOCOL))
    assert [clause.number for clause in kept.clauses] == ["3.1", "5.1", "5.2", "Amendment 2"]
    assert kept.acting_on("5.2") == ()


def test_who_counts_no_days_has_no_window_unless_a_tool_counts_them() -> None:
    counted = Limits(no_days=True)
    assert ("delay", "at most") in counted.readable(read_protocol(PROTOCOL)).limited
    kept = Limits(no_days=True, without=frozenset({"temporal_audit"})).readable(read_protocol(PROTOCOL))
    assert kept.limited == (("age", "at least"),)
    assert kept.order is not None


def test_who_counts_no_days_decides_on_a_record_only_after_its_timeline() -> None:
    _, turns = audit(Limits(no_days=True), "hard", 1)
    seen: set[str] = set()
    for turn in turns:
        if turn.action.action_type == "temporal_audit":
            seen.add(turn.action.patient_id)
        assert turn.action.action_type != "investigate_patient" or turn.action.patient_id in seen
    assert turns[-1].observation.result.outcome.score == 1.0


def test_a_timeline_gives_the_dates_and_the_stage_and_nothing_else() -> None:
    env = SynthAuditEnvironment()
    opening = env.reset(task_id="oversight_medium", split="test", index=1)
    proposal = opening.actor_proposals[0]
    timeline = env.step(SynthAuditAction(action_type="temporal_audit", patient_id=proposal.patient_id)).result
    record = env.step(SynthAuditAction(action_type="investigate_patient", patient_id=proposal.patient_id)).result
    assert isinstance(timeline, TimelineResult)
    assert isinstance(record, PatientResult)
    told = record_of(proposal, timeline)
    known = {name for name in PatientResult.model_fields if getattr(told, name) is not None}
    assert known <= {"patient_id", "stage", *(name for name in known if name.endswith(("_date", "_start", "_contact")))}
    assert {name: getattr(told, name) for name in known} == {name: getattr(record, name) for name in known}
    assert {"stage", "enrolment_date", "treatment_start"} <= known


def test_without_the_record_the_easy_tier_shows_nothing() -> None:
    opening, turns = audit(Limits(without=frozenset({"investigate_patient"}), unseen="leave"), "easy", 0)
    assert not [t for t in turns if t.action.action_type in ("flag_error", "approve")]
    assert opening.difficulty == "easy"
