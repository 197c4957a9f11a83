"""verifiers plays a logged episode to the same rewards, by a model that is asked over HTTP through its interception.

It is no part of the project's own environment: `.ci/run` has one with it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

if importlib.util.find_spec("verifiers") is None:
    pytest.skip("verifiers is not installed", allow_module_level=True)

import verifiers.v1 as vf

from synth_audit_env.integrations.verifiers import AuditConfig, load_environment
from synth_audit_env.tests.chat_server import MODEL, ChatServer, Fault, Script, chat_server
from synth_audit_env.tests.integrations.logged import APPROVE, REPORT, UNKNOWN, compare, logged, paid, same_again, say
from synth_audit_env.tool_records import tool_schemas

SERVES = pytest.mark.skipif(
    version("mcp").startswith("2."), reason="openenv's server needs mcp 1, and this release of verifiers mcp 2"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUB_KEY", "none")


async def played(env: vf.Env, script: Script) -> tuple[vf.Episode, ChatServer]:
    """The episode of the only task, and what the model was asked."""
    (task,) = env.taskset
    with chat_server(script) as server:
        client = vf.EvalClientConfig(base_url=server.url, api_key_var="STUB_KEY")
        async with env.serving():
            episode = await env.run_episode(task, vf.ModelContext(client=client, model=MODEL))
    return episode, server


def configured(agent: Mapping[str, Any], **taskset: Any) -> vf.Env:
    """An environment of one easy episode, whose agent has further settings."""
    asked = AuditConfig(id="synth-audit-env", num_examples=1, **taskset)
    settings = vf.AgentConfig(runtime=vf.SubprocessConfig(), **agent)
    return vf.load_environment(vf.SingleAgentEnvConfig(taskset=asked, agent=settings))


FIRST = {"seed": 1_000_000, "task_id": "oversight_easy"}


@pytest.mark.parametrize("remote", [False, pytest.param(True, marks=SERVES)])
async def test_a_logged_episode_comes_to_the_same_rewards(serve: Callable[..., Any], remote: bool) -> None:
    record = logged()
    server = serve() if remote else None
    env = load_environment(split="test", tier="hard", num_examples=1, base_url=server.url if server else None)
    episode, model = await played(env, same_again(record))
    (trace,) = episode.traces
    assert episode.ok, episode.errors
    compare(record, trace.info["audit_rewards"], trace.info["audit_outcome"], model)
    assert trace.reward == record.outcome.return_
    assert trace.metrics["score"] == record.outcome.score
    assert trace.metrics["skill"] == record.outcome.skill
    assert trace.num_turns == len(model.requests)
    assert len(trace.branches) == 1
    assert model.requests[0]["tools"] == list(tool_schemas())
    if server:
        server.wait_for_sessions(0)


async def test_a_refused_call_and_an_answer_without_one_are_told_and_the_audit_goes_on() -> None:
    env = load_environment(num_examples=1)
    episode, model = await played(env, [say(UNKNOWN), say(("approve", {"proposal": 1})), say(text="Hm."), say(REPORT)])
    assert episode.ok, episode.errors
    chat = model.requests[-1]["messages"][2:]
    assert "PROP-099" in chat[1]["content"]
    assert "approve takes no proposal: it takes proposal_id, fault, where, should_be, confidence." in chat[3]["content"]
    assert chat[5]["role"] == "user"
    assert episode.traces[0].info["audit_rewards"] == paid(FIRST, UNKNOWN, REPORT)


TOO_LONG = Fault(400, {"error": {"message": "maximum context length", "code": "context_length_exceeded"}})
LATE = replace(say(REPORT), delay_s=60.0)


@pytest.mark.parametrize(
    ("agent", "second"),
    [({"max_turns": 1}, TOO_LONG), ({}, TOO_LONG), ({"timeout": {"rollout": 2.0}}, LATE)],
    ids=["turns", "context", "time"],
)
async def test_an_audit_that_is_cut_off_is_ended_as_its_step_budget_would(agent: Any, second: Any) -> None:
    """By a limit of the run, or by a model that can read no more."""
    episode, _ = await played(configured(agent), [say(APPROVE), second])
    (trace,) = episode.traces
    # To verifiers 0.3 a run whose time is up is a failed one; what was played is there all the same.
    assert episode.ok or "timeout" in agent, episode.errors
    assert trace.info["audit_rewards"] == paid(FIRST, APPROVE)
    assert trace.reward == trace.info["audit_outcome"]["return_"]


async def test_a_model_that_cannot_be_asked_at_all_is_an_error() -> None:
    refusal = Fault(400, {"error": {"message": "This model takes no tools."}})
    episode, _ = await played(load_environment(num_examples=1), lambda _: refusal)
    assert not episode.ok
    (trace,) = episode.traces
    assert trace.rewards.get("audit_return") is None
