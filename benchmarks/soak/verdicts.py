"""Whether a server came through a soak: each check is a sentence, what was measured, and whether that is good enough.

for verdict in verdicts(samples, ending, ledger, log, kinds, load_s=1800.0):
    print(verdict.check, verdict.measured, verdict.passed)
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from synth_audit_env.benchmarks.processes import MEBIBYTE
from synth_audit_env.benchmarks.soak.ledger import Ledger, LogReader

WARM_UP_S = 60.0
"""Seconds that memory is not judged by, however long the soak. A server keeps the scenarios that it built last, 64 of
about 0.2 MB each (`SHARED_SCENARIOS`), and the clients have asked for so many by then: filling that up is no leak."""
LEAST_JUDGED_S = 240.0
"""Of load after the warm-up. On less, a small leak cannot be told from the shape that Python's heap takes: in a soak of
half an hour the second minute alone brought some 4 MiB, and the fourth to the sixth 14."""
LEAST_COARSE_S = 30.0
"""Of load after the warm-up, on which a large one can."""
MOST_GROWTH = 10 * MEBIBYTE
"""Bytes that the straight line through memory may rise from there to the end of the load: forty sessions never
freed."""
MOST_GROWTH_COARSE = 60 * MEBIBYTE
"""Bytes that it may rise in a soak that is too short for the other bound: several times what a heap's shape was seen to
make of a few minutes, and in two minutes a megabyte a second, as when every episode were kept."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end than when nobody had come yet: an episode log, some spare."""
MOST_POINTS = 120
"""Of a series in a report."""
STOPPED = (0, -15)
"""uvicorn ends by the signal that it was told to stop with, once it has stopped. So does a process that the signal
kills on the spot, and only what it said last tells the two apart."""
LAST_WORDS = "Finished server process"
"""uvicorn says so when every connection and the application have been closed."""
CUT_SHORT = "timeout graceful shutdown exceeded"
"""And this before it, when it did not wait for them to the end."""
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
    faults: int | None
    """Exceptions that it has counted as its own fault; None where it did not say."""
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
    passed: bool | None
    """None where the soak was too short to tell."""


def verdicts(
    samples: Sequence[Sample], ending: Ending, ledger: Ledger, log: LogReader, kinds: Iterable[str], *, load_s: float
) -> list[Verdict]:
    """Judge a run in which clients came for so many seconds. Clients of all these kinds have to have come."""
    more = ending.files - ending.files_before
    differences = log.differences(ledger)
    heard = [line for line in ending.words.splitlines() if any(word in line for word in BAD_WORDS)]
    missing = [kind for kind in kinds if not ledger.happened[kind]]
    finished = len(ledger.finished)
    return [
        Verdict("the server lives to the end", "yes" if ending.was_alive else "no", ending.was_alive),
        _stop(ending),
        Verdict(
            "clients saw what was due",
            f"{ledger.messages:,} answers compared, {ledger.problem_count} problems",
            ledger.messages > 0 and ledger.problem_count == 0,
        ),
        Verdict("every kind of client came", f"missing: {', '.join(missing) or 'none'}", not missing),
        Verdict("no session is left", str(ending.sessions), ending.sessions == 0),
        _memory(samples, load_s),
        Verdict("file descriptors are flat", f"{more:+d} once all had gone", more <= MOST_FILES),
        Verdict(
            "every finished episode is logged once",
            f"{finished:,} finished, {len(log.lines):,} logged, {len(differences)} differences",
            finished > 0 and not differences,
        ),
        Verdict("the server reports no fault", f"{len(heard)} lines", not heard),
        # Its log leaves out what comes too often.
        Verdict(
            "the server counts no fault", "unknown" if ending.faults is None else str(ending.faults), ending.faults == 0
        ),
    ]


def _stop(ending: Ending) -> Verdict:
    in_order = LAST_WORDS in ending.words and CUT_SHORT not in ending.words
    told = "after an orderly shutdown" if in_order else "without an orderly shutdown"
    return Verdict("it stops when told to", f"status {ending.status} {told}", in_order and ending.status in STOPPED)


def _memory(samples: Sequence[Sample], load_s: float) -> Verdict:
    judged_s = load_s - WARM_UP_S
    if judged_s < LEAST_COARSE_S:
        told = f"too short to tell: {load_s:g} s of load, and the first {WARM_UP_S:g} s are the warm-up"
        return Verdict("memory is flat", told, None)
    most = MOST_GROWTH_COARSE if judged_s < LEAST_JUDGED_S else MOST_GROWTH
    grown = growth(samples, load_s)
    told = (
        f"{grown / MEBIBYTE:+.1f} MiB from second {WARM_UP_S:g} to the end of the load, of at most {most // MEBIBYTE}"
    )
    return Verdict("memory is flat", told, grown <= most)


def growth(samples: Sequence[Sample], load_s: float) -> float:
    """By how many bytes the straight line through memory rises from the end of the warm-up to the end of the load.

    NaN where it was hardly looked at in that time.
    """
    judged = [sample for sample in samples if WARM_UP_S <= sample.second <= load_s]
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
