"""Opens episode logs, out of a folder or from a stranger, and tells what in them is no episode, by its line.

    log = read_upload(data, "episodes.jsonl")          # or read_from(folder, log_names(folder)[0])
    log.headings[0].agent, log.refused
    replay = log.replay(0)

A log is what `rollouts/episode_log.py` writes. Sizes are limited, and only names that the folder itself lists are
opened. Every text of a log is a stranger's, for the page to escape.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from ...rollouts.episode_log import EpisodeRecord, record_of
from ..serving.limits import LARGEST_LOG_FILE
from ..world.tasks import TIERS
from .replays import Replay, ReplayError, replay_of

LARGEST_LOG = LARGEST_LOG_FILE + 32 * 1024 * 1024
"""Bytes. The server's own files may pass LARGEST_LOG_FILE by what is written in one go."""
LARGEST_UPLOAD = 32 * 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
"""Bytes. An episode of the hard tier has a quarter of a megabyte, one of nothing but the longest reasons has two."""
MOST_LINES = 5_000
MOST_STEPS = max(tier.steps for tier in TIERS.values())
MOST_NAMES = 500
"""Files of a folder that are listed, the newest first."""
MOST_REFUSED = 5
"""Lines of a log that are told to be no episodes; of further ones only the number."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """An episode in a log's table of contents."""

    line: int
    """From 1."""
    agent: str
    task: str
    split: str
    seed: int
    score: float
    return_: float
    steps: int


@dataclass(frozen=True, slots=True)
class Log:
    """The episodes of a file. Kept as its lines, since as objects they take ten times the room."""

    name: str
    headings: tuple[Heading, ...]
    refused: tuple[str, ...]
    """A sentence for each line that is no episode, such as the half of one that a dying server leaves."""
    _lines: tuple[bytes, ...]

    def replay(self, index: int) -> Replay:
        """The episode at a place in `headings`. Raises ReplayError where there is none."""
        if not 0 <= index < len(self._lines):
            raise ReplayError(f"{self.name} has episodes 1 to {len(self._lines)}; there is no episode {index + 1}.")
        return replay_of(_read_line(self._lines[index]))


def read_upload(data: bytes, name: str) -> Log:
    """Open a log that somebody sent. Raises ReplayError where there is no episode in it, or it is too large."""
    if len(data) > LARGEST_UPLOAD:
        raise ReplayError(f"{name} has {len(data):,} bytes; {LARGEST_UPLOAD:,} is the limit.")
    return _read(data, name)


def log_names(folder: Path) -> tuple[str, ...]:
    """The logs right inside a folder, the newest first by name; none where there is no such folder."""
    if not folder.is_dir():
        return ()
    found = [one.name for one in folder.glob("*.jsonl") if one.is_file() and not one.is_symlink()]
    return tuple(sorted(found, reverse=True)[:MOST_NAMES])


def read_from(folder: Path, name: str) -> Log:
    """Open a log of a folder. Raises ReplayError where the name is not one of `log_names`, or as `read_upload` does."""
    if name not in log_names(folder):
        raise ReplayError(f"There is no log {_short(name)!r} here.")
    try:
        with (folder / name).open("rb") as file:
            data = file.read(LARGEST_LOG + 1)
    except OSError as problem:
        raise ReplayError(f"{name} cannot be read: {problem.strerror or 'the disk does not give it'}.") from problem
    if len(data) > LARGEST_LOG:
        raise ReplayError(f"{name} has more than {LARGEST_LOG:,} bytes.")
    return _read(data, name)


def _read(data: bytes, name: str) -> Log:
    name = _short(name)
    lines = data.split(b"\n")
    if len(lines) - 1 > MOST_LINES:
        raise ReplayError(f"{name} has {len(lines) - 1:,} lines; {MOST_LINES:,} is the limit.")
    headings, kept, refused = [], [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _read_line(line)
        except ReplayError as problem:
            refused.append(f"{name}, line {number}: {problem}")
            continue
        outcome = record.outcome
        named = (record.agent, record.task, record.split, record.seed)
        headings.append(Heading(number, *named, outcome.score, outcome.return_, len(record.turns)))
        kept.append(line)
    if not kept:
        raise ReplayError(refused[0] if refused else f"{name} has no line in it.")
    more = len(refused) - MOST_REFUSED
    told = (*refused[:MOST_REFUSED], *([f"{more} more lines are no episodes."] if more > 0 else []))
    return Log(name, tuple(headings), told, tuple(kept))


def _read_line(line: bytes) -> EpisodeRecord:
    """The episode of a line. Raises ReplayError."""
    if len(line) > LONGEST_LINE:
        raise ReplayError(f"this has {len(line):,} bytes, and {LONGEST_LINE:,} is the limit of a line.")
    try:
        fields = _fields(line)
        if not isinstance(fields, dict):
            raise TypeError("it is no JSON object")
        _check(fields)
        record = record_of(fields)
        if not record.turns[-1].observation.done:
            raise ValueError("its last step does not end it")
        _ = record.outcome
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ReplayError(f"this is no episode ({_short(where)}: {first['msg']}).") from problem
    except KeyError as problem:
        raise ReplayError(f"this is no episode (it has no {_short(str(problem))}).") from problem
    except RecursionError as problem:
        raise ReplayError("this is no episode (it is nested too deeply).") from problem
    except (ValueError, TypeError, AttributeError, OverflowError) as problem:
        raise ReplayError(f"this is no episode ({_short(str(problem))}).") from problem
    return record


def _fields(line: bytes) -> Any:
    """What the line says. Raises ValueError with words for people, which those of Python are not."""
    try:
        text = line.decode("utf-8-sig")
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except UnicodeDecodeError as problem:
        raise ValueError("it is not UTF-8 text") from problem
    except json.JSONDecodeError as problem:
        raise ValueError("it is not JSON") from problem


def _check(fields: dict[str, Any]) -> None:
    """What `EpisodeRecord` leaves to whoever makes it."""
    kinds = {"task": str, "split": str, "version": str, "agent": str, "seed": int, "options": dict, "actions": list}
    for name, kind in kinds.items():
        if not isinstance(fields[name], kind) or isinstance(fields[name], bool):
            raise ValueError(f"its {name} is not what it should be")
    if any(len(fields[name]) > _SHOWN for name in ("task", "split", "version", "agent")):
        raise ValueError(f"a name in it has more than {_SHOWN} characters")
    if not 0 < len(fields["actions"]) <= MOST_STEPS:
        raise ValueError(f"it has {len(fields['actions'])} steps, and an episode has 1 to {MOST_STEPS}")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > _SHOWN:
        raise ValueError(f"it has a number of {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{_short(text)} is too large a number")
    return value


def _short(text: str) -> str:
    """On one line, and not long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
