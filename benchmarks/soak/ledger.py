"""What the clients of a soak did and saw, and what the server's episode log says of it.

    ledger.has_finished(episode_id, script)
    log.read_closed()
    log.differences(ledger)      # [] where every finished episode is in the log, once and as it was

An episode log of a soak is far larger than what is to be known of it, so its files are read as they are closed, and
deleted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.models import OutcomeResult

MOST_KEPT = 50
"""Problems that are kept in words. All are counted."""


class Ledger:
    """Of all clients of one run."""

    def __init__(self) -> None:
        self.finished: dict[str, Script] = {}
        """By the episode's id, what was played to its end."""
        self.happened: Counter[str] = Counter()
        """Sessions by how they behaved."""
        self.problems: list[str] = []
        self.problem_count = 0
        self.messages = 0
        """Whose answers were compared."""

    def has_finished(self, episode_id: str, script: Script) -> None:
        """Note an episode that was played to its end."""
        self.finished[episode_id] = script

    def problem(self, sentence: str) -> None:
        """Note what ought not to have been."""
        self.problem_count += 1
        if len(self.problems) < MOST_KEPT:
            self.problems.append(sentence[:500])


class LogReader:
    """The files of one server's episode log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lines: dict[str, list[tuple[str, int, float]]] = {}
        """By the episode's id, the task, seed and score of each line."""
        self.bytes = 0
        self.files = 0
        self.unreadable: list[str] = []

    def read_closed(self) -> None:
        """Read the files that another has followed."""
        self._read(self._paths()[:-1])

    def read_all(self) -> None:
        """Read all that is left, once the server has ended."""
        self._read(self._paths())

    def differences(self, ledger: Ledger) -> list[str]:
        """Where the log is not what was played, a sentence each."""
        told = list(self.unreadable)
        for episode_id in ledger.finished.keys() | self.lines.keys():
            lines, script = self.lines.get(episode_id, []), ledger.finished.get(episode_id)
            if script is None:
                told.append(f"Episode {episode_id} is in the log, and nobody is known to have finished it.")
            elif len(lines) != 1:
                told.append(f"Episode {episode_id} is in the log {len(lines)} times.")
            elif lines[0] != (script.task_id, script.seed, score(script)):
                told.append(f"Episode {episode_id} was {script.task_id} {script.seed}; the log has {lines[0]}.")
        return told

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))

    def _read(self, paths: Sequence[Path]) -> None:
        for path in paths:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    self.bytes += len(line)
                    try:
                        self._take(json.loads(line))
                    except (ValueError, KeyError, TypeError) as problem:
                        self.unreadable.append(f"{path.name}, line {number}: {problem!r}")
            path.unlink()
            self.files += 1

    def _take(self, line: dict[str, Any]) -> None:
        entry = (line["task"], line["seed"], line["outcome"]["score"])
        self.lines.setdefault(line["episode_id"], []).append(entry)


def score(script: Script) -> float:
    """What the episode was scored with where it was recorded."""
    result = script.observations[-1].result
    assert isinstance(result, OutcomeResult), "a recorded episode has come to its end"
    return result.outcome.score
