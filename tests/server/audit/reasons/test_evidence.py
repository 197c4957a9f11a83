"""A limit in force, a threshold, a clause that counts, or a value on which the rule turns states the evidence."""

from datetime import date

import pytest

from synth_audit_env.server.audit.rationale import MAX_CLAIMS, states_evidence
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.tests.server.audit.reasons.cases import said

OLD, MISREAD, OVERRIDE, AMENDED = (
    (operator, {}) for operator in ("misquoted_limit", "misquoted_value", "dropped", "superseded")
)
FOLLOWED = ("misquoted_limit", {"clause": "6.2", "age": 60, "last_contact": date(2021, 3, 22), "read": 5.0})


def states(made, text):
    return states_evidence(made, said(made, text))


@pytest.mark.parametrize(
    ("which", "text"),
    [
        *[(OLD, text) for text in ("77, limit 75", "the maximum is 75", "§3.2 sets it")],
        *[(MISREAD, text) for text in ("the age is 77", "77", "§3.2")],
        *[(OVERRIDE, text) for text in ("24 days", "index 6", "The override applies", "index 6 is above 4.5")],
        *[(AMENDED, text) for text in ("40 days, limit 36", "Amendment 3 counts", "40 days exceeds 36, once 42")],
        *[(FOLLOWED, text) for text in ("7 days, and 10 are asked for", "§6.2")],
    ],
)
def test_what_decides_is_evidence(case, which, text):
    assert states(case(which[0], **which[1]), text)


@pytest.mark.parametrize(
    ("which", "text"),
    [
        *[(OLD, text) for text in ("40", "78", "77", "§3.1 sets it", "ECOG 1", "The age is high")],
        *[(OVERRIDE, text) for text in ("30 days", "42 days", "age 60", "§5.2", "§5.1, §5.2, §5.3 and §5.4")],
        *[(OVERRIDE, text) for text in ("Perhaps 24 days", "Is 30 days over 24 days?", "24 days may be the limit")],
        *[(AMENDED, text) for text in ("40 days", "42 days")],
        *[(FOLLOWED, text) for text in ("7 days", "5 days")],
    ],
)
def test_what_does_not_decide_is_left_open_or_lists_all_is_none(case, which, text):
    assert not states(case(which[0], **which[1]), text)


def test_a_copy_of_all_that_the_tools_tell_is_none(case):
    numbers = ", ".join(str(100 + number) for number in range(2 * MAX_CLAIMS))
    made = case("dropped")
    assert states(made, "index 6 is above 4.5")
    assert not states(made, f"{numbers}. index 6 is above 4.5")


def test_of_a_reference_that_is_not_there_that_it_is_not_there(fabricated):
    assert states(fabricated, "§9.2 is not in the protocol.")
    assert not states(fabricated, "§9.2 is about consent.")
    assert not states(fabricated, "§9.1 is not in the protocol.")


@pytest.mark.parametrize("error_type", ["statistical_hallucination", "bias_blind_spot"])
def test_of_a_figure_the_true_one_is_evidence_and_the_quoted_one_is_not(scenarios, error_type):
    wrong = [(s, p) for s in scenarios("expert", 30) for p in s.proposals if p.error_type == error_type]
    assert wrong
    for scenario, proposal in wrong:
        made, figure = ground_truth(scenario, proposal), proposal.brief.figure
        unit = "" if "(" in figure.text else " points"
        assert states(made, f"{figure.true}{unit}")
        assert not states(made, f"{figure.text}{unit}")
