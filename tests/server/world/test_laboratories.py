"""Two laboratories: whose value counts where they differ, what an auditor sees of both, and that it tells no label."""

from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.server.audit.tools import reports
from synth_audit_env.server.world.operators import bugs, mistake_text
from synth_audit_env.server.world.planting import as_read
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.protocol_text import protocol_text
from synth_audit_env.server.world.quantities import LIMITS, can_have
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial import CENTRAL, SITE, Source

EPISODES = 60
"""Of frontier-5."""


@pytest.fixture(scope="session")
def frontier(scenarios):
    return scenarios("frontier-5", EPISODES)


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


# What is seen


@pytest.mark.parametrize(("site", "own", "central"), [("Northport Clinic", 10.0, 9.6), ("Klinikum Auental", 9.6, 10.0)])
def test_the_value_that_counts_is_in_the_report_of_the_laboratory_that_counts(measured, patient, site, own, central):
    """An annex can have the other laboratory count."""
    record = patient(discrepancies={"haemoglobin": -0.4, "ldh": 30.0}, site=site)
    made = reports(measured.at(site), record)
    assert made == {SITE: {"haemoglobin": own, "ldh": 230}, CENTRAL: {"haemoglobin": central, "ldh": 200}}
    assert isinstance(made[SITE]["ldh"], int)


def test_the_text_says_whose_value_counts(measured):
    text = protocol_text(measured)
    said = "where the two laboratories differ, the value of the"
    assert f"§4 Sources\n§4.1 Source of haemoglobin: {said} site laboratory counts.\n" in text
    assert f"§4.2 Source of LDH: {said} central laboratory counts.\n" in text
    assert f"\n§7.1 Source of haemoglobin, in place of §4.1: {said} central laboratory counts.\n" in text
    assert {"4", "4.1", "4.2", "7.1"} <= measured.listed


# Who is wrong


def test_an_actor_reads_the_report_of_the_laboratory_that_does_not_count(measured, patient):
    here = measured.at("Klinikum Auental")
    (bug,) = [one for one in bugs(Stream("bugs"), here, "window") if one.operator == "wrong_source"]
    assert mistake_text(here, bug) == (
        "took the haemoglobin of the site laboratory, and that of the central laboratory counts (§7.1)"
    )
    record = patient(stage="IV", discrepancies={"haemoglobin": 0.7, "ldh": 0.0})
    assert as_read(bug, facts(record)) == {**facts(record), "haemoglobin": 10.7}


def test_what_its_note_quotes_is_in_the_other_report_and_it_errs_either_way(determinations):
    erred = Counter()
    for _, proposal, record in determinations("frontier-5", EPISODES):
        bug, argument = proposal.brief.bug, proposal.brief.argument
        if bug is None or bug.operator != "wrong_source":
            continue
        other = reports(proposal.trial, record)[proposal.trial.source_of(bug.field).other][bug.field]
        quantity = LIMITS[argument.parameter].quantity
        assert quantity != bug.field or argument.said == other
        said = [step.said for step in argument.steps if step.number == bug.clause and step.said is not None]
        assert said in ([], [other])
        assert bug.field in (quantity, *(one.field for one in proposal.trial.protocol.clause(bug.clause).when))
        erred[proposal.is_wrong, proposal.note.verdict] += 1
    assert len(erred) == 4, erred
    assert min(erred[True, COMPLIANT], erred[True, DEVIATION]) >= 2


# What tells nothing


def test_reports_on_either_side_of_a_limit_do_not_tell_that_a_note_is_wrong(determinations):
    """Whoever does not look up whose value counts knows no more than who looks at nothing."""
    wrong = {True: [], False: []}
    for _, proposal, record in determinations("frontier-5", 4 * EPISODES):
        argument = proposal.brief.argument
        conditions = [step.condition for step in argument.steps if step.condition is not None]
        asked = [(one.field, one.value) for one in conditions]
        asked.append((LIMITS[argument.parameter].quantity, argument.limit))
        reported = reports(proposal.trial, record).values()
        sides = [{of[name] <= limit for of in reported} for name, limit in asked if name in record.discrepancies]
        if sides:
            wrong[any(len(one) == 2 for one in sides)].append(proposal.is_wrong)
    shares = {apart: sum(of) / len(of) for apart, of in wrong.items()}
    assert min(len(of) for of in wrong.values()) > 400
    assert abs(shares[True] - shares[False]) < 0.07, shares


def test_no_laboratory_reports_what_no_record_can_have(frontier):
    """Or the other one would be known for the one that counts."""
    for scenario in frontier:
        for record in scenario.patients:
            for name, more in record.discrepancies.items():
                counts = getattr(record, name)
                assert not can_have(name, counts) or can_have(name, round(counts + more, 2)), record
