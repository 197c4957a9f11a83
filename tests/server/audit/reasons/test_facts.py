"""Each number, date, share and stage that is true of a proposal is a fact, and has the role of what it is of."""

from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.claims import extract

OVERRIDDEN = {"stage": "IV", "comorbidity_index": 6, "delay": 30}
LATE = {"enrolment_date": date(2021, 12, 1)}


def stated(truth, text):
    """Roles of the facts that a text of one claim states, with what they are of."""
    (claim,) = extract(text).items
    return {(fact.role, fact.field or fact.clause) for fact in truth.facts.stated_by(claim)}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        *[("60 years", ("observed", "age")), ("an index of 6", ("observed", "comorbidity_index"))],
        *[("30 days", ("observed", "delay")), ("Hb of 10.0", ("observed", "haemoglobin"))],
        *[("Stage IV", ("observed", "stage")), ("2021-03-31", ("observed", "treatment_start"))],
        *[("24 days", ("limit", "delay")), ("30/24", ("limit", "delay")), ("2021-03-25", ("limit", "deadline"))],
        *[("31 March", ("observed", "treatment_start")), ("a maximum age of 75", ("limit", "age"))],
        *[("index above 4.5", ("threshold", "comorbidity_index")), ("Hb 11.5", ("threshold", "haemoglobin"))],
        *[("39 days", ("interval", "treatment_start consent_date")), ("15 points", ("limit", "8.1"))],
    ],
)
def test_the_record_and_the_protocol_are_told_apart_by_role(truth, text, fact):
    assert fact in stated(truth("override_ignored", **OVERRIDDEN), text)


@pytest.mark.parametrize("text", ["60 days", "an age of 24", "30.5 days", "2021-03-30", "31 March 2022", "Stage II"])
def test_a_number_of_another_topic_or_another_day_states_nothing(truth, text):
    assert stated(truth("override_ignored", **OVERRIDDEN), text) == set()


def test_a_number_without_a_topic_may_be_any_that_is_so_large(truth):
    assert {fact for fact in stated(truth("override_ignored", **OVERRIDDEN), "24") if fact[0] != "actor"} == {
        *[("limit", "delay"), ("text", "delay"), ("observed", "bmi")]
    }


def test_what_an_amendment_superseded_is_only_what_the_text_says(truth):
    late = truth("guidance_window", stage="IV", delay=40, **LATE)
    assert stated(late, "42 days") == {("text", "delay")}
    assert stated(late, "36 days") == {("text", "delay"), ("limit", "delay")}


def test_what_the_actor_put_in_its_place_and_what_its_note_says_is_the_actors(truth):
    made = truth("guidance_window", delay=30, note="Within 44 days of 2021-02-03, as 5 of 16 are, see §5.9.")
    assert stated(made, "44 days") == {("actor", "delay"), ("actor", "")}
    assert stated(made, "2021-02-03") == stated(made, "5 of 16") == {("actor", "")}
    assert stated(made, "2.5") == stated(made, "5.9") == set()


def test_a_blank_age_is_a_fact_of_a_record_without_one(truth):
    assert stated(truth("labs_over_age", age=None), "No age is recorded") == {("observed", "age")}
    assert stated(truth("labs_over_age", age=80), "No age is recorded") == set()


@pytest.mark.parametrize(
    ("text", "is_one"), [("6 days", True), ("12 days", True), ("18 days", False), ("15 years", True)]
)
def test_differences_are_between_a_value_of_the_record_and_what_is_of_the_topic(truth, text, is_one):
    (claim,) = extract(text).items
    assert truth("override_ignored", **OVERRIDDEN).facts.are_differences(claim) == is_one
