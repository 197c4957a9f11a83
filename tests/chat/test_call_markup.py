"""Calls are found in what models generate, and a broken one does not take the others with it."""

from __future__ import annotations

import json
from time import process_time

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.chat.completion import ToolCall
from synth_audit_env.chat.written_calls import read_calls

GOOD = '<tool_call>\n{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}\n</tool_call>'
INNER = '{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}'
APPROVE = ToolCall("", "approve", '{"proposal_id": "PROP-001"}')


@pytest.mark.parametrize(
    ("generated", "text", "calls"),
    [
        ("I see nothing wrong.", "I see nothing wrong.", ()),
        (f"So.\n{GOOD}\n{GOOD}", "So.", (APPROVE, APPROVE)),
        (GOOD.removesuffix("</tool_call>"), "", (APPROVE,)),
        (GOOD.replace("arguments", "parameters"), "", (APPROVE,)),
        ('<tool_call>{"name": "approve"}</tool_call>', "", (ToolCall("", "approve", "{}"),)),
        ('<tool_call>{"name": "look", "arguments": {}}</tool_call>', "", (ToolCall("", "look", "{}"),)),
        (f"<tool_call>[{INNER}, {INNER}]</tool_call>", "", (APPROVE, APPROVE)),
        (f"<tool_call>{INNER}\n{INNER}</tool_call>", "", (APPROVE, APPROVE)),
        (f"<tool_call>{INNER}}}</tool_call>", "", (APPROVE,)),
        (f"{GOOD.removesuffix('</tool_call>')}{GOOD}", "", (APPROVE, APPROVE)),
        ('<tool_call>["approve"]</tool_call>', '<tool_call>["approve"]</tool_call>', ()),
        ("The note quotes <tool_call> tags.", "The note quotes <tool_call> tags.", ()),
        (
            '<tool_call>{"name": "approve", "arguments": {"propo</tool_call>' + GOOD,
            "",
            (ToolCall("", "approve", '{"name": "approve", "arguments": {"propo'), APPROVE),
        ),
    ],
)
def test_json_in_tags(generated: str, text: str, calls: tuple[ToolCall, ...]) -> None:
    assert read_calls(generated, ()) == (text, calls)


def test_parameters_in_tags_get_their_types() -> None:
    parameters = {"proposal_id": "12", "reason": "Age\n is <18", "confidence": "0.9", "other": "7"}
    body = "\n".join(f"<parameter={name}>\n{value}\n</parameter>" for name, value in parameters.items())
    generated = f"<tool_call>\n<function=flag_error>\n{body}\n</function>\n</tool_call>"
    _, (call,) = read_calls(generated, tool_schemas())
    assert call.name == "flag_error"
    assert json.loads(call.arguments) == {**parameters, "confidence": 0.9}
    _, (call,) = read_calls(generated.replace("0.9", "high"), tool_schemas())
    assert json.loads(call.arguments)["confidence"] == "high"


def test_a_tool_that_there_is_not_is_passed_on() -> None:
    _, (call,) = read_calls("<tool_call><function=look><parameter=at>7</parameter></function>", tool_schemas())
    assert call == ToolCall("", "look", '{"at": "7"}')


@pytest.mark.parametrize(
    "generated",
    [
        f"<|python_tag|>{INNER}<|eom_id|>",
        '<function=approve>{"proposal_id": "PROP-001"}</function>',
        '<function=functions.approve>{"proposal_id": "PROP-001"}</function>',
        "<function=functions.approve><parameter=proposal_id>PROP-001</parameter></function>",
        f"[TOOL_CALLS][{INNER[:-1]}, " + '"id": "abcdefghi"}]',
        '[TOOL_CALLS]approve[CALL_ID]abcdefghi[ARGS]{"proposal_id": "PROP-001"}',
        '[TOOL_CALLS]approve{"proposal_id": "PROP-001"} and then I wait',
    ],
)
def test_the_markup_of_other_families(generated: str) -> None:
    assert read_calls(f"So. {generated}", tool_schemas()) == ("So.", (APPROVE,))


def test_several_calls_of_mistral() -> None:
    one = '[TOOL_CALLS]approve[ARGS]{"proposal_id": "PROP-001"}'
    assert read_calls(one + one, ()) == ("", (APPROVE, APPROVE))
    assert read_calls(f"[TOOL_CALLS] [{INNER}, {INNER}]", ()) == ("", (APPROVE, APPROVE))
    assert read_calls(one[:-3], ())[1] == (ToolCall("", "approve", '{"proposal_id": "PROP-00'),)


@pytest.mark.parametrize(
    "written", ["<function=flag_error>", "<function=flag_error><parameter=proposal_id>P</parameter>"]
)
def test_a_call_that_was_cut_off_is_not_carried_out_without_its_last_parameters(written: str) -> None:
    _, (call,) = read_calls(f"<tool_call>\n{written}\n<parameter=reason>The age", tool_schemas())
    assert call == ToolCall("", "flag_error", f"{written}\n<parameter=reason>The age")


@pytest.mark.parametrize(
    ("generated", "text", "calls"),
    [
        (f"<think>Maybe {GOOD}?</think>\nSo.", "So.", ()),
        (f"Maybe {GOOD}? No.</think>{GOOD}", "", (APPROVE,)),
        (f"<think>Maybe {GOOD}, but then", "", ()),
        (f"So. <think>Maybe {GOOD}</think>{GOOD}<think>And {GOOD}", "", (APPROVE,)),
    ],
)
def test_what_a_model_thought_of_calling_is_no_call(generated: str, text: str, calls: tuple[ToolCall, ...]) -> None:
    assert read_calls(generated, ()) == (text, calls)


@pytest.mark.parametrize(
    "generated",
    [
        f"<function=approve>{'<parameter=x>' * 30_000}</function>",
        f"<function=approve>{'<parameter=' * 30_000}</parameter></function>",
        f"<tool_call>approve{' ' * 100_000}</tool_call>",
        f"<tool_call>approve[CALL_ID]{' ' * 100_000}</tool_call>",
    ],
)
def test_a_huge_answer_is_read_in_a_time_that_grows_with_its_length(generated: str) -> None:
    before = process_time()
    read_calls(generated, tool_schemas())
    # Some milliseconds. In the square of the length it would be tens of seconds.
    assert process_time() - before < 5
