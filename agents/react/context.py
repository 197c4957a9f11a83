"""A chat that stays within a budget of tokens: its oldest turns are left out. The opening stays.

    context = Context(Budget(max_context=8_192, max_tokens=1_024), tools)
    context.add(system, briefing)                                 # the opening
    context.add({"role": "assistant", ...}, {"role": "tool", "content": "..."})
    completion = model.complete(context.fitting(), tools, 1_024)
    context.calibrate(completion.usage.prompt_tokens)

Tokens are estimated from characters, since only the endpoint has the model's tokenizer. Each count of an endpoint
corrects the estimate.
"""

import json
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


class Context:
    """The chat."""

    def __init__(self, budget: Budget, tools: Tools) -> None:
        self._budget = budget
        self._opening: Sequence[Message] = ()
        self._turns: deque[Sequence[Message]] = deque()
        self._left_out = 0
        """Turns."""
        self._characters = _size(tools)
        self._characters_a_token = FIRST_CHARACTERS_A_TOKEN
        self._unsent: list[Message] = []

    def add(self, *messages: Message) -> None:
        """Append the opening, then a turn at a time: an answer of the model with what came of it."""
        # In what UTF-8 can hold: a model may write half of a surrogate pair, as an escape in JSON.
        turn = json.loads(json.dumps(messages, ensure_ascii=False).encode("utf-8", "replace"))
        if self._opening:
            self._turns.append(turn)
        else:
            self._opening = turn
        self._characters += _size(turn)
        self._unsent += [message for message in turn if message["role"] != "assistant"]

    def fitting(self, decided: str = "") -> list[Message]:
        """The chat as far as it fits: the oldest turns are left out, and stay so.

        In their place stands a sentence, with what was decided so far.

        Raises:
            ContextError: Not even the opening fits.
        """
        room = round((self._budget.max_context - self._budget.max_tokens) * (1 - MARGIN))
        while self._tokens(decided) > room and self._turns:
            # The whole turn, since no endpoint takes a call without its answer.
            self._characters -= _size(self._turns.popleft())
            self._left_out += 1
        if self._tokens(decided) > room:
            raise ContextError(
                f"The opening of the audit takes about {self._tokens(decided)} tokens, but a --max-context of "
                f"{self._budget.max_context} leaves {room} beside an answer of {self._budget.max_tokens} and a margin."
            )
        messages = [message for turn in (self._opening, *self._turns) for message in turn]
        if self._left_out:
            # The margin has room for the sentence without the decisions.
            last = len(self._opening) - 1
            so_far = f" Decided so far: {decided}." if decided else ""
            note = f"(Your first {self._left_out} answers are left out here.{so_far})"
            messages[last] = {**messages[last], "content": f"{messages[last]['content']}\n\n{note}"}
        return messages

    def news(self) -> tuple[Message, ...]:
        """The messages since the last call of this, without the model's own."""
        news, self._unsent = tuple(self._unsent), []
        return news

    def calibrate(self, prompt_tokens: int) -> None:
        """Learn from what the endpoint counted for the chat as it is now; 0 where it does not count."""
        if prompt_tokens > 0:
            least, most = CHARACTERS_A_TOKEN
            self._characters_a_token = min(max(self._characters / prompt_tokens, least), most)

    def _tokens(self, decided: str) -> int:
        return round((self._characters + len(decided) * bool(self._left_out)) / self._characters_a_token)


def _size(messages: Sequence[Mapping[str, Any]]) -> int:
    """Characters that they take as JSON."""
    return sum(len(json.dumps(message, ensure_ascii=False)) for message in messages)
