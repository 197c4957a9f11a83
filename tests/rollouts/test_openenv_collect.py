"""openenv's own collector collects audits from our server: of an agent of ours, and of a model behind an endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openenv.cli.commands.collect import _build_session_factory
from openenv.core.harness import HarnessRunLimits, MCPHarnessAdapter, ModelStep, ModelStepResult
from openenv.core.harness.collect import CollectResult, CollectRunner, RolloutSerializer, build_model_step
from openenv.core.llm_client import LLMResponse, OpenAIClient, ToolCall
from typer import BadParameter

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.client import ServerRefusedError
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.openenv_collect import MAX_TURNS, AuditSession, AuditSessions, finished
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import ALL_TIERS
from synth_audit_env.tests.agents.react.scripted import arguments, right_actions
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server

TASKS = [{"task_id": "oversight_easy", "seed": 42}, {"task_id": "oversight_hard", "seed": 42}]


class Watched(AuditSessions):
    """Keeps the session that was opened last, for an agent that wants its observations and not only their text."""

    session: AuditSession

    def create(self, *given: Any, **named: Any) -> AuditSession:
        self.session = super().create(*given, **named)
        return self.session


def _calling(*actions: SynthAuditAction) -> ModelStepResult:
    calls = [ToolCall(f"call{number}", one.action_type, arguments(one)) for number, one in enumerate(actions)]
    return ModelStepResult(LLMResponse("", calls))


def _heuristic(sessions: Watched) -> ModelStep:
    auditor = HeuristicAuditor()
    return lambda messages, tools, sampling: _calling(auditor.act(sessions.session.observation))


def _saying(*answers: ModelStepResult) -> ModelStep:
    script = iter(answers)
    return lambda messages, tools, sampling: next(script)


def _collect(
    sessions: AuditSessions, step: ModelStep, folder: Path, tasks: Sequence[Any] = TASKS, turns: int = MAX_TURNS
) -> tuple[CollectResult, list[dict[str, Any]]]:
    runner = CollectRunner(
        session_factory=sessions,
        harness_adapter=MCPHarnessAdapter(),
        serializer=RolloutSerializer(folder),
        tasks=tasks,
        limits=HarnessRunLimits(max_turns=turns),
    )
    result = runner.run(model_step=step, num_episodes=len(tasks), should_keep=finished)
    lines = folder / "results.jsonl"
    rows = lines.read_text(encoding="utf-8").splitlines() if lines.exists() else []
    return result, [json.loads(row) for row in rows]


def test_the_heuristic_is_collected(tmp_path, server):
    sessions = Watched(server.url)
    result, rows = _collect(sessions, _heuristic(sessions), tmp_path)
    assert (result.num_collected, result.num_failed, result.num_dropped) == (2, 0, 0)
    for row, task in zip(rows, TASKS, strict=True):
        actions = right_actions(task["task_id"].removeprefix("oversight_"), task["seed"])
        assert [(one["tool_name"], one["arguments"]) for one in row["tool_trace"]] == [
            (action.action_type, arguments(action)) for action in actions
        ]
        assert row["messages"][:2] == opening_messages(SynthAuditEnvironment().reset(**task))
        assert [message["role"] for message in row["messages"][2:]] == ["assistant", "tool"] * len(actions)
        assert row["verify_metrics"] == {"finished": True, "steps": len(actions), "score": 1.0, "skill": 1.0}
        assert (row["done"], row["task"]) == (True, task)
        assert row["reward"] == row["artifacts"]["outcome"]["return_"] > 0


def test_a_model_behind_an_endpoint_is_collected(tmp_path, server):
    actions = right_actions("easy", 42)
    said = [Say(calls=[(action.action_type, arguments(action))]) for action in actions]
    # openenv's client is never closed, so each answer closes its connection.
    script = [Fault(200, one.body(number), headers={"Connection": "close"}) for number, one in enumerate(said)]
    with chat_server(script) as chat:
        step = build_model_step(OpenAIClient(chat.url, None, MODEL))
        result, (row,) = _collect(AuditSessions(server.url), step, tmp_path, TASKS[:1])
    assert (result.num_collected, row["verify_metrics"]["score"]) == (1, 1.0)
    assert chat.requests[0]["tools"] == list(tool_schemas())
    assert [message["role"] for message in chat.requests[0]["messages"]] == ["system", "user"]
    assert chat.requests[-1]["messages"] == row["messages"][:-2]


def test_a_call_that_cannot_be_read_takes_no_step_and_an_unknown_tool_does(tmp_path, server):
    step = _saying(
        ModelStepResult(LLMResponse("", [ToolCall("1", "approve", {"confidence": "high"})])),
        ModelStepResult(LLMResponse("", [ToolCall("2", "ask_the_sponsor", {})])),
        _calling(SynthAuditAction(action_type="submit_audit_report", report="Nothing.")),
    )
    result, (row,) = _collect(AuditSessions(server.url), step, tmp_path, TASKS[:1])
    unreadable, unknown, _ = [entry["result"] for entry in row["tool_trace"]]
    assert unreadable["data"] == unreadable["error"]
    assert unreadable["data"].startswith("The call of approve cannot be read: confidence")
    assert "review_proposal" in unknown["error"]
    assert row["verify_metrics"]["steps"] == 2
    assert result.num_collected == 1


def test_what_does_not_come_to_its_end_is_dropped_and_no_session_is_left_behind(tmp_path, serve):
    server = serve(max_sessions=1)
    sessions = Watched(server.url)
    result, rows = _collect(sessions, _heuristic(sessions), tmp_path, TASKS[:1], turns=3)
    assert (result.num_dropped, rows) == (1, [])
    silent = _saying(ModelStepResult(LLMResponse("Hm.")))
    result, rows = _collect(sessions, silent, tmp_path, TASKS[:1])
    assert (result.num_failed, rows) == (1, [])
    server.wait_for_sessions(0)
    with pytest.raises(ServerRefusedError, match="oversight_none"):
        sessions.create({"task_id": "oversight_none"})
    server.wait_for_sessions(0)
    for task, seed in ((None, 42), ({"seed": 42}, 7)):
        session = sessions.create(task, seed=seed)
        assert session.initial_messages() == opening_messages(SynthAuditEnvironment().reset(**TASKS[0]))
        session.close()
        server.wait_for_sessions(0)


def test_turns_suffice_for_the_longest_audit():
    assert max(tier.steps for tier in ALL_TIERS.values()) == MAX_TURNS


def test_the_command_of_openenv_takes_no_environment_but_its_own():
    """If this fails, `openenv collect` can be given ours, and its documentation should say so."""
    with pytest.raises(BadParameter, match="Supported: openspiel:<game>, reasoning_gym:<dataset>"):
        _build_session_factory("synth_audit:hard", "http://127.0.0.1:1")
