"""Each number, date, share and stage that is true of a proposal is a fact, and has the role of what it is of."""

import pytest

from synth_audit_env.server.audit.reasons.claims import extract


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
def test_the_record_and_the_protocol_are_told_apart_by_role(case, text, fact):
    assert fact in stated(case("dropped"), text)


@pytest.mark.parametrize("text", ["60 days", "an age of 24", "30.5 days", "2021-03-30", "31 March 2022", "Stage II"])
def test_a_number_of_another_topic_or_another_day_states_nothing(case, text):
    assert stated(case("dropped"), text) == set()


def test_what_an_amendment_superseded_is_only_what_the_text_says(case):
    late = case("superseded")
    assert stated(late, "42 days") == {("text", "delay"), ("actor", "delay")}
    assert stated(late, "36 days") == {("text", "delay"), ("limit", "delay")}


@pytest.mark.parametrize(
    ("operator", "text", "fact"),
    [
        ("misquoted_threshold", "index 6.5", ("actor", "comorbidity_index")),
        ("misquoted_limit", "79 years", ("actor", "age")),
        ("misquoted_value", "74 years", ("actor", "age")),
        ("wrong_anchor", "29 days", ("actor", "delay")),
        ("invented", "29 days", ("actor", "delay")),
    ],
)
def test_what_only_the_actor_has_is_the_actors(case, operator, text, fact):
    assert fact in stated(case(operator), text)


def test_what_its_note_says_is_the_actors_whatever_it_is_of(case):
    made = case("boundary", note="Within 44 days of 2021-02-03, as 5 of 16 are, see §5.9.")
    assert stated(made, "44 days") == stated(made, "2021-02-03") == stated(made, "5 of 16") == {("actor", "")}
    assert stated(made, "2.5") == stated(made, "5.9") == set()
