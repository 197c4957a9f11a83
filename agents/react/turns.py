"""A turn of the assistant, read: the calls in it, and what in it could not be read.

    reading = form.read(completion)
    for asked in reading.asked:
        print(asked.action or asked.problem)
    context.add(*form.entries(completion, reading, answers))

How a model is to write its calls is a `CallFormat`: native (`native_calls.py`) or JSON in its text (`json_actions.py`).
Calls that were found in the text are told and answered as text, whatever the format: an endpoint that did not pass
them on may have no place for them in its model's chat template either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...chat.completion import Completion, ToolCall, spoken
from ...models import SynthAuditAction
from ..audit_tools import action_of
from .context import Entry, Message

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


Calls = Sequence[tuple[str, Mapping[str, Any]]]
"""Tools with their arguments."""


class CallFormat(Protocol):
    """How a model calls tools."""

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        """What the endpoint is given as tools."""

    @property
    def how_to_call(self) -> str:
        """What the model is told about calling them."""

    def write(self, calls: Calls) -> str:
        """The calls as a model is to write them into its text."""

    def example(self, calls: Calls) -> str:
        """Tell a model that has called nothing how to write calls, by these."""

    def read(self, completion: Completion) -> Reading:
        """Find the calls in an answer."""

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as messages, when its calls are answered: by a text for each call in `reading.asked`, in order."""


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


def text_entries(
    completion: Completion,
    reading: Reading,
    answers: Sequence[str],
    write: Callable[[Calls], str],
    thoughts: Mapping[str, Any],
) -> list[Entry]:
    """The turn as two messages: what the model wrote, and one that answers all of it. Calls are folded as written."""
    calls = write([(one.name, json.loads(one.arguments)) for one in reading.asked if one.action])
    # Of calls that were none of the text, here is what they would look like in it.
    told = [spoken(completion.text), *([] if reading.in_text else [calls])]
    message = {"role": "assistant", "content": "\n".join(filter(None, told)) or NOTHING, **thoughts}
    answered = list(zip(reading.asked, answers, strict=True))
    long = [f"{_title(one)}:\n{answer}" for one, answer in answered]
    lines = [f"{_title(one)}: {folded(answer)}" for one, answer in answered]
    remark = [reading.remark] if reading.remark else []
    return [
        Entry(message, {**message, "content": calls or NOTHING}),
        Entry(
            {"role": "user", "content": "\n\n".join(long + remark)},
            {"role": "user", "content": "\n".join(lines + remark)},
        ),
    ]


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


def _title(asked: Asked) -> str:
    """What an answer is the answer to: review_proposal(PROP-001)."""
    given = json.loads(asked.arguments)
    subject = given.get("proposal_id") or given.get("patient_id") or given.get("feature") or ""
    return f"{asked.name or 'call'}({subject})"
