"""How a model calls tools, natively or as JSON in its text: what it is told, how it is read, what goes back.

    form = CallFormat(native=True)
    completion = model.complete(messages, form.tools)
    reading = form.read(completion)
    context.add(*form.entries(completion, reading, answers))

With native calls the endpoint is given the tools' schemas, and answers are messages with calls in them. Models or
endpoints without native calls write one JSON array of actions a turn. In both formats calls are also read out of the
text of an answer. These are told and answered as text, since an endpoint that did not pass them on may have no place
for them in its model's chat template either.

What goes back into the chat is always well formed, whatever the model wrote: chat templates fail on arguments that are
no JSON, and endpoints refuse ids that come twice.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...chat.completion import Completion, ToolCall, Tools, spoken
from ...chat.written_calls import written_calls
from ...models import ACTION_TYPES, SynthAuditAction
from ...tool_records import TOOLS
from ..audit_tools import action_of, tool_schemas
from .context import Entry

Calls = Sequence[tuple[str, Mapping[str, Any]]]
"""Tools with their arguments."""

NO_CALL = f"You called no tool. Call one of {', '.join(ACTION_TYPES)}; the last ends the audit."
NO_ARRAY = "There is no JSON array of actions in your answer."
ENDED = {
    "length": "Your answer was cut off at its limit of tokens before it called a tool. Answer more briefly.",
    "content_filter": "Your answer was withheld by a content filter. Call a tool.",
}
"""What a model is told whose answer ended so, by the reason, and calls no tool."""
NOTHING = "(no answer)"
"""Stands for an empty answer, which some endpoints would not take back as a message."""
FOLDED = 100
"""Characters of the line that a tool result is folded to."""
# Weak models copy ids that look real.
_RULES = """Call the tools by answering with one JSON array of actions and nothing else, of this form:
[{"action_type": "review_proposal", "proposal_id": "<proposal id>"}, \
{"action_type": "investigate_patient", "patient_id": "<patient id>"}]
They are carried out in order, and the next message brings their results. The actions (? marks what may be left out):"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a turn."""

    name: str
    """Of the tool, as the records have it; one that does not exist, as the model wrote it."""
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
        """Whether it calls a tool that there is."""
        return any(asked.name in TOOLS and not asked.problem for asked in self.asked)


