"""Resumes a run: the episodes that its log holds are not played again, and new ones are added to it.

    dropped = drop_half_line(path)                 # what a kill left of the last episode
    done = earlier_results(path, auditor.name, auditor.settings)      # by `episode_key` of their options
    if episode_key(options) not in done:
        ...                                        # play it

An adaptive episode depends on the scores of its session, so a run with the adaptive task cannot be resumed.
"""

import json
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
    try:
        for record in iterate_log(path) if path.exists() else ():
            for what, logged, now in (
                ("agent", record.agent, agent),
                ("version", record.version, WORLD_VERSION),
                ("settings", record.settings, settings),
            ):
                if logged != now:
                    raise ResumeError(f"{path} holds an episode with the {what} {logged}, but this run has {now}.")
            done[episode_key(record.options)] = record.last_turn_only()
    except ValueError as problem:
        raise ResumeError(str(problem)) from problem
    return done


def episode_key(options: Mapping[str, Any]) -> str:
    """The options of a reset as text, without the Actor, which a log adds to those of the run."""
    return json.dumps({name: value for name, value in options.items() if name != "actor"}, sort_keys=True)


def drop_half_line(path: Path) -> bool:
    """Cut off the episode that a kill left half written at the end. Returns True if there was one."""
    if not path.exists():
        return False
    with path.open("r+b") as log:
        whole = log.read()
        end = whole.rfind(b"\n") + 1
        half_written = whole[end:].startswith(b'{"task":')  # no other file is cut
        if half_written:
            log.truncate(end)
    return half_written
