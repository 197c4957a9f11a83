"""Bars are deaths over patients, whiskers are Wilson's interval, gaps are told as given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from synth_audit_env.models import CohortGroup, CohortResult, SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.pictures import cohort_chart
from synth_audit_env.server.web.pictures.cohort import wilson
from synth_audit_env.tests.server.web.pictures.drawn import checked, clear


def cell(arm, group, deaths, patients):
    mortality = round(100 * deaths / patients, 1) if patients else 0.0
    row = {"arm": arm, "group": group, "patients": patients, "deaths": deaths, "mortality": mortality}
    return CohortGroup(**row, median_survival_days=None)


def result(groups, **fields):
    usual = {"feature": "sex", "contrast": "male", "crude_gap": 8.0, "adjusted_gap": -4.0, "chi_square": 0.5}
    return CohortResult(**(usual | {"p_value": 0.48, "groups": groups} | fields))


FOUR = [
    cell("control", "female", 2, 8),
    cell("control", "male", 5, 10),
    cell("experimental", "female", 1, 10),
    cell("experimental", "male", 6, 6),
]


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_wilsons(counted):
    deaths, patients = counted
    assert wilson(deaths, patients) == pytest.approx(proportion_confint(deaths, patients, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("counted", [(0, 0), (3, 2), (-1, 2), (0, -1)])
def test_counts_that_are_no_share_have_no_interval(counted):
    assert wilson(*counted) is None


def test_bars_are_grouped_and_as_long_as_the_mortality():
    told = checked(cohort_chart(result(FOUR)))
    bars = told.bars[:4]
    assert [bar.hollow for bar in bars] == [False, True, False, True], "arms differ in more than their colour"
    whole = bars[3].width
    assert [bar.width / whole for bar in bars] == pytest.approx([0.25, 0.1, 0.5, 1.0], abs=0.01)
    assert "2/8, 25 [7–59]" in told.words
    assert "female, control: 2 of 8 died" in told.description


def test_whiskers_are_the_interval_on_the_scale_of_the_bars():
    told = checked(cohort_chart(result(FOUR)))
    whole, left = told.bars[3].width, told.bars[0].left
    lines = [one.attrib for one in told.all("line") if one.attrib["stroke-width"] == "1.2"]
    first = next(line for line in lines if line["y1"] == line["y2"])
    ends = [(float(first[name]) - left) / whole for name in ("x1", "x2")]
    assert ends == pytest.approx(wilson(2, 8), abs=0.005)


def test_an_arm_without_patients_of_a_group_is_told():
    told = checked(cohort_chart(result(FOUR[:3])))
    assert "no patients" in told.words


def test_crude_and_adjusted_gap_are_side_by_side_on_one_scale():
    told = checked(cohort_chart(result(FOUR)))
    crude, adjusted = told.bars[-2:]
    assert crude.width / adjusted.width == pytest.approx(2, abs=0.02)
    assert crude.left == pytest.approx(adjusted.right), "they go to the sides of their signs"
    assert {"crude", "stage-adjusted", "+8.0", "−4.0"} <= set(told.words)
    assert "p = 0.4800" in " ".join(told.words)
    assert "crude +8.0, stage-adjusted −4.0" in told.description


def test_gaps_that_are_not_defined_have_no_bar():
    fields = {"crude_gap": None, "adjusted_gap": None, "chi_square": None, "p_value": None}
    told = checked(cohort_chart(result(FOUR, **fields)))
    assert len(told.bars) == 4
    assert told.words.count("not defined") == 2
    assert "No test" in " ".join(told.words)


SMALL_INT = st.integers(0, 400)


@given(
    st.lists(st.builds(cell, st.text(max_size=20), st.text(max_size=60), SMALL_INT, SMALL_INT), max_size=6),
    st.text(max_size=60),
    st.none() | st.floats(),
)
def test_no_words_meet_whatever_the_groups(groups, contrast, gap):
    clear(cohort_chart(result(groups, contrast=contrast, crude_gap=gap, adjusted_gap=gap)))


@pytest.mark.parametrize("feature", ["site", "sex", "stage", "ethnicity", "arm"])
def test_of_a_real_cohort(feature):
    environment = SynthAuditEnvironment()
    environment.reset(seed=5, task_id="oversight_hard")
    found = environment.step(SynthAuditAction(action_type="cohort_analysis", feature=feature)).result
    told = clear(cohort_chart(found))
    for one in found.groups:
        assert any(words.startswith(f"{one.deaths}/{one.patients}, ") and words.endswith("]") for words in told.words)
