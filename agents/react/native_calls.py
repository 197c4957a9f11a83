"""Native tool calling: the endpoint is given the tools' schemas, and answers are messages with calls in them.

    form = NativeCalls()
    completion = model.complete(messages, form.tools)
    form.read(completion).asked

Where an answer has none, calls are read out of its text. What goes back into the chat is always well formed, whatever
the model wrote: chat templates fail on arguments that are no JSON, and endpoints refuse ids that come twice. A
reasoning model's thoughts go back as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...chat.completion import Completion, spoken
from ...chat.written_calls import written_calls
from ...models import ACTION_TYPES
from ..audit_tools import tool_schemas
from .context import Entry
from .turns import Asked, Calls, Reading, folded, read_call, text_entries, why_no_call

NO_CALL = f"You called no tool. Call one of {', '.join(ACTION_TYPES)}; the last ends the audit."


class NativeCalls:
    """A `CallFormat`, of one episode."""

    tools = tool_schemas()
    how_to_call = ""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def write(self, calls: Calls) -> str:
        """A line of JSON for each, which is read as well."""
        return "\n".join(json.dumps({"name": name, "arguments": arguments}) for name, arguments in calls)

    def example(self, calls: Calls) -> str:
        """Calls as text."""
        return f"As text, calls are written like this:\n{self.write(calls)}"

    def read(self, completion: Completion) -> Reading:
        """Find the calls in an answer."""
        if completion.calls:
            return Reading(tuple(read_call(call, self._unique(call.id)) for call in completion.calls))
        calls, problem = written_calls(completion.text, self.tools)
        remark = problem if calls else why_no_call(completion, f"{NO_CALL} {problem}".rstrip())
        return Reading(tuple(map(read_call, calls)), remark, in_text=True)

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as messages: the assistant's, then one for each call, or one for what was in its text."""
        text = spoken(completion.text)
        # Where tools are offered, Gemini 3 and DeepSeek's thinking mode refuse a chat without the thoughts of earlier
        # answers, DeepSeek also those of answers without a call. (Its older reasoner, which refused a chat with
        # thoughts, had no tools.) So they stay when a message is folded, and go when its turn is left out.
        thoughts = completion.thoughts
        if reading.in_text:
            return text_entries(completion, reading, answers, self.write, thoughts)
        calls = [_wire(asked) for asked in reading.asked]
        message = {"role": "assistant", "content": text, "tool_calls": calls, **thoughts}
        entries = [Entry(message, {**message, "content": ""})]
        for asked, answer in zip(reading.asked, answers, strict=True):
            told = {"role": "tool", "tool_call_id": asked.id, "content": answer}
            entries.append(Entry(told, {**told, "content": folded(answer)}))
        return entries

    def _unique(self, given: str) -> str:
        """An id that the chat does not have yet. Ours are nine letters and digits, as the strictest endpoints want."""
        chosen = given if given and given not in self._ids else f"call{len(self._ids):05d}"
        self._ids.add(chosen)
        return chosen


def _wire(asked: Asked) -> Mapping[str, Any]:
    # The name as endpoints admit it: letters, digits, _ and -, at most 64.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", asked.name)[:64] or "unnamed"
    function = {"name": name, "arguments": asked.arguments}
    return {"id": asked.id, "type": "function", "function": function, **asked.extra}
