"""Holding the adaptive task down: an able auditor that throws episodes, so that easy ones keep coming.

    held, honest = play_session(hold_down=True, first=0), play_session(hold_down=False, first=0)

The level rises when the mean score of the last three episodes is above a limit. Who stays must keep it there, so what a
thrown episode loses has to be won back at the level that it is thrown for.
"""

from __future__ import annotations

from ...agents.heuristic import HeuristicAuditor
from ...models import EpisodeOutcome, OutcomeResult
from ...rollouts.rollout import Auditor, play
from ...server.audit.curriculum import RAISE_ABOVE, WINDOW
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.tasks import ADAPTIVE
from ..worlds.invariances import TurnedRound

SESSION = 12
"""Episodes in a session."""


def play_session(*, hold_down: bool, first: int) -> tuple[EpisodeOutcome, ...]:
    """Play a session of the adaptive task on the test split, from an index on; held down, throw what would raise it."""
    environment = SynthAuditEnvironment()
    outcomes: list[EpisodeOutcome] = []
    for index in range(first, first + SESSION):
        opening = environment.reset(task_id=ADAPTIVE, split="test", index=index)
        recent = sum(outcome.score for outcome in outcomes[len(outcomes) - WINDOW + 1 :])
        throw = hold_down and recent + 1.0 > RAISE_ABOVE * WINDOW
        auditor: Auditor = HeuristicAuditor()
        if throw:  # to decide the opposite is the surest way to a score of 0
            auditor = TurnedRound(auditor, frozenset(one.proposal_id for one in opening.actor_proposals))
        *_, last = play(auditor, opening, environment.step)
        assert isinstance(last.observation.result, OutcomeResult), "an episode that is over has an outcome"
        outcomes.append(last.observation.result.outcome)
    return tuple(outcomes)
