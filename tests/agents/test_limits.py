"""What a limited auditor may not do it does not do; and what it could not look at it does not claim to have."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import facts_of, judge_facts
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.limits import Limits
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.models import ACTION_TYPES, OutcomeResult, PatientResult, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.agents.written import CASCADE

EVIDENCE = ACTION_TYPES[:5]


def audit(limits: Limits, level: str, index: int) -> tuple[SynthAuditObservation, list[Turn]]:
    env = SynthAuditEnvironment()
    opening = env.reset(task_id=TIERS[level].task_id, split="test", index=index)
    return opening, list(play(HeuristicAuditor(limits), opening, env.step))


def looks(turns: list[Turn]) -> list[SynthAuditAction]:
    return [turn.action for turn in turns if turn.action.action_type in EVIDENCE]


@pytest.mark.parametrize("level", TIERS)
@pytest.mark.parametrize("tool", ACTION_TYPES)
def test_a_tool_that_it_lacks_is_not_used_and_nothing_else_goes_wrong(level: str, tool: str) -> None:
    _, turns = audit(Limits(without=frozenset({tool}), undecided=True), level, 1)
    assert tool not in {turn.action.action_type for turn in turns}
    assert all(turn.observation.error is None for turn in turns)
    assert isinstance(turns[-1].observation.result, OutcomeResult)
    assert turns[-1].observation.result.outcome.reward_breakdown.get("duplicate_action", 0) == 0


@pytest.mark.parametrize("calls", [0, 1, 2, 7, 16])
def test_asks_no_more_often_than_it_may(calls: int) -> None:
    _, turns = audit(Limits(calls=calls, undecided=True), "expert", 2)
    assert len(looks(turns)) in (calls, calls - 1)


def test_the_rest_is_left_undecided_and_the_report_says_so() -> None:
    opening, turns = audit(Limits(calls=12, undecided=True), "expert", 3)
    decided = {t.action.proposal_id for t in turns if t.action.action_type in ("flag_error", "approve")}
    unseen = [p.proposal_id for p in opening.actor_proposals if p.proposal_id not in decided]
    assert unseen
    report = turns[-1].action.report or ""
    assert report.splitlines()[-1] == f"Not looked at: {', '.join(unseen)}."
    assert not any(id_ in line for line in report.splitlines()[:-1] for id_ in unseen)


def test_who_counts_no_days_has_no_window_unless_a_tool_counts_them() -> None:
    counted = Limits(no_days=True)
    assert ("delay", "at most") in counted.readable(read_protocol(CASCADE)).limited
    kept = Limits(no_days=True, without=frozenset({"temporal_audit"})).readable(read_protocol(CASCADE))
    assert kept.limited == (("age", "at least"), ("age", "at most"))


def test_who_reads_no_notes_judges_whole_records() -> None:
    opening, turns = audit(Limits(reads_notes=False), "hard", 1)
    assert {look.action_type for look in looks(turns)} == {"investigate_patient", "temporal_audit"}
    protocol = read_protocol(opening.protocol_excerpt or "")
    records = {t.observation.result.patient_id: t.observation.result for t in turns if _is_record(t)}
    flagged = {t.action.proposal_id for t in turns if t.action.action_type == "flag_error"}
    listed = opening.actor_proposals
    deviating = {
        p.proposal_id
        for p in listed
        if judge_facts(protocol, facts_of(records[p.patient_id], protocol)).verdict == "deviation"
    }
    assert flagged == deviating


def _is_record(turn: Turn) -> bool:
    return isinstance(turn.observation.result, PatientResult)


def test_without_records_only_what_a_note_gets_wrong_of_the_protocol_is_flagged() -> None:
    flags: list[SynthAuditAction] = []
    for index in range(8):
        _, turns = audit(Limits(records=False, undecided=True), "hard", index)
        assert {look.action_type for look in looks(turns)} == {"review_proposal"}
        flags += [turn.action for turn in turns if turn.action.action_type == "flag_error"]
    assert flags
    assert {flag.fault for flag in flags} <= {"not_in_protocol", "limit_misread", "condition_misread"}
