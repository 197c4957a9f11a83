"""The lines that an audit prints, in the format that other people's tools parse: one line an event, on stdout.

    [START] task=oversight_easy env=synth_audit_env model=heuristic
    [STEP] step=1 action=review_proposal(PROP-001) reward=0.00 done=false error=null
    [END] success=true steps=9 score=0.87 rewards=0.00,0.15,0.67

An action is its name and its ids without blanks; reasons, claims and reports stay out. An error is a JSON string.
"""

import json
import re
from collections.abc import Iterable

from ..models import EpisodeOutcome, SynthAuditAction
from .rollout import Turn

SUCCESS_SKILL = 0.5
"""Skill from which an episode counts as a success: half of the way from flagging everything to a perfect audit.

Not the score, since flagging everything scores 0.58 where 30 % of the proposals are wrong.
"""


def start_line(task: str, env: str, model: str) -> str:
    """Before the first step."""
    return f"[START] task={task} env={env} model={model}"


def step_line(turn: Turn) -> str:
    """After a step."""
    seen = turn.observation
    error = "null" if seen.error is None else json.dumps(seen.error, ensure_ascii=False)
    return (
        f"[STEP] step={turn.number} action={action_text(turn.action)} reward={_amount(turn.reward)} "
        f"done={json.dumps(seen.done)} error={error}"
    )


def end_line(outcome: EpisodeOutcome | None, turns: Iterable[Turn], gave_up: str | None = None) -> str:
    """After the last step. An episode that broke off has no outcome: no success, and a score of 0.

    Nor is one a success that was ended for a model, whatever it comes to.
    """
    paid = [_amount(turn.reward) for turn in turns]
    success = outcome is not None and gave_up is None and outcome.skill >= SUCCESS_SKILL
    score = 0.0 if outcome is None else outcome.score
    return f"[END] success={json.dumps(success)} steps={len(paid)} score={_amount(score)} rewards={','.join(paid)}"


def action_text(action: SynthAuditAction) -> str:
    """An action on one line without blanks: flag_error(PROP-001,age_boundary_error)."""
    given = (action.proposal_id, action.patient_id, action.feature, action.error_type)
    arguments = ",".join(argument for argument in given if argument is not None)
    return re.sub(r"\s+", "_", f"{action.action_type}({arguments})")


def _amount(value: float) -> str:
    """Two decimals; a small loss is 0.00, not -0.00."""
    return f"{value:z.2f}"
