"""The data set for fine-tuning: chats as the ReAct agent has them, of what scored well enough, as TRL takes them."""

import json
from dataclasses import replace

import pytest

from synth_audit_env.agents.audit_tools import action_of, tool_schemas
from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.comparison import export_sft
from synth_audit_env.comparison.export_sft import conversation
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import ScriptedModel, calling
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


def test_a_column_keeps_its_types(written):
    """What Arrow needs to read arguments as they are: objects with differing keys, none of them null."""
    rows = written(records(), 0.0)
    assert ": null" not in json.dumps(rows)
    assert [row["tools"] for row in rows] == [json.loads(json.dumps(tool_schemas()))] * len(rows)
    assert [row["messages"] for row in rows] == [conversation(record)[:-1] for record in records()]
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


HARD = next(one for one in records() if one.agent == "heuristic" and one.task == "oversight_hard")


def test_it_reads_as_the_agent_read_it():
    model = ScriptedModel(calling(turn.action) for turn in HARD.turns)
    environment = SynthAuditEnvironment()
    list(play(ReactAuditor(model, "native", Budget()), environment.reset(**HARD.options), environment.step))
    asked_last = model.asked[-1]  # everything up to the call that ended the episode
    told = conversation(HARD)[: len(asked_last)]
    assert [(one["role"], one["content"]) for one in told] == [(one["role"], one["content"]) for one in asked_last]


def test_calls_are_the_actions_and_each_is_answered():
    system, user, *exchanges = conversation(HARD)
    assert (system["role"], user["role"]) == ("system", "user")
    assert HARD.opening.protocol_excerpt in user["content"]
    calls, answers = exchanges[::2], exchanges[1::2]
    assert len(calls) == len(answers) == len(HARD.turns)
    for turn, asked, answer in zip(HARD.turns, calls, answers, strict=True):
        (call,) = asked["tool_calls"]
        assert action_of(call["function"]["name"], call["function"]["arguments"]) == turn.action
        assert None not in call["function"]["arguments"].values()
        assert answer["tool_call_id"] == call["id"]
        assert turn.observation.feedback in answer["content"]
    ids = {asked["tool_calls"][0]["id"] for asked in calls}
    assert len(ids) == len(calls)
    assert all(len(id_) == 9 and id_.isalnum() for id_ in ids)
    assert json.loads(json.dumps(conversation(HARD))) == conversation(HARD)
