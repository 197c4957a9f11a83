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


def written(folder, records, min_score):
    """The rows of the data set."""
    path = folder / "sft.jsonl"
    export_sft.write(records, path, min_score)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_column_keeps_its_types(tmp_path):
    """Arrow reads arguments as they are if no column mixes types: objects with differing keys, none of them null."""
    rows = written(tmp_path, records(), 0.0)
    assert ": null" not in json.dumps(rows)
    assert [row["tools"] for row in rows] == [json.loads(json.dumps(tool_schemas()))] * len(rows)
    assert [row["messages"] for row in rows] == [conversation(record)[:-1] for record in records()]
    for message in (message for row in rows for message in row["messages"]):
        assert isinstance(message["content"], str)
        assert all(isinstance(call["function"]["arguments"], dict) for call in message.get("tool_calls", ()))


def test_low_scores_and_audits_that_were_ended_for_the_model_are_left_out(tmp_path):
    """Where nothing is wrong the latter score 1, and their one answer is a sentence of ours."""
    first, *others = (record for record in records() if record.outcome.score >= 0.75)
    ended = replace(first, gave_up="The model called no tool in 3 answers in a row.")
    weak = [record for record in records() if record.outcome.score < 0.75]
    rows = written(tmp_path, [ended, *weak, *others], 0.75)
    assert [(row["agent"], row["task"], row["seed"]) for row in rows] == [
        (record.agent, record.task, record.seed) for record in others
    ]
    with pytest.raises(ValueError, match="there is nothing to export"):
        written(tmp_path, [ended], 0.0)


HARD = next(one for one in records() if one.agent == "heuristic" and one.task == "oversight_hard")


def test_it_reads_as_the_agent_read_it():
    model = ScriptedModel(calling(turn.action) for turn in HARD.turns)
    environment = SynthAuditEnvironment()
    list(play(ReactAuditor(model, "native", Budget()), environment.reset(**HARD.options), environment.step))
    asked_last = model.asked[-1]  # everything up to the call that ended the episode
    told = conversation(HARD)[: len(asked_last)]
    assert [(one["role"], one["content"]) for one in told] == [(one["role"], one["content"]) for one in asked_last]


def test_calls_are_the_actions_and_each_is_answered():
    _, _, *exchanges = conversation(HARD)
    calls = [message["tool_calls"][0] for message in exchanges[::2]]
    functions = [call["function"] for call in calls]
    assert [action_of(one["name"], one["arguments"]) for one in functions] == [turn.action for turn in HARD.turns]
    assert [answer["tool_call_id"] for answer in exchanges[1::2]] == [call["id"] for call in calls]
    assert len({call["id"] for call in calls}) == len(calls)
    assert all(len(call["id"]) == 9 and call["id"].isalnum() for call in calls)
