"""A call is read back as JSON, in tags or not, whatever stands around it; what was not read is said.

No text, whatever it is, breaks the reading.
"""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.agents.audit_tools import action_of
from synth_audit_env.chat import written_calls as module
from synth_audit_env.chat.completion import ToolCall
from synth_audit_env.chat.written_calls import read_calls, written_calls
from synth_audit_env.models import ACTION_TYPES

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<[`"), max_size=40)
"""Without what marks begin with: a reason that quotes one is cut there."""
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


FORMS = {
    "fenced": lambda one: f"I look.\n```json\n{_named(*one)}\n```\nThen I decide.",
    "bare": lambda one: _named(*one),
    "in an array": lambda one: f"[{_named(*one)}]",
    "of ours": lambda one: _flat(*one),
    "in our array": lambda one: f"So: [{_flat(*one)}]",
    "of OpenAI": lambda one: json.dumps({"tool_calls": [{"type": "function", "function": json.loads(_named(*one))}]}),
    "of Hermes": lambda one: f"I look.\n<tool_call>\n{_named(*one)}\n</tool_call>",
    "with parameters": lambda one: _named(*one, key="parameters"),
}


@pytest.mark.parametrize("form", FORMS)
@given(one=CALLS)
def test_a_call_is_read_back(form, one):
    calls, problem = written_calls(FORMS[form](one), ACTION_TYPES)
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [one]
    assert problem == ""
    assert action_of(calls[0].name, json.loads(calls[0].arguments)) == action_of(*one)


PIECES = st.sampled_from(
    [
        *("<tool_call>", "</tool_call>", "<function=approve>", "</function>", "[TOOL_CALLS]"),
        *("<think>", "</think>", "```", "```json\n", "\n"),
        *('{"name": "approve"', '"arguments": ', '{"feature": "arm"}', '{"action_type": ', "approve(", "'", '"'),
        *("{", "}", "[", "]", "(", ")", ",", ":", " ", "\\", "\x00", "\ud800", "NaN", "1e999", "approve", "lambda x:"),
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join)))
def test_no_text_breaks_the_reading(text):
    calls, problem = written_calls(text, ACTION_TYPES)
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
        *('[TOOL_CALLS]approve[ARGS]{"proposal_id": "PROP-001"}', "<function=approve></function>"),
        '<think>Maybe {"action_type": "approve", "proposal_id": "PROP-001"}?</think> No.',
    ],
)
def test_what_is_no_call(text):
    assert written_calls(text, ACTION_TYPES) == ((), "")


APPROVE = ToolCall("", "approve", '{"proposal_id": "PROP-001"}')
FENCED = f"```json\n{_named('approve', {'proposal_id': 'PROP-001'})}\n```"


def test_a_mark_within_a_string_does_not_hide_the_call_around_it():
    given_ = {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": "It quotes <tool_call> tags."}
    flag = _flat("flag_error", given_)
    for text in (f"[{flag}]", f"So: [{flag}]"):
        (call,), problem = written_calls(text, ACTION_TYPES)
        assert (call.name, json.loads(call.arguments), problem) == ("flag_error", given_, "")
    for text in (f"[{flag}, {flag}]", f"```json\n[\n{flag},\n{flag}\n]\n```", f"{flag}\n{flag}"):
        calls, problem = written_calls(text, ACTION_TYPES)
        assert ([json.loads(call.arguments) for call in calls], problem) == ([given_, given_], "")


def test_a_marked_call_of_no_tool_counts_where_there_is_no_other():
    assert written_calls(f"<tool_call></tool_call>\n{FENCED}", ACTION_TYPES) == ((APPROVE,), "")
    look = '<tool_call>{"name": "look"}</tool_call>'
    assert written_calls(look, ACTION_TYPES) == ((ToolCall("", "look", "{}"),), "")


GOOD = '<tool_call>\n{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}\n</tool_call>'
INNER = '{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}'


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
def test_marked_calls(generated, text, calls):
    assert read_calls(generated) == (text, calls)


@pytest.mark.parametrize(
    ("generated", "text", "calls"),
    [
        (f"<think>Maybe {GOOD}?</think>\nSo.", "So.", ()),
        (f"Maybe {GOOD}? No.</think>{GOOD}", "", (APPROVE,)),
        (f"<think>Maybe {GOOD}, but then", "", ()),
        (f"So. <think>Maybe {GOOD}</think>{GOOD}<think>And {GOOD}", "", (APPROVE,)),
    ],
)
def test_what_a_model_thought_of_calling_is_no_call(generated, text, calls):
    assert read_calls(generated) == (text, calls)


def test_a_huge_answer_is_read_in_a_time_that_grows_with_its_length():
    before = process_time()
    read_calls(f"<tool_call>approve{' ' * 100_000}</tool_call>")
    # Some milliseconds. In the square of the length it would be tens of seconds.
    assert process_time() - before < 5


NAMES = {"review_proposal", "approve", "submit_audit_report"}
GIVEN = {"proposal_id": "PROP-001"}
LOOK = {"action_type": "review_proposal", **GIVEN}
APPROVAL = {"action_type": "approve", **GIVEN}
BOTH = json.dumps([LOOK, APPROVAL])
LOOKED, APPROVED = (ToolCall("", name, json.dumps(GIVEN)) for name in ("review_proposal", "approve"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BOTH, id="as asked"),
        pytest.param(json.dumps([LOOK, APPROVAL], indent=2), id="on many lines"),
        pytest.param(f"```json\n{BOTH}\n```", id="fenced"),
        pytest.param(f"See §3.1 [1] and [PROP-001]: I look, then approve.\n{BOTH}\nThat is all.", id="text around"),
        pytest.param(f"{json.dumps(LOOK)}\n{json.dumps(APPROVAL)}", id="an object a line"),
        pytest.param(f"{json.dumps(LOOK)}, {json.dumps(APPROVAL)}.", id="objects in a row"),
        pytest.param(json.dumps({"actions": [LOOK, APPROVAL]}), id="wrapped"),
        pytest.param(BOTH.replace("]", ",\n]").replace('"}', '",}'), id="trailing commas"),
    ],
)
def test_both_calls_are_found(text):
    assert written_calls(text, NAMES) == ((LOOKED, APPROVED), "")


@pytest.mark.parametrize(
    "one",
    [
        APPROVAL,
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
    assert written_calls(f"I approve: {json.dumps(one)}", NAMES) == ((APPROVED,), "")


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
    assert written_calls(text, NAMES) == ((), "")


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        pytest.param(
            f'[{{"name": "A. Jones", "age": 77}}]. So: {json.dumps(APPROVAL)}', (APPROVED,), id="after a quoted record"
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
    assert written_calls(text, NAMES) == (calls, "")


def test_what_cannot_be_read_is_said():
    calls, problem = written_calls('[{"action_type": "approve" "proposal_id": "PROP-001"}]', NAMES)
    assert calls == ()
    assert problem.startswith("Your JSON cannot be read: Expecting ',' delimiter")


def test_of_an_array_that_was_cut_off_what_is_whole_is_read():
    calls, problem = written_calls(BOTH[:-10], NAMES)
    assert calls == (LOOKED,)
    assert problem.startswith('Only your first calls were read, not what follows: {"action_type": "approve"')
    assert "Your JSON cannot be read" in problem


def test_what_a_model_goes_on_to_imagine_is_not_read():
    for first, then in (([LOOK], [APPROVAL]), (LOOK, APPROVAL)):
        calls, problem = written_calls(f"{json.dumps(first)}\nResult: the age is 77.\n{json.dumps(then)}", NAMES)
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
    assert written_calls(text, NAMES) == ((), told)
    assert written_calls(f"{text}\n\nI look: {json.dumps(LOOK)}", NAMES) == ((LOOKED,), told)


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
    assert written_calls(text, NAMES) == ((APPROVED,), "")


@pytest.mark.parametrize("piece", ['{"a":', "a{", '[{"', '{"a": 1} ', f"I could {DECISION} but "])
def test_a_huge_answer_is_not_tried_from_each_of_its_braces(piece, monkeypatch):
    tried: list[int] = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            tried.append(idx)
            return super().raw_decode(s, idx)

    monkeypatch.setattr(module, "_DECODER", Counting(strict=False))
    assert written_calls(piece * 5_000, NAMES)[0] == ()
    assert 0 < len(tried) <= 1_000


def test_text_that_nests_without_end():
    assert written_calls('{"a":' * 5_000, NAMES)[0] == ()
    assert written_calls("[{" * 5_000, NAMES)[0] == ()
    before = process_time()
    assert written_calls('{"a":' * 900 + "1" + "}" * 900, NAMES)[0] == ()
    assert process_time() - before < 10
    assert written_calls('{"a":' * 200 + json.dumps(APPROVAL) + "}" * 200, NAMES)[0] == (APPROVED,)
