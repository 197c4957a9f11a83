"""Two laboratories: whose value counts where they differ, what an auditor sees of both, and that it tells no label."""

from dataclasses import replace

import pytest

from synth_audit_env.server.audit.tools import reports
from synth_audit_env.server.world.operators import bugs, mistake_text
from synth_audit_env.server.world.planting import as_read
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial import CENTRAL, SITE, Source


@pytest.fixture(scope="session")
def measured(trial):
    """The trial of the conftest with a central laboratory, which counts for LDH, and for haemoglobin at one site."""
    sources = (
        Source("4.1", "haemoglobin", SITE),
        Source("4.2", "ldh", CENTRAL),
        Source("7.1", "haemoglobin", CENTRAL, "4.1"),
    )
    sections = {**trial.sections, "sources": 4, "Klinikum Auental": 7}
    return replace(trial, sources=sources, sections=sections, annexes={"Klinikum Auental": trial.protocol})


@pytest.mark.parametrize(("site", "own", "central"), [("Northport Clinic", 10.0, 9.6), ("Klinikum Auental", 9.6, 10.0)])
def test_the_value_that_counts_is_in_the_report_of_the_laboratory_that_counts(measured, patient, site, own, central):
    """An annex can have the other laboratory count."""
    record = patient(discrepancies={"haemoglobin": -0.4, "ldh": 30.0}, site=site)
    made = reports(measured.at(site), record)
    assert made == {SITE: {"haemoglobin": own, "ldh": 230}, CENTRAL: {"haemoglobin": central, "ldh": 200}}
    assert isinstance(made[SITE]["ldh"], int)


def test_an_actor_reads_the_report_of_the_laboratory_that_does_not_count(measured, patient):
    here = measured.at("Klinikum Auental")
    (bug,) = [one for one in bugs(Stream("bugs"), here, "window") if one.operator == "wrong_source"]
    assert mistake_text(here, bug) == (
        "took the haemoglobin of the site laboratory, and that of the central laboratory counts (§7.1)"
    )
    record = patient(stage="IV", discrepancies={"haemoglobin": 0.7, "ldh": 0.0})
    assert as_read(bug, facts(record)) == {**facts(record), "haemoglobin": 10.7}
