"""A chat that stays within a budget of tokens: what is old is folded to a line, and what matters never is.

    context = Context(Budget(max_context=8_192, max_tokens=1_024), tools)
    context.add(Entry({"role": "tool", "content": long}, {"role": "tool", "content": line}))
    completion = model.complete(context.fitting(), tools, 1_024)
    context.calibrate(completion.usage.prompt_tokens)

Tokens are estimated from characters, since a model's tokenizer is its endpoint's affair; each prompt that an endpoint
counts corrects the estimate for the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIRST_CHARACTERS_A_TOKEN = 3.0
"""Before the endpoint has counted anything: on the low side, since these texts are full of ids, dates and values."""
CHARACTERS_A_TOKEN = (1.0, 4.5)
"""What a count may make of it. Some servers leave out what they had cached, which looks like very long tokens."""

Message = Mapping[str, Any]


class ContextError(RuntimeError):
    """A chat does not fit the budget, whatever is folded. The sentence gives the figures."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens that a model has."""

    max_context: int = 32_768
    """For the chat, the tools and the answer together."""
    max_tokens: int = 4_096
    """For one answer."""

    @property
    def room(self) -> int:
        """For the chat and the tools."""
        return self.max_context - self.max_tokens


@dataclass(slots=True)
class Entry:
    """A message of the chat."""

    message: Message
    short: Message | None = None
    """What it is folded to; None for a message that stays as it is."""


class Context:
    """The chat."""

    def __init__(self, budget: Budget, tools: Sequence[Mapping[str, Any]]) -> None:
        self._budget = budget
        self._entries: list[Entry] = []
        self._characters = sum(map(_size, tools))
        self._characters_a_token = FIRST_CHARACTERS_A_TOKEN
        self._oldest_long = 0
        """Position of the oldest message that may still be folded."""

    def add(self, *entries: Entry) -> None:
        """Append messages."""
        for entry in entries:
            sendable = Entry(_sendable(entry.message), entry.short and _sendable(entry.short))
            self._entries.append(sendable)
            self._characters += _size(sendable.message)

    def fitting(self) -> list[Message]:
        """The chat, the oldest of it folded as far as it takes to fit. What is folded stays so.

        Raises:
            ContextError: It does not fit.
        """
        while self._tokens > self._budget.room and self._oldest_long < len(self._entries):
            self._fold(self._entries[self._oldest_long])
            self._oldest_long += 1
        if self._tokens > self._budget.room:
            raise ContextError(
                f"The chat takes about {self._tokens} tokens with every tool result folded, but a context of "
                f"{self._budget.max_context} leaves {self._budget.room} beside an answer of {self._budget.max_tokens}."
            )
        return [entry.message for entry in self._entries]

    def calibrate(self, prompt_tokens: int) -> None:
        """Learn from what the endpoint counted for the chat as it is now; 0 where it does not count."""
        if prompt_tokens > 0:
            least, most = CHARACTERS_A_TOKEN
            self._characters_a_token = min(max(self._characters / prompt_tokens, least), most)

    @property
    def _tokens(self) -> int:
        return round(self._characters / self._characters_a_token)

    def _fold(self, entry: Entry) -> None:
        if entry.short is not None and (saved := _size(entry.message) - _size(entry.short)) > 0:
            entry.message = entry.short
            self._characters -= saved


def _sendable(message: Message) -> Message:
    """The message in what UTF-8 can hold: a model may write half of a surrogate pair, as an escape in JSON."""
    sendable: Message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
    return sendable


def _size(value: Mapping[str, Any]) -> int:
    """Characters that it takes as JSON."""
    return len(json.dumps(value, ensure_ascii=False))
