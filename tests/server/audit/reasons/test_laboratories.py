"""Whose value a text says that a number is, whose it says that the Actor took, and what of it is false."""

from dataclasses import replace

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.laboratories import reported_by, said_of_laboratories
from synth_audit_env.server.audit.reasons.names import Names
from synth_audit_env.server.audit.reasons.utterance import utterance
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import LEVELS

WRONG = {"site": "central", "central": "site"}


@pytest.fixture(scope="module")
def told():
    """(scenario, proposal, source, Actor's number, true number) of proposals that are wrong by their source."""
    found = []
    for seed in range(60):
        scenario = build_scenario(LEVELS[5], seed, "train")
        for proposal in scenario.proposals:
            bug = proposal.brief.bug
            if proposal.is_wrong and bug is not None and bug.operator == "wrong_source":
                record = scenario.patient[proposal.note.patient_id]
                true = getattr(record, bug.field)
                said = round(true + record.discrepancies[bug.field], 2)
                found.append((scenario, proposal, proposal.trial.source_of(bug.field), said, true))
    assert len(found) > 4
    return found


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("The central laboratory has 9.6.", "central"),
        ("The site's own lab reports a haemoglobin of 9.6 g/dL.", "site"),
        ("9.6 g/dL from the local lab", "site"),
        ("haemoglobin 9.6 (central laboratory)", "central"),
        ("The haemoglobin is 9.6.", ""),
        ("The central laboratory counts. The limit is 9.6.", ""),
        ("The site enrolled 9.6.", ""),
    ],
)
def test_the_laboratory_that_a_number_is_said_to_be_of(text, whose):
    claims = extract(text)
    (number,) = [one for one in claims.items if one.kind == "number"]
    assert reported_by(number, claims) == whose


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The Actor took the value of the site laboratory.", {("taken", "site")}),
        ("The Actor did not use the central laboratory's report.", set()),
        ("The central laboratory prevails.", {("counts", "central")}),
        ("The site laboratory's value does not count.", set()),
        ("It should have used the local lab.", {("counts", "site")}),
        ("It used the site lab instead of the central one.", {("taken", "site"), ("counts", "central")}),
        ("The Actor ignored the central laboratory.", {("counts", "central")}),
        ("The site enrolled late, and the central monitor counts.", set()),
    ],
)
def test_whose_value_was_taken_and_whose_counts(trial, text, said):
    read = utterance(text, Names(trial, "window"), "")
    assert {(one.act, one.laboratory) for one in said_of_laboratories(read)} == said


def test_what_the_outcome_tells_of_it_is_paid(told):
    for scenario, proposal, *_ in told:
        assert examine(scenario, proposal, proposal.explanation).holds, proposal.explanation


def test_the_wrong_laboratory_and_a_number_of_the_other_one_are_false(told):
    for scenario, proposal, source, said, true in told:
        evidence, field = proposal.explanation.rpartition(" The Actor ")[0], proposal.brief.bug.field
        taken = source.other

        def holds(text, scenario=scenario, proposal=proposal, evidence=evidence):
            return examine(scenario, proposal, f"{evidence} {text}").holds

        assert holds(f"The Actor took the {field} of the {taken} laboratory.")
        assert not holds(f"The Actor took the {field} of the {source.laboratory} laboratory.")
        assert holds(f"For the {field} the {source.laboratory} laboratory counts, and the Actor has the other.")
        assert not holds(f"For the {field} the {taken} laboratory counts, and the Actor has the other.")
        assert holds(f"The Actor took the {field} of the {taken} laboratory, {said}, where {true} counts.")
        assert not holds(f"The Actor took the {taken} laboratory's {field}: the {taken} laboratory has {said + 3:g}.")


def test_a_mistake_of_another_kind_is_not_the_source(told):
    scenario, proposal, source, _, _ = told[0]
    other = replace(proposal.brief.bug, operator="misquoted_value", by=1.0)
    changed = replace(proposal, brief=replace(proposal.brief, bug=other))
    scenario = replace(scenario, proposals=tuple(changed if one is proposal else one for one in scenario.proposals))
    reason = f"{proposal.explanation.rpartition(' The Actor ')[0]} The Actor took the {other.field} of the"
    assert not examine(scenario, changed, f"{reason} {source.other} laboratory.").fault_named
