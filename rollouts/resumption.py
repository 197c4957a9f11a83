"""Resumes a run: what its log holds is not played again, and new episodes are added to it.

    dropped = drop_half_line(path)                 # what a kill left of the last episode
    earlier = Earlier.read(path, auditor.name, auditor.settings)
    if not earlier.has(options):
        env.reset(**options)
        earlier.check_notes(env.state())           # ResumeError where the server's Actor is another

An adaptive episode depends on the scores of its session, so a run of such episodes is not resumed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..episode_line import PACKAGE_VERSION
from ..models import LlmActorState, SynthAuditState
from .episode_log import EpisodeRecord, iterate_log

EPISODE_BEGINS = b'{"task":'
"""How the line of an episode begins. No other file is cut."""


class ResumeError(RuntimeError):
    """The log is not of this run, or is none at all."""


@dataclass(slots=True)
class Earlier:
    """What the log of an earlier run holds."""

    results: list[EpisodeRecord] = field(default_factory=list)
    """For the table."""
    _played: set[str] = field(default_factory=set)
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
        if (record.agent, record.version) != (agent, PACKAGE_VERSION):
            raise ResumeError(
                f"{path} holds an episode of {record.agent} with version {record.version}, "
                f"but this run is of {agent} with version {PACKAGE_VERSION}."
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
        self._played.add(_key(record.options))

    def has(self, options: Mapping[str, Any]) -> bool:
        """Whether an episode was played with these options of reset."""
        return _key(options) in self._played

    def check_notes(self, state: SynthAuditState) -> None:
        """Check that the notes of an episode that has begun are of the same Actor as those of the log.

        Raises:
            ResumeError: They are of another Actor.
        """
        here = state.actor_model if isinstance(state, LlmActorState) else None
        if self._first is not None and here != self._first.actor_model:
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
    """The options of the run: a log adds who worded the notes."""
    return json.dumps({name: value for name, value in options.items() if name != "actor"}, sort_keys=True)
