"""The agent with its model behind real HTTP: an audit comes out right through every fault that passes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.chat import endpoint as endpoint_module
from synth_audit_env.chat.completion import Usage
from synth_audit_env.chat.endpoint import Endpoint
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import arguments, as_json, right_actions
from synth_audit_env.tests.chat_server import MODEL, ChatServer, Fault, Say, chat_server
from synth_audit_env.tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_module, "RETRIES", 2)
    monkeypatch.setattr(endpoint_module, "UNREADABLE_WAITS_S", (0.0, 0.0))
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _native(*actions: SynthAuditAction) -> Say:
    return Say("I look.", [(action.action_type, arguments(action)) for action in actions])


def _json(*actions: SynthAuditAction) -> Say:
    return Say(f"I look.\n```json\n{json.dumps([as_json(action) for action in actions])}\n```")


def _audit(server: ChatServer, tool_format: str) -> tuple[list[Turn], ReactAuditor]:
    endpoint = Endpoint(server.url, MODEL, None, timeout_s=2.0)
    auditor = ReactAuditor(endpoint, tool_format, Budget(max_tokens=77))
    env = SynthAuditEnvironment()
    return list(play(auditor, env.reset(task_id="oversight_medium", seed=42), env.step)), auditor


FAULTS = [
    Fault(429, headers={"Retry-After": "0.01"}),
    Fault(500, b"Oh no"),
    Say("Late.", delay_s=PATIENCE_S),
    Fault(200, b'{"choices": [{"message": {"content": "half of it', cut=True),
    Fault(200, b'{"choices": [{"mess'),
]
MISTAKES = {
    "native": [
        Say(calls=[("approve", '{"proposal_id": "PROP-')]),
        Say(calls=[("approve", {"proposal_id": 7})]),
        Say(refusal="I would rather not."),
        Say("I approve all.", finish_reason="length"),
    ],
    "json": [
        Say('[{"action_type": "approve", "proposal_id": "PROP-'),
        Say('[{"action_type": "approve", "proposal_id": 7}]'),
        Say(refusal="I would rather not."),
        Say("I approve all.", finish_reason="length"),
    ],
}


@pytest.mark.parametrize("tool_format", ["native", "json"])
def test_an_audit_through_faults_and_mistakes(tool_format: str) -> None:
    right = right_actions("medium", 42)
    say = _native if tool_format == "native" else _json
    script: list[Say | Fault] = []
    troubles: Iterator[Say | Fault] = iter([*FAULTS, *MISTAKES[tool_format]])
    for at in range(0, len(right), 2):
        script += [*filter(None, [next(troubles, None)]), say(*right[at : at + 2])]
    assert next(troubles, None) is None
    with chat_server(script) as server:
        turns, auditor = _audit(server, tool_format)
    assert [turn.action for turn in turns] == right
    assert len(server.requests) == len(script)
    answered = sum(isinstance(answer, Say) and not answer.delay_s for answer in script)
    assert auditor.conversation.usage == Usage(100 * answered, 10 * answered, None)
    assert auditor.name == MODEL
    assert {request["max_tokens"] for request in server.requests} == {77}
    offered = [request.get("tools") for request in server.requests]
    assert all(tools == (list(tool_schemas()) if tool_format == "native" else None) for tools in offered)
    assert json.dumps(server.requests[-1]["messages"]).count("Your answer was cut off at its limit of tokens") == 1
