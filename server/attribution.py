"""Exact Shapley values of a decision: how much each field of a record moved the verdict.

    values = shapley_values(reading.checks, facts(record), columns(cohort))
    values["treatment_start"]  # −0.41: this start day took 41 points off the probability of compliance

The game is the interventional one (Lundberg & Lee 2017; Janzing, Minorics & Blöbaum 2020). Its players are
the fields that the decision reads. A coalition S is worth v(S): the share of background records that would
pass if their fields in S were those of the explained record. Nothing is sampled. A decision is an AND of
checks that read a few fields each, so every check is evaluated on the few coalitions of its own fields, and
the outcomes are combined as bits.

Up to one division per field all arithmetic is on integers, so the figures are the same on every platform.
Nothing here knows what a protocol or an Actor is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import factorial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from synth_audit_env.server.record import Columns, Facts

Check = tuple[tuple[str, ...], Callable[[Columns], npt.NDArray[np.bool_]]]
"""The fields that a check reads, and what passes it: columns of those fields to a bool per record."""
Words = npt.NDArray[np.uint64]
Scalar = TypeVar("Scalar", bound=np.generic)

MAX_FIELDS = 16
"""Time and memory double with every field; 16 fields are 65,536 coalitions."""


def shapley_values(checks: Sequence[Check], record_facts: Facts, background: Columns) -> dict[str, float]:
    """Return the exact interventional Shapley value of every field that the decision reads.

    Args:
        checks: A record is compliant when it passes all of them (`Protocol.checks`).
        record_facts: The record that is explained. NaN stands for a blank, here and in the background.
        background: What it is compared with: an array of N ≥ 1 records by field name.

    Returns:
        Field name to value, in the order in which the checks first name the fields. A value lies in [−1, 1],
        in units of the probability of compliance: positive where the record's own value speaks for
        compliance. Together they come to v(every field) − v(no field). A field that no outcome depends on
        has exactly 0.0. A field that no check reads is left out: its value is 0 too.

    Raises:
        ValueError: The background is empty, or the checks read more than MAX_FIELDS fields.
        KeyError: A check reads a field that it does not name, or that the record or the background lacks.
    """
    return shapley_values_and_passing(checks, record_facts, background)[0]


def shapley_values_and_passing(
    checks: Sequence[Check], record_facts: Facts, background: Columns
) -> tuple[dict[str, float], int]:
    """The same, and how many background records pass: v(no field) times their number, which comes with it."""
    names = list(dict.fromkeys(name for fields, _ in checks for name in fields))
    size = len(next(iter(background.values()), ()))
    if len(names) > MAX_FIELDS:
        raise ValueError(f"the checks read {len(names)} fields, more than {MAX_FIELDS}: {', '.join(names)}")
    if not names:
        return {}, size
    if size == 0:
        raise ValueError("the background has no records: a record is explained against at least one")
    outcomes = [_outcome(fields, passes, record_facts, background) for fields, passes in checks]
    packed = _packed(np.concatenate(outcomes))  # together, since packing costs by the call
    passing, first = _every_record(size), 0
    for (fields, _), outcome in zip(checks, outcomes, strict=True):
        own = tuple(names.index(name) for name in fields)
        passing = passing & packed[first : first + len(outcome)].take(_projection(len(names), own), axis=0)
        first += len(outcome)
    # Turned to lie word by word: numpy adds up few long rows faster than many short ones.
    counts = np.bitwise_count(np.ascontiguousarray(passing.T)).sum(axis=0, dtype=np.int64)
    numerators = _weights(len(names)) @ counts
    # No numerator exceeds N·n!, which int64 holds for MAX_FIELDS fields and 400,000 records.
    denominator = size * factorial(len(names))
    values = {name: numerator / denominator for name, numerator in zip(names, numerators.tolist(), strict=True)}
    return values, int(counts[0])


def _outcome(
    fields: tuple[str, ...],
    passes: Callable[[Columns], npt.NDArray[np.bool_]],
    record_facts: Facts,
    background: Columns,
) -> npt.NDArray[np.bool_]:
    """Evaluate a check on the coalitions of its own fields: a row a coalition, a column a background record."""
    members = _members(len(fields))
    hybrids = {
        name: np.where(members[:, player, np.newaxis], record_facts[name], background[name]).ravel()
        for player, name in enumerate(fields)
    }
    return passes(hybrids).reshape(len(members), -1)


def _packed(rows: npt.NDArray[np.bool_]) -> Words:
    """Pack each row of bools into whole 64-bit words; the padding is zero."""
    packed = np.packbits(rows, axis=1)
    padded = np.zeros((len(rows), (packed.shape[1] + 7) // 8 * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


@lru_cache(maxsize=8)
def _every_record(size: int) -> Words:
    """The bits of `size` records none of which has failed a check."""
    return _locked(_packed(np.ones((1, size), dtype=np.bool_)))


@lru_cache(maxsize=MAX_FIELDS + 1)
def _members(players: int) -> npt.NDArray[np.bool_]:
    """Who is in which coalition, of shape (2^players, players): player i is in number S when S has bit i."""
    coalitions = np.arange(2**players)[:, np.newaxis]
    return _locked((coalitions >> np.arange(players)) & 1 == 1)


@lru_cache(maxsize=128)
def _projection(players: int, own: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """For each coalition of all players, the number of that coalition among a check's own players alone."""
    bits = _members(players)[:, own] << np.arange(len(own), dtype=np.intp)
    return _locked(bits.sum(axis=1, dtype=np.intp))


@lru_cache(maxsize=MAX_FIELDS + 1)
def _weights(players: int) -> npt.NDArray[np.int64]:
    """The matrix, of shape (players, 2^players), that takes v to n! times the Shapley values.

    Shapley's sum, |S|!·(n−|S|−1)!·(v(S with i) − v(S)) over the coalitions S without i, reads each coalition
    once: with a plus where it has i, with a minus where it has not.
    """
    members = _members(players)
    sizes = members.sum(axis=1, dtype=np.int64)
    joined = [0] + [factorial(size - 1) * factorial(players - size) for size in range(1, players + 1)]
    absent = [factorial(size) * factorial(players - size - 1) for size in range(players)] + [0]
    plus, minus = np.array(joined, dtype=np.int64)[sizes], np.array(absent, dtype=np.int64)[sizes]
    return _locked(np.where(members.T, plus, -minus))


def _locked(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Make an array read-only, since a cached one is shared between threads."""
    array.setflags(write=False)
    return array
