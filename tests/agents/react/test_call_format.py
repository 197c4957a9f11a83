"""Calls are read leniently in both formats, and what goes back into the chat is well formed in any case."""

from __future__ import annotations

import json
import re

import pytest

from synth_audit_env.agents.react.call_format import CUT_OFF, NO_CALL, CallFormat
from synth_audit_env.chat.completion import Completion, ToolCall, Usage
from synth_audit_env.models import ACTION_TYPES, SynthAuditAction

LOOK_ARGUMENTS = '{"proposal_id": "PROP-001"}'
FLAG = {
    "action_type": "flag_error",
    "proposal_id": "PROP-001",
    "error_type": "age_boundary_error",
    "reason": "Age 77.",
    "confidence": 0.9,
}
UNREADABLE, TAKEN = "The call of approve cannot be read", "proposal_id, fault, where, should_be, confidence"
LONG = f"PROP-001 on P0008: compliant.\n{'prose ' * 100}"
SIGNED = {"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}
THOUGHTS = {"reasoning_content": "Hm.", "reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VjcmV0"}]}


def _native() -> CallFormat:
    return CallFormat(native=True)


def _json() -> CallFormat:
    return CallFormat(native=False)


def _calling(*calls: tuple[str, str, str], text: str = "") -> Completion:
    return Completion(text, tuple(ToolCall(*call) for call in calls), Usage(), "tool_calls")


def _saying(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(text, (), Usage(), finish_reason)


@pytest.mark.parametrize("text", ["It is.", "It\nis."])
@pytest.mark.parametrize("again", [str, json.dumps])
def test_a_call(text, again):
    """Also as the JSON text of JSON text, with lines that are broken within a string, and with nulls."""
    arguments = again(f'{{"report": "{text}", "patient_id": null}}')
    (asked,) = _native().read(_calling(("a", "submit_audit_report", arguments))).asked
    assert asked.action == SynthAuditAction(action_type="submit_audit_report", report=text)
    assert asked.problem == ""


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("approve", '{"proposal_id": "PROP-', "The arguments of this call are no JSON (Unterminated string"),
        ("approve", '["PROP-001"]', 'The arguments of a call are a JSON object, not ["PROP-001"]'),
        ("approve", '{"proposal_id": 7}', f"{UNREADABLE}. proposal_id: Input should be a valid string."),
        ("approve", '{"proposal": "PROP-001"}', f"approve takes no proposal: it takes {TAKEN}."),
        ("approve", '{"metadata": {}}', f"approve takes no metadata: it takes {TAKEN}."),
        (
            "approve",
            '{"proposal_id": "PROP-001", "confidence": 7}',
            f"{UNREADABLE}. confidence: Input should be less than or equal to 1.",
        ),
        ("approve", '{"proposal_id": "PROP-001", "confidence": NaN}', "The arguments of this call are no JSON"),
        ("approve", '{"a":' * 5_000, "The arguments of this call are no JSON"),
        ("approve", '{"proposal_id": "\\ud800"}', f"{UNREADABLE}. proposal_id: "),
        ("", "{}", "The call names no tool: {}"),
    ],
)
def test_a_call_that_cannot_be_read(name, arguments, problem):
    form = _native()
    completion = _calling(("a", name, arguments))
    reading = form.read(completion)
    assert reading.asked[0].action is None
    assert reading.asked[0].problem.startswith(problem)
    message = form.messages(completion, reading, ["No."])[0]
    given = message["tool_calls"][0]["function"]["arguments"]
    assert isinstance(json.loads(given), dict)
    assert "NaN" not in given
    json.dumps(message).encode()


def test_an_id_never_comes_twice():
    form = _native()
    calls = [(id_, "review_proposal", LOOK_ARGUMENTS) for id_ in ("a", "a", "")]
    ids = [asked.id for _ in range(2) for asked in form.read(_calling(*calls)).asked]
    assert ids[0] == "a"
    assert len(set(ids)) == 6
    assert all(ids)


def test_a_turn_of_native_calls_as_messages():
    """Thoughts go back as they came; of a model that sends none nothing goes back beside."""
    form = _native()
    calls = (ToolCall("a", "review_proposal", LOOK_ARGUMENTS, SIGNED), ToolCall("b", "look up!", "{}"))
    for thoughts in (THOUGHTS, {}):
        completion = Completion("<think>Hm</think> I look.", calls, Usage(), "tool_calls", thoughts)
        reading = form.read(completion)
        message, first, second = form.messages(completion, reading, [LONG, "There is none."])
        known, unknown = message.pop("tool_calls")
        assert message == {"role": "assistant", "content": "I look.", **thoughts}
        assert known["function"] == {"name": "review_proposal", "arguments": LOOK_ARGUMENTS}
        assert known["extra_content"] == SIGNED["extra_content"]
        assert unknown["function"] == {"name": "look_up_", "arguments": "{}"}
        assert first == {"role": "tool", "tool_call_id": known["id"], "content": LONG}
        assert second == {"role": "tool", "tool_call_id": unknown["id"], "content": "There is none."}


def test_every_tool_and_argument_is_told_where_the_endpoint_is_given_none():
    words = _json().how_to_call
    assert all(f"\n{name}: " in words for name in ACTION_TYPES)
    assert "\n  proposal_id: Id of the proposal, of the form PROP-nnn." in words
    assert "\n  confidence?: " in words
    assert "One of age_boundary_error, temporal_inconsistency" in words
    assert _json().tools == ()
    # Weak models copy an id that looks real.
    assert not re.search(r"PROP-\d|P\d{4}", words)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"action_type": "approve", "proposal_id": 7}, f"{UNREADABLE}. proposal_id: "),
        ({"proposal_id": "PROP-001"}, "The call names no tool"),
        ("approve", 'The call names no tool: "approve"'),
    ],
)
def test_one_bad_action_leaves_the_others(item, problem):
    reading = _json().read(_saying(json.dumps([FLAG, item, FLAG])))
    assert [asked.action for asked in reading.asked] == [SynthAuditAction(**FLAG), None, SynthAuditAction(**FLAG)]
    assert reading.asked[1].problem.startswith(problem)


@pytest.mark.parametrize(
    ("form", "text", "reason", "remark"),
    [
        (_native(), "", "stop", NO_CALL),
        (_json(), "I approve.", "stop", NO_CALL),
        (_json(), "[{", "length", CUT_OFF),
    ],
)
def test_an_answer_without_a_call(form, text, reason, remark):
    completion = Completion(text, (), Usage(), reason, THOUGHTS)
    reading = form.read(completion)
    assert reading.asked == ()
    message, remarked = form.messages(completion, reading, [])
    back = THOUGHTS if form.native else {}
    assert message == {"role": "assistant", "content": text or "(no answer)", **back}
    assert remarked["role"] == "user"
    assert remarked["content"].startswith(remark)
