"""What a wrong proposal turns on: where reading and protocol differ, which clauses, which of several limits counts."""

from dataclasses import replace
from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.facts import Fact
from synth_audit_env.server.audit.reasons.ground_truth import Difference, ground_truth, setter
from synth_audit_env.server.world.protocol import Clause, LimitCheck
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

LATE = {"enrolment_date": date(2021, 12, 1)}
WINDOWS = {"5.1", "5.2", "5.3", "5.4", "Amendment 3", "Amendment 4"}
LONG = {"stage": "IV", "delay": 30}
OVERRIDDEN = {**LONG, "comorbidity_index": 6}
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
def test_the_limits_that_count_are_those_that_the_record_is_held_to(truth, flaw, record, bounds, in_force, rivals):
    made = truth(flaw, **record)
    assert (made.bounds, made.in_force, made.rivals) == (bounds, in_force, rivals)


def test_only_what_the_verdict_turns_on_is_a_fault(truth):
    assert {fault.clause for fault in truth("labs_over_age", **OLD).faults} == {"", "3.2", "Amendment 1"}
    assert {fault.clause for fault in truth("labs_over_age", **YOUNG).faults} == {"", "3.1"}
    assert truth("override_ignored", **OVERRIDDEN).deciding == WINDOWS
    assert truth("override_ignored", stage="II", delay=10).faults == ()


def test_the_fields_are_those_that_the_rule_reads_and_not_the_enrolment(truth):
    window = {"delay", "stage", "comorbidity_index", "haemoglobin"}
    assert truth("override_ignored", **OVERRIDDEN, **LATE).fields == set()  # the amendment lifts the override
    assert truth("override_ignored", **OVERRIDDEN).fields == window
    assert truth("labs_over_age", **OLD).fields == {"age"}


def test_dates_out_of_order_are_given_in_pairs_the_later_first(truth):
    made = truth("dates_not_compared", last_contact=date(2021, 2, 25))
    assert set(made.disorder) == {("last_contact", "enrolment_date"), ("last_contact", "treatment_start")}
    assert made.deciding == {"6.1"}


@pytest.mark.parametrize(
    ("texts", "is_one"),
    [
        (["5 years over", "5 over the limit", "exceeded by 5"], True),
        (["an age of 5", "5 days", "6 years over", "0 years over"], False),
    ],
)
def test_a_distance_is_from_a_limit_that_counts(truth, texts, is_one):
    made = truth("generic_age_limits", **OLD)
    assert [made.is_distance(extract(text).items[0]) for text in texts] == [is_one] * len(texts)


def test_a_fact_counts_as_the_limit_in_force_or_a_threshold_of_the_rule(truth):
    made = truth("override_ignored", **OVERRIDDEN)
    limits = [Fact("limit", "number", days, "days", "delay") for days in (24, 42)]
    thresholds = [Fact("threshold", "number", 4.5, clause="5.3"), Fact("threshold", "stage", 4, clause="5.2")]
    assert [made.counts(fact) for fact in (*limits, *thresholds)] == [True, False, True, False]


def test_who_goes_through_the_windows_or_the_citations_names_nothing_but_of_ages(truth):
    windows = truth("override_ignored", **OVERRIDDEN, cites=("§5.1", "§5.2"))
    assert windows.lists == ({"5.1", "5.2", "5.3", "5.4"}, {"5.1", "5.2"})
    assert truth("generic_age_limits", **OLD, cites=("§3.1", "§3.2")).lists[1] == frozenset()


def test_an_actor_that_lets_a_deviation_through_is_another_case_than_one_that_is_too_strict(truth):
    assert truth("generic_age_limits", **OLD).deviates
    assert not truth("strict_age", age=72).deviates


def test_a_case_is_worked_out_once():
    scenario = build_scenario(TIERS["hard"], 3, "train")
    proposal = next(proposal for proposal in scenario.proposals if proposal.is_wrong)
    assert ground_truth(scenario, proposal) is ground_truth(scenario, proposal)


def found(truth):
    return {(one.kind, one.clause) for one in truth.differences}


