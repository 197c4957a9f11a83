"""Exact Shapley values of a decision: how much each field of a record moved the verdict.

    values, passing = shapley_values_and_passing(reading.checks, facts(record), Background(values(cohort)))
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
from functools import lru_cache, reduce
from math import factorial
from operator import and_
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..world.hybrids import Background
from ..world.record import Facts

Check = tuple[tuple[str, ...], Callable[[Any], Any]]
"""The fields that a check reads, and what passes it: from columns of those fields to what is true of each record.

It compares columns with numbers, or with one another by `<`, and combines what it finds with `&`, `|` and `~`: then it
can be asked of numpy's columns and of `hybrids` alike.
"""
Scalar = TypeVar("Scalar", bound=np.generic)

MAX_FIELDS = 16
"""Time and memory double with every field; 16 fields are 65,536 coalitions."""


def shapley_values_and_passing(
    checks: Sequence[Check], record_facts: Facts, background: Background
) -> tuple[dict[str, float], int]:
    """Return the exact interventional Shapley value of every field that the decision reads, and what comes with it.

    Args:
        checks: A record is compliant when it passes all of them (`Protocol.checks`).
        record_facts: The record that is explained. NaN stands for a blank, here and in the background.
        background: What it is compared with: N ≥ 1 records.

    Returns:
        Field name to value, in the order in which the checks first name the fields. A value lies in [−1, 1],
        in units of the probability of compliance: positive where the record's own value speaks for
        compliance. Together they come to v(every field) − v(no field). A field that no outcome depends on
        has exactly 0.0. A field that no check reads is left out: its value is 0 too.
        And how many background records pass: v(no field) times their number.

    Raises:
        ValueError: The background is empty, or the checks read more than MAX_FIELDS fields.
        KeyError: A check reads a field that it does not name, or that the record or the background lacks.
    """
    names = list(dict.fromkeys(name for fields, _ in checks for name in fields))
    if len(names) > MAX_FIELDS:
        raise ValueError(f"the checks read {len(names)} fields, more than {MAX_FIELDS}: {', '.join(names)}")
    if not names:
        return {}, background.size
    if background.size == 0:
        raise ValueError("the background has no records: a record is explained against at least one")
    # Checks of the same fields are as good as one.
    outcomes: dict[tuple[str, ...], int] = {}
    for fields, passes in checks:
        passed = passes(background.hybrids(fields, record_facts))
        outcomes[fields] = outcomes.get(fields, background.all_hybrids(len(fields))) & passed
    passing = background.everyone
    open_checks: list[tuple[int, tuple[str | None, ...]]] = []
    for fields, outcome in outcomes.items():
        passing &= outcome
        if outcome != background.all_hybrids(len(fields)):
            open_checks.append((outcome, _deciding(outcome, fields, background)))
    values = dict.fromkeys(names, 0.0)
    # A field that no check's outcome depends on is no player: it has 0, and the others have what they have without it.
    deciding = {name for _, fields in open_checks for name in fields}
    players = [name for name in names if name in deciding]
    if not players:
        return values, passing.bit_count()
    counts = _counts(open_checks, players, background)
    # No numerator exceeds N·n!, which int64 holds for MAX_FIELDS fields and 400,000 records.
    denominator = background.size * factorial(len(players))
    for name, numerator in zip(players, (_weights(len(players)) @ counts).tolist(), strict=True):
        values[name] = numerator / denominator
    return values, passing.bit_count()


def _deciding(outcome: int, fields: tuple[str, ...], background: Background) -> tuple[str | None, ...]:
    """The fields, with None in place of those that make no difference to the outcome."""
    players = background.players(len(fields))
    deciding: list[str | None] = []
    for player, name in enumerate(fields):
        # Every block of a coalition without the player, laid on that of the same coalition with it.
        differing = (outcome ^ outcome >> (background.block_bits << player)) & players[player].all_without
        deciding.append(name if differing else None)
    return tuple(deciding)


def _counts(
    open_checks: Sequence[tuple[int, tuple[str | None, ...]]], players: list[str], background: Background
) -> npt.NDArray[np.int64]:
    """v times the number of background records, for each coalition of the players."""
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(players)}
    rows = []
    for outcome, deciding in open_checks:
        projection = _projection(len(players), *[numbers.get(name) for name in deciding])
        rows.append(background.rows(outcome, 2 ** len(deciding)).take(projection, axis=0))
    passing: npt.NDArray[np.uint64] = reduce(and_, rows)
    counts: npt.NDArray[np.int64] = np.bitwise_count(passing).sum(axis=1, dtype=np.int64)
    return counts


@lru_cache(maxsize=MAX_FIELDS + 1)
def _members(players: int) -> npt.NDArray[np.bool_]:
    """Who is in which coalition, of shape (2^players, players): player i is in number S when S has bit i."""
    coalitions = np.arange(2**players)[:, np.newaxis]
    return _locked((coalitions >> np.arange(players)) & 1 == 1)


@lru_cache(maxsize=1024)
def _projection(players: int, *own: int | None) -> npt.NDArray[np.intp]:
    """For each coalition of all players, the number of that coalition among a check's own fields alone.

    Fields that are no players (None) are left out of every coalition.
    """
    members = _members(players)
    projected = np.zeros(len(members), dtype=np.intp)
    for bit, player in enumerate(own):
        if player is not None:
            projected |= members[:, player].astype(np.intp) << bit
    return _locked(projected)


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
