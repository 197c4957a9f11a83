"""The logged episode that a stub model plays again through an adapter, as the calls that the model makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord, read_log
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

SEED, TASK, SPLIT = 1_000_004, "oversight_expert", "test"
"""An audit with flags, approvals and all eight tools."""


def logged_episode(folder: Path) -> EpisodeRecord:
    """The heuristic's episode, out of the log that it was written to."""
    environment = SynthAuditEnvironment()
    options = {"seed": SEED, "task_id": TASK}
    opening = environment.reset(**options)
    turns = tuple(play(HeuristicAuditor(), opening, environment.step))
    log = folder / "episodes.jsonl"
    record = EpisodeRecord(TASK, SEED, SPLIT, PACKAGE_VERSION, "heuristic", options, opening, turns)
    log.write_text(record.line(), encoding="utf-8")
    return read_log(log)[0]


def calls_of(record: EpisodeRecord) -> list[tuple[str, dict[str, Any]]]:
    """Its actions as names of tools and their arguments."""
    fields = [turn.action.model_dump(exclude_defaults=True) for turn in record.turns]
    return [(one.pop("action_type"), one) for one in fields]
