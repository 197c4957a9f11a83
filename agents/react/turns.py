"""A turn of the assistant, read: the calls in it, and what in it could not be read.

    reading = form.read(completion)
    for asked in reading.asked:
        print(asked.action or asked.problem)
    context.add(*form.entries(completion, reading, answers))

How a model writes its calls is a `CallFormat`: native (`native_calls.py`) or JSON in its text (`json_actions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from synth_audit_env.agents.react.context import Entry, Message
from synth_audit_env.chat.completion import Completion
from synth_audit_env.models import SynthAuditAction

FOLDED = 100
"""Characters of the line that a tool result is folded to."""
NOTHING = "(no answer)"
"""Stands for an empty answer, which some endpoints would not take back as a message."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a turn."""

    name: str
    """Of the tool."""
    arguments: str
    """JSON text of an object: what the model wrote, or where that was none, an empty one."""
    action: SynthAuditAction | None = None
    """None where the call cannot be read, and in a transcript, where the arguments say it."""
    problem: str = ""
    """Why it cannot, as the model is told."""
    id: str = ""
    """Of a native call."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Of a native call: what its endpoint wrote into it beside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a turn asks for."""

    asked: tuple[Asked, ...]
    remark: str = ""
    """What the model is told about its answer as a whole; empty where all of it could be read."""
    in_text: bool = False
    """Whether the calls were found in its text, and not passed on as tool calls."""

    @property
    def readable(self) -> bool:
        """Whether it calls a tool at all."""
        return any(not asked.problem for asked in self.asked)


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """An answer of a model as a transcript keeps it. Of the chat it has what was new, since that is sent whole."""

    steps_before: int
    """Steps of the episode before it. The calls that can be read are the next ones."""
    sent: tuple[Message, ...]
    """Messages that are new in the chat, less the model's own: the opening, later what came back for its calls."""
    shortened: tuple[str, ...]
    """What of the chat was folded or left out before it was sent, a sentence each."""
    completion: Completion
    """As the model wrote it, its calls as its endpoint passed them on."""
    reading: Reading
    """The calls that were found, and what the model was told of those that cannot be read."""


class CallFormat(Protocol):
    """How a model calls tools."""

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        """What the endpoint is given as tools."""

    @property
    def how_to_call(self) -> str:
        """What the model is told about calling them."""

    def read(self, completion: Completion) -> Reading:
        """Find the calls in an answer."""

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as messages, when its calls are answered: by a text for each call in `reading.asked`, in order."""


def folded(text: str) -> str:
    """A tool result as one line: its beginning, which names what it is about."""
    line = " ".join(text.split())
    return line if len(line) <= FOLDED else f"{line[: FOLDED - 1]}…"


def why_no_call(completion: Completion, otherwise: str) -> str:
    """What a model is told whose answer calls no tool."""
    if completion.finish_reason == "length":
        return "Your answer was cut off at its limit of tokens before it called a tool. Answer more briefly."
    if completion.finish_reason == "content_filter":
        return "Your answer was withheld by a content filter. Call a tool."
    return otherwise
