"""Resumes a run: the episodes that its log holds are not played again, and new ones are added to it.

    dropped = drop_half_line(path)                 # what a kill left of the last episode
    done = earlier_results(path, auditor.name, auditor.settings)      # by `episode_key` of their options
    if episode_key(options) not in done:
        ...                                        # play it

An adaptive episode depends on the scores of its session, so a run with the adaptive task cannot be resumed.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..episode_line import WORLD_VERSION
from .episode_log import EpisodeRecord, iterate_log


class ResumeError(RuntimeError):
    """The log is not of this run, or is none at all."""


def earlier_results(path: Path, agent: str, settings: Mapping[str, Any] | None) -> dict[str, EpisodeRecord]:
    """The episodes in the log of an agent whose model is asked with these settings, as far as a table needs them.

    A log that does not exist holds none.

    Raises:
        ResumeError: A line is no episode, or is an episode of another agent, version or settings.
    """
    done: dict[str, EpisodeRecord] = {}
    ours = {"agent": agent, "version": WORLD_VERSION, "settings": settings}
    try:
        for record in iterate_log(path) if path.exists() else ():
            for name, value in ours.items():
                if (logged := getattr(record, name)) != value:
                    raise ResumeError(f"{path} holds an episode with the {name} {logged}, but this run has {value}.")
            done[episode_key(record.options)] = record.last_turn_only()
    except ValueError as problem:
        raise ResumeError(str(problem)) from problem
    return done


def episode_key(options: Mapping[str, Any]) -> str:
    """The options of a reset as text, without the Actor, which a log adds to those of the run."""
    return json.dumps({name: value for name, value in options.items() if name != "actor"}, sort_keys=True)


def drop_half_line(path: Path) -> bool:
    """Cut off the episode that a kill left half written at the end. Returns True if there was one."""
    whole = path.read_bytes() if path.exists() else b""
    end = whole.rfind(b"\n") + 1
    half_written = whole[end:].startswith(b'{"task":')  # no other file is cut
    if half_written:
        os.truncate(path, end)
    return half_written
