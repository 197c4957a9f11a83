"""A changed fact of a record changes what follows from it, and nothing else."""

from dataclasses import asdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.world.patient_generator import conditions_with_index, draw_cohort, draw_frame
from synth_audit_env.server.world.record import move_treatment, set_comorbid_conditions, set_death
from synth_audit_env.server.world.seeding import Stream

COHORT = draw_cohort(("planting",), 400, draw_frame(Stream("planting", "frame")))
records = st.sampled_from(COHORT)


def in_order(record):
    days = [record.consent_date, record.enrolment_date, record.treatment_start, record.last_contact]
    if record.death_date is not None:
        days.append(record.death_date)
    return days == sorted(days)


def changed(before, after):
    """Names of the fields that differ."""
    old, new = asdict(before), asdict(after)
    return {name for name in old if old[name] != new[name]}


@given(records, st.integers(0, 9), st.integers(0, 1000))
def test_set_comorbid_conditions(record, target, seed):
    conditions = conditions_with_index(Stream("plant", seed), target)
    planted = set_comorbid_conditions(record, list(conditions))
    assert planted.comorbid_conditions == conditions
    assert planted.comorbidity_index == target
    assert changed(record, planted) <= {"comorbid_conditions", "comorbidity_index"}


@given(records, st.integers(0, 90))
def test_move_treatment(record, delay):
    planted = move_treatment(record, delay)
    assert (planted.treatment_start - planted.enrolment_date).days == delay
    assert planted.last_contact - planted.treatment_start == record.last_contact - record.treatment_start
    if record.death_date is None:
        assert planted.death_date is None
    else:
        assert planted.death_date - planted.treatment_start == record.death_date - record.treatment_start
    assert changed(record, planted) <= {"treatment_start", "last_contact", "death_date"}
    if in_order(record):
        assert in_order(planted)


@given(records, st.integers(-40, 400))
def test_set_death(record, days):
    day = record.treatment_start + timedelta(days=days)
    planted = set_death(record, day)
    assert planted.death_date == day
    assert planted.outcome == "deceased"
    assert planted.last_contact == min(record.last_contact, day)
    assert changed(record, planted) <= {"death_date", "last_contact", "outcome"}
    if in_order(record):
        assert in_order(planted) == (days >= 0)


@given(records)
def test_set_death_to_none(record):
    planted = set_death(record, None)
    assert planted.death_date is None
    assert planted.outcome == ("alive" if record.outcome == "deceased" else record.outcome)
    assert changed(record, planted) <= {"death_date", "outcome"}
