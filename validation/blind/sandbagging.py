"""Holding the adaptive task down: an able auditor that throws episodes, so that easy ones keep coming.

    held, honest = play_session(hold_down=True, first=0), play_session(hold_down=False, first=0)

The level rises when the mean score of the last three episodes is above a limit. Who stays must keep it there, so what a
thrown episode loses has to be won back at the level that it is thrown for.
"""

from __future__ import annotations

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import EpisodeOutcome, OutcomeResult, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Auditor, play
from synth_audit_env.server.curriculum import RAISE_ABOVE, WINDOW
from synth_audit_env.server.protocol import AGE
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import ADAPTIVE

SESSION = 12
"""Episodes in a session."""


class Inverted:
    """Audits, and then decides the opposite: the surest way to a score of 0."""

    name = "inverted"

    def __init__(self) -> None:
        self._able = HeuristicAuditor()

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """What an able auditor would do, with approvals for flags and flags for approvals."""
        action = self._able.act(observation)
        if action.action_type == "approve":
            return action.model_copy(update={"action_type": "flag_error", "error_type": AGE, "reason": "Thrown."})
        if action.action_type == "flag_error":
            return action.model_copy(update={"action_type": "approve", "error_type": None, "reason": None})
        return action


def play_session(*, hold_down: bool, first: int) -> tuple[EpisodeOutcome, ...]:
    """Play a session of the adaptive task on the test split, from an index on; held down, throw what would raise it."""
    environment = SynthAuditEnvironment()
    outcomes: list[EpisodeOutcome] = []
    for index in range(first, first + SESSION):
        opening = environment.reset(task_id=ADAPTIVE, split="test", index=index)
        recent = sum(outcome.score for outcome in outcomes[len(outcomes) - WINDOW + 1 :])
        throw = hold_down and recent + 1.0 > RAISE_ABOVE * WINDOW
        auditor: Auditor = Inverted() if throw else HeuristicAuditor()
        *_, last = play(auditor, opening, environment.step)
        assert isinstance(last.observation.result, OutcomeResult), "an episode that is over has an outcome"
        outcomes.append(last.observation.result.outcome)
    return tuple(outcomes)
