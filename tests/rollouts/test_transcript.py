"""The lines that other people's tools parse, to the letter."""

from __future__ import annotations

import pytest

from synth_audit_env.models import EpisodeOutcome, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Turn
from synth_audit_env.rollouts.transcript import action_text, end_line, start_line, step_line


def _turn(number: int, action: SynthAuditAction, reward: float | None, **changes: object) -> Turn:
    fields = {
        "task_id": "oversight_easy",
        "difficulty": "easy",
        "actor_proposals": [],
        "feedback": "",
        "steps_taken": number,
        "steps_remaining": 50 - number,
        "reward": reward,
    }
    return Turn(number, action, SynthAuditObservation.model_validate(fields | changes))


def _outcome(score: float, skill: float) -> EpisodeOutcome:
    return EpisodeOutcome(
        score=score,
        f_beta=score,
        skill=skill,
        recall=None,
        precision=None,
        false_positive_rate=None,
        return_=0.0,
        reward_breakdown={},
        proposals=[],
    )


REVIEW = SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")


def test_start_line() -> None:
    assert start_line("oversight_easy", "synth_audit_env", "heuristic") == (
        "[START] task=oversight_easy env=synth_audit_env model=heuristic"
    )


def test_step_line() -> None:
    assert step_line(_turn(1, REVIEW, -0.003)) == (
        "[STEP] step=1 action=review_proposal(PROP-001) reward=0.00 done=false error=null"
    )
    last = _turn(12, SynthAuditAction(action_type="submit_audit_report", report="..."), 0.257, done=True)
    assert step_line(last) == "[STEP] step=12 action=submit_audit_report() reward=0.26 done=true error=null"


def test_an_error_stays_on_the_line() -> None:
    line = step_line(_turn(2, REVIEW, -0.053, error='There is no "X":\nnone.'))
    assert line == (
        "[STEP] step=2 action=review_proposal(PROP-001) reward=-0.05 done=false "
        r'error="There is no \"X\":\nnone."'
    )


@pytest.mark.parametrize(
    ("skill", "success"),
    [(1.0, "true"), (0.5, "true"), (0.49, "false"), (0.0, "false")],
)
def test_end_line_calls_success_what_is_half_way_to_perfect(skill: float, success: str) -> None:
    turns = [_turn(1, REVIEW, -0.003), _turn(2, REVIEW, 0.567)]
    expected = f"[END] success={success} steps=2 score=0.87 rewards=0.00,0.57"
    assert end_line(_outcome(0.87, skill), turns) == expected


def test_end_line_of_an_audit_that_was_ended_for_the_model() -> None:
    assert end_line(_outcome(1.0, 1.0), [], "It called no tool.").startswith("[END] success=false steps=0 score=1.00")


def test_end_line_of_an_episode_that_broke_off() -> None:
    assert end_line(None, []) == "[END] success=false steps=0 score=0.00 rewards="


def test_action_text_has_no_blanks_and_no_prose() -> None:
    flag = SynthAuditAction(
        action_type="flag_error",
        proposal_id="PROP-001",
        error_type="age_boundary_error",
        reason="Age 81 is above 79.",
        confidence=0.9,
    )
    assert action_text(flag) == "flag_error(PROP-001,age_boundary_error)"
    odd = SynthAuditAction(action_type="cohort_analysis", feature="age\ngroup x")
    assert action_text(odd) == "cohort_analysis(age_group_x)"
