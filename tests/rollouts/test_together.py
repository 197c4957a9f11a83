"""Episodes that are audited together come out as they do one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import MARGIN, Budget
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.chat.completion import Completion
from synth_audit_env.client import SyncSynthAuditEnv
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.audit_run import AuditRun, Request
from synth_audit_env.rollouts.resumption import Earlier
from synth_audit_env.rollouts.together import audit_together
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import as_json, calling, right_actions, saying

SEEDS = {"easy": (42, 137), "medium": (42, 137)}
REQUEST = Request(tuple(f"oversight_{task}" for task in SEEDS), episodes=2, split="reference")


class Knowing:
    """A model that audits these episodes rightly, four calls an answer; each is known by its protocol."""

    name = "knowing"

    def __init__(self, env: Any, mute: bool = False) -> None:
        self.batches: list[int] = []
        self._mute = mute
        self._right: dict[str, list[SynthAuditAction]] = {}
        for task, seeds in SEEDS.items():
            for seed in seeds:
                opening = env.reset(task_id=f"oversight_{task}", seed=seed)
                self._right[f"{opening.protocol_excerpt}\n\n{opening.feedback}"] = right_actions(task, seed)

    def complete(self, messages: Sequence[Mapping[str, Any]], *given: Any) -> Completion:
        if self._mute:
            return saying("I cannot.")
        (right,) = [right for told, right in self._right.items() if messages[1]["content"].startswith(told)]
        done = sum(message["role"] == "tool" for message in messages)
        return calling(*right[done : done + 4])

    def complete_all(self, chats: Sequence[Sequence[Mapping[str, Any]]], *given: Any) -> list[Completion]:
        self.batches.append(len(chats))
        return [self.complete(chat) for chat in chats]


@pytest.fixture(scope="module")
def env():
    return SynthAuditEnvironment()


def _auditor(model: Knowing) -> ReactAuditor:
    return ReactAuditor(model, "native", Budget())


@pytest.mark.parametrize("at_once", [3, 9])
def test_together_as_one_by_one_and_what_was_audited_is_not_audited_again(at_once, env, server, tmp_path, capsys):
    model, log, alone, rest = Knowing(env), StringIO(), StringIO(), StringIO()
    auditor = _auditor(model)
    AuditRun(REQUEST, auditor, alone).audit(server.url)
    printed = capsys.readouterr().out.split("[START]")
    run = AuditRun(REQUEST, auditor, log)
    audit_together(run, auditor, model, server.url, at_once)
    first, *others = log.getvalue().splitlines()
    assert sorted([first, *others]) == sorted(alone.getvalue().splitlines())
    assert [result.outcome.score for result in run.results] == [1.0] * 4
    # Whole episodes, none within another.
    assert sorted(capsys.readouterr().out.split("[START]")) == sorted(printed)
    assert model.batches[0] == min(at_once, 4)
    assert model.batches[-1] < 4
    (tmp_path / "log.jsonl").write_text(f"{first}\n", encoding="utf-8")
    run = AuditRun(REQUEST, auditor, rest, Earlier.read(tmp_path / "log.jsonl", model.name, auditor.settings))
    audit_together(run, auditor, model, server.url, at_once)
    assert sorted(rest.getvalue().splitlines()) == sorted(others)
    assert len(run.results) == 4


def test_what_is_over_is_kept_where_the_next_episode_cannot_begin(env, server, monkeypatch):
    """Two are over at once, and the third is refused."""
    begun, reset = [], SyncSynthAuditEnv.reset

    def third_is_refused(self: SyncSynthAuditEnv, **options: Any) -> Any:
        begun.append(options)
        if len(begun) == 3:
            raise ConnectionError("It is gone.")
        return reset(self, **options)

    monkeypatch.setattr(SyncSynthAuditEnv, "reset", third_is_refused)
    model = Knowing(env, mute=True)
    run = AuditRun(REQUEST, _auditor(model), None)
    with pytest.raises(ConnectionError, match=r"It is gone\."):
        audit_together(run, _auditor(model), model, server.url, at_once=2)
    assert len(run.results) == 2
    assert all(result.gave_up for result in run.results)


@pytest.mark.parametrize("at_once", [1, 3])
def test_an_episode_that_does_not_fit_leaves_the_others(at_once, env, server, capsys):
    model, log = Knowing(env), StringIO()
    openings = [env.reset(task_id=f"oversight_{task}", seed=seed) for task in SEEDS for seed in SEEDS[task]]
    sizes = sorted(sum(len(json.dumps(message)) for message in opening_messages(opening)) for opening in openings)
    tools = sum(len(json.dumps(schema)) for schema in tool_schemas())
    # What the two longer openings take is between these.
    room = (sizes[1] + sizes[2]) / 2 + tools
    auditor = ReactAuditor(model, "native", Budget(round(room / 3 / (1 - MARGIN)) + 100, 100))
    run = AuditRun(REQUEST, auditor, log)
    if at_once == 1:
        run.audit(server.url)
    else:
        audit_together(run, auditor, model, server.url, at_once)
    assert run.missed == 2
    assert [result.task for result in run.results] == ["oversight_easy"] * 2
    assert [json.loads(line)["task"] for line in log.getvalue().splitlines()] == ["oversight_easy"] * 2
    printed = capsys.readouterr()
    assert printed.err.count(" is not audited: The opening of the audit takes about ") == 2
    assert "oversight_medium (seed 137) is not audited: " in printed.err
    assert printed.out.count("[START] task=oversight_medium") == 2
    assert printed.out.count("[END] success=false steps=0 score=0.00 rewards=\n") == 2


class Half(Knowing):
    """It calls tools natively in easy episodes, and in medium ones writes JSON once it is told to."""

    def complete_all(
        self, chats: Sequence[Sequence[Mapping[str, Any]]], tools: Any = (), *given: Any
    ) -> list[Completion]:
        self.batches.append(len(tools))
        return [self._answer(chat, bool(tools)) for chat in chats]

    def _answer(self, chat: Sequence[Mapping[str, Any]], tools: bool) -> Completion:
        (right,) = [right for told, right in self._right.items() if chat[1]["content"].startswith(told)]
        if right in [right_actions("easy", seed) for seed in SEEDS["easy"]]:
            assert tools
            return self.complete(chat)
        if tools:
            return saying("Hm.")
        assert not any("tool_calls" in message for message in chat)
        return saying(json.dumps([as_json(action) for action in right]))


def test_some_write_json_while_others_call_tools(env, server):
    model = Half(env)
    auditor = ReactAuditor(model, "auto", Budget())
    run = AuditRun(REQUEST, auditor, None)
    audit_together(run, auditor, model, server.url, 4)
    assert [result.outcome.score for result in run.results] == [1.0] * 4
    assert {0, len(tool_schemas())} == set(model.batches)
