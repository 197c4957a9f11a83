"""The data set for fine-tuning: what scored well enough, in the format that TRL takes as it is."""

import json
from dataclasses import replace

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.comparison import export_sft
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.tests.comparison.real_run import records


@pytest.fixture
def written(tmp_path):
    """Writes records, and reads the rows back."""

    def write(records, min_score):
        path = tmp_path / "sft.jsonl"
        kept = export_sft.write(records, path, min_score)
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(rows) == kept
        return rows

    return write


def test_rows_are_conversations_with_tools(written):
    for row, record in zip(written(records(), 0.0), records(), strict=True):
        assert row["messages"] == conversation(record)[:-1]
        assert row["tools"] == json.loads(json.dumps(tool_schemas()))
        assert (row["agent"], row["task"], row["split"]) == (record.agent, record.task, "test")
        assert (row["seed"], row["score"]) == (record.seed, record.outcome.score)


def test_the_last_word_is_the_report_and_the_score_is_nowhere(written):
    for row in written(records(), 0.0):
        last = row["messages"][-1]
        assert last["role"] == "assistant"
        assert last["tool_calls"][0]["function"]["name"] == "submit_audit_report"
        assert not any("skill" in message["content"] for message in row["messages"])


def test_a_column_keeps_its_types(written):
    """What Arrow needs to read arguments as they are: objects with differing keys, none of them null."""
    rows = written(records(), 0.0)
    assert ": null" not in json.dumps(rows)
    for message in (message for row in rows for message in row["messages"]):
        assert isinstance(message["content"], str)
        assert all(isinstance(call["function"]["arguments"], dict) for call in message.get("tool_calls", ()))


def test_low_scores_are_left_out(written):
    rows = written(records(), 0.75)
    assert 0 < len(rows) < len(records())
    assert [row["score"] for row in rows] == [one.outcome.score for one in records() if one.outcome.score >= 0.75]


def test_audits_that_were_ended_for_the_model_are_left_out(written):
    """Where nothing is wrong they score 1, and their one answer is a sentence of ours."""
    first, *others = (one for one in records() if one.outcome.score == 1.0)
    ended = replace(first, gave_up="The model called no tool in 3 answers in a row.")
    assert [row["seed"] for row in written([ended, *others], 1.0)] == [one.seed for one in others]
    with pytest.raises(ValueError, match="there is nothing to export"):
        written([ended], 0.0)


def test_nothing_to_export_is_said_and_leaves_what_was_there(written, tmp_path):
    path = tmp_path / "sft.jsonl"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match="No episode scored 1 or more, so there is nothing to export."):
        written([one for one in records() if one.agent == "flag-all"], 1.0)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("score", [-0.1, 1.5, float("nan")])
def test_a_score_that_cannot_be_is_refused(written, score):
    with pytest.raises(ValueError, match="must be from 0 to 1, but it is"):
        written(records(), score)
