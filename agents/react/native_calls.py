"""Native tool calling: the endpoint is given the tools' schemas, and answers are messages with calls in them.

    form = NativeCalls()
    completion = model.complete(messages, form.tools)
    form.read(completion).asked

What goes back into the chat is always well formed, whatever the model wrote: chat templates fail on arguments that are
no JSON, and endpoints refuse ids that come twice. A reasoning model's thoughts go back as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from synth_audit_env.agents.audit_tools import action_of, tool_schemas
from synth_audit_env.agents.react.context import Entry
from synth_audit_env.agents.react.turns import NOTHING, Asked, Reading, folded, why_no_call
from synth_audit_env.chat.completion import Completion, ToolCall, spoken
from synth_audit_env.models import ACTION_TYPES

NO_CALL = f"You called no tool. Call one of {', '.join(ACTION_TYPES)}; the last ends the audit."


class NativeCalls:
    """A `CallFormat`, of one episode."""

    tools = tool_schemas()
    how_to_call = ""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def read(self, completion: Completion) -> Reading:
        """Find the calls in an answer."""
        asked = tuple(self._asked(call) for call in completion.calls)
        return Reading(asked, "" if asked else why_no_call(completion, NO_CALL))

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as messages: the assistant's, then one for each call, or one that says that there was none."""
        text = spoken(completion.text)
        # Where tools are offered, Gemini 3 and DeepSeek's thinking mode refuse a chat without the thoughts of earlier
        # answers, DeepSeek also those of answers without a call. (Its older reasoner, which refused a chat with
        # thoughts, had no tools.) So they stay when a message is folded, and go when its turn is left out.
        thoughts = completion.thoughts
        if not reading.asked:
            said = {"role": "assistant", "content": text or NOTHING, **thoughts}
            return [Entry(said, {**said, "content": NOTHING}), Entry({"role": "user", "content": reading.remark})]
        calls = [_wire(asked) for asked in reading.asked]
        message = {"role": "assistant", "content": text, "tool_calls": calls, **thoughts}
        entries = [Entry(message, {**message, "content": ""})]
        for asked, answer in zip(reading.asked, answers, strict=True):
            told = {"role": "tool", "tool_call_id": asked.id, "content": answer}
            entries.append(Entry(told, {**told, "content": folded(answer)}))
        return entries

    def _asked(self, call: ToolCall) -> Asked:
        given, problem = _arguments(call.arguments)
        action = None
        if not call.name:
            problem = "The call names no tool."
        elif not problem:
            try:
                action = action_of(call.name, given)
            except ValueError as told:
                problem = str(told)
        return Asked(call.name, json.dumps(given), action, problem, self._unique(call.id), call.extra)

    def _unique(self, given: str) -> str:
        """An id that the chat does not have yet. Ours are nine letters and digits, as the strictest endpoints want."""
        chosen = given if given and given not in self._ids else f"call{len(self._ids):05d}"
        self._ids.add(chosen)
        return chosen


def _arguments(text: str) -> tuple[Mapping[str, Any], str]:
    """Arguments of a call, or why they cannot be read. Left out, they are none."""
    try:
        value = json.loads(text) if text.strip() else {}
        # Some models write the JSON text of the JSON text.
        value = json.loads(value) if isinstance(value, str) else value
        # Python reads and writes NaN and infinities, which are no JSON: endpoints would refuse the chat for them.
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as problem:
        return {}, f"The arguments of this call are no JSON ({problem}): {folded(text)}"
    if not isinstance(value, dict):
        return {}, f"The arguments of a call are a JSON object, not {folded(text)}"
    return value, ""


def _wire(asked: Asked) -> Mapping[str, Any]:
    # The name as endpoints admit it: letters, digits, _ and -, at most 64.
    name = re.sub(r"[^A-Za-z0-9_-]", "_", asked.name)[:64] or "unnamed"
    function = {"name": name, "arguments": asked.arguments}
    return {"id": asked.id, "type": "function", "function": function, **asked.extra}
