"""Amendments that each site approves: from when they count there, and an Actor who counts them from their issue."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from synth_audit_env.server.world.argument import Manner, argue
from synth_audit_env.server.world.operators import bugs, mistake_text
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream

ISSUED, APPROVED = date(2021, 8, 1), date(2021, 10, 1)
SITE, ELSEWHERE = "Klinikum Auental", "Ashvale Royal Infirmary"
SHORT = Manner(True, True, True, False)


@pytest.fixture(scope="session")
def approved(trial):
    """The trial of the conftest where sites approve Amendment 3 (Stage IV window 36, issued on the first of August)."""
    assert trial.protocol.clause("Amendment 3").in_force == ISSUED
    protocol = trial.protocol.revise("Amendment 3", issued=ISSUED)
    return replace(trial, protocol=protocol, approvals={"Amendment 3": {SITE: APPROVED}})


# The protocol


@pytest.mark.parametrize(("day", "in_force"), [(APPROVED - timedelta(days=1), False), (APPROVED, True)])
def test_it_is_in_force_at_a_site_from_its_approval_on(approved, patient, day, in_force):
    record = patient(stage="IV", delay=37, enrolment_date=day)
    assert approved.at(SITE).protocol.judge(record).verdict == (DEVIATION if in_force else COMPLIANT)
    assert approved.at(SITE).protocol.clause("Amendment 3").in_force == APPROVED
    assert approved.at(SITE) is approved.at(SITE)
    assert approved.at(ELSEWHERE) is approved, "that site approves nothing of its own"


# The Actor


def test_an_actor_counts_it_from_its_issue_and_dates_it_so(approved, patient):
    here, record = approved.at(SITE), patient(stage="IV", delay=37, enrolment_date=APPROVED - timedelta(days=5))
    (bug,) = [one for one in bugs(Stream("bugs"), here, "window") if one.operator == "unapproved"]
    assert mistake_text(here, bug) == "counted Amendment 3 from the day of its issue, and the site approved it later"
    assert here.protocol.judge(record).verdict == COMPLIANT
    believed = argue(here, "window", bug.reading, facts(record), "window_days", SHORT)
    assert (believed.verdict, believed.steps[-1].since) == (DEVIATION, ISSUED)
    late = patient(stage="IV", delay=37, enrolment_date=APPROVED)
    sound = argue(here, "window", here.protocol.asked("window"), facts(late), "window_days", SHORT)
    assert (sound.shape, sound.steps[-1].since) == (believed.shape, APPROVED)
    assert sound.told != believed.told


# Protocols
