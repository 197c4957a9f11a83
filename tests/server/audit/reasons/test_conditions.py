"""What a text says that a field is to a number is false where the record has it otherwise, and where it says so."""

import pytest

from synth_audit_env.server.audit.reasons.conditions import unmet
from synth_audit_env.server.audit.reasons.facts import Fact, Facts
from synth_audit_env.server.audit.reasons.falsehoods import falsehoods
from synth_audit_env.server.world.actor_agent import COMPARED, VERBS
from synth_audit_env.server.world.protocol_text import subject
from synth_audit_env.tests.server.audit.reasons.cases import said

WITH_6 = {"comorbidity_index": 6}
FORMS = [(f"is {words}", f"is not {words}", op) for op, several in COMPARED.items() for words in several]
FORMS += [(met, not_met, op) for op, (met, not_met) in VERBS.items()]


def found(case, text):
    truth = case("dropped", **WITH_6)
    return list(unmet(truth.facts, said(truth, text)))


@pytest.mark.parametrize(("met", "not_met", "op"), FORMS)
@pytest.mark.parametrize("number", [4, 8])
def test_each_form_is_held_against_the_record(case, met, not_met, op, number):
    is_met = (number < 6) == (op in (">", ">="))
    so, otherwise = (met, not_met) if is_met else (not_met, met)
    index = subject("comorbidity_index").capitalize()
    assert not found(case, f"{index} {so} {number} (§5.3).")
    assert found(case, f"{index} {otherwise} {number} (§5.3).") == [f"comorbidity index {otherwise} {number}"]


@pytest.mark.parametrize(
    "text",
    [
        "§5.3 is out, since the comorbidity index does not exceed 4.",
        "No override: this patient's index isn't above 4.",
        "§5.3 stays out because the index is below 5.",
        "LDH is fine. Charlson isn't over 5!",
    ],
)
def test_false_of_the_record(case, text):
    assert found(case, text)


@pytest.mark.parametrize(
    "text",
    [
        "§5.3 needs that the comorbidity index is above 8.",
        "§5.3 applies where the comorbidity index is above 8.",
        "The comparison in §5.3 goes in one direction (the comorbidity index is above 8).",
        "§5.3 is limited to patients for whom the comorbidity index is above 8.",
        "§5.3: comorbidity index is above 8.",
        "The Actor believed the comorbidity index is not above 4.",
        "The condition, the comorbidity index is not above 4, fails.",
        "The comorbidity index is not above 4 is not so.",
        "An index of 6, not above 8.",
        "BMI is above 4.",
        "The index is above 4 % of others.",
    ],
)
def test_what_is_a_condition_or_somebodys_belief_says_nothing_of_the_record(case, text):
    assert not found(case, text)


def test_how_a_protocol_says_a_limit_is_no_claim_on_the_record(case):
    """And either of two laboratories may be meant."""
    text = "Creatinine is at most 1.6. Haemoglobin is not above 9."
    read = said(case("dropped"), text)
    limit = Fact("limit", "number", 1.6, "creatinine", "creatinine", "4.3")
    values = [Fact("observed", "number", 1.8, "creatinine", "creatinine")]
    values += [Fact("reported", "number", value, "haemoglobin", "haemoglobin") for value in (8.8, 9.3)]
    assert list(unmet(Facts(values), read)) == ["creatinine is at most 1.6"]
    assert not list(unmet(Facts([*values, limit]), read))
    assert len(list(unmet(Facts([*values[:1], values[2]]), read))) == 2


def test_a_reason_with_a_false_one_in_it_is_not_paid(case):
    truth = case("dropped", **WITH_6)
    assert list(falsehoods(truth, said(truth, "§5.3 is out: the index is not above 4."))) == ["index is not above 4"]
