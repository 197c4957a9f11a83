"""Recorded episodes: what a client says in each, and what this server answers to the byte.

    scripts = record_all(range(256))
    scripts[0].said[0]     # b'{"type": "reset", "data": {"seed": 0, "task_id": "oversight_hard"}}'

The client is the heuristic auditor, so the traffic is that of an honest audit: notes, records, statistics, decisions
with reasons, a report. Clients replay it without an auditor, and the servers that ours is compared with answer from it
without an environment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import OutcomeResult, SynthAuditObservation
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.serving.answers import written
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.scenario import build_scenario

HARD = "oversight_hard"

MOST_SESSIONS = 1024
"""That each server has room for, ours included."""


@dataclass(frozen=True)
class Script:
    """An episode from reset to report."""

    task_id: str
    seed: int
    said: list[bytes]
    """The client's messages, reset first."""
    answers: list[bytes]
    """The server's, one for each."""
    observations: list[SynthAuditObservation]
    """What the answers tell."""

    @property
    def score(self) -> float:
        """The score at the end."""
        result = self.observations[-1].result
        assert isinstance(result, OutcomeResult), "a recorded episode has come to its end"
        return result.outcome.score


def record(seed: int, task_id: str = HARD) -> Script:
    """Play an episode in this process and keep what is said."""
    environment = SynthAuditEnvironment(build=build_scenario)
    opening = environment.reset(seed=seed, task_id=task_id)
    turns = list(play(HeuristicAuditor(), opening, environment.step))
    steps = [turn.action.model_dump(exclude_defaults=True) for turn in turns]
    observations = [opening, *(turn.observation for turn in turns)]
    return Script(
        task_id=task_id,
        seed=seed,
        said=[_message("reset", {"seed": seed, "task_id": task_id}), *(_message("step", step) for step in steps)],
        answers=[written(observation).message for observation in observations],
        observations=observations,
    )


def record_all(seeds: Sequence[int], task_ids: Sequence[str] = (HARD,)) -> list[Script]:
    """Record the episodes of all these seeds in each of the tasks."""
    return [record(seed, task_id) for task_id in task_ids for seed in seeds]


def _message(kind: str, data: dict[str, object]) -> bytes:
    """One message of openenv's session protocol."""
    return json.dumps({"type": kind, "data": data}).encode()
