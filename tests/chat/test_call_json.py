"""Calls are found in whatever a model wrote around them, and what was not read is said."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest

from synth_audit_env.chat import call_json
from synth_audit_env.chat.call_json import json_calls
from synth_audit_env.chat.completion import ToolCall

NAMES = {"review_proposal", "approve", "submit_audit_report"}
GIVEN = {"proposal_id": "PROP-001"}
LOOK = {"action_type": "review_proposal", **GIVEN}
APPROVE = {"action_type": "approve", **GIVEN}
BOTH = json.dumps([LOOK, APPROVE])
LOOKED, APPROVED = (ToolCall("", name, json.dumps(GIVEN)) for name in ("review_proposal", "approve"))


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
def test_both_calls_are_found(text):
    assert json_calls(text, NAMES) == ((LOOKED, APPROVED), "")


@pytest.mark.parametrize(
    "one",
    [
        APPROVE,
        {"name": "approve", "arguments": GIVEN},
        {"name": "approve", "parameters": GIVEN},
        {"name": "functions.approve", "arguments": GIVEN},
        [{"tool_calls": [{"name": "approve", "arguments": GIVEN}]}],
        {"name": "approve", **GIVEN},
        {"tool": "approve", "args": GIVEN},
        {"name": "approve", "arguments": json.dumps(GIVEN)},
        {"id": "call_1", "type": "function", "function": {"name": "approve", "arguments": json.dumps(GIVEN)}},
        {"tool_calls": [{"type": "function", "function": {"name": "approve", "arguments": GIVEN}}]},
    ],
)
def test_a_single_object(one):
    assert json_calls(f"I approve: {json.dumps(one)}", NAMES) == ((APPROVED,), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I approve PROP-001.",
        "[1, 2]",
        json.dumps(GIVEN),
        "[]",
        'The record is {"name": "A. Jones", "age": 77, "site": {"name": "Lyon"}}.',
        'So [{"name": "look", "arguments": {}}] is no tool.',
    ],
)
def test_what_names_no_tool_is_no_call(text):
    assert json_calls(text, NAMES) == ((), "")


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        pytest.param(
            f'[{{"name": "A. Jones", "age": 77}}]. So: {json.dumps(APPROVE)}', (APPROVED,), id="after a quoted record"
        ),
        pytest.param('{"action_type": "look"}', (ToolCall("", "look", "{}"),), id="our own key says that it is a call"),
        pytest.param(
            json.dumps([LOOK, "PROP-002", {"patient_id": "P0001"}]),
            (LOOKED, ToolCall("", "", '"PROP-002"'), ToolCall("", "", '{"patient_id": "P0001"}')),
            id="what stands between calls is passed on",
        ),
        pytest.param(
            json.dumps([{"action_type": "submit_audit_report", "report": "PROP-001, ] PROP-002,}"}]),
            (ToolCall("", "submit_audit_report", '{"report": "PROP-001, ] PROP-002,}"}'),),
            id="what looks like a trailing comma is left alone in a string",
        ),
        pytest.param(
            '[{"action_type": "submit_audit_report", "report": "One.\nTwo."}]',
            (ToolCall("", "submit_audit_report", '{"report": "One.\\nTwo."}'),),
            id="a line break within a string",
        ),
        pytest.param(f"With {json.dumps(LOOK)} I look first.", (LOOKED,), id="a look within a sentence"),
    ],
)
def test_what_is_found(text, calls):
    assert json_calls(text, NAMES) == (calls, "")


def test_what_cannot_be_read_is_said():
    calls, problem = json_calls('[{"action_type": "approve" "proposal_id": "PROP-001"}]', NAMES)
    assert calls == ()
    assert problem.startswith("Your JSON cannot be read: Expecting ',' delimiter")


def test_of_an_array_that_was_cut_off_what_is_whole_is_read():
    calls, problem = json_calls(BOTH[:-10], NAMES)
    assert calls == (LOOKED,)
    assert problem.startswith('Only your first calls were read, not what follows: {"action_type": "approve"')
    assert "Your JSON cannot be read" in problem


def test_what_a_model_goes_on_to_imagine_is_not_read():
    for first, then in (([LOOK], [APPROVE]), (LOOK, APPROVE)):
        calls, problem = json_calls(f"{json.dumps(first)}\nResult: the age is 77.\n{json.dumps(then)}", NAMES)
        assert calls == (LOOKED,)
        assert "not what follows: " in problem


DECISION = json.dumps({"name": "approve", "arguments": GIVEN})


@pytest.mark.parametrize(
    "text",
    [
        f"I could approve with {DECISION} but I should not before I see the record.",
        f"I could approve with {DECISION}",
        f"I could approve with `{DECISION}`.",
        f"This would be wrong: {DECISION}, since I did not see the record.",
        f"- I could write [{DECISION}]",
        f"{DECISION} would be an answer.",
    ],
)
def test_a_decision_within_a_sentence_is_not_carried_out(text):
    told = "A decision within a sentence is not carried out: write its call on a line of its own."
    assert json_calls(text, NAMES) == ((), told)
    assert json_calls(f"{text}\n\nI look: {json.dumps(LOOK)}", NAMES) == ((LOOKED,), told)


@pytest.mark.parametrize(
    "text",
    [
        f"I see no error.\n{DECISION}\nThat is all.",
        f"**Action:** {DECISION}",
        f"Final decision for PROP-001: `{DECISION}`.",
        f"1. {DECISION}",
        f"- `{DECISION}`",
        f"I approve. ```json {DECISION} ``` Then I go on.",
        f"<functioncall> {DECISION} </functioncall>",
        f"[TOOL_REQUEST]{DECISION}[END_TOOL_REQUEST]",
        f"{DECISION}<|im_end|>",
        json.dumps({"thought": "I approve", "action": json.loads(DECISION)}),
    ],
)
def test_a_decision_on_its_own_is_carried_out(text):
    assert json_calls(text, NAMES) == ((APPROVED,), "")


@pytest.mark.parametrize("piece", ['{"a":', "a{", '[{"', '{"a": 1} ', f"I could {DECISION} but "])
def test_a_huge_answer_is_not_tried_from_each_of_its_braces(piece, monkeypatch):
    tried: list[int] = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            tried.append(idx)
            return super().raw_decode(s, idx)

    monkeypatch.setattr(call_json, "_DECODER", Counting(strict=False))
    assert json_calls(piece * 5_000, NAMES)[0] == ()
    assert 0 < len(tried) <= 1_000


def test_text_that_nests_without_end():
    assert json_calls('{"a":' * 5_000, NAMES)[0] == ()
    assert json_calls("[{" * 5_000, NAMES)[0] == ()
    before = process_time()
    assert json_calls('{"a":' * 900 + "1" + "}" * 900, NAMES)[0] == ()
    assert process_time() - before < 10
    assert json_calls('{"a":' * 200 + json.dumps(APPROVE) + "}" * 200, NAMES)[0] == (APPROVED,)
