"""Figures about a cohort: gaps between groups (crude and adjusted for strata), median survival.

    gap = stratified_difference(group=on_tolbutamide, event=died, stratum=age_band)
    gap.crude, gap.adjusted, gap.p_value  # 0.045, 0.035, 0.28 in the UGDP trial of 1970

A figure that cannot be computed is None, never NaN. Counts are integers, and what is made of them is exact up
to one conversion to float, so that figures are the same on every platform. Nothing here knows what a
protocol or an equity rule is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import erfc, lcm, sqrt

P_VALUE_DECIMALS = 10
"""C libraries differ in the last bits of erfc. Rounded to these decimals, a p-value is portable."""


def contrast_group(groups: Sequence[str]) -> str:
    """The group that is set against all others: the largest, the first by name among equals."""
    return min(sorted(set(groups)), key=lambda group: (-groups.count(group), group))


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


def stratified_difference(
    group: Sequence[bool], event: Sequence[bool], stratum: Sequence[Hashable]
) -> StratifiedDifference:
    """Compare how often an event befell a group and all others, crudely and within strata.

    With n1 members of the group and n0 others in a stratum of n, the adjusted difference is the mean of the
    strata's own risk differences, weighted by n1·n0/n (Cochran 1954; Mantel & Haenszel 1959; for differences
    Greenland & Robins 1985). So a stratum that lacks one of the two sides does not count. The statistic is
    U² / V: U sums, over the strata, the events in the group minus those expected of it given the margins, and
    V the variances n1·n0·m1·m0 / (n²·(n−1)), where m1 had the event and m0 had not.

    Args:
        group: For each person, whether in the group.
        event: For each person, whether the event befell them.
        stratum: For each person, the number or the name of their stratum.

    Raises:
        ValueError: The three differ in length.
    """
    cells = Counter(zip(stratum, group, event, strict=True))
    labels = {label for label, _, _ in cells}  # in any order: all that follows is exact
    strata = [
        (cells[label, True, True], cells[label, True, False], cells[label, False, True], cells[label, False, False])
        for label in labels
    ]
    # Whole numbers over one denominator, which is a good deal faster than adding up Fractions.
    common = lcm(*(sum(stratum) for stratum in strata))
    weight, weighted, surplus = 0, 0, 0  # over common
    variance, scale = 0, lcm(*(n * n * (n - 1) for n in map(sum, strata) if n > 1))
    for a, b, c, d in strata:
        n1, n0, m1, m0 = a + b, c + d, a + c, b + d
        n = n1 + n0
        if n1 and n0:
            share = common // n
            weight += n1 * n0 * share
            weighted += (a * n0 - c * n1) * share
            surplus += (a * n - n1 * m1) * share
            variance += n1 * n0 * m1 * m0 * (scale // (n * n * (n - 1)))
    a, b, c, d = (sum(counts) for counts in zip((0, 0, 0, 0), *strata, strict=True))
    chi_square = _quotient(surplus * surplus * scale, variance * common * common)
    return StratifiedDifference(
        crude=_quotient(a * (c + d) - c * (a + b), (a + b) * (c + d)),
        adjusted=_quotient(weighted, weight),
        chi_square=chi_square,
        p_value=None if chi_square is None else round(erfc(sqrt(chi_square / 2)), P_VALUE_DECIMALS),
    )


def median_of_sorted(leaving: Sequence[tuple[int, bool]]) -> int | None:
    """Return the median survival: the first day on which the Kaplan–Meier estimate is at most one half.

    The estimate is the product, over the days with deaths, of 1 − deaths / at risk (Kaplan & Meier 1958), and exact.
    Whoever is censored on a day is at risk on it. (Where the curve stays at one half for a while, some programs give
    the middle of it.)

    Args:
        leaving: For each person, days until death or last contact, ≥ 0, and whether alive then; sorted.

    Returns:
        Days. None when the estimate never falls to one half, as when there is nobody.
    """
    # Of those who leave on a day the dead go first, one by one: (n − 1)/n · (n − 2)/(n − 1) is the (n − 2)/n of two
    # deaths together, and where the estimate falls to one half on the way it does so on that day all the same.
    numerator, denominator = 1, 1
    for at_risk, (day, alive) in zip(range(len(leaving), 0, -1), leaving, strict=True):
        if not alive:
            numerator, denominator = numerator * (at_risk - 1), denominator * at_risk
            if 2 * numerator <= denominator:
                return day
    return None


def _quotient(numerator: int, denominator: int) -> float | None:
    """The float nearest to the quotient, as Python divides whole numbers; None where it has no value."""
    return numerator / denominator if denominator else None
