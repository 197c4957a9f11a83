"""Comparisons of groups within a cohort: crude, adjusted for strata, and over time.

    gap = stratified_difference(group=on_tolbutamide, event=died, stratum=age_band)
    gap.crude, gap.adjusted, gap.p_value  # 0.045, 0.035, 0.28 in the UGDP trial of 1970

A figure that cannot be computed is None, never NaN. Counts are integers, and what is made of them is exact up
to one conversion to float, so that figures are the same on every platform. Nothing here knows what a
protocol, an equity rule or a claim about a cohort is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import erfc, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

P_VALUE_DECIMALS = 10
"""C libraries differ in the last bits of erfc. Rounded to these decimals, a p-value is portable."""

Flags = Sequence[bool] | npt.NDArray[np.bool_]
Whole = Sequence[int] | npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class StratifiedDifference:
    """How much more often an event befell a group than all others: crudely, and stratum by stratum."""

    crude: float | None
    """Risk in the group minus risk in the others, −1 to 1. None when one of the two is empty."""
    adjusted: float | None
    """Mantel–Haenszel pooled risk difference, −1 to 1. None when no stratum has members of both."""
    chi_square: float | None
    """Cochran–Mantel–Haenszel statistic, ≥ 0, with 1 degree of freedom and no continuity correction.

    None when no stratum can tell: each lacks one of the two sides, or events, or people without one.
    """
    p_value: float | None
    """Probability of so large a chi_square when no stratum has a difference, 0 to 1. None when chi_square is.

    Rounded to P_VALUE_DECIMALS.
    """


def stratified_difference(group: Flags, event: Flags, stratum: Whole) -> StratifiedDifference:
    """Compare how often an event befell a group and all others, crudely and within strata.

    With n1 members of the group and n0 others in a stratum of n, the adjusted difference is the mean of the
    strata's own risk differences, weighted by n1·n0/n (Cochran 1954; Mantel & Haenszel 1959; for differences
    Greenland & Robins 1985). So a stratum that lacks one of the two sides does not count. The statistic is
    U² / V: U sums, over the strata, the events in the group minus those expected of it given the margins, and
    V the variances n1·n0·m1·m0 / (n²·(n−1)), where m1 had the event and m0 had not.

    Args:
        group: For each person, whether in the group.
        event: For each person, whether the event befell them.
        stratum: For each person, the number of their stratum; any integers will do.

    Raises:
        ValueError: The three differ in length.
    """
    cells = Counter(zip(_plain(stratum), _plain(group), _plain(event), strict=True))
    totals = [0, 0, 0, 0]
    weight, weighted, surplus, variance = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
    for label in {label for label, _, _ in cells}:  # in any order: all that follows is exact
        a, b = cells[label, True, True], cells[label, True, False]
        c, d = cells[label, False, True], cells[label, False, False]
        totals = [total + cell for total, cell in zip(totals, (a, b, c, d), strict=True)]
        n1, n0, m1, m0 = a + b, c + d, a + c, b + d
        n = n1 + n0
        if n1 and n0:
            weight += Fraction(n1 * n0, n)
            weighted += Fraction(a * n0 - c * n1, n)
            surplus += Fraction(a * n - n1 * m1, n)
            variance += Fraction(n1 * n0 * m1 * m0, n * n * (n - 1))
    a, b, c, d = totals
    chi_square = _quotient(surplus * surplus, variance)
    return StratifiedDifference(
        crude=_quotient(a * (c + d) - c * (a + b), (a + b) * (c + d)),
        adjusted=_quotient(weighted, weight),
        chi_square=chi_square,
        p_value=None if chi_square is None else round(erfc(sqrt(chi_square / 2)), P_VALUE_DECIMALS),
    )


def kaplan_meier_median(durations_days: Whole, observed: Flags) -> int | None:
    """Return the median survival: the first day on which the Kaplan–Meier estimate is at most one half.

    The estimate is the product, over the days with deaths, of 1 − deaths / at risk (Kaplan & Meier 1958).
    Whoever is censored on a day is at risk on it. The product is exact, so an estimate of one half is one
    half. (Where the curve stays there for a while, some programs give the middle of it; this gives its first
    day.)

    Args:
        durations_days: For each person, days until death or last contact, ≥ 0.
        observed: For each person, whether they died then. False: censored, alive when last seen.

    Returns:
        Days. None when the estimate never falls to one half, as when there is nobody.

    Raises:
        ValueError: A duration is negative, as in a record with its dates out of order, which the caller is to
            leave out; or the two differ in length.
    """
    pairs = list(zip(_plain(durations_days), _plain(observed), strict=True))
    leaving = Counter(day for day, _ in pairs)
    deaths = Counter(day for day, died in pairs if died)
    days: list[int] = sorted(leaving)
    if days and days[0] < 0:
        raise ValueError(f"a duration must be 0 days or more, got {days[0]}")
    at_risk = len(pairs)
    numerator, denominator = 1, 1
    for day in days:
        numerator, denominator = numerator * (at_risk - deaths[day]), denominator * at_risk
        if 2 * numerator <= denominator:
            return day
        at_risk -= leaving[day]
    return None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One cell of an arm × group table."""

    arm: str
    group: str
    patients: int
    deaths: int
    mortality: float | None
    """deaths / patients, 0 to 1. None when the cell has no patients."""


def group_table(arm: Sequence[str], group: Sequence[str], died: Flags) -> tuple[GroupRow, ...]:
    """Count patients and deaths by arm and group.

    Args:
        arm: For each patient, the name of the arm.
        group: For each patient, the name of the group, such as a site or a sex.
        died: For each patient, whether they died.

    Returns:
        A row for every arm with every group, in the order of their names. An arm without patients of a group
        has a row too: that is a finding.

    Raises:
        ValueError: The three differ in length.
    """
    cells = Counter(zip(arm, group, _plain(died), strict=True))
    arms = sorted({name for name, _, _ in cells})
    groups = sorted({name for _, name, _ in cells})
    return tuple(_row(a, g, cells[a, g, True], cells[a, g, False]) for a in arms for g in groups)


def _row(arm: str, group: str, deaths: int, survivors: int) -> GroupRow:
    patients = deaths + survivors
    return GroupRow(arm, group, patients, deaths, _quotient(deaths, patients))


def _quotient(numerator: Fraction | int, denominator: Fraction | int) -> float | None:
    """The float nearest to the quotient; None where it has no value."""
    return float(Fraction(numerator) / denominator) if denominator else None


def _plain(values: Sequence[Any] | npt.NDArray[Any]) -> Sequence[Any]:
    """Python's own numbers: a day that is returned is an int, which JSON can write, and not numpy's."""
    return values.tolist() if isinstance(values, np.ndarray) else values
