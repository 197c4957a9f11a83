"""Demonstrations: right where nothing is to go wrong, weaker as asked for, and chats that a template can write."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from synth_audit_env.models import EpisodeOutcome, action_of
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.scripted import Call
from synth_audit_env.training.demonstrations import DONE, NONE, Weakness, demonstrate

TASKS = ("oversight_easy", "oversight_medium", "oversight_hard")
SEED = 100
"""Of an episode with errors, in each of them."""


def shown(task_id: str, seed: int, weakness: Weakness = NONE) -> tuple[list[dict[str, Any]], EpisodeOutcome]:
    """Messages and outcome of a demonstration."""
    environment = SynthAuditEnvironment()
    messages = demonstrate(environment, {"seed": seed, "task_id": task_id}, weakness, Random(seed))
    assert environment.state.outcome is not None
    return messages, environment.state.outcome


def calls_of(messages: list[dict[str, Any]]) -> list[Call]:
    functions = [call["function"] for message in messages for call in message.get("tool_calls", ())]
    return [(function["name"], function["arguments"]) for function in functions]


@pytest.mark.parametrize("task_id", TASKS)
def test_without_weakness_every_audit_is_right_and_names_the_faults(task_id: str) -> None:
    outcomes = [shown(task_id, seed)[1] for seed in range(SEED, SEED + 15)]
    assert {outcome.score for outcome in outcomes} == {1.0}
    assert {proposal.decision for outcome in outcomes for proposal in outcome.proposals} == {"flagged", "approved"}
    if task_id != "oversight_easy":
        found = [outcome.fault_f1 for outcome in outcomes if outcome.fault_f1 is not None]
        assert sum(found) >= 0.97 * len(found)


def test_weaknesses_are_what_they_are_called() -> None:
    unopened, waved, alarmed = (
        shown("oversight_medium", SEED, weakness)
        for weakness in (Weakness(1.0, 0.0, 0.0), Weakness(0.0, 1.0, 0.0), Weakness(0.0, 0.0, 1.0))
    )
    assert {name for name, _ in calls_of(unopened[0])} == {"approve", "submit_audit_report"}
    assert {proposal.decision for proposal in waved[1].proposals} == {"approved"}
    assert waved[1].score == unopened[1].score == 0
    assert "investigate_patient" in {name for name, _ in calls_of(waved[0])}
    assert {proposal.decision for proposal in alarmed[1].proposals} == {"flagged"}
    assert alarmed[1].recall == 1.0
    assert alarmed[1].score < 1.0


@pytest.mark.parametrize("task_id", TASKS)
@pytest.mark.parametrize("weakness", [NONE, Weakness()], ids=["strong", "weak"])
def test_every_demonstration_is_a_chat(task_id: str, weakness: Weakness) -> None:
    for seed in range(100, 110):
        messages = shown(task_id, seed, weakness)[0]
        assert [message["role"] for message in messages[:3]] == ["system", "user", "assistant"]
        assert messages[-1] == {"role": "assistant", "content": DONE}
        turns: list[list[str]] = []
        for message in messages[2:-1]:
            if message["role"] == "assistant":
                assert not turns or turns[-1] == []
                turns.append([call["function"]["name"] for call in message["tool_calls"]])
                assert turns[-1]
                last = turns[-1][-1]
            else:
                # Every answer follows its call, in the order of the calls.
                assert (message["role"], message["name"]) == ("tool", turns[-1].pop(0))
            assert isinstance(message["content"], str)
        assert (last, turns[-1]) == ("submit_audit_report", [])
        assert all(action_of(name, arguments) for name, arguments in calls_of(messages))
