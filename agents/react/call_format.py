"""How a model calls tools, natively or as JSON in its text: what it is told, how it is read, what goes back.

    form = CallFormat(native=True)
    completion = model.complete(messages, form.tools)
    reading = form.read(completion)
    context.add(*form.messages(completion, reading, answers))

With native calls the endpoint is given the tools' schemas, and answers are messages with calls in them. Models or
endpoints without native calls write one JSON array of actions a turn. In both formats calls are also read out of the
text of an answer (`chat/written_calls.py`), and are then answered as text.

What goes back into the chat is always well formed, whatever the model wrote: chat templates fail on arguments that are
no JSON, and endpoints refuse ids that come twice.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...chat.completion import Completion, Message, ToolCall, Tools, spoken
from ...chat.written_calls import written_calls
from ...models import ACTION_TYPES, SynthAuditAction, action_of
from ...tool_records import tool_schemas

NO_CALL = f"You called no tool. Call one of {', '.join(ACTION_TYPES)}; the last ends the audit."
CUT_OFF = "Your answer was cut off at its limit of tokens before it called a tool. Answer more briefly."
NOTHING = "(no answer)"
"""Stands for an empty answer, which some endpoints would not take back as a message."""
# Weak models copy ids that look real.
_RULES = """Call the tools by answering with one JSON array of actions and nothing else, of this form:
[{"action_type": "review_proposal", "proposal_id": "<proposal id>"}, \
{"action_type": "investigate_patient", "patient_id": "<patient id>"}]
They are carried out in order, and the next message brings their results. The actions (? marks what may be left out):"""


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """One call of a turn."""

    name: str
    """The tool, as the records have it; one that does not exist, as the model wrote it."""
    arguments: str
    """JSON text of an object: what the model wrote, or an empty one if that was no object."""
    action: SynthAuditAction | None = None
    """None if the call cannot be read, and in a transcript, where the arguments say it."""
    problem: str = ""
    """Why it cannot, as the model is told."""
    id: str = ""
    """Given by the endpoint, of a native call."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Other fields that the endpoint wrote into a native call."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The calls of a turn."""

    asked: tuple[RequestedCall, ...]
    remark: str = ""
    """A sentence for the model about its answer as a whole; empty if all of it could be read."""
    in_text: bool = False
    """True if the calls were found in its text, and not passed on as tool calls."""


class CallFormat:
    """The format of one episode."""

    def __init__(self, *, native: bool) -> None:
        self.native = native
        self.tools: Tools = tool_schemas() if native else ()
        """The tools that the endpoint is given."""
        self.how_to_call = "" if native else _how_to_write()
        """The rules of calling them, for a model that is not given them."""
        self._ids: set[str] = set()

    def write(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
        """Tools with their arguments, as a model is to write the calls into its text; empty where there are none."""
        if self.native:
            return "\n".join(json.dumps({"name": name, "arguments": arguments}) for name, arguments in calls)
        return json.dumps([{"action_type": name, **arguments} for name, arguments in calls]) if calls else ""

    def example(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
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
        if not calls:
            problem = CUT_OFF if completion.finish_reason == "length" else f"{NO_CALL} {problem}".rstrip()
        return Reading(tuple(map(_read_call, calls)), problem, in_text=True)

    def messages(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Message]:
        """The turn as messages, when its calls are answered: by a text for each call in `reading.asked`, in order.

        Native calls are the assistant's message, then one for each call; otherwise one message answers all of them.
        """
        text = spoken(completion.text)
        # Where tools are offered, Gemini 3 and DeepSeek's thinking mode refuse a chat without the thoughts of earlier
        # answers.
        thoughts = completion.thoughts if self.native else {}
        if self.native and not reading.in_text:
            message = {"role": "assistant", "content": text, "tool_calls": [*map(_wire, reading.asked)], **thoughts}
            results = [
                {"role": "tool", "tool_call_id": call.id, "content": answer}
                for call, answer in zip(reading.asked, answers, strict=True)
            ]
            return [message, *results]
        if not reading.in_text:  # calls that were not in the text are added as they would be written in it
            calls = self.write([(call.name, json.loads(call.arguments)) for call in reading.asked if call.action])
            text = "\n".join(filter(None, [text, calls]))
        answered = [f"{_title(call)}:\n{answer}" for call, answer in zip(reading.asked, answers, strict=True)]
        answered += [reading.remark] if reading.remark else []
        return [
            {"role": "assistant", "content": text or NOTHING, **thoughts},
            {"role": "user", "content": "\n\n".join(answered)},
        ]

    def _unique(self, given: str) -> str:
        """An id that the chat does not have yet. Ours are nine letters and digits, as the strictest endpoints want."""
        chosen = given if given and given not in self._ids else f"call{len(self._ids):05d}"
        self._ids.add(chosen)
        return chosen


def _read_call(call: ToolCall, id_: str = "") -> RequestedCall:
    """A call as an action, or with why it cannot be one."""
    given, problem = _arguments(call.arguments)
    action = None
    if not call.name:
        problem = f"The call names no tool: {call.arguments[:100]}"
    elif not problem:
        try:
            action = action_of(call.name, given)
        except ValueError as refusal:
            problem = str(refusal)
    return RequestedCall(
        action.action_type if action else call.name, json.dumps(given), action, problem, id_, call.extra
    )


def _arguments(text: str) -> tuple[Mapping[str, Any], str]:
    """Arguments of a call, or why they cannot be read. Left out, they are none."""
    try:
        value = json.loads(text, strict=False) if text.strip() else {}  # models break lines within a string
        # Some models write the JSON text of the JSON text.
        value = json.loads(value, strict=False) if isinstance(value, str) else value
        # Python reads and writes NaN and infinities, which are no JSON: endpoints would refuse the chat for them.
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as problem:
        return {}, f"The arguments of this call are no JSON ({problem}): {text[:100]}"
    if not isinstance(value, dict):
        return {}, f"The arguments of a call are a JSON object, not {text[:100]}"
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


def _wire(call: RequestedCall) -> Message:
    # The name as endpoints admit it: letters, digits, _ and -, at most 64.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", call.name)[:64] or "unnamed"
    return {"id": call.id, "type": "function", "function": {"name": name, "arguments": call.arguments}, **call.extra}


def _title(call: RequestedCall) -> str:
    """The call that an answer belongs to, in short: review_proposal(PROP-001)."""
    given = json.loads(call.arguments)
    subject = given.get("proposal_id") or given.get("patient_id") or given.get("feature") or ""
    return f"{call.name or 'call'}({subject})"
