"""Resumes a run: what its log holds is not played again, and new episodes are added to it.

    dropped = drop_half_line(path)                 # what a kill left of the last episode
    earlier = Earlier.read(path, auditor.name, auditor.settings)
    earlier.check_notes(env)                       # ResumeError where the server's Actor is another
    if earlier.find(options) is None:
        ...                                        # play it

An adaptive episode depends on the scores of its session. So the actions of logged adaptive episodes are repeated,
without the agent, to bring a new session to where the old one was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..client import SyncSynthAuditEnv
from ..episode_line import WORLD_VERSION
from ..models import EpisodeOutcome, LlmActorState, OutcomeResult, SynthAuditAction
from .episode_log import EpisodeRecord, iterate_log

EPISODE_BEGINS = b'{"task":'
"""How the line of an episode begins. No other file is cut."""
_PINS = ("level", "error_types", "actor")
"""Options that a log adds to those of the run: what an adaptive episode was made of, and who worded its notes. A level
of the frontier is the run's own."""


class ResumeError(RuntimeError):
    """The log is not of this run, or is none at all."""


@dataclass(frozen=True, slots=True)
class Played:
    """An episode of the log, as far as it is needed to repeat its actions."""

    actions: tuple[SynthAuditAction, ...]
    outcome: EpisodeOutcome

    def act_again(self, env: SyncSynthAuditEnv, options: Mapping[str, Any]) -> None:
        """Repeat its actions, to bring the session to where it was after it. The options are those of the run.

        Raises:
            ResumeError: The outcome is another than that of the log.
        """
        last = env.reset(**options).observation
        for action in self.actions:
            last = env.step(action).observation
        if not isinstance(last.result, OutcomeResult) or last.result.outcome != self.outcome:
            raise ResumeError(f"The episode {dict(options)} of the log does not come out as it did: start anew.")


@dataclass(slots=True)
class Earlier:
    """What the log of an earlier run holds."""

    results: list[EpisodeRecord] = field(default_factory=list)
    """For the table."""
    _played: dict[str, Played] = field(default_factory=dict)
    _first: EpisodeRecord | None = None
    """Of the log; all others have their notes from where it has."""

    @classmethod
    def read(cls, path: Path, agent: str, settings: Mapping[str, Any] | None = None) -> Earlier:
        """Read the log of an agent whose model is asked with these settings. A log that does not exist holds nothing.

        Raises:
            ResumeError: A line is no episode, or is an episode of another agent, version or settings, or its notes are
                of another Actor than those of the first.
        """
        earlier = cls()
        try:
            for record in iterate_log(path) if path.exists() else ():
                earlier._add(record, path, agent, settings)
        except ValueError as problem:
            raise ResumeError(str(problem)) from problem
        return earlier

    def _add(self, record: EpisodeRecord, path: Path, agent: str, settings: Mapping[str, Any] | None) -> None:
        if (record.agent, record.version) != (agent, WORLD_VERSION):
            raise ResumeError(
                f"{path} holds an episode of {record.agent} with version {record.version}, "
                f"but this run is of {agent} with version {WORLD_VERSION}."
            )
        if record.settings != settings:
            raise ResumeError(
                f"{path} holds an episode of {agent} with {_differing(record.settings, settings)}, "
                f"but this run is with {_differing(settings, record.settings)}."
            )
        self._first = self._first or record
        if record.actor_model != self._first.actor_model:
            raise ResumeError(
                f"{path} holds episodes with notes of {_actor(self._first.actor_model)} and of "
                f"{_actor(record.actor_model)}, which are none for one table: name another --log."
            )
        self.results.append(record.last_turn_only())
        actions = tuple(turn.action for turn in record.turns)
        self._played[_key(record.options)] = Played(actions, record.outcome)

    def find(self, options: Mapping[str, Any]) -> Played | None:
        """The episode that was played with these options of reset; None where there is none."""
        return self._played.get(_key(options))

    def check_notes(self, env: SyncSynthAuditEnv) -> None:
        """Check that the server's notes are of the same Actor as those of the log, by a reset to its first episode.

        No episode may be running. The curriculum of the session does not count an episode without a step.

        Raises:
            ResumeError: They are of another Actor.
            ServerRefusedError: The server cannot word that episode.
        """
        if self._first is None:
            return
        # The server chooses who words notes, as it does for the run.
        env.reset(**{name: value for name, value in self._first.options.items() if name != "actor"})
        state = env.state()
        here = state.actor_model if isinstance(state, LlmActorState) else None
        if here != self._first.actor_model:
            raise ResumeError(
                f"The log holds episodes with notes of {_actor(self._first.actor_model)}, but this server has those of "
                f"{_actor(here)}: go on where it was begun, or name another --log."
            )


def _actor(model: str | None) -> str:
    return "the script" if model is None else f"the model {model}"


def drop_half_line(path: Path) -> bool:
    """Cut off the episode that a kill left half written at the end. Returns whether there was one."""
    if not path.exists():
        return False
    with path.open("r+b") as log:
        whole = log.read()
        end = whole.rfind(b"\n") + 1
        rest = whole[end:]
        half_written = bool(rest) and EPISODE_BEGINS.startswith(rest[: len(EPISODE_BEGINS)])
        if half_written:
            log.truncate(end)
    return half_written


def _differing(settings: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    """The settings that are not the same in the other ones."""
    if settings is None:
        return "no settings of a model"
    differing = [name for name in settings if other is None or other.get(name, ...) != settings[name]]
    return ", ".join(f"{name} {settings[name]}" for name in differing)


def _key(options: Mapping[str, Any]) -> str:
    added = _PINS if "error_types" in options else ("actor",)
    return json.dumps({name: value for name, value in options.items() if name not in added}, sort_keys=True)
