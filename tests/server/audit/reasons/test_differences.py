"""What an Actor did wrong is told from its reading, whatever misreading it came from."""

from dataclasses import replace
from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.differences import Difference, setter
from synth_audit_env.server.world.protocol import Clause, LimitCheck

LATE = {"enrolment_date": date(2021, 12, 1)}
LONG = {"stage": "IV", "delay": 30}
OVERRIDDEN = {**LONG, "comorbidity_index": 6}


def found(case):
    return {(one.kind, one.clause) for one in case.differences}


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
def test_each_clause_of_which_the_reading_differs_is_found_once(case, flaw, record, kinds):
    expected = {(kind, n.replace("_", " ")) for kind, numbers in kinds.items() for n in numbers.split(" ")}
    assert found(case(flaw, **record)) == expected


def test_a_reading_that_no_misreading_leads_to_is_told_as_well(case, trial):
    shorter = trial.protocol.revise("5.2", value=20.0)
    assert Difference("altered", "5.2", (20.0,), True) in case("override_ignored", reading=shorter, **LONG).differences
    narrower = trial.protocol.revise("3.1", value=45.0)
    assert case("override_ignored", reading=narrower).differences == (Difference("altered", "3.1", (45.0,), True),)
    unchecked = replace(trial.protocol, limits=tuple(c for c in trial.protocol.limits if c.quantity != "ecog"))
    assert case("override_ignored", reading=unchecked).differences == (Difference("dropped", "3.3"),)


def test_what_acts_on_a_clause_adds_and_replaces_nothing(case, trial):
    late = {"delay": 27, "enrolment_date": date(2021, 7, 5)}
    unlisted = case("window_amendment", cited=trial.citable["base"], **late)
    assert found(unlisted) == {("added", "Amendment 2"), ("misapplied", "5.1")}
    assert Difference("added", "Amendment 2", (29.0,), False) in unlisted.differences
    lacking = trial.protocol.without("5.2")
    lacking = replace(lacking, clauses=(*lacking.clauses, trial.citable["base"]))
    assert ("dropped", "5.2") in found(case("override_ignored", reading=lacking))
    others = tuple(clause for clause in trial.protocol.clauses if clause.parameter != "ecog_max")
    instead = replace(trial.protocol, clauses=(*others, Clause("7.7", "ecog_max", 1.0)))
    assert found(case("override_ignored", reading=instead)) == {("added", "7.7"), ("replaced", "3.3")}


def test_a_faithful_reading_differs_in_nothing_but_what_it_cites(case, trial):
    assert case("fabricated_citation", cited=trial.provisions[0]).differences == ()
    assert found(case("fabricated_citation", cited=trial.invented_provisions[0])) == {("added", "9.2")}


def test_the_clause_that_gives_a_limit_is_the_last_that_applies(trial, patient):
    judged = {stage: trial.protocol.judge(patient(stage=stage, **LATE)) for stage in ("II", "IV")}
    assert {stage: setter(judgement, "5.1") for stage, judgement in judged.items()} == {"II": "5.1", "IV": "5.2"}
    assert setter(judged["II"], "7.7") is None


def test_only_a_limit_that_the_record_is_past_is_at_issue(case, trial):
    assert case("override_ignored", **OVERRIDDEN).parameters == {"window_days"}
    assert case("generic_age_limits", age=39).parameters == {"age_min"}
    assert case("labs_over_age", age=None).parameters == {"age_min", "age_max"}
    unread = replace(trial.protocol, limits=(LimitCheck("age", ">=", "age_min", "x"),))
    assert case("override_ignored", reading=unread, ecog=3, age=60).parameters == {"ecog_max"}
