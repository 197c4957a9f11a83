"""The equity deal: the strata decide, the pooled figure tells nothing, and no patient is changed otherwise."""

import math
from collections import Counter

import pytest

from synth_audit_env.server.world.cohort_statistics import stratified_difference
from synth_audit_env.server.world.equity import CRUDE_MARGIN, MARGIN, arrange
from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial_frame import draw_frame

COHORTS = 60


def risk_differences(patients, feature):
    """Crude and stage-adjusted gaps, percentage points, by the statistics that an auditor is shown."""
    groups = [getattr(patient, feature) for patient in patients]
    size = Counter(groups)
    contrast = min(size, key=lambda group: (-size[group], group))
    died = [patient.death_date is not None for patient in patients]
    gap = stratified_difference([group == contrast for group in groups], died, [one.stage for one in patients])
    return 100 * gap.crude, 100 * gap.adjusted


@pytest.fixture(scope="module")
def deals():
    """(cohort, feature, limit, {clear: dealt or None})."""
    made = []
    for seed in range(COHORTS):
        cohort = list(draw_patients(("cohort", seed), 80, draw_frame(Stream("frame", seed))))
        feature, limit = ("sex", "ethnicity")[seed % 2], 14.0 + seed % 4
        dealt = {clear: arrange(Stream("e", seed), cohort, feature, limit, clear) for clear in (True, False)}
        made.append((cohort, feature, limit, dealt))
    return made


def test_the_strata_decide_with_a_margin_and_the_pooled_gap_tells_nothing(deals):
    both = 0
    for _, feature, limit, dealt in deals:
        found = {clear: risk_differences(p, feature) for clear, p in dealt.items() if p is not None}
        for clear, (crude, adjusted) in found.items():
            past = abs(adjusted) - limit
            assert past <= -MARGIN + 1e-9 if clear else past >= MARGIN - 1e-9
            assert abs(crude) <= limit - CRUDE_MARGIN + 1e-9
        if len(found) == 2:
            both += 1
            assert math.isclose(found[True][0], found[False][0])
    assert both > 0.9 * COHORTS


def test_nothing_but_the_group_changes(deals):
    for cohort, feature, _, dealt in deals:
        for patients in filter(None, dealt.values()):
            assert Counter(getattr(p, feature) for p in patients) == Counter(getattr(p, feature) for p in cohort)
            assert [
                after._replace(**{feature: getattr(before, feature)})
                for before, after in zip(cohort, patients, strict=True)
            ] == cohort
