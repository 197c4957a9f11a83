"""A call is read back in every form that models write it in, and no text, whatever it is, breaks the reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.chat.completion import ToolCall
from synth_audit_env.chat.written_calls import MENTIONED, read_calls, written_calls
from synth_audit_env.models import SynthAuditAction, action_of
from synth_audit_env.tool_records import tool_schemas

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<[`"), max_size=40)
"""Without what marks begin with: a reason that quotes one is cut there."""
WORDS = st.text(st.characters(categories=("L", "N", "P", "Zs", "S"), exclude_characters="<>"), max_size=40)
ARGUMENTS = {"proposal_id": TEXT, "error_type": st.just("age_boundary_error"), "reason": TEXT}
CALLS = st.one_of(
    st.tuples(st.just("review_proposal"), st.fixed_dictionaries({"proposal_id": TEXT})),
    st.tuples(st.just("flag_error"), st.fixed_dictionaries({**ARGUMENTS, "confidence": st.floats(0, 1)})),
    st.tuples(st.just("submit_audit_report"), st.fixed_dictionaries({"report": TEXT})),
)


def _flat(name: str, given: dict[str, Any]) -> str:
    return json.dumps({"action_type": name, **given})


def _named(name: str, given: dict[str, Any], key: str = "arguments") -> str:
    return json.dumps({"name": name, key: given})


def _python(name: str, given: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


FORMS = {
    "fenced": lambda call: f"I look.\n```json\n{_named(*call)}\n```\nThen I decide.",
    "bare": lambda call: _named(*call),
    "in an array": lambda call: f"[{_named(*call)}]",
    "of ours": lambda call: _flat(*call),
    "in our array": lambda call: f"So: [{_flat(*call)}]",
    "of OpenAI": lambda call: json.dumps({"tool_calls": [{"type": "function", "function": json.loads(_named(*call))}]}),
    "of Hermes": lambda call: f"I look.\n<tool_call>\n{_named(*call)}\n</tool_call>",
    "of Llama 3": lambda call: f"<|python_tag|>{_named(*call, key='parameters')}",
    "of Llama 3 without its token": lambda call: _named(*call, key="parameters"),
    "of Mistral": lambda call: f"[TOOL_CALLS] [{_named(*call)}]",
    "of Mistral since": lambda call: f"[TOOL_CALLS]{call[0]}[ARGS]{json.dumps(call[1])}",
    "of Mistral with an id": lambda call: f"[TOOL_CALLS]{call[0]}[CALL_ID]abcdefghi[ARGS]{json.dumps(call[1])}",
    "of Qwen with JSON": lambda call: f"<function={call[0]}>{json.dumps(call[1])}</function>",
    "of Llama 4": lambda call: f"<|python_start|>[{_python(*call)}]<|python_end|>",
    "as Python": lambda call: f"```python\n{_python(*call)}\n```",
}


@pytest.mark.parametrize("form", FORMS)
@given(call=CALLS)
def test_a_call_is_read_back(form, call):
    calls, problem = written_calls(FORMS[form](call), tool_schemas())
    assert [(found.name, json.loads(found.arguments)) for found in calls] == [call]
    assert problem == ""
    assert action_of(calls[0].name, json.loads(calls[0].arguments)) == action_of(*call)


@given(reason=WORDS.map(str.strip), confidence=st.one_of(st.floats(0, 1), st.just("high")))
def test_parameters_in_tags_are_read_back(reason, confidence):
    """With their types, or as the text that they are: the markup has no types."""
    given_ = {"proposal_id": "12", "reason": reason, "confidence": confidence, "other": "7"}
    body = "\n".join(f"<parameter={name}>\n{value}\n</parameter>" for name, value in given_.items())
    function = f"<function=flag_error>\n{body}\n</function>"
    for text in (f"<tool_call>\n{function}\n</tool_call>", function):
        (call,), problem = written_calls(text, tool_schemas())
        assert (call.name, json.loads(call.arguments), problem) == ("flag_error", given_, "")


PIECES = st.sampled_from(
    [
        *("<tool_call>", "</tool_call>", "<function=approve>", "</function>", "<parameter=feature>", "</parameter>"),
        *("<|python_tag|>", "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<think>", "</think>", "```", "```json\n", "\n"),
        *('{"name": "approve"', '"arguments": ', '{"feature": "arm"}', '{"action_type": ', "approve(", "'", '"'),
        *("{", "}", "[", "]", "(", ")", ",", ":", " ", "\\", "\x00", "\ud800", "NaN", "1e999", "approve", "lambda x:"),
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join)))
def test_no_text_breaks_the_reading(text):
    calls, problem = written_calls(text, tool_schemas())
    assert all(isinstance(call, ToolCall) for call in calls)
    assert isinstance(problem, str)


@pytest.mark.parametrize(
    "text",
    [
        'The record says {"name": "A. Jones", "age": 77}.',
        "I would call review_proposal(proposal_id='PROP-001') next.",
        "review_proposal(proposal_id=chosen)",
        "for one in ids:\n    review_proposal(one)",
        "print(review_proposal('PROP-001'))",
        "review_proposal('PROP-001', 'PROP-002')",
        *("approve(" + "(" * 9_000, "approve(" + "-" * 9_000 + "1)", "approve(" + "[" * 90_000),
        '<think>Maybe {"action_type": "approve", "proposal_id": "PROP-001"}?</think> No.',
    ],
)
def test_what_is_no_call(text):
    assert written_calls(text, tool_schemas()) == ((), "")


def test_python_takes_arguments_by_place_and_on_several_lines():
    calls, _ = written_calls("review_proposal('PROP-001')\ninvestigate_patient('P0001')", tool_schemas())
    assert [action_of(call.name, json.loads(call.arguments)) for call in calls] == [
        SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001"),
        SynthAuditAction(action_type="investigate_patient", patient_id="P0001"),
    ]


APPROVE = ToolCall("", "approve", '{"proposal_id": "PROP-001"}')


def test_a_mark_within_a_string_does_not_hide_the_call_around_it():
    given_ = {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": "It quotes <tool_call> tags."}
    flag = _flat("flag_error", given_)
    for text in (f"So: [{flag}]", f"[{flag}, {flag}]", f"```json\n[\n{flag},\n{flag}\n]\n```", f"{flag}\n{flag}"):
        calls, problem = written_calls(text, tool_schemas())
        assert ([json.loads(call.arguments) for call in calls], problem) == ([given_] * text.count("quotes"), "")


GOOD = '<tool_call>\n{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}\n</tool_call>'
INNER = '{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}'
MISTRAL = '[TOOL_CALLS]approve[ARGS]{"proposal_id": "PROP-001"}'


@pytest.mark.parametrize(
    ("generated", "text", "calls"),
    [
        ("I see nothing wrong.", "I see nothing wrong.", ()),
        (f"So.\n{GOOD}\n{GOOD}", "So.", (APPROVE, APPROVE)),
        (GOOD.removesuffix("</tool_call>"), "", (APPROVE,)),
        ('<tool_call>{"name": "look", "arguments": {}}</tool_call>', "", (ToolCall("", "look", "{}"),)),
        (f"<tool_call>[{INNER}, {INNER}]</tool_call>", "", (APPROVE, APPROVE)),
        (f"<tool_call>{INNER}\n{INNER}</tool_call>", "", (APPROVE, APPROVE)),
        ('<tool_call>["approve"]</tool_call>', '<tool_call>["approve"]</tool_call>', ()),
        (f"{MISTRAL}{MISTRAL}", "", (APPROVE, APPROVE)),
        (MISTRAL[:-3], "", (ToolCall("", "approve", '{"proposal_id": "PROP-00'),)),
        ("The note quotes <tool_call> tags.", "The note quotes <tool_call> tags.", ()),
        # What a model thought of calling is no call.
        (f"<think>Maybe {GOOD}?</think>\nSo.", "So.", ()),
        (f"Maybe {GOOD}? No.</think>{GOOD}", "", (APPROVE,)),
        (f"<think>Maybe {GOOD}, but then", "", ()),
    ],
)
def test_marked_calls(generated, text, calls):
    assert read_calls(generated, ()) == (text, calls)


@pytest.mark.parametrize(
    "written", ["<function=flag_error>", "<function=flag_error><parameter=proposal_id>P</parameter>"]
)
def test_a_call_that_was_cut_off_is_not_carried_out_without_its_last_parameters(written):
    _, (call,) = read_calls(f"<tool_call>\n{written}\n<parameter=reason>The age", tool_schemas())
    assert call == ToolCall("", "flag_error", f"{written}\n<parameter=reason>The age")


@pytest.mark.parametrize(
    "text",
    [
        f"I could approve with {INNER} but I should not before I see the record.",
        f"I could approve with `{INNER}`.",
        f"This would be wrong: {INNER}, since I did not see the record.",
        f"{INNER} would be an answer.",
    ],
)
def test_a_decision_within_a_sentence_is_not_carried_out(text):
    assert written_calls(text, tool_schemas()) == ((), MENTIONED)


@pytest.mark.parametrize("text", [f"My answer: {INNER}", f"- {INNER}", f"So I approve.\n{INNER}", f"```\n{INNER}\n```"])
def test_a_decision_on_its_own_line_is_carried_out(text):
    assert written_calls(text, tool_schemas()) == ((APPROVE,), "")
