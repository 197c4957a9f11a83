"""Recorded episodes: the messages of a client in each, and the answers of this server to the byte.

    script = record(seed=0)
    script.messages[0]     # b'{"type": "reset", "data": {"seed": 0, "task_id": "oversight_hard"}}'

The client is the heuristic auditor, so the traffic is that of an honest audit. Clients replay it without an auditor,
and the server that ours is compared with answers from it without an environment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import SynthAuditObservation
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.answers import written
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.scenario import build_scenario

MOST_SESSIONS = 1024
"""Sessions that each server has room for, ours included."""


@dataclass(frozen=True)
class Script:
    """An episode from reset to report."""

    seed: int
    messages: list[bytes]
    """The client's, reset first."""
    answers: list[bytes]
    """The server's, one for each message."""
    observations: list[SynthAuditObservation]
    """Those of the answers."""


def record(seed: int, task_id: str = "oversight_hard") -> Script:
    """Play an episode in this process and keep its messages."""
    environment = SynthAuditEnvironment(build=build_scenario)
    opening = environment.reset(seed=seed, task_id=task_id)
    turns = list(play(HeuristicAuditor(), opening, environment.step))
    messages = [{"type": "reset", "data": {"seed": seed, "task_id": task_id}}]
    messages += [{"type": "step", "data": turn.action.model_dump(exclude_defaults=True)} for turn in turns]
    observations = [opening, *(turn.observation for turn in turns)]
    answers = [written(observation) for observation in observations]
    return Script(seed, [json.dumps(message).encode() for message in messages], answers, observations)