@pytest.mark.parametrize(
    ("flaw", "record", "kinds"),
    [
        ("override_ignored", OVERRIDDEN, {"dropped": "5.3 5.4 Amendment_4", "misapplied": "5.1 5.2"}),
        ("override_ignored", LONG, {"dropped": "5.3 5.4 Amendment_4"}),
        ("override_softened", OVERRIDDEN, {"altered": "5.3", "misapplied": "5.1 5.2"}),
        ("waiver_stretched", OVERRIDDEN, {"altered": "5.4", "misapplied": "5.1 5.2 5.3"}),
        ("extension_to_other_stages", {"stage": "III", "delay": 30}, {"altered": "5.2", "misapplied": "5.1"}),
        ("superseded_version", {**LONG, **LATE}, {"dropped": "Amendment_3", "misapplied": "5.2", "assumed": ""}),
        ("superseded_version", LONG, {"dropped": "Amendment_3", "assumed": ""}),
        ("generic_age_limits", {"age": 80}, {"replaced": "3.1 3.2 Amendment_1", "added": "outside", "assumed": ""}),
        ("labs_over_age", {"age": 80}, {"dropped": "3.1 3.2 Amendment_1", "assumed": ""}),
        ("dates_not_compared", {"last_contact": date(2021, 3, 2)}, {"dropped": "6.1"}),
    ],
)
def test_each_clause_of_which_the_reading_differs_is_found_once(truth, flaw, record, kinds):
    expected = {(kind, n.replace("_", " ")) for kind, numbers in kinds.items() for n in numbers.split(" ")}
    assert found(truth(flaw, **record)) == expected


def test_a_reading_that_no_misreading_leads_to_is_told_as_well(truth, trial):
    shorter = trial.protocol.revise("5.2", value=20.0)
    assert Difference("altered", "5.2", (20.0,), True) in truth("override_ignored", reading=shorter, **LONG).differences
    narrower = trial.protocol.revise("3.1", value=45.0)
    assert truth("override_ignored", reading=narrower).differences == (Difference("altered", "3.1", (45.0,), True),)
    unchecked = replace(trial.protocol, limits=tuple(c for c in trial.protocol.limits if c.quantity != "ecog"))
    assert truth("override_ignored", reading=unchecked).differences == (Difference("dropped", "3.3"),)


def test_what_acts_on_a_clause_adds_and_replaces_nothing(truth, trial):
    late = {"delay": 27, "enrolment_date": date(2021, 7, 5)}
    unlisted = truth("window_amendment", cited=trial.citable["base"], **late)
    assert found(unlisted) == {("added", "Amendment 2"), ("misapplied", "5.1")}
    assert Difference("added", "Amendment 2", (29.0,), False) in unlisted.differences
    lacking = trial.protocol.without("5.2")
    lacking = replace(lacking, clauses=(*lacking.clauses, trial.citable["base"]))
    assert ("dropped", "5.2") in found(truth("override_ignored", reading=lacking))
    others = tuple(clause for clause in trial.protocol.clauses if clause.parameter != "ecog_max")
    instead = replace(trial.protocol, clauses=(*others, Clause("7.7", "ecog_max", 1.0)))
    assert found(truth("override_ignored", reading=instead)) == {("added", "7.7"), ("replaced", "3.3")}


def test_a_faithful_reading_differs_in_nothing_but_what_it_cites(truth, trial):
    assert truth("fabricated_citation", cited=trial.provisions[0]).differences == ()
    assert found(truth("fabricated_citation", cited=trial.invented_provisions[0])) == {("added", "9.2")}


def test_the_clause_that_gives_a_limit_is_the_last_that_applies(trial, patient):
    judged = {stage: trial.protocol.judge(patient(stage=stage, **LATE)) for stage in ("II", "IV")}
    assert {stage: setter(judgement, "5.1") for stage, judgement in judged.items()} == {"II": "5.1", "IV": "5.2"}
    assert setter(judged["II"], "7.7") is None


def test_only_a_limit_that_the_record_is_past_is_at_issue(truth, trial):
    assert truth("override_ignored", **OVERRIDDEN).parameters == {"window_days"}
    assert truth("generic_age_limits", age=39).parameters == {"age_min"}
    assert truth("labs_over_age", age=None).parameters == {"age_min", "age_max"}
    unread = replace(trial.protocol, limits=(LimitCheck("age", ">=", "age_min", "x"),))
    assert truth("override_ignored", reading=unread, ecog=3, age=60).parameters == {"ecog_max"}
