"""The tables say what the tools said."""

import pytest

from synth_audit_env.models import CohortGroup, CohortResult, ShapResult, TimelineResult
from synth_audit_env.server.web.tool_tables import cohort_table, dates_table, moved_table
from synth_audit_env.tests.server.web.desks import desk_at

FEMALE = CohortGroup(arm="control", group="female", patients=8, deaths=2, mortality=25.0, median_survival_days=None)
GAPS = {"crude_gap": 8.0, "adjusted_gap": -4.0, "chi_square": 0.5, "p_value": 0.48}
NO_GAPS = dict.fromkeys(GAPS)


def cohort(feature="sex", **gaps):
    return CohortResult(feature=feature, groups=[FEMALE], contrast="female", **gaps)


def timeline(**fields):
    events = [{"event": "enrolment", "date": "2022-03-01"}, {"event": "treatment start", "date": "2022-02-27"}]
    days = [{"start": "enrolment", "end": "treatment start", "days": -2}]
    return TimelineResult.model_validate({"patient_id": "P0001", "events": events, "intervals": days, **fields})


def test_days_and_impossible_orders_are_told():
    shown = dates_table(timeline(impossible=["treatment start 2 days before enrolment"]))
    for told in ("2022-02-27", "enrolment to treatment start", "-2 days", "Impossible: treatment start 2 days before"):
        assert told in shown
    assert "in order" not in shown
    assert "The dates are in order." in dates_table(timeline(impossible=[]))


def test_fields_without_effect_are_named_together_but_for_the_one_that_was_asked_about():
    values = {"age": -0.75, "sex": 0.0, "stage": 0.0}
    result = ShapResult(patient_id="P0001", decision="deviation", base_value=0.75, values=values, feature="sex")
    shown = moved_table(result)
    assert "<dt>age</dt><dd>−0.750</dd>" in shown
    assert "<dt>sex</dt><dd>+0.000</dd>" in shown
    assert "without effect: stage." in shown
    assert "0.750 compliant" in shown


def test_crude_and_adjusted_gap_and_the_test_are_told():
    shown = cohort_table(cohort(**GAPS))
    for told in ("2 of 8", "25.0 %", "+8.0 percentage points", "−4.0 percentage points", "p = 0.4800"):
        assert told in shown


@pytest.mark.parametrize(("feature", "why"), [("stage", "nothing to adjust for"), ("site", "No test: strata")])
def test_gaps_that_are_not_defined_are_told_to_be_so(feature, why):
    shown = cohort_table(cohort(feature, **NO_GAPS))
    assert shown.count("not defined") == 2
    assert why in shown


@pytest.mark.parametrize("feature", ["site", "sex", "stage", "ethnicity", "arm"])
def test_of_a_real_cohort_every_group_is_told(feature):
    desk = desk_at("oversight_hard", 900_000)
    result = desk.act({"action_type": "cohort_analysis", "feature": feature}).result
    shown = cohort_table(result)
    assert all(f"{one.deaths} of {one.patients}" in shown for one in result.groups)
