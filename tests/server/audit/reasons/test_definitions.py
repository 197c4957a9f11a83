"""A reason can cite a definition, use its term, and say which of two prevails; what it says of them can be false."""

from functools import cache

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.world.protocol_text import cite
from synth_audit_env.server.world.record import facts
from synth_audit_env.validation.episodes import scenarios
from synth_audit_env.validation.honest_reasons import honest_reasons


@cache
def cases(operator):
    """Wrong proposals of the frontier by the Actor's bug, at sites where a term has two definitions."""
    found = [(s, p) for s in scenarios("frontier-10", "test", 12) for p in s.proposals if p.is_wrong and p.brief.bug]
    own = [(s, p) for s, p in found if p.brief.bug.operator == operator and two_sided(p)]
    assert own
    return own


def two_sided(proposal):
    terms = {one.condition.term for one in proposal.trial.definitions}
    return [both for term in sorted(terms) if len(both := proposal.trial.defining(term)) > 1]


def confused(proposal):
    return proposal.trial.defining(proposal.trial.protocol.clause(proposal.brief.bug.clause).when[0].term)


def test_honest_reasons_on_a_wrong_definition_hold():
    for case in cases("misdefined"):
        told = [examine(*case, text) for half in ("seen", "fresh") for text in honest_reasons(*case, half)]
        assert sum(one.holds for one in told) >= 0.9 * len(told)


@pytest.mark.parametrize(
    "said",
    [
        "§{other} prevails.",
        "The Actor applied §{other}.",
        "§{clause} was read by the wrong definition.",
        "The Actor ignored §{prevailing}.",
    ],
)
def test_what_is_said_of_definitions_can_be_false(said):
    for scenario, proposal in cases("misquoted_limit"):
        prevailing, other = (one.number for one in two_sided(proposal)[0])
        words = said.replace("prevails", "applies").format(
            other=other, prevailing=prevailing, clause=proposal.brief.bug.clause
        )
        assert examine(scenario, proposal, words).false, words


def test_of_the_actor_that_confused_them_the_same_is_true():
    for scenario, proposal in cases("misdefined"):
        prevailing, other = map(cite, (one.number for one in confused(proposal)))
        text = f"The Actor applied {other} and ignored {prevailing}. {prevailing} applies, and {other} does not apply."
        assert not examine(scenario, proposal, text).false


def test_a_term_is_present_or_not_by_the_definition_that_prevails():
    for scenario, proposal in cases("misdefined"):
        condition = confused(proposal)[0].condition
        holds = condition.holds(facts(scenario.patient[proposal.note.patient_id]))
        for present, is_so in (("present", holds), ("not present", not holds)):
            assert bool(examine(scenario, proposal, f"Here {condition.term} is {present}.").false) != is_so
            assert not examine(scenario, proposal, f"It applies where {condition.term} is {present}.").false


def test_the_sentence_on_precedence_holds_and_is_ignored_by_an_actor_that_confuses_definitions():
    for operator, is_so in (("misdefined", True), ("misquoted_limit", False)):
        for scenario, proposal in cases(operator):
            number = proposal.trial.precedence_number
            assert not examine(scenario, proposal, f"§{number} applies.").false
            assert examine(scenario, proposal, f"§{number} does not apply.").false
            assert bool(examine(scenario, proposal, f"The Actor ignored §{number}.").false) != is_so


def test_each_time_that_a_term_is_said_to_be_present_counts():
    scenario, proposal = cases("misdefined")[0]
    condition = confused(proposal)[0].condition
    said = "present" if condition.holds(facts(scenario.patient[proposal.note.patient_id])) else "not present"
    other = "not present" if said == "present" else "present"
    assert examine(scenario, proposal, f"{condition.term} is {other}, and {condition.term} is {said}").false


@pytest.mark.parametrize("said", ["I never applied §{clause}.", "We would have ignored §{clause}."])
def test_what_the_author_does_is_not_the_actors_deed(said):
    for scenario, proposal in cases("misquoted_limit"):
        assert not examine(scenario, proposal, said.format(clause=proposal.brief.bug.clause)).false
