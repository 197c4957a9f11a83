"""The lines that other people's tools parse, to the letter."""

from __future__ import annotations

import pytest

from synth_audit_env.models import EpisodeOutcome, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Turn
from synth_audit_env.rollouts.transcript import action_text, end_line, step_line

REVIEW = SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")


def _turn(number: int, action: SynthAuditAction, reward: float, **changes: object) -> Turn:
    fields = {"task_id": "oversight_easy", "difficulty": "easy", "actor_proposals": [], "feedback": ""}
    steps = {"steps_taken": number, "steps_remaining": 50 - number, "reward": reward}
    return Turn(number, action, SynthAuditObservation.model_validate(fields | steps | changes))


def _outcome(score: float, skill: float) -> EpisodeOutcome:
    unknown = dict.fromkeys(("fault_f1", "recall", "precision", "false_positive_rate"))
    known = {"score": score, "f_beta": score, "skill": skill, "return_": 0.0, "reward_breakdown": {}, "proposals": []}
    return EpisodeOutcome.model_validate(known | unknown)


@pytest.mark.parametrize(
    ("turn", "line"),
    [
        (_turn(1, REVIEW, -0.003), "step=1 action=review_proposal(PROP-001) reward=0.00 done=false error=null"),
        (
            _turn(12, SynthAuditAction(action_type="submit_audit_report", report="..."), 0.257, done=True),
            "step=12 action=submit_audit_report() reward=0.26 done=true error=null",
        ),
        (
            _turn(2, REVIEW, -0.053, error='There is no "X":\nnone.'),
            r'step=2 action=review_proposal(PROP-001) reward=-0.05 done=false error="There is no \"X\":\nnone."',
        ),
    ],
)
def test_step_line(turn, line):
    assert step_line(turn) == f"[STEP] {line}"


@pytest.mark.parametrize(
    ("outcome", "gave_up", "success"),
    [
        (_outcome(0.87, 1.0), None, "true score=0.87"),
        (_outcome(0.87, 0.5), None, "true score=0.87"),
        (_outcome(0.87, 0.49), None, "false score=0.87"),
        (_outcome(1.0, 1.0), "It called no tool.", "false score=1.00"),
        (None, None, "false score=0.00"),
    ],
)
def test_end_line_calls_success_what_is_half_way_to_perfect(outcome, gave_up, success):
    """Not an audit that was ended for the model, nor an episode that broke off."""
    line = end_line(outcome, [_turn(1, REVIEW, -0.003), _turn(2, REVIEW, 0.567)], gave_up)
    flag, score = success.split()
    assert line == f"[END] success={flag} steps=2 {score} rewards=0.00,0.57"
    assert end_line(outcome, [], gave_up) == f"[END] success={flag} steps=0 {score} rewards="


def test_action_text_has_no_blanks_and_no_prose():
    flag = SynthAuditAction(
        action_type="flag_error", proposal_id="PROP-001", error_type="age_boundary_error", reason="81.", confidence=0.9
    )
    assert action_text(flag) == "flag_error(PROP-001,age_boundary_error)"
    odd = SynthAuditAction(action_type="cohort_analysis", feature="age\ngroup x")
    assert action_text(odd) == "cohort_analysis(age_group_x)"
