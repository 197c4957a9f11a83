"""A chat completion and what it cost, in the terms of OpenAI's chat completions, whoever made it.

    completion = model.complete([{"role": "user", "content": "Audit this."}], tools=tool_schemas())
    for call in completion.calls:
        print(call.name, call.arguments)
    spent = completion.usage + before

Nothing here knows where a model runs: at an endpoint (`chat/endpoint.py`) or in this process, as training has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

Message: TypeAlias = Mapping[str, Any]
"""In the format of OpenAI's chat completions."""
Chat: TypeAlias = Sequence[Message]
Tools: TypeAlias = Sequence[Mapping[str, Any]]
"""JSON schemas of tools in that format."""
THOUGHTS = ("reasoning_content", "reasoning_details")
"""Fields of a message in which most endpoints send thoughts, and want them back with the next request."""
_THOUGHTS_BEGIN = re.compile(r"<think(?:ing)?>|<thought>|\[THINK\]")
_THOUGHTS_END = re.compile(r"</think(?:ing)?>|</thought>|\[/THINK\]")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool that a model asks for."""

    id: str
    """The tool's answer refers to it."""
    name: str
    arguments: str
    """JSON text as the model wrote it, which need not be JSON at all."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Other fields that its endpoint wrote into the call, and wants to find there again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, cost and time of completions. Usages add up."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    """US dollars; None where it is not known. A sum with an unknown part is not known."""
    seconds: float | None = field(default=0.0, compare=False)
    """Until the answer was there, or those of all chats that were completed at once; None where it is not known."""

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _sum(self.cost, other.cost),
            _sum(self.seconds, other.seconds),
        )


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer of a model."""

    text: str
    """Without the calls; empty where there are calls only."""
    calls: tuple[ToolCall, ...]
    usage: Usage
    finish_reason: str
    """Why it stopped: stop, tool_calls, length, content_filter, or a word of the endpoint's own."""
    thoughts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the message with what the model thought. They are for its endpoint alone, and shown nowhere."""
    thought: str = ""
    """The same in words, for transcripts, where its endpoint has words for it."""

    def after(self, seconds: float) -> Completion:
        """The same, with how long it took."""
        return replace(self, usage=replace(self.usage, seconds=round(seconds, 3)))


class ChatModel(Protocol):
    """Completes chats."""

    @property
    def name(self) -> str:
        """Its name in logs and tables."""

    def complete(self, messages: Chat, tools: Tools = (), max_tokens: int | None = None) -> Completion:
        """Continue a chat by one message of the assistant.

        Args:
            messages: The chat so far.
            tools: Those that the model may call; none for plain text.
            max_tokens: Of this completion; None leaves it to the model.
        """


def spoken(text: str) -> str:
    """An answer without what a reasoning model thought before it; nothing where its thoughts do not end."""
    return _THOUGHTS_BEGIN.split(_THOUGHTS_END.split(text)[-1])[0].strip()