class CallFormat:
    """The format of one episode."""

    def __init__(self, *, native: bool) -> None:
        self.native = native
        self.tools: Tools = tool_schemas() if native else ()
        """What the endpoint is given as tools."""
        self.how_to_call = "" if native else _how_to_write()
        """What the model is told about calling them."""
        self._ids: set[str] = set()

    def write(self, calls: Calls) -> str:
        """The calls as a model is to write them into its text; empty where there are none."""
        if self.native:
            return "\n".join(json.dumps({"name": name, "arguments": arguments}) for name, arguments in calls)
        return json.dumps([{"action_type": name, **arguments} for name, arguments in calls]) if calls else ""

    def example(self, calls: Calls) -> str:
        """Tell a model that has called nothing how to write calls, by these."""
        if self.native:
            return f"As text, calls are written like this:\n{self.write(calls)}"
        return f"Answer with a JSON array of actions and nothing else, such as {self.write(calls)}"

    def read(self, completion: Completion) -> Reading:
        """Find the calls in an answer. Some endpoints pass calls on though they were offered no tools."""
        if completion.calls:
            ids = [self._unique(call.id) if self.native else "" for call in completion.calls]
            return Reading(tuple(map(_read_call, completion.calls, ids)))
        calls, problem = written_calls(completion.text, tool_schemas())
        remark = problem
        if not calls:
            missing = f"{NO_CALL} {problem}".rstrip() if self.native else problem or NO_ARRAY
            remark = ENDED.get(completion.finish_reason, missing)
        return Reading(tuple(map(_read_call, calls)), remark, in_text=True)

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as messages, when its calls are answered: by a text for each call in `reading.asked`, in order.

        Native calls are the assistant's message, then one for each call; otherwise one message answers all of them.
        """
        text = spoken(completion.text)
        # Where tools are offered, Gemini 3 and DeepSeek's thinking mode refuse a chat without the thoughts of earlier
        # answers, DeepSeek also those of answers without a call. (Its older reasoner, which refused a chat with
        # thoughts, had no tools.) So they stay when a message is folded, and go when its turn is left out.
        thoughts = completion.thoughts if self.native else {}
        if not self.native or reading.in_text:
            return self._as_text(text, thoughts, reading, answers)
        message = {"role": "assistant", "content": text, "tool_calls": [*map(_wire, reading.asked)], **thoughts}
        entries = [Entry(message, {**message, "content": ""})]
        for asked, answer in zip(reading.asked, answers, strict=True):
            told = {"role": "tool", "tool_call_id": asked.id, "content": answer}
            entries.append(Entry(told, {**told, "content": _folded(answer)}))
        return entries

    def _as_text(self, text: str, thoughts: Mapping[str, Any], reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as two messages: what the model wrote, folded to its calls, and one that answers all of it."""
        calls = self.write([(one.name, json.loads(one.arguments)) for one in reading.asked if one.action])
        # Calls that were not in the text are added as they would be written in it.
        said = "\n".join(filter(None, [text, "" if reading.in_text else calls]))
        message = {"role": "assistant", "content": said or NOTHING, **thoughts}
        answered = list(zip(map(_title, reading.asked), answers, strict=True))
        remark = [reading.remark] if reading.remark else []
        long = "\n\n".join([*(f"{title}:\n{answer}" for title, answer in answered), *remark])
        short = "\n".join([*(f"{title}: {_folded(answer)}" for title, answer in answered), *remark])
        return [
            Entry(message, {**message, "content": calls or NOTHING}),
            Entry({"role": "user", "content": long}, {"role": "user", "content": short}),
        ]

    def _unique(self, given: str) -> str:
        """An id that the chat does not have yet. Ours are nine letters and digits, as the strictest endpoints want."""
        chosen = given if given and given not in self._ids else f"call{len(self._ids):05d}"
        self._ids.add(chosen)
        return chosen


def _read_call(call: ToolCall, id_: str = "") -> Asked:
    """A call as an action, or with why it cannot be one."""
    given, problem = _arguments(call.arguments)
    action = None
    if not call.name:
        problem = f"The call names no tool: {_folded(call.arguments)}"
    elif not problem:
        try:
            action = action_of(call.name, given)
        except ValueError as told:
            problem = str(told)
    name = action.action_type if action else call.name
    return Asked(name, json.dumps(given), action, problem, id_, call.extra)


def _folded(text: str) -> str:
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
        return {}, f"The arguments of this call are no JSON ({problem}): {_folded(text)}"
    if not isinstance(value, dict):
        return {}, f"The arguments of a call are a JSON object, not {_folded(text)}"
    return value, ""


@cache
def _how_to_write() -> str:
    """The rules of the JSON format, and a few lines for each tool, from its schema."""
    lines = [_RULES]
    for function in (schema["function"] for schema in tool_schemas()):
        lines.append(f"{function['name']}: {function['description']}")
        parameters = function["parameters"]
        for name, schema in parameters["properties"].items():
            kinds = f" One of {', '.join(schema['enum'])}." if "enum" in schema else ""
            optional = "" if name in parameters["required"] else "?"
            lines.append(f"  {name}{optional}: {schema['description']}{kinds}")
    return "\n".join(lines)


def _wire(asked: Asked) -> Mapping[str, Any]:
    # The name as endpoints admit it: letters, digits, _ and -, at most 64.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", asked.name)[:64] or "unnamed"
    return {"id": asked.id, "type": "function", "function": {"name": name, "arguments": asked.arguments}, **asked.extra}


def _title(asked: Asked) -> str:
    """What an answer is the answer to: review_proposal(PROP-001)."""
    given = json.loads(asked.arguments)
    subject = given.get("proposal_id") or given.get("patient_id") or given.get("feature") or ""
    return f"{asked.name or 'call'}({subject})"
