"""Clauses on the order in which a site's patients enrolled: whom they are for, what tells it, and that it stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from synth_audit_env.server.world.patient_generator import untied
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION, Condition
from synth_audit_env.server.world.record import EARLIER_AT_SITE, counted, enrolled_earlier

FIFTH = Condition(EARLIER_AT_SITE, "<", 5.0)


@pytest.fixture(scope="session")
def ordered(trial):
    """The trial of the conftest whose extended window (42 days) is for the first five of a site."""
    return replace(trial, protocol=trial.protocol.revise("5.2", when=(FIFTH,)))


@pytest.fixture
def enrolling(patient):
    """Patients of one site who enrolled on these days after the first, in no order, and start treatment in 40 days."""

    def made(*days):
        first = patient().enrolment_date
        records = [patient(delay=40, enrolment_date=first + timedelta(days=day)) for day in days]
        return counted([record._replace(patient_id=f"P{number:04d}") for number, record in enumerate(records)])

    return made


def test_it_is_met_by_those_before_whom_fewer_enrolled(ordered, enrolling):
    records = enrolling(50, 10, 0, 70, 20, 60, 30, 40)
    here = ordered.at(records[0].site)
    for record in records:
        few = enrolled_earlier(record, records) < 5
        assert here.protocol.judge(record).verdict == (COMPLIANT if few else DEVIATION)


def test_no_two_of_a_site_enrol_on_one_day(ordered, enrolling):
    records = counted(untied(enrolling(0, 10, 20, 30, 40, 40, 40, 50)))
    days = [(record.enrolment_date - records[0].enrolment_date).days for record in records]
    assert days == [0, 10, 20, 30, 40, 41, 42, 50]
    assert [record.treatment_start - record.enrolment_date for record in records] == [timedelta(days=40)] * 8
    here = ordered.at(records[0].site)
    assert [here.protocol.judge(record).verdict for record in records] == [COMPLIANT] * 5 + [DEVIATION] * 3
