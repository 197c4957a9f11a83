"""Whether a server came through a soak: each check is a sentence, what was measured, and whether that is good enough.

for verdict in verdicts(samples, ending, ledger, log):
    print(verdict.check, verdict.measured, verdict.passed)
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from synth_audit_env.benchmarks.processes import MEBIBYTE
from synth_audit_env.benchmarks.soak.ledger import Ledger, LogReader

WARM_UP = 0.25
"""The share of the time that memory is not judged by: caches fill, and Python's heap takes the shape of its work."""
MOST_GROWTH = 10 * MEBIBYTE
"""Bytes that the straight line through memory may rise in the rest of the time: forty sessions never freed."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end than when nobody had come yet: an episode log, some spare."""
MOST_POINTS = 120
"""Of a series in a report."""
BAD_WORDS = ("Traceback (most recent call last)", "An exception that no client should see", "was never retrieved")


@dataclass(frozen=True)
class Sample:
    """The server at one moment."""

    second: float
    """Since the clients came."""
    resident: int
    """Bytes."""
    files: int
    """Open file descriptors."""
    sessions: int
    """That it says it has."""


@dataclass(frozen=True)
class Ending:
    """The server when all clients had gone, and as it was stopped."""

    files_before: int
    """Open file descriptors when nobody had come yet."""
    files: int
    sessions: int
    was_alive: bool
    """Whether it still ran when it was told to stop."""
    status: int | None
    """Its exit status, negative for a signal; None where it had to be killed."""
    words: str
    """All that it wrote to standard output and standard error."""


@dataclass(frozen=True)
class Verdict:
    """One check."""

    check: str
    measured: str
    passed: bool


def verdicts(
    samples: Sequence[Sample], ending: Ending, ledger: Ledger, log: LogReader, kinds: Iterable[str]
) -> list[Verdict]:
    """Judge a run.

    Args:
        samples: The server while clients were there, in order.
        ending: And after.
        ledger: What the clients saw.
        log: All of the episode log.
        kinds: The ways to behave that have to have happened.
    """
    grown, more = growth(samples), ending.files - ending.files_before
    differences = log.differences(ledger)
    heard = [line for line in ending.words.splitlines() if any(word in line for word in BAD_WORDS)]
    missing = [kind for kind in kinds if not ledger.happened[kind]]
    finished = len(ledger.finished)
    return [
        Verdict("the server lives to the end", "yes" if ending.was_alive else "no", ending.was_alive),
        Verdict("it stops when told to", f"status {ending.status}", ending.status in STOPPED),
        Verdict(
            "clients saw what was due",
            f"{ledger.messages:,} answers compared, {ledger.problem_count} problems",
            ledger.messages > 0 and ledger.problem_count == 0,
        ),
        Verdict("every kind of client came", f"missing: {', '.join(missing) or 'none'}", not missing),
        Verdict("no session is left", str(ending.sessions), ending.sessions == 0),
        Verdict("memory is flat", f"{grown / MEBIBYTE:+.1f} MiB after the warm-up", grown <= MOST_GROWTH),
        Verdict("file descriptors are flat", f"{more:+d} once all had gone", more <= MOST_FILES),
        Verdict(
            "every finished episode is logged once",
            f"{finished:,} finished, {len(log.lines):,} logged, {len(differences)} differences",
            finished > 0 and not differences,
        ),
        Verdict("the server reports no fault", f"{len(heard)} lines", not heard),
    ]


STOPPED = (0, -15)
"""uvicorn ends by the signal that it was told to stop with, once it has stopped."""


def growth(samples: Sequence[Sample]) -> float:
    """By how many bytes the straight line through memory rises after the warm-up; NaN where it was hardly looked at."""
    end = samples[-1].second if samples else 0.0
    judged = [sample for sample in samples if sample.second >= WARM_UP * end]
    if len(judged) < 2:
        return math.nan
    seconds = [sample.second for sample in judged]
    slope = statistics.linear_regression(seconds, [sample.resident for sample in judged]).slope
    return slope * (seconds[-1] - seconds[0])


def fewer(samples: Sequence[Sample]) -> list[Sample]:
    """Some of the samples, evenly spread, the first and the last among them."""
    if len(samples) <= MOST_POINTS:
        return list(samples)
    last = len(samples) - 1
    return [samples[round(number * last / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]
