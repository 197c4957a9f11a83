"""Models that say what a test wants, and the actions of an audit that is right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from synth_audit_env.chat.completion import Chat, Completion, ToolCall, Tools, Usage
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.tests.rollouts.recorded import recorded


def right_actions(task: str, seed: int) -> list[SynthAuditAction]:
    """What the heuristic does."""
    return [turn.action for turn in recorded({"task_id": f"oversight_{task}", "seed": seed}).turns]


def arguments(action: SynthAuditAction) -> dict[str, Any]:
    return action.model_dump(exclude_none=True, exclude={"action_type", "metadata"})


def as_json(action: SynthAuditAction) -> dict[str, Any]:
    return {"action_type": action.action_type, **arguments(action)}


def calling(*actions: SynthAuditAction, text: str = "") -> Completion:
    calls = tuple(ToolCall("", action.action_type, json.dumps(arguments(action))) for action in actions)
    return Completion(text, calls, Usage(100, 10, 0.5), "tool_calls")


def saying(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(text, (), Usage(100, 10, 0.5), finish_reason)


class ScriptedModel:
    """A `ChatModel` that gives its completions in order, and keeps what it was asked."""

    name = "scripted"

    def __init__(self, completions: Iterable[Completion]) -> None:
        self._completions: Iterator[Completion] = iter(completions)
        self.asked: list[list[Mapping[str, Any]]] = []

    def complete(self, messages: Chat, tools: Tools = (), max_tokens: int | None = None) -> Completion:
        self.asked.append(list(messages))
        return next(self._completions)
