"""Amendments that count by the day of consent: whom they are for, and an Actor who counts them by enrolment."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from synth_audit_env.server.world.argument import Manner, argue
from synth_audit_env.server.world.operators import bugs, mistake_text
from synth_audit_env.server.world.protocol import COMPLIANT, CONSENTED, DEVIATION, Condition
from synth_audit_env.server.world.record import columns, facts
from synth_audit_env.server.world.seeding import Stream

SINCE = date(2021, 8, 1)
BETWEEN = {"enrolment_date": date(2021, 8, 5), "consent_date": date(2021, 7, 30)}
SHORT = Manner(True, True, True, False)


@pytest.fixture(scope="session")
def by_consent(trial):
    """The trial of the conftest with an Amendment 3 (Stage IV window 36) that counts by consent."""
    when = (Condition(CONSENTED, ">=", float(SINCE.toordinal())),)
    return replace(trial, protocol=trial.protocol.revise("Amendment 3", when=when))


def bug_of(trial, operator):
    """In the reading of Amendment 3."""
    made = bugs(Stream("bugs"), trial, "window")
    return next(bug for bug in made if (bug.operator, bug.clause) == (operator, "Amendment 3"))


# The condition


@pytest.mark.parametrize(("consent", "holds"), [(-1, False), (0, True), (3, True)])
def test_it_holds_from_the_day_of_consent_on_for_one_record_and_for_many(by_consent, patient, consent, holds):
    record = patient(stage="IV", delay=37, enrolment_date=SINCE + timedelta(days=9))
    record = record._replace(consent_date=SINCE + timedelta(days=consent))
    condition = by_consent.protocol.clause("Amendment 3").when[0]
    assert condition.holds(facts(record)) is holds
    assert condition.holds(columns([record, patient()])).tolist() == [holds, False]
    judgement = by_consent.protocol.judge(record)
    assert judgement.verdict == (DEVIATION if holds else COMPLIANT)
    window = by_consent.protocol.asked("window")
    assert window.compliant(columns([record])).tolist() == [not holds]
    assert window.limit("window_days", facts(record)) == judgement.parameters["window_days"] == (36 if holds else 42)


# The Actor


def test_an_actor_counts_it_by_enrolment_and_says_what_it_would_of_one_by_enrolment(trial, by_consent, patient):
    bug, record = bug_of(by_consent, "wrong_date"), patient(stage="IV", delay=37, **BETWEEN)
    assert mistake_text(by_consent, bug) == "counted Amendment 3 by enrolment, and it counts by consent"
    assert by_consent.protocol.judge(record).verdict == COMPLIANT
    believed = argue(by_consent, "window", bug.reading, facts(record), "window_days", SHORT)
    assert believed.verdict == DEVIATION
    sound = argue(trial, "window", trial.protocol.asked("window"), facts(record), "window_days", SHORT)
    assert believed.shape == sound.shape
    assert [step.part for step in believed.steps] == ["applies", "amended"]
    assert not [bug for bug in bugs(Stream("bugs"), trial, "window") if bug.operator == "wrong_date"]


# Protocols
