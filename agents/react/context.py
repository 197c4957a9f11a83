"""A chat that stays within a budget of tokens: old messages are folded to a line, then left out. The opening stays.

    context = Context(Budget(max_context=8_192, max_tokens=1_024), tools)
    context.add(Entry(system), Entry(briefing))                   # the opening
    context.add(Entry({"role": "assistant", ...}), Entry({"role": "tool", "content": long}, {..., "content": line}))
    completion = model.complete(context.fitting(), tools, 1_024)
    context.calibrate(completion.usage.prompt_tokens)

Tokens are estimated from characters, since only the endpoint has the model's tokenizer. Each count of an endpoint
corrects the estimate.
"""

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...chat.completion import Tools

FIRST_CHARACTERS_A_TOKEN = 3.0
"""Until the endpoint has counted a prompt. It is low, since these texts are full of ids, dates and values."""
CHARACTERS_A_TOKEN = (1.0, 4.5)
"""The range of that ratio after a count. Some servers leave out what they had cached, which looks like long tokens."""

MARGIN = 0.03
"""Part of the room that is kept free: some prompts came out 1 % longer than estimated."""
FIRST_TURN = 512
"""Tokens of room that the first call and its result take."""
RECENT = 4
"""Turns that are shortened last. The model decides by them, and has not read the newest one yet."""

Message = Mapping[str, Any]


class ContextError(RuntimeError):
    """Not even the opening of a chat fits the budget. The sentence gives the figures."""


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
    """Its folded form; None for a message that stays as it is."""


class Context:
    """The chat."""

    def __init__(self, budget: Budget, tools: Tools) -> None:
        self._budget = budget
        self._opening: list[Entry] = []
        self._turns: deque[list[Entry]] = deque()
        self._left_out = 0
        """Turns."""
        self._characters = sum(map(_size, tools))
        self._characters_a_token = FIRST_CHARACTERS_A_TOKEN
        self._unsent: list[Message] = []
        self._shortened: list[str] = []

    def add(self, *entries: Entry) -> None:
        """Append the opening, then a turn at a time: an answer of the model with what came of it."""
        turn = [Entry(_sendable(entry.message), entry.short and _sendable(entry.short)) for entry in entries]
        if self._opening:
            self._turns.append(turn)
        else:
            self._opening = turn
        self._characters += _length(turn)
        self._unsent += [entry.message for entry in turn if entry.message["role"] != "assistant"]

    @property
    def needed(self) -> int:
        """Tokens that `max_context` must be at least for what the chat has now, one answer, and its first result."""
        return math.ceil((self._tokens() + FIRST_TURN) / (1 - MARGIN)) + self._budget.max_tokens

    def fitting(self, decided: str = "") -> list[Message]:
        """The chat as far as it fits: the oldest is folded, then left out. What is folded or left out stays so.

        In the place of what is left out stands a sentence, with what was decided so far.

        Raises:
            ContextError: Not even the opening fits.
        """
        room = round(self._budget.room * (1 - MARGIN))
        while self._tokens(decided) > room and self._shorten():
            pass
        if self._tokens(decided) > room:
            raise ContextError(
                f"The opening of the audit takes about {self._tokens(decided)} tokens, but a context of "
                f"{self._budget.max_context} leaves {room} beside an answer of {self._budget.max_tokens} and a margin."
            )
        messages = [entry.message for turn in (self._opening, *self._turns) for entry in turn]
        if self._left_out:
            # The margin has room for the sentence without the decisions.
            last = len(self._opening) - 1
            so_far = f" Decided so far: {decided}." if decided else ""
            told = f"{messages[last]['content']}\n\n(Your first {self._left_out} answers are left out here.{so_far})"
            messages[last] = {**messages[last], "content": told}
        return messages

    def news(self) -> tuple[tuple[Message, ...], tuple[str, ...]]:
        """The messages since the last call of this, without the model's own, and what was shortened since then."""
        news = tuple(self._unsent), tuple(self._shortened)
        self._unsent, self._shortened = [], []
        return news

    def calibrate(self, prompt_tokens: int) -> None:
        """Learn from what the endpoint counted for the chat as it is now; 0 where it does not count."""
        if prompt_tokens > 0:
            least, most = CHARACTERS_A_TOKEN
            self._characters_a_token = min(max(self._characters / prompt_tokens, least), most)

    def _tokens(self, decided: str = "") -> int:
        return round((self._characters + len(decided) * bool(self._left_out)) / self._characters_a_token)

    def _shorten(self) -> bool:
        """Fold a message, or leave out the oldest turn. Returns whether there was more than the opening."""
        for turns in (list(self._turns)[:-RECENT], list(self._turns)):
            for number, entry in ((n, entry) for n, turn in enumerate(turns, self._left_out + 1) for entry in turn):
                short, entry.short = entry.short, None
                if short is not None and (saved := _size(entry.message) - _size(short)) > 0:
                    what = "Answer" if short["role"] == "assistant" else "A result of answer"
                    self._shortened.append(f"{what} {number} is folded to: {short['content'] or 'its calls'}")
                    entry.message = short
                    self._characters -= saved
                    return True
            if turns:
                # The whole of it, since no endpoint takes a call without its answer.
                self._characters -= _length(self._turns.popleft())
                self._left_out += 1
                self._shortened.append(f"Answer {self._left_out} and its results are left out.")
                return True
        return False


def _sendable(message: Message) -> Message:
    """The message in what UTF-8 can hold: a model may write half of a surrogate pair, as an escape in JSON."""
    sendable: Message = json.loads(json.dumps(message, ensure_ascii=False).encode("utf-8", "replace"))
    return sendable


def _length(turn: Sequence[Entry]) -> int:
    return sum(_size(entry.message) for entry in turn)


def _size(value: Mapping[str, Any]) -> int:
    """Characters that it takes as JSON."""
    return len(json.dumps(value, ensure_ascii=False))
