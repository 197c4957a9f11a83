"""Whether a server came through a soak: each check is a sentence, what was measured, and whether that is good enough.

log.read(closed_only=True)      # every second
...
for verdict in verdicts(soak, samples, ending, log, load_s=1800.0):
    print(verdict.check, verdict.measured, verdict.passed)
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from synth_audit_env.benchmarks.machine import MEBIBYTE
from synth_audit_env.benchmarks.soak.clients import CLIENTS, Soak

WARM_UP_S = 60.0
"""Seconds of which memory is not judged, however long the soak. A server keeps the scenarios that it built last, 64 of
about 0.2 MB each (`SHARED_SCENARIOS`), and the clients have asked for so many by then: filling that up is no leak."""
MOST_GROWTH = ((240.0, 10 * MEBIBYTE), (30.0, 60 * MEBIBYTE))
"""By seconds of load after the warm-up, the bytes that the straight line through memory may rise from there to the end
of the load. The first bound is forty sessions never freed. In less time a small leak cannot be told from the shape that
Python's heap takes: in a soak of half an hour the second minute alone brought some 4 MiB, and the fourth to the sixth
14. The second bound is several times that, and a leak of a megabyte a second, as when every episode were kept, exceeds
it in two minutes."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end than before the first client: an episode log, some spare."""
STOPPED = (0, -15)
"""uvicorn ends by the signal that asks it to stop, once it has stopped. So does a process that the signal
kills on the spot, and only what it said last tells the two apart."""
LAST_WORDS = "Finished server process"
"""uvicorn says so when every connection and the application have been closed."""
CUT_SHORT = "timeout graceful shutdown exceeded"
"""And this before it, when it did not wait for them to the end."""
BAD_WORDS = ("Traceback (most recent call last)", "An exception that no client should see", "was never retrieved")


class Ending(NamedTuple):
    """The server when all clients had gone, and as it was stopped."""

    more_files: int
    """File descriptors beyond those that it had open before the first client came."""
    sessions: int | None
    """That it says it has; None where it does not say."""
    faults: int | None
    """Exceptions that it has counted as its own fault; None where it does not say."""
    was_alive: bool
    """Whether it still ran when it was told to stop."""
    status: int | None
    """Its exit status, negative for a signal."""
    words: str
    """All that it wrote to standard output and standard error."""


class Verdict(NamedTuple):
    """One check."""

    check: str
    measured: str
    passed: bool | None
    """None where the soak was too short to tell."""


class LogReader:
    """Reads the files of one server's episode log as they are closed, and deletes them: a soak writes gigabytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lines: dict[str, list[tuple[str, int, float]]] = {}
        """By the episode's id, the task, seed and score of each line."""
        self.unreadable: list[str] = []

    def read(self, *, closed_only: bool) -> None:
        """Read the files that another has followed, or all once the server has ended."""
        paths = sorted(self._folder.glob("*.jsonl"))
        for path in paths[:-1] if closed_only else paths:
            for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                try:
                    episode = json.loads(line)
                    entry = (episode["task"], episode["seed"], episode["outcome"]["score"])
                    self.lines.setdefault(episode["episode_id"], []).append(entry)
                except (ValueError, KeyError, TypeError) as problem:
                    self.unreadable.append(f"{path.name}, line {number}: {problem!r}")
            path.unlink()

    def differences(self, soak: Soak) -> list[str]:
        """Where the log is not what was played, a sentence each."""
        found = list(self.unreadable)
        for episode_id in soak.finished.keys() | self.lines.keys():
            lines, script = self.lines.get(episode_id, []), soak.finished.get(episode_id)
            if script is None:
                found.append(f"Episode {episode_id} is in the log, and nobody is known to have finished it.")
            elif lines != [(script.task_id, script.seed, script.score)]:
                found.append(f"Episode {episode_id} was one of {script.task_id} {script.seed}; the log has {lines}.")
        return found


def verdicts(
    soak: Soak, samples: Sequence[tuple[float, int]], ending: Ending, log: LogReader, load_s: float
) -> list[Verdict]:
    """Judge a run in which clients came for so many seconds. A sample is a second and the server's memory then."""
    missing = ", ".join(name for name in CLIENTS if not soak.sessions[name])
    stopped = LAST_WORDS in ending.words and CUT_SHORT not in ending.words
    stopping = f"status {ending.status} {'after' if stopped else 'without'} an orderly shutdown"
    finished, differences = len(soak.finished), log.differences(soak)
    logged = f"{finished:,} finished, {len(log.lines):,} logged, {len(differences)} differences"
    bad = [line for line in ending.words.splitlines() if any(word in line for word in BAD_WORDS)]
    compared = f"{soak.answers:,} answers compared, {len(soak.problems)} problems"
    return [
        Verdict("the server lives to the end", "yes" if ending.was_alive else "no", ending.was_alive),
        Verdict("it stops when told to", stopping, stopped and ending.status in STOPPED),
        Verdict("clients saw what was due", compared, soak.answers > 0 and not soak.problems),
        Verdict("every kind of client came", f"missing: {missing or 'none'}", not missing),
        Verdict("no session is left", str(ending.sessions), ending.sessions == 0),
        _memory(samples, load_s),
        Verdict(
            "file descriptors are flat", f"{ending.more_files:+d} once all had gone", ending.more_files <= MOST_FILES
        ),
        Verdict("every finished episode is logged once", logged, finished > 0 and not differences),
        Verdict("the server reports no fault", f"{len(bad)} lines", not bad),
        # Its log leaves out what comes too often.
        Verdict("the server counts no fault", str(ending.faults), ending.faults == 0),
    ]


def _memory(samples: Sequence[tuple[float, int]], load_s: float) -> Verdict:
    """By how much the straight line through memory rises from the end of the warm-up to the end of the load."""
    judged_s = load_s - WARM_UP_S
    most = next((growth for least_s, growth in MOST_GROWTH if judged_s >= least_s), None)
    if most is None:
        told = f"too short to tell: {load_s:g} s of load, and the first {WARM_UP_S:g} s are the warm-up"
        return Verdict("memory is flat", told, None)
    judged = [(second, resident) for second, resident in samples if WARM_UP_S <= second <= load_s]
    if len(judged) < 2:
        return Verdict("memory is flat", f"{len(judged)} samples in {judged_s:g} s", False)
    slope = statistics.linear_regression(*zip(*judged, strict=True)).slope
    grown = slope * (judged[-1][0] - judged[0][0])
    told = f"{grown / MEBIBYTE:+.1f} MiB from second {WARM_UP_S:g} to the end of the load"
    return Verdict("memory is flat", f"{told}, of at most {most // MEBIBYTE}", grown <= most)
