"""Native calls are read leniently, and what goes back into the chat is well formed whatever the model wrote."""

from __future__ import annotations

import json

import pytest

from synth_audit_env.agents.react.native_calls import NO_CALL, NativeCalls
from synth_audit_env.chat.completion import Completion, ToolCall, Usage
from synth_audit_env.models import SynthAuditAction

LOOK = SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")


def _said(*calls: tuple[str, str, str], text: str = "", finish_reason: str = "tool_calls") -> Completion:
    return Completion(text, tuple(ToolCall(*call) for call in calls), Usage(), finish_reason)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"proposal_id": "PROP-001"}',
        '{"proposal_id": "PROP-001", "patient_id": null}',
        json.dumps('{"proposal_id": "PROP-001"}'),
    ],
)
def test_a_call(arguments: str) -> None:
    (asked,) = NativeCalls().read(_said(("a", "review_proposal", arguments))).asked
    assert asked.action == LOOK
    assert asked.problem == ""


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("approve", '{"proposal_id": "PROP-', "The arguments of this call are no JSON (Unterminated string"),
        ("approve", '["PROP-001"]', 'The arguments of a call are a JSON object, not ["PROP-001"]'),
        ("approve", '{"proposal_id": 7}', "The call of approve cannot be read: proposal_id: Input should be a valid"),
        ("approve", '{"proposal": "PROP-001"}', "The call of approve cannot be read: proposal: Extra inputs are not"),
        ("approve", '{"proposal_id": "PROP-001", "confidence": 7}', "The call of approve cannot be read: confidence"),
        ("approve", '{"proposal_id": "PROP-001", "confidence": NaN}', "The arguments of this call are no JSON"),
        ("approve", '{"proposal_id": "PROP-001", "confidence": 1e999}', "The arguments of this call are no JSON"),
        ("approve", '{"action_type": "flag_error"}', "action_type and metadata are no arguments"),
        ("approve", '{"a":' * 5_000, "The arguments of this call are no JSON"),
        ("approve", '{"proposal_id": "\\ud800"}', "The call of approve cannot be read: proposal_id"),
        ("", "{}", "The call names no tool: {}"),
    ],
)
def test_a_call_that_cannot_be_read(name: str, arguments: str, problem: str) -> None:
    form = NativeCalls()
    completion = _said(("a", name, arguments))
    reading = form.read(completion)
    assert not reading.readable
    assert reading.asked[0].problem.startswith(problem)
    message = form.entries(completion, reading, ["No."])[0].message
    given = message["tool_calls"][0]["function"]["arguments"]
    assert isinstance(json.loads(given), dict)
    assert "NaN" not in given
    assert "Infinity" not in given
    json.dumps(message).encode()


def test_a_tool_that_does_not_exist_is_for_the_referee() -> None:
    (asked,) = NativeCalls().read(_said(("a", "look up!", "{}"))).asked
    assert asked.action == SynthAuditAction(action_type="look up!")


def test_without_arguments_there_are_none() -> None:
    assert NativeCalls().read(_said(("a", "approve", ""))).asked[0].action == SynthAuditAction(action_type="approve")


def test_a_turn_as_messages() -> None:
    form = NativeCalls()
    completion = _said(
        ("a", "review_proposal", '{"proposal_id": "PROP-001"}'),
        ("b", "look up!", "{}"),
        text="<think>Hm</think> I look.",
    )
    long = f"PROP-001 on P0008: compliant.\n{'prose ' * 100}"
    entries = form.entries(completion, form.read(completion), [long, "There is none."])
    said, first, second = [entry.message for entry in entries]
    assert said["role"] == "assistant"
    assert said["content"] == "I look."
    assert [(call["id"], call["function"]["name"]) for call in said["tool_calls"]] == [
        ("a", "review_proposal"),
        ("b", "look_up_"),
    ]
    assert first == {"role": "tool", "tool_call_id": "a", "content": long}
    assert second == {"role": "tool", "tool_call_id": "b", "content": "There is none."}
    assert entries[0].short == {**said, "content": ""}
    short = entries[1].short
    assert short is not None
    assert short["tool_call_id"] == "a"
    assert short["content"].startswith("PROP-001 on P0008: compliant. prose")
    assert len(short["content"]) == 100


SIGNED = {"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}
THOUGHTS = {"reasoning_content": "Hm.", "reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VjcmV0"}]}


def test_thoughts_go_back_as_they_came_with_a_folded_message_too() -> None:
    form = NativeCalls()
    look = ToolCall("a", "review_proposal", '{"proposal_id": "PROP-001"}', SIGNED)
    completion = Completion("I look.", (look, ToolCall("b", "approve", "{")), Usage(), "tool_calls", THOUGHTS)
    said, *told = form.entries(completion, form.read(completion), ["It is right.", "No."])
    assert said.short is not None
    for message, content in ((said.message, "I look."), (said.short, "")):
        calls = message["tool_calls"]
        assert calls[0] == {**SIGNED, "id": "a", "type": "function", "function": calls[0]["function"]}
        assert calls[1].keys() == {"id", "type", "function"}
        assert message == {"role": "assistant", "content": content, "tool_calls": calls, **THOUGHTS}
    assert "Hm." not in json.dumps([entry.message for entry in told])


def test_thoughts_before_an_answer_without_a_call_go_back_too() -> None:
    form = NativeCalls()
    completion = Completion("I think.", (), Usage(), "stop", THOUGHTS)
    said, _ = form.entries(completion, form.read(completion), [])
    assert said.message == {"role": "assistant", "content": "I think.", **THOUGHTS}
    assert said.short == {"role": "assistant", "content": "(no answer)", **THOUGHTS}


def test_of_a_model_that_sends_none_nothing_goes_back_beside() -> None:
    form = NativeCalls()
    completion = _said(("a", "review_proposal", '{"proposal_id": "PROP-001"}'), text="I look.")
    said = form.entries(completion, form.read(completion), ["It is right."])[0].message
    assert json.dumps(said) == (
        '{"role": "assistant", "content": "I look.", "tool_calls": [{"id": "a", "type": "function", "function": '
        '{"name": "review_proposal", "arguments": "{\\"proposal_id\\": \\"PROP-001\\"}"}}]}'
    )


def test_an_id_never_comes_twice() -> None:
    form = NativeCalls()
    look = '{"proposal_id": "PROP-001"}'
    ids = [
        asked.id
        for _ in range(2)
        for asked in form.read(_said(*[(id_, "review_proposal", look) for id_ in ("a", "a", "")])).asked
    ]
    assert ids[0] == "a"
    assert len(set(ids)) == 6
    assert all(ids)


@pytest.mark.parametrize(
    ("finish_reason", "remark"),
    [
        ("stop", NO_CALL),
        ("refusal", NO_CALL),
        ("length", "Your answer was cut off at its limit of tokens before it called a tool. Answer more briefly."),
        ("content_filter", "Your answer was withheld by a content filter. Call a tool."),
    ],
)
def test_an_answer_without_a_call(finish_reason: str, remark: str) -> None:
    form = NativeCalls()
    completion = _said(finish_reason=finish_reason)
    reading = form.read(completion)
    assert not reading.readable
    assert [entry.message for entry in form.entries(completion, reading, [])] == [
        {"role": "assistant", "content": "(no answer)"},
        {"role": "user", "content": remark},
    ]
