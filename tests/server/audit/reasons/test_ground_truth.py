"""What a wrong proposal turns on: which clauses count for the record or the Actor, and which numbers are not so."""

from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.tests.server.audit.reasons.cases import OVERRIDDEN


@pytest.mark.parametrize(
    ("operator", "more", "unapplied", "overapplied"),
    [
        ("dropped", {}, {"5.1", "5.3"}, {"5.2"}),
        ("dropped", {"clause": "5.2", "comorbidity_index": 1}, {"5.2"}, {"5.1"}),
        ("unconditional", {}, {"5.1"}, {"5.2"}),
        ("superseded", {}, {"Amendment 3"}, set()),
        ("premature", {}, set(), {"Amendment 1"}),
        ("invented", {}, set(), {"Amendment 2"}),
        ("boundary", {}, set(), set()),
    ],
)
def test_clauses_count_for_the_record_or_for_the_actor(case, operator, more, unapplied, overapplied):
    made = case(operator, **more)
    assert (made.unapplied, made.overapplied) == (unapplied, overapplied)


def test_what_the_actor_left_out_counts_and_its_note_does_not_deny_it(case):
    assert case("dropped").left_out == {"5.1", "5.3", "5.4", "Amendment 4"}, "and what acts on it went with it"
    assert case("superseded").left_out == {"Amendment 3"}
    assert case("boundary").left_out == set()


@pytest.mark.parametrize(
    ("operator", "misquoted"),
    [
        ("dropped", {("delay", 42, 24)}),
        ("misquoted_limit", {("age", 79, 75)}),
        ("misquoted_threshold", {("delay", 42, 24), ("comorbidity_index", 6.5, 4.5)}),
        ("misquoted_value", {("age", 74, 77)}),
        ("wrong_anchor", {("delay", 29, 20)}),
        ("boundary", set()),
    ],
)
def test_numbers_that_the_actor_puts_in_the_place_of_true_ones(case, operator, misquoted):
    assert {tuple(one) for one in case(operator).misquoted} == misquoted


@pytest.mark.parametrize(
    ("operator", "clause", "record", "parameter", "limit", "observed"),
    [
        ("misquoted_limit", "3.2", {"age": 77, "read": 79.0}, "age_max", 75, 77),
        ("misquoted_limit", "3.1", {"age": 42, "read": 45.0}, "age_min", 40, 42),
        ("dropped", "5.3", OVERRIDDEN, "window_days", 24, 30),
        ("misquoted_limit", "6.1", {"consent_date": date(2021, 3, 1), "read": 0.0}, "consent_days", 1, 0),
        ("boundary", "6.2", {"last_contact": date(2021, 3, 25)}, "contact_days", 10, 10),
    ],
)
def test_the_limit_that_decides_and_what_the_record_has(truth, operator, clause, record, parameter, limit, observed):
    made = truth(operator, clause, **record)
    assert (made.parameter, made.limit, made.observed) == (parameter, limit, observed)


def test_the_fields_are_those_that_the_rule_reads_and_the_quantity(case, truth):
    window = {"delay", "stage", "comorbidity_index", "haemoglobin", "enrolment_date"}
    assert case("dropped").fields == window
    assert truth("misquoted_limit", "6.2", read=5.0, last_contact=date(2021, 3, 20)).fields == {"follow_up"}


def test_an_amendment_is_later_than_an_enrolment_or_not(case):
    made = case("premature")
    assert [made.is_later(f"Amendment {number}") for number in (1, 2, 9)] == [True, True, False]
    assert not case("superseded").is_later("Amendment 3")


def test_a_case_is_worked_out_once(scenarios):
    scenario = scenarios("hard", 4)[3]
    proposal = next(proposal for proposal in scenario.proposals if proposal.is_wrong)
    assert ground_truth(scenario, proposal) is ground_truth(scenario, proposal)
