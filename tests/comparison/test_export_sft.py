"""The data set for fine-tuning: what scored well enough, in the format that TRL takes as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.comparison import export_sft
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.tests.comparison.real_run import records


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rows_are_conversations_with_tools(tmp_path: Path):
    path = tmp_path / "sft.jsonl"
    played = [one for one in records() if one.agent == "heuristic"]
    assert export_sft.write(played, path, 0.0) == len(played)
    for row, record in zip(_rows(path), played, strict=True):
        assert row["messages"] == conversation(record)[:-1]
        assert row["tools"] == json.loads(json.dumps(tool_schemas()))
        assert (row["agent"], row["task"], row["split"]) == ("heuristic", record.task, "test")
        assert (row["seed"], row["score"]) == (record.seed, record.outcome.score)


def test_the_last_word_is_the_report_and_the_score_is_nowhere(tmp_path: Path):
    path = tmp_path / "sft.jsonl"
    export_sft.write(records(), path, 0.0)
    for row in _rows(path):
        last = row["messages"][-1]
        assert last["role"] == "assistant"
        assert last["tool_calls"][0]["function"]["name"] == "submit_audit_report"
        assert not any("skill" in message["content"] for message in row["messages"])


def test_a_column_keeps_its_types(tmp_path: Path):
    """What Arrow needs to read arguments as they are: objects with differing keys, none of them null."""
    path = tmp_path / "sft.jsonl"
    export_sft.write(records(), path, 0.0)
    assert "null" not in path.read_text(encoding="utf-8")
    for row in _rows(path):
        for message in row["messages"]:
            assert isinstance(message["content"], str)
            for call in message.get("tool_calls", ()):
                assert isinstance(call["function"]["arguments"], dict)


def test_low_scores_are_left_out(tmp_path: Path):
    path = tmp_path / "sft.jsonl"
    kept = export_sft.write(records(), path, 0.75)
    assert 0 < kept < len(records())
    assert [row["score"] for row in _rows(path)] == [
        one.outcome.score for one in records() if one.outcome.score >= 0.75
    ]


def test_audits_that_were_ended_for_the_model_are_left_out(tmp_path: Path):
    """Where nothing is wrong they score 1, and their one answer is a sentence of ours."""
    path = tmp_path / "sft.jsonl"
    first, *others = (one for one in records() if one.outcome.score == 1.0)
    ended = replace(first, gave_up="The model called no tool in 3 answers in a row.")
    assert export_sft.write([ended, *others], path, 1.0) == len(others)
    assert [row["seed"] for row in _rows(path)] == [one.seed for one in others]
    with pytest.raises(ValueError, match="there is nothing to export"):
        export_sft.write([ended], path, 0.0)


def test_nothing_to_export_is_said_and_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "sft.jsonl"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match="No episode scored 1 or more, so there is nothing to export."):
        export_sft.write([one for one in records() if one.agent == "flag-all"], path, 1.0)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("score", [-0.1, 1.5, float("nan")])
def test_a_score_that_cannot_be_is_refused(tmp_path: Path, score):
    with pytest.raises(ValueError, match="must be from 0 to 1, but it is"):
        export_sft.write(records(), tmp_path / "sft.jsonl", score)
