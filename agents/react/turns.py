"""A turn of the assistant, read: the calls in it, and what in it could not be read.

reading = form.read(completion)              # a `CallFormat`
for asked in reading.asked:
    print(asked.action or asked.problem)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...chat.completion import Completion, ToolCall
from ...models import SynthAuditAction
from ..audit_tools import action_of
from .context import Message

FOLDED = 100
"""Characters of the line that a tool result is folded to."""


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
    """Whether the calls, where there are any, were found in its text, and not passed on as tool calls."""

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


def read_call(call: ToolCall, id_: str = "") -> Asked:
    """A call as an action, or with why it cannot be one."""
    given, problem = _arguments(call.arguments)
    action = None
    if not call.name:
        problem = f"The call names no tool: {folded(call.arguments)}"
    elif not problem:
        try:
            action = action_of(call.name, given)
        except ValueError as told:
            problem = str(told)
    return Asked(call.name, json.dumps(given), action, problem, id_, call.extra)


def folded(text: str) -> str:
    """A text as one line: its beginning, which names what it is about."""
    line = " ".join(text.split())
    return line if len(line) <= FOLDED else f"{line[: FOLDED - 1]}…"


def _arguments(text: str) -> tuple[Mapping[str, Any], str]:
    """Arguments of a call, or why they cannot be read. Left out, they are none."""
    try:
        value = json.loads(text, strict=False) if text.strip() else {}  # models break lines within a string
        # Some models write the JSON text of the JSON text.
        value = json.loads(value, strict=False) if isinstance(value, str) else value
        # Python reads and writes NaN and infinities, which are no JSON: endpoints would refuse the chat for them.
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as problem:
        return {}, f"The arguments of this call are no JSON ({problem}): {folded(text)}"
    if not isinstance(value, dict):
        return {}, f"The arguments of a call are a JSON object, not {folded(text)}"
    return value, ""
