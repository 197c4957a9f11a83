"""What a wrong proposal turns on: which faults, which clauses, and which of several limits counts."""

from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.case import case_of
from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.facts import Fact
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

LATE = {"enrolment_date": date(2021, 12, 1)}
WINDOWS = {"5.1", "5.2", "5.3", "5.4", "Amendment 3", "Amendment 4"}
OVERRIDDEN = {"stage": "IV", "comorbidity_index": 6, "delay": 30}
OLD = {"age": 80}
YOUNG = {"age": 39}


@pytest.mark.parametrize(
    ("flaw", "record", "bounds", "in_force", "rivals"),
    [
        ("generic_age_limits", OLD, {"age": (75,)}, {"3.2"}, {"3.1"}),
        ("generic_age_limits", YOUNG, {"age": (40,)}, {"3.1"}, {"3.2"}),
        ("generic_age_limits", {**OLD, **LATE}, {"age": (78,)}, {"3.2", "Amendment 1"}, {"3.1"}),
        ("labs_over_age", {"age": None}, {"age": (40, 75)}, {"3.1", "3.2"}, set()),
        ("strict_age", {"age": 72}, {"age": (40, 75)}, {"3.2"}, set()),
        ("guidance_window", {"delay": 30}, {"delay": (24,)}, {"5.1"}, {"5.2"}),
        ("override_ignored", OVERRIDDEN, {"delay": (24,)}, {"5.1", "5.3"}, {"5.2"}),
        ("extension_denied", {"stage": "IV", "delay": 30}, {"delay": (42,)}, {"5.1", "5.2"}, {"5.1"}),
        ("dates_not_compared", {"last_contact": date(2021, 3, 2)}, {}, set(), set()),
    ],
)
def test_the_limits_that_count_are_those_that_the_record_is_held_to(case, flaw, record, bounds, in_force, rivals):
    made = case(flaw, **record)
    assert (made.bounds, made.in_force, made.rivals) == (bounds, in_force, rivals)


def test_only_what_the_verdict_turns_on_is_a_fault(case):
    assert {fault.clause for fault in case("labs_over_age", **OLD).faults} == {"", "3.2", "Amendment 1"}
    assert {fault.clause for fault in case("labs_over_age", **YOUNG).faults} == {"", "3.1"}
    assert case("override_ignored", **OVERRIDDEN).deciding == WINDOWS
    assert case("override_ignored", stage="II", delay=10).faults == ()


def test_the_fields_are_those_that_the_rule_reads_and_not_the_enrolment(case):
    window = {"delay", "stage", "comorbidity_index", "haemoglobin"}
    assert case("override_ignored", **OVERRIDDEN, **LATE).fields == set()  # the amendment lifts the override
    assert case("override_ignored", **OVERRIDDEN).fields == window
    assert case("labs_over_age", **OLD).fields == {"age"}


def test_dates_out_of_order_are_given_in_pairs_the_later_first(case):
    made = case("dates_not_compared", last_contact=date(2021, 2, 25))
    assert set(made.disorder) == {("last_contact", "enrolment_date"), ("last_contact", "treatment_start")}
    assert made.deciding == {"6.1"}


@pytest.mark.parametrize(
    ("texts", "is_one"),
    [
        (["5 years over", "5 over the limit", "exceeded by 5"], True),
        (["an age of 5", "5 days", "6 years over", "0 years over"], False),
    ],
)
def test_a_distance_is_from_a_limit_that_counts(case, texts, is_one):
    made = case("generic_age_limits", **OLD)
    assert [made.is_distance(extract(text).items[0]) for text in texts] == [is_one] * len(texts)


def test_a_fact_counts_as_the_limit_in_force_or_a_threshold_of_the_rule(case):
    made = case("override_ignored", **OVERRIDDEN)
    limits = [Fact("limit", "number", days, "days", "delay") for days in (24, 42)]
    thresholds = [Fact("threshold", "number", 4.5, clause="5.3"), Fact("threshold", "stage", 4, clause="5.2")]
    assert [made.counts(fact) for fact in (*limits, *thresholds)] == [True, False, True, False]


def test_who_goes_through_the_windows_or_the_citations_names_nothing_but_of_ages(case):
    windows = case("override_ignored", **OVERRIDDEN, cites=("§5.1", "§5.2"))
    assert windows.lists == ({"5.1", "5.2", "5.3", "5.4"}, {"5.1", "5.2"})
    assert case("generic_age_limits", **OLD, cites=("§3.1", "§3.2")).lists[1] == frozenset()


def test_an_actor_that_lets_a_deviation_through_is_another_case_than_one_that_is_too_strict(case):
    assert case("generic_age_limits", **OLD).deviates
    assert not case("strict_age", age=72).deviates


def test_a_case_is_worked_out_once():
    scenario = build_scenario(TIERS["hard"], 3, "train")
    proposal = next(proposal for proposal in scenario.proposals if proposal.is_wrong)
    assert case_of(scenario, proposal) is case_of(scenario, proposal)
