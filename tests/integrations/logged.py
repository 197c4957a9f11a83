"""A logged episode of the heuristic, for a stub model that does the same again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

from synth_audit_env.agents.react.prompts import answer_text
from synth_audit_env.models import action_of
from synth_audit_env.rollouts.episode_log import EpisodeRecord, record_of
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import first_episodes
from synth_audit_env.tests.agents.react.scripted import arguments
from synth_audit_env.tests.chat_server import ChatServer, Say
from synth_audit_env.tests.rollouts.recorded import recorded

Call: TypeAlias = tuple[str, dict[str, Any]]
APPROVE: Call = ("approve", {"proposal_id": "PROP-001"})
UNKNOWN: Call = ("approve", {"proposal_id": "PROP-099"})
REPORT: Call = ("submit_audit_report", {"report": "No error found."})
SPLIT = "test"


def say(*calls: Call, text: str | None = None) -> Say:
    """An answer of the model with what frameworks want to find in it."""
    return Say(text, calls, usage={"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})


@cache
def logged(tier: str = "hard") -> EpisodeRecord:
    """The first episode of the test split, as the line of a log has it: one for all tests."""
    (options,) = first_episodes(SPLIT, tier, 1)
    return record_of(json.loads(recorded(options).line()))


def calls_of(record: EpisodeRecord) -> list[Call]:
    """Its actions, each as the name and the arguments of a tool call."""
    return [(turn.action.action_type, arguments(turn.action)) for turn in record.turns]


def rewards(record: EpisodeRecord) -> list[float]:
    """What each step paid."""
    return [turn.reward for turn in record.turns]


def paid(options: Mapping[str, Any], *calls: Call) -> list[float | None]:
    """What the steps of an episode pay in the environment itself, and its end where they leave it open."""
    env = SynthAuditEnvironment()
    env.reset(**options)
    seen = [env.step(action_of(*one)) for one in calls]
    if not seen[-1].done:
        seen.append(env.step(action_of("submit_audit_report", {"report": ""})))
    return [one.reward for one in seen]


def same_again(record: EpisodeRecord) -> Callable[[dict[str, Any]], Say]:
    """A model that makes the calls of an episode, one a turn. Where it stands it sees from the chat."""
    calls = calls_of(record)

    def answer(request: dict[str, Any]) -> Say:
        return say(calls[sum(message["role"] == "assistant" for message in request["messages"])])

    return answer


def compare(record: EpisodeRecord, paid: object, outcome: object, model: ChatServer) -> None:
    """It came to the same, by a chat that tells what any chat does: each turn adds its call and that call's result."""
    assert paid == rewards(record)
    assert outcome == record.outcome.model_dump(mode="json")
    assert len(model.requests) == len(record.turns)
    for before, after in pairwise(request["messages"] for request in model.requests):
        assert after[: len(before)] == before
        assert len(after) == len(before) + 2
    told = [message["content"] for message in model.requests[-1]["messages"] if message["role"] == "tool"]
    assert told[:3] == [answer_text(turn.observation) for turn in record.turns[:3]]
