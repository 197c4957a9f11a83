"""Exact Shapley values of a decision: how much each field of a record moved the verdict.

    values, passing = shapley_values_and_passing(reading.checks, facts(record), Background(values(cohort)))
    values["treatment_start"]  # −0.41: this start day took 41 points off the probability of compliance

The game is the interventional one (Lundberg & Lee 2017; Janzing, Minorics & Blöbaum 2020). Its players are
the fields that the decision reads. A coalition S is worth v(S): the share of background records that would
pass if their fields in S were those of the explained record. Nothing is sampled. A decision is an AND of
checks that read a few fields each, so every check is evaluated on the few coalitions of its own fields.

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

from ..world.record import EARLIER_AT_SITE, Columns, Facts

Check = tuple[tuple[str, ...], Callable[[Any], Any]]
"""The fields that a check reads, and what passes it: from columns of those fields, of any shape, to a mask."""
Mask = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

MAX_FIELDS = 16
"""Time and memory double with every field; 16 fields are 65,536 coalitions."""


def shapley_values_and_passing(
    checks: Sequence[Check], record_facts: Facts, background: Columns
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
    size = len(next(iter(background.values()), ()))
    if len(names) > MAX_FIELDS:
        raise ValueError(f"the checks read {len(names)} fields, more than {MAX_FIELDS}: {', '.join(names)}")
    if not names:
        return {}, size
    if size == 0:
        raise ValueError("the background has no records: a record is explained against at least one")
    # Checks of the same fields are as good as one.
    outcomes: dict[tuple[str, ...], Mask] = {}
    for fields, passes in checks:
        passed = passes(_hybrids(fields, record_facts, background))
        outcomes[fields] = outcomes[fields] & passed if fields in outcomes else passed
    # To count is quicker than any, all and sum, which numpy goes to through Python.
    passing = int(np.count_nonzero(reduce(and_, [outcome[0] for outcome in outcomes.values()])))
    failed = {fields: outcome for fields, outcome in outcomes.items() if np.count_nonzero(outcome) < outcome.size}
    open_checks = [(outcome, _deciding(outcome, fields)) for fields, outcome in failed.items()]
    values = dict.fromkeys(names, 0.0)
    # A field that no check's outcome depends on is no player: it has 0, and the others have what they have without it.
    deciding = {name for _, fields in open_checks for name in fields}
    players = [name for name in names if name in deciding]
    if not players:
        return values, passing
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(players)}
    rows = (
        outcome.take(_projection(len(players), *map(numbers.get, fields)), axis=0) for outcome, fields in open_checks
    )
    counts = np.add.reduce(reduce(and_, rows), axis=1, dtype=np.int64)
    # No numerator exceeds N·n!, which int64 holds for MAX_FIELDS fields and 400,000 records.
    denominator = size * factorial(len(players))
    for name, numerator in zip(players, (_weights(len(players)) @ counts).tolist(), strict=True):
        values[name] = numerator / denominator
    return values, passing


_GOING_WITH = {"enrolment_date": ("enrolment_date", EARLIER_AT_SITE)}
"""Fields that go along with another, since they follow from it."""


def _hybrids(fields: tuple[str, ...], record: Facts, background: Columns) -> Columns:
    """Every hybrid of the record with each background record, of shape (2^fields, N).

    A hybrid has the fields of a coalition from the record, and all others from the background.
    """
    members = _members(len(fields))
    return {
        name: np.where(members[:, place, np.newaxis], record[name], background[name])
        for place, field in enumerate(fields)
        for name in _GOING_WITH.get(field, (field,))
        if name in record
    }


def _deciding(outcome: Mask, fields: tuple[str, ...]) -> tuple[str | None, ...]:
    """The fields, with None in place of those that make no difference to the outcome."""
    deciding: list[str | None] = []
    for place, name in enumerate(fields):
        # Coalitions without the field beside the same coalitions with it.
        pairs = outcome.reshape(-1, 2, 2**place, outcome.shape[1])
        deciding.append(name if np.count_nonzero(pairs[:, 0] != pairs[:, 1]) else None)
    return tuple(deciding)


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
