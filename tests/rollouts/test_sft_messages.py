"""Episodes as chats for fine-tuning: as the ReAct agent has them, in the format that TRL takes."""

import json

from synth_audit_env.agents.audit_tools import action_of
from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.rollouts.sft_messages import conversation
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import ScriptedModel, calling
from synth_audit_env.tests.comparison.real_run import records


def test_a_column_keeps_its_types():
    """Arrow reads arguments as they are if no column mixes types: objects with differing keys, none of them null."""
    chats = [conversation(record) for record in records()]
    assert ": null" not in json.dumps(chats)
    for message in (message for chat in chats for message in chat):
        assert isinstance(message["content"], str)
        assert all(isinstance(call["function"]["arguments"], dict) for call in message.get("tool_calls", ()))


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
