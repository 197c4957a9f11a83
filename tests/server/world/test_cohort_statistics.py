"""Cohort statistics against published examples, statsmodels and least squares."""

from fractions import Fraction
from itertools import chain, repeat

import numpy as np
import pytest

from synth_audit_env.server.world.cohort_statistics import (
    median_of_sorted,
    stratified_difference,
)


def people(*strata: tuple[int, int, int, int]) -> tuple[list[bool], list[bool], list[int]]:
    """Group, event and stratum of people, from each stratum's (events, size, others' events, others)."""
    rows = chain.from_iterable(
        chain(
            repeat((True, True, number), events),
            repeat((True, False, number), size - events),
            repeat((False, True, number), other_events),
            repeat((False, False, number), others - other_events),
        )
        for number, (events, size, other_events, others) in enumerate(strata)
    )
    group, event, stratum = zip(*rows, strict=True) if strata else ((), (), ())
    return list(group), list(event), list(stratum)


def random_people(seed: int, size: int, strata: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A cohort in which the strata differ in who is in the group and in what befalls them."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, strata, size)
    group = rng.random(size) < (stratum + 1) / (strata + 1)
    event = rng.random(size) < 0.15 + 0.5 * stratum / strata + 0.1 * group
    return group, event, stratum


# Deaths on tolbutamide and on placebo in the University Group Diabetes Program, under and over 55 years old
# (Rothman, "Epidemiology: An Introduction", on stratified data): risk differences 0.034 and 0.036.
UGDP = ((8, 106, 5, 120), (22, 98, 16, 85))


def test_published_risk_differences_of_the_ugdp_trial():
    gap = stratified_difference(*people(*UGDP))
    assert gap.crude == float(Fraction(30, 204) - Fraction(21, 205))
    weights = [Fraction(106 * 120, 226), Fraction(98 * 85, 183)]
    differences = [Fraction(8, 106) - Fraction(5, 120), Fraction(22, 98) - Fraction(16, 85)]
    assert gap.adjusted == float(
        (weights[0] * differences[0] + weights[1] * differences[1]) / (weights[0] + weights[1])
    )
    assert (round(gap.crude, 3), round(gap.adjusted, 3)) == (0.045, 0.035)
    assert round(gap.p_value, 2) == 0.28


@pytest.mark.parametrize("seed", range(40))
def test_the_difference_is_that_of_a_regression_and_its_p_value_that_of_statsmodels(seed):
    from statsmodels.stats.contingency_tables import StratifiedTable

    group, event, stratum = random_people(seed, size=(20, 80, 400)[seed % 3], strata=2 + seed % 4)
    gap = stratified_difference(group.tolist(), event.tolist(), stratum.tolist())
    design = np.column_stack([group, *(stratum == number for number in np.unique(stratum))]).astype(float)
    coefficients, *_ = np.linalg.lstsq(design, event.astype(float))
    assert gap.adjusted == pytest.approx(coefficients[0], abs=1e-9)
    assert gap.crude == pytest.approx(event[group].mean() - event[~group].mean(), abs=1e-12)
    tables = [
        np.array([[np.sum(here & g & e) for e in (event, ~event)] for g in (group, ~group)], dtype=float)
        for here in (stratum == number for number in np.unique(stratum))
        if here.sum() > 1  # of one person alone statsmodels makes NaN
    ]
    expected = StratifiedTable(tables).test_null_odds(correction=False)
    assert gap.chi_square == pytest.approx(expected.statistic, rel=1e-9)
    assert gap.p_value == pytest.approx(expected.pvalue, abs=1e-9)


@pytest.mark.parametrize(
    ("strata", "missing"),
    [
        (((3, 5, 0, 0), (1, 4, 0, 0)), {"crude", "adjusted", "chi_square", "p_value"}),  # nobody outside the group
        ((), {"crude", "adjusted", "chi_square", "p_value"}),  # nobody at all
        (((3, 5, 0, 0), (0, 0, 1, 4)), {"adjusted", "chi_square", "p_value"}),  # the sides never meet
        (((5, 5, 4, 4), (0, 3, 0, 2)), {"chi_square", "p_value"}),  # all or none had the event
        (((3, 5, 1, 4),), set()),
    ],
)
def test_what_cannot_be_computed_is_none_and_the_rest_is_there(strata, missing):
    gap = stratified_difference(*people(*strata))
    figures = {name: getattr(gap, name) for name in ("crude", "adjusted", "chi_square", "p_value")}
    assert {name for name, value in figures.items() if value is None} == missing
    assert all(isinstance(value, float) for name, value in figures.items() if name not in missing)


def kaplan_meier_median(durations, observed):
    """By days until death or last contact, and whether it was death."""
    return median_of_sorted(sorted((day, not died) for day, died in zip(durations, observed, strict=True)))


# Weeks of remission in acute leukaemia on 6-mercaptopurine and on placebo, relapsed and censored (Freireich
# et al. 1963), the textbook example of the estimator: medians 23 and 8.
MERCAPTOPURINE = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], []


@pytest.mark.parametrize(("weeks", "median"), [(MERCAPTOPURINE, 23), (PLACEBO, 8)])
def test_published_medians_of_the_leukaemia_trial(weeks, median):
    relapsed, censored = weeks
    observed = [True] * len(relapsed) + [False] * len(censored)
    assert kaplan_meier_median(relapsed + censored, observed) == median
