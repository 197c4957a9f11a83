"""Episodes that were played in this process, as a log has them, and the lines that playing them again comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.rollouts.episode_log import EpisodeRecord, replay
from synth_audit_env.rollouts.rollout import Auditor, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


def recorded(
    options: Mapping[str, Any], auditor: Auditor | None = None, env: SynthAuditEnvironment | None = None
) -> EpisodeRecord:
    """The episode of these options of reset, audited by the heuristic if nobody else is named."""
    auditor, env = auditor or HeuristicAuditor(), env or SynthAuditEnvironment()
    opening = env.reset(**options)
    turns, state = play(auditor, opening, env.step), env.state
    return EpisodeRecord.of(auditor.name, options, state.seed, state.split, opening, turns)


def replayed(records: Iterable[EpisodeRecord], env: SynthAuditEnvironment | None = None) -> str:
    """The lines of a log."""
    env = env or SynthAuditEnvironment()
    return "".join(again.line() for again in replay(records, lambda options: env.reset(**options), env.step))
