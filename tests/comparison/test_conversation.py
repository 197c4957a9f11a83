"""An episode as a chat is the chat that the ReAct agent would have had, of the same actions."""

from __future__ import annotations

import json

from synth_audit_env.agents.audit_tools import action_of
from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import ScriptedModel, calling
from synth_audit_env.tests.comparison.real_run import records

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
