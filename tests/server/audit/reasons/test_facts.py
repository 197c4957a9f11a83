"""Each number, date, share and stage that is true of a proposal is a fact, and has the role of what it is of."""

from datetime import date

import pytest

from synth_audit_env.server.audit.reasons.claims import extract

OVERRIDDEN = ("dropped", "5.3", {"stage": "IV", "comorbidity_index": 6, "delay": 30})
LATE = {"enrolment_date": date(2021, 12, 1)}


def stated(made, text):
    """Roles of the facts that a text of one claim states, with what they are of."""
    (claim,) = extract(text).items
    return {(fact.role, fact.field or fact.clause) for fact in made.facts.stated_by(claim)}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        *[("60 years", ("observed", "age")), ("an index of 6", ("observed", "comorbidity_index"))],
        *[("30 days", ("observed", "delay")), ("Hb of 10.0", ("observed", "haemoglobin"))],
        *[("9 days", ("observed", "consent_lead")), ("335 days", ("observed", "follow_up"))],
        *[("Stage IV", ("observed", "stage")), ("2021-03-31", ("observed", "treatment_start"))],
        *[("24 days", ("limit", "delay")), ("2021-03-25", ("limit", "deadline"))],
        *[("31 March", ("observed", "treatment_start")), ("a maximum age of 75", ("text", "age"))],
        *[("index above 4.5", ("threshold", "comorbidity_index")), ("Hb 11.5", ("threshold", "haemoglobin"))],
        *[("39 days", ("interval", "treatment_start consent_date")), ("15 points", ("limit", "8.1"))],
    ],
)
def test_the_record_and_the_protocol_are_told_apart_by_role(truth, text, fact):
    assert fact in stated(truth(*OVERRIDDEN[:2], **OVERRIDDEN[2]), text)


@pytest.mark.parametrize("text", ["60 days", "an age of 24", "30.5 days", "2021-03-30", "31 March 2022", "Stage II"])
def test_a_number_of_another_topic_or_another_day_states_nothing(truth, text):
    assert stated(truth(*OVERRIDDEN[:2], **OVERRIDDEN[2]), text) == set()


def test_what_an_amendment_superseded_is_only_what_the_text_says(truth):
    late = truth("superseded", "Amendment 3", stage="IV", delay=40, **LATE)
    assert stated(late, "42 days") == {("text", "delay"), ("actor", "delay")}
    assert stated(late, "36 days") == {("text", "delay"), ("limit", "delay")}


@pytest.mark.parametrize(
    ("operator", "clause", "record", "text", "fact"),
    [
        ("misquoted_limit", "5.1", {"delay": 30, "read": 33.0}, "33 days", ("actor", "delay")),
        ("misquoted_threshold", "5.3", {**OVERRIDDEN[2], "read": 6.5}, "index 6.5", ("actor", "comorbidity_index")),
        ("misquoted_value", "3.2", {"age": 77, "field": "age", "by": -3.0}, "74 years", ("actor", "age")),
        ("wrong_anchor", "5.1", {"delay": 20}, "29 days", ("actor", "delay")),
        ("invented", "Amendment 2", {"delay": 27, "enrolment_date": date(2021, 7, 5)}, "29 days", ("actor", "delay")),
    ],
)
def test_what_only_the_actor_has_is_the_actors(truth, operator, clause, record, text, fact):
    assert fact in stated(truth(operator, clause, **record), text)


def test_what_its_note_says_is_the_actors_whatever_it_is_of(truth):
    made = truth("boundary", "3.2", age=75, note="Within 44 days of 2021-02-03, as 5 of 16 are, see §5.9.")
    assert stated(made, "44 days") == stated(made, "2021-02-03") == stated(made, "5 of 16") == {("actor", "")}
    assert stated(made, "2.5") == stated(made, "5.9") == set()
