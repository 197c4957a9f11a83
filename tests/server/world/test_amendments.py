"""Amendments that count by consent or from an approval: whom they are for, and an Actor who takes another day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from synth_audit_env.server.world.argument import AMENDED, Manner, argue
from synth_audit_env.server.world.operators import bugs, mistake_text
from synth_audit_env.server.world.protocol import COMPLIANT, CONSENTED, DEVIATION, Condition
from synth_audit_env.server.world.record import columns, facts
from synth_audit_env.server.world.seeding import Stream

ISSUED, APPROVED = date(2021, 8, 1), date(2021, 10, 1)
SITE, ELSEWHERE = "Klinikum Auental", "Ashvale Royal Infirmary"
SHORT = Manner(True, True, False)


@pytest.fixture(scope="session")
def approved(trial):
    """The trial of the conftest where sites approve Amendment 3 (Stage IV window 36, issued on the first of August)."""
    assert trial.protocol.clause("Amendment 3").in_force == ISSUED
    protocol = trial.protocol.revise("Amendment 3", issued=ISSUED)
    return replace(trial, protocol=protocol, approvals={"Amendment 3": {SITE: APPROVED}})


@pytest.mark.parametrize(("day", "in_force"), [(APPROVED - timedelta(days=1), False), (APPROVED, True)])
def test_it_is_in_force_at_a_site_from_its_approval_on(approved, patient, day, in_force):
    record = patient(stage="IV", delay=37, enrolment_date=day)
    assert approved.at(SITE).protocol.judge(record).verdict == (DEVIATION if in_force else COMPLIANT)
    assert approved.at(SITE).protocol.clause("Amendment 3").in_force == APPROVED
    assert approved.at(SITE) is approved.at(SITE)
    assert approved.at(ELSEWHERE) is approved, "that site approves nothing of its own"


def test_an_actor_counts_it_from_its_issue(approved, patient):
    here, record = approved.at(SITE), patient(stage="IV", delay=37, enrolment_date=APPROVED - timedelta(days=5))
    (bug,) = [one for one in bugs(Stream("bugs"), here, "window") if one.operator == "unapproved"]
    assert mistake_text(here, bug) == "counted Amendment 3 from the day of its issue, and the site approved it later"
    assert here.protocol.judge(record).verdict == COMPLIANT
    believed = argue(here, "window", bug.reading, facts(record), "window_days", SHORT)
    assert (believed.verdict, believed.steps[-1].part) == (DEVIATION, AMENDED)
    late = patient(stage="IV", delay=37, enrolment_date=APPROVED)
    sound = argue(here, "window", here.protocol.asked("window"), facts(late), "window_days", SHORT)
    assert sound.shape == believed.shape


# By consent

BETWEEN = {"enrolment_date": date(2021, 8, 5), "consent_date": date(2021, 7, 30)}


@pytest.fixture(scope="session")
def by_consent(trial):
    """The trial of the conftest with an Amendment 3 (Stage IV window 36) that counts by consent."""
    when = (Condition(CONSENTED, ">=", float(ISSUED.toordinal())),)
    return replace(trial, protocol=trial.protocol.revise("Amendment 3", when=when))


def bug_of(trial, operator):
    """In the reading of Amendment 3."""
    made = bugs(Stream("bugs"), trial, "window")
    return next(bug for bug in made if (bug.operator, bug.clause) == (operator, "Amendment 3"))


@pytest.mark.parametrize(("consent", "holds"), [(-1, False), (0, True), (3, True)])
def test_it_holds_from_the_day_of_consent_on_for_one_record_and_for_many(by_consent, patient, consent, holds):
    record = patient(stage="IV", delay=37, enrolment_date=ISSUED + timedelta(days=9))
    record = record._replace(consent_date=ISSUED + timedelta(days=consent))
    condition = by_consent.protocol.clause("Amendment 3").when[0]
    assert condition.holds(facts(record)) is holds
    assert condition.holds(columns([record, patient()])).tolist() == [holds, False]
    judgement = by_consent.protocol.judge(record)
    assert judgement.verdict == (DEVIATION if holds else COMPLIANT)
    window = by_consent.protocol.asked("window")
    assert all(passes(columns([record])) for _, passes in window.checks) == (not holds)
    assert window.limit("window_days", facts(record)) == judgement.parameters["window_days"] == (36 if holds else 42)


def test_an_actor_counts_it_by_enrolment_and_says_what_it_would_of_one_by_enrolment(trial, by_consent, patient):
    bug, record = bug_of(by_consent, "wrong_date"), patient(stage="IV", delay=37, **BETWEEN)
    assert mistake_text(by_consent, bug) == "counted Amendment 3 by enrolment, and it counts by consent"
    assert by_consent.protocol.judge(record).verdict == COMPLIANT
    believed = argue(by_consent, "window", bug.reading, facts(record), "window_days", SHORT)
    assert believed.verdict == DEVIATION
    sound = argue(trial, "window", trial.protocol.asked("window"), facts(record), "window_days", SHORT)
    assert believed.shape == sound.shape
    assert [step.part for step in believed.steps] == ["met", "amended"]
    assert not [bug for bug in bugs(Stream("bugs"), trial, "window") if bug.operator == "wrong_date"]
