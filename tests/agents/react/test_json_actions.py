"""Actions in a model's text: what it is told of them, how they are read, and how a turn goes back into the chat."""

from __future__ import annotations

import json
import re

import pytest

from synth_audit_env.agents.react.json_actions import JsonActions
from synth_audit_env.agents.react.turns import read_call
from synth_audit_env.chat.completion import Completion, ToolCall, Usage
from synth_audit_env.models import ACTION_TYPES, SynthAuditAction

FLAG = {
    "action_type": "flag_error",
    "proposal_id": "PROP-001",
    "error_type": "age_boundary_error",
    "reason": "Age 77.",
    "confidence": 0.9,
}


def _said(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(text, (), Usage(), finish_reason)


def test_every_tool_and_argument_is_told() -> None:
    told = JsonActions().how_to_call
    assert all(f"\n{name}: " in told for name in ACTION_TYPES)
    assert "\n  proposal_id: Id of the proposal, of the form PROP-nnn." in told
    assert "\n  confidence?: " in told
    assert "One of age_boundary_error, temporal_inconsistency" in told
    assert JsonActions().tools == ()
    # Weak models copy an id that looks real.
    assert not re.search(r"PROP-\d|P\d{4}", told)


def test_an_action() -> None:
    (asked,) = JsonActions().read(_said(json.dumps([FLAG]))).asked
    assert asked.action == SynthAuditAction(**FLAG)


def test_an_action_in_the_shape_of_a_native_call() -> None:
    text = json.dumps({"name": "approve", "arguments": {"proposal_id": "PROP-001"}})
    (asked,) = JsonActions().read(_said(text)).asked
    assert asked.action == SynthAuditAction(action_type="approve", proposal_id="PROP-001")


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"action_type": "approve", "proposal_id": 7}, "The call of approve cannot be read: proposal_id"),
        ({"action_type": "approve", "why": "So."}, "The call of approve cannot be read: why: Extra inputs"),
        ({"action_type": 5}, "The call names no tool"),
        ({"proposal_id": "PROP-001"}, "The call names no tool"),
        ("approve", 'The call names no tool: "approve"'),
    ],
)
def test_one_bad_action_leaves_the_others(item: object, problem: str) -> None:
    reading = JsonActions().read(_said(json.dumps([FLAG, item, FLAG])))
    assert [asked.action is None for asked in reading.asked] == [False, True, False]
    assert reading.asked[1].problem.startswith(problem)


def test_line_breaks_within_the_json_text_of_arguments() -> None:
    for arguments in ('{"report": "One.\nTwo."}', json.dumps('{"report": "One.\nTwo."}')):
        asked = read_call(ToolCall("", "submit_audit_report", arguments))
        assert asked.action == SynthAuditAction(action_type="submit_audit_report", report="One.\nTwo.")


def test_what_a_model_thought_first_is_not_read() -> None:
    reading = JsonActions().read(_said(f'Maybe [{{"action_type": "approve"}}]?</think>{json.dumps([FLAG])}'))
    assert [asked.name for asked in reading.asked] == ["flag_error"]


@pytest.mark.parametrize(
    ("completion", "remark"),
    [
        (_said("I approve."), "There is no JSON array of actions in your answer."),
        (_said("[{", "length"), "Your answer was cut off at its limit"),
        (_said("", "content_filter"), "Your answer was withheld"),
    ],
)
def test_an_answer_without_an_action(completion: Completion, remark: str) -> None:
    form = JsonActions()
    reading = form.read(completion)
    assert not reading.readable
    said, told = [entry.message for entry in form.entries(completion, reading, [])]
    assert said == {"role": "assistant", "content": completion.text or "(no answer)"}
    assert told["role"] == "user"
    assert told["content"].startswith(remark)


def test_a_turn_as_messages() -> None:
    form = JsonActions()
    look = {"action_type": "review_proposal", "proposal_id": "PROP-002"}
    completion = _said(f"I flag.\n{json.dumps([FLAG, look, {}])}\nThen {{")
    reading = form.read(completion)
    long = f"PROP-002 on P0008: compliant.\n{'prose ' * 100}"
    said, told = form.entries(completion, reading, ["Recorded.", long, reading.asked[2].problem])
    assert said.message == {"role": "assistant", "content": completion.text}
    assert said.short == {"role": "assistant", "content": json.dumps([FLAG, look])}
    blocks = told.message["content"].split("\n\n")
    assert blocks[0] == "flag_error(PROP-001):\nRecorded."
    assert blocks[1] == f"review_proposal(PROP-002):\n{long}"
    assert blocks[2].startswith("call():\nThe call names no tool")
    assert blocks[3].startswith("Only your first calls were read")
    assert told.short is not None
    lines = told.short["content"].splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("review_proposal(PROP-002): PROP-002 on P0008: compliant. prose")
