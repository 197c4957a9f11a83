"""The cohort against its published anchors."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial_frame import draw_frame

FRAMES = [draw_frame(Stream("population", "frame", trial)) for trial in range(250)]


@pytest.fixture(scope="module")
def population():
    """20,000 patients: 250 trials of 80."""
    return [record for trial, frame in enumerate(FRAMES) for record in draw_patients(("population", trial), 80, frame)]


@pytest.fixture(scope="module")
def numbers(population):
    """Their values as arrays, without those of a blank age."""
    cohort = columns([record for record in population if record.age is not None])
    return {**cohort, "deceased": ~np.isnan(cohort["death_date"])}


# Published anchors. Tolerances cover sampling (0.35 points at 50 % of 20,000) and what the calibration leaves open.


def test_age_and_ecog_are_those_of_the_ncctg_trial(numbers):
    age = numbers["age"]
    assert (age.mean(), age.std()) == pytest.approx((62.5, 9.1), abs=0.4)
    # survival::lung: quartiles 56, 63 and 69.
    assert np.percentile(age, [25, 50, 75]) == pytest.approx([56, 63, 69], abs=1)
    shares = [(numbers["ecog"] == grade).mean() for grade in range(5)]
    assert shares == pytest.approx([0.28, 0.50, 0.22, 0.004, 0], abs=0.02)


def test_ineligible_patients_are_as_many_as_in_the_jco_trials(numbers):
    by_age = (numbers["age"] < 40) | (numbers["age"] > 78)
    by_values = (numbers["ecog"] > 2) | (numbers["haemoglobin"] < 9.0) | (numbers["creatinine"] > 1.8)
    assert 0.04 <= (by_age | by_values).mean() <= 0.07
    assert min(by_age.mean(), by_values.mean()) > 0.015


def test_the_index_has_the_mean_and_the_tail_that_it_is_said_to_have(numbers):
    assert numbers["comorbidity_index"].mean() == pytest.approx(1.6, abs=0.15)
    assert (numbers["comorbidity_index"] >= 4).mean() == pytest.approx(0.10, abs=0.02)


@pytest.mark.parametrize(
    ("one", "others", "least"),
    [
        ("stage", ("ecog", "deceased"), 0.2),
        ("stage", ("ldh",), 0.15),
        ("comorbidity_index", ("ecog", "ldh", "creatinine"), 0.15),
        ("comorbidity_index", ("deceased",), 0.1),
        ("ecog", ("ldh", "deceased", "age"), 0.1),
    ],
)
def test_values_rise_together(numbers, one, others, least):
    for other in others:
        assert np.corrcoef(numbers[one], numbers[other])[0, 1] > least, other


def test_follow_up_and_outcome_agree(population):
    for record in population:
        assert (record.outcome == "deceased") == (record.death_date is not None)
        assert record.death_date is None or record.last_contact <= record.death_date
    outcomes = Counter(record.outcome for record in population)
    assert set(outcomes) == {"alive", "deceased", "withdrawn", "lost to follow-up"}
    assert min(outcomes.values()) > 0.015 * len(population)


def test_cohort_is_golden():
    # The same bytes on every Python and platform. A change of the generator changes it, and every episode.
    cohort = list(draw_patients(("golden", 42), 80, draw_frame(Stream("golden", 42))))
    # Nobody has a dose until `with_doses` gives one, or a place in the order of enrolment.
    text = "\n".join(repr(record).replace(", starting_dose=None, earlier_at_site=None", "") for record in cohort)
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN_COHORT


GOLDEN_COHORT = "accbddb9e015cc5cd0ab1281b0853bb599a5a86798a0376524bf79f3f26a2923"
