"""Actions are found in whatever a model wrote around them, and what was not read is said."""

from __future__ import annotations

import json

import pytest

from synth_audit_env.agents.react.json_reading import find_actions

LOOK = {"action_type": "review_proposal", "proposal_id": "PROP-001"}
APPROVE = {"action_type": "approve", "proposal_id": "PROP-001"}
BOTH = json.dumps([LOOK, APPROVE])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BOTH, id="as asked"),
        pytest.param(json.dumps([LOOK, APPROVE], indent=2), id="on many lines"),
        pytest.param(f"```json\n{BOTH}\n```", id="fenced"),
        pytest.param(f"See §3.1 [1] and [PROP-001]: I look, then approve.\n{BOTH}\nThat is all.", id="text around"),
        pytest.param(f"{json.dumps(LOOK)}\n{json.dumps(APPROVE)}", id="an object a line"),
        pytest.param(f"{json.dumps(LOOK)}, {json.dumps(APPROVE)}.", id="objects in a row"),
        pytest.param(json.dumps({"actions": [LOOK, APPROVE]}), id="wrapped"),
        pytest.param(BOTH.replace("]", ",\n]").replace('"}', '",}'), id="trailing commas"),
    ],
)
def test_both_actions_are_found(text: str) -> None:
    items, problem = find_actions(text)
    assert items == [LOOK, APPROVE]
    assert problem == ""


def test_a_single_object() -> None:
    assert find_actions(f"I approve: {json.dumps(APPROVE)}")[0] == [APPROVE]
    native = {"name": "approve", "arguments": {"proposal_id": "PROP-001"}}
    assert find_actions(json.dumps(native))[0] == [native]


def test_a_string_that_looks_like_a_trailing_comma_is_left_alone() -> None:
    report = {"action_type": "submit_audit_report", "report": "PROP-001, ] PROP-002,}"}
    assert find_actions(json.dumps([report]))[0] == [report]


@pytest.mark.parametrize("text", ["", "I approve PROP-001.", "[1, 2]", '{"proposal_id": "PROP-001"}', "[]"])
def test_nothing_to_find(text: str) -> None:
    items, problem = find_actions(text)
    assert items == []
    assert problem == "There is no JSON array of actions in your answer."


def test_what_cannot_be_read_is_said() -> None:
    items, problem = find_actions('[{"action_type": "approve" "proposal_id": "PROP-001"}]')
    assert items == []
    assert problem.startswith("Your JSON cannot be read: Expecting ',' delimiter")


def test_of_an_array_that_was_cut_off_what_is_whole_is_read() -> None:
    items, problem = find_actions(BOTH[:-10])
    assert items == [LOOK]
    assert problem.startswith('Only your first actions were read, not what follows: {"action_type": "approve"')
    assert "Your JSON cannot be read" in problem


def test_what_a_model_goes_on_to_imagine_is_not_read() -> None:
    items, problem = find_actions(f"{json.dumps([LOOK])}\nResult: the age is 77.\n{json.dumps([APPROVE])}")
    assert items == [LOOK]
    assert "not what follows: [{" in problem
    items, problem = find_actions(f"{json.dumps(LOOK)}\nResult: the age is 77.\n{json.dumps(APPROVE)}")
    assert items == [LOOK]


def test_text_that_nests_without_end() -> None:
    assert find_actions('{"a":' * 5_000)[0] == []
    assert find_actions("[{" * 5_000)[0] == []
