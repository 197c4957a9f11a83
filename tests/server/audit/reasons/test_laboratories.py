"""Whose value a text says that a number is, whose it says that the Actor took, and what of it is false."""

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.laboratories import reported_by, said_of_laboratories
from synth_audit_env.server.audit.reasons.names import Names
from synth_audit_env.server.audit.reasons.utterance import utterance


@pytest.fixture(scope="module")
def wrong_proposals(scenarios):
    """(scenario, proposal) of the first episodes whose Actor made a mistake in reading the protocol or the record."""

    def first(episodes):
        found = scenarios("frontier-5", episodes)
        return [(s, p) for s in found for p in s.proposals if p.is_wrong and p.brief.bug is not None]

    return first


@pytest.fixture(scope="module")
def told(wrong_proposals):
    """(scenario, proposal, source, Actor's number, true number) of proposals that are wrong by their source."""
    found = []
    for scenario, proposal in wrong_proposals(60):
        bug, record = proposal.brief.bug, scenario.patient[proposal.note.patient_id]
        if bug.operator == "wrong_source":
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
        (
            "The central laboratory's counts; the note rests on the site one.",
            {("counts", "central"), ("taken", "site")},
        ),
        ("LDH per site lab used", {("taken", "site")}),
        ("Used central LDH, site counts.", {("taken", "central"), ("counts", "site")}),
        ("§6.2 names the central lab, you have site.", {("counts", "central"), ("taken", "site")}),
        ("The rule was not followed: the site lab value was used.", {("taken", "site")}),
        ("The site laboratory's 188 should not have been used.", {("taken", "site")}),
        ("It should use the site laboratory, not the central.", {("counts", "site"), ("taken", "central")}),
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
        taken, right = source.other, source.laboratory

        def examined(text, scenario=scenario, proposal=proposal, evidence=evidence):
            return examine(scenario, proposal, f"{evidence} {text}")

        assert examined(f"The Actor took the {field} of the {taken} laboratory.").holds
        assert examined(f"The Actor took the {field} of the {taken} laboratory, {said:g}, where {true:g} counts.").holds
        assert examined(f"The Actor has {said:g} for the {field}, and it is {true:g}.").holds
        assert examined(f"The Actor took the {field} of the {right} laboratory.").false == (f"taken {right}",)
        assert examined(f"For the {field} the {taken} laboratory counts.").false == (f"counts {taken}",)
        assert examined(f"By §{source.number} the {taken} laboratory's value prevails.").false == (f"counts {taken}",)
        assert examined(f"The {taken} laboratory has a {field} of {said + 3:g}.").false
        assert not examined(f"The {taken} laboratory has a {field} of {said:g}.").false


def test_what_the_protocol_and_the_record_say_names_no_fault(told):
    """It is so whether or not the Actor erred there."""
    for scenario, proposal, source, said, true in told:
        evidence, field = proposal.explanation.rpartition(" The Actor ")[0], proposal.brief.bug.field
        record = scenario.patient[proposal.note.patient_id]
        both = [(name, getattr(record, name), more) for name, more in record.discrepancies.items()]
        if "does not apply" in evidence:
            continue  # and the note says that it does
        recited = "; ".join(f"{name}: {one:g}, {round(one + more, 2):g}" for name, one, more in both)
        for text in (
            f"Source of {field}: where they differ, the value of the {source.laboratory} laboratory counts.",
            f"The {field} is {true:g} vs {said:g}. The Actor erred.",
            f"The Actor erred: {recited}.",
            f"The Actor took the {field} of the site laboratory or of the central laboratory.",
        ):
            assert not examine(scenario, proposal, f"{evidence} {text}").holds, text


def test_who_is_accused_of_it_and_erred_elsewhere_is_accused_falsely(accused):
    assert len(accused) > 40
    for scenario, proposal in accused:
        for field in scenario.patient[proposal.note.patient_id].discrepancies:
            source = proposal.trial.source_of(field)
            for text in (
                f"The Actor took the {field} of the {source.other} laboratory.",
                f"For the {field} the {source.other} laboratory counts.",
            ):
                assert examine(scenario, proposal, f"{proposal.explanation} {text}").false, text
            text = f"For the {field} the {source.laboratory} laboratory counts."
            assert not examine(scenario, proposal, f"{proposal.explanation} {text}").false, text


@pytest.fixture(scope="module")
def accused(wrong_proposals):
    """(scenario, proposal) of proposals that are wrong by another mistake and whose own explanation is believed."""
    found = [case for case in wrong_proposals(12) if case[1].brief.bug.operator != "wrong_source"]
    for scenario, proposal in found:
        assert examine(scenario, proposal, proposal.explanation).holds
    return found


@pytest.mark.parametrize(
    "text",
    [
        "At the site this was the third enrolment.",
        "The annex of the site has a limit of its own.",
        "It is judged by the local rule of the site, and the value is what the record has.",
    ],
)
def test_a_site_is_not_its_laboratory(accused, text):
    for scenario, proposal in accused:
        assert not examine(scenario, proposal, f"{proposal.explanation} {text}").false
