"""Calls are made together where no answer had to be awaited, and words stay where they were said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.tests.comparison.real_run import records
from synth_audit_env.training.turns import RESTS_ON_EVIDENCE, together


def said(*names: str, words: str = "") -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": words,
        "tool_calls": [{"type": "function", "function": {"name": name, "arguments": {}}} for name in names],
    }


def answer(name: str) -> dict[str, Any]:
    return {"role": "tool", "name": name, "content": "Said."}


def turns_of(messages: list[dict[str, Any]]) -> list[str]:
    return [
        " ".join([message["content"], *(call["function"]["name"] for call in message.get("tool_calls", ()))]).strip()
        for message in messages
        if message["role"] == "assistant"
    ]


def chat(*names: str) -> list[dict[str, Any]]:
    opening = [{"role": "system", "content": "Audit."}, {"role": "user", "content": "These."}]
    return [*opening, *(message for name in names for message in (said(name), answer(name)))]


@pytest.mark.parametrize(
    ("calls", "turns"),
    [
        (
            "review_proposal investigate_patient approve review_proposal flag_error submit_audit_report",
            [
                "review_proposal investigate_patient",
                "approve review_proposal",
                "flag_error submit_audit_report",
            ],
        ),
        # Those that were not looked at are decided at once.
        ("temporal_audit approve approve approve", ["temporal_audit", "approve approve approve"]),
        ("approve flag_error", ["approve flag_error"]),
        ("cohort_analysis submit_audit_report", ["cohort_analysis", "submit_audit_report"]),
        ("", []),
    ],
)
def test_a_turn_begins_where_something_rests_on_what_was_seen(calls: str, turns: list[str]) -> None:
    assert turns_of(together(chat(*calls.split()))) == turns


def test_words_begin_a_turn_and_are_kept() -> None:
    messages = [
        *chat("review_proposal"),
        said("investigate_patient", words="Now the record."),
        answer("investigate_patient"),
        said("approve", "review_proposal"),
        answer("approve"),
        answer("review_proposal"),
        {"role": "assistant", "content": "The audit is done."},
        said("temporal_audit"),
    ]
    assert turns_of(together(messages)) == [
        "review_proposal",
        "Now the record. investigate_patient",
        "approve review_proposal",
        "The audit is done.",
        "temporal_audit",
    ]


@pytest.mark.parametrize("record", records(), ids=lambda record: f"{record.agent} {record.task} {record.seed}")
def test_it_is_the_same_audit_in_fewer_turns(record: Any) -> None:
    messages = conversation(record)
    before = json.dumps(messages)
    joined = together(messages)
    assert json.dumps(messages) == before, "the chat stays as it was"
    assert len(turns_of(joined)) < len(turns_of(messages))
    for kind in ("tool_calls", "tool"):
        first, second = (
            [call for one in which for call in one.get("tool_calls", ())]
            if kind == "tool_calls"
            else [one for one in which if one["role"] == "tool"]
            for which in (messages, joined)
        )
        assert first == second
    for one in joined:
        names = [call["function"]["name"] for call in one.get("tool_calls", ())]
        looks = [name not in RESTS_ON_EVIDENCE for name in names]
        # Within a turn nothing is decided after a look-up.
        assert looks == sorted(looks)
