"""Finds tool calls in what a model generated: the markup of Hermes and Qwen, as their chat templates write it too.

    read_calls('Let me look. <tool_call>{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}</tool_call>', ())

In Qwen 3.5 a call is `<function=approve><parameter=proposal_id>PROP-001</parameter></function>` within the same tags.
transformers reads this markup as well, but gives up on a whole answer for one call that is no JSON: here that call is
passed on as it is, so that the model can be told of it. What a model only thought of doing is no call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from synth_audit_env.chat.completion import ToolCall, spoken

_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
_FUNCTION = re.compile(r"\s*<function=([^>\n]*)>(.*)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\n]*)>(.*?)</parameter>", re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"([^"]*)"')


def read_calls(generated: str, tools: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[ToolCall, ...]]:
    """The text without the calls and what was thought before it, and the calls; one at the end may be cut off.

    The schemas of the tools say what the parameters of Qwen 3.5's markup are: it has no types.
    """
    said = spoken(generated)
    return _CALL.sub("", said).strip(), find_calls(said, tools)


def find_calls(text: str, tools: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """Every call in a text, in order."""
    return tuple(_call(found[1], tools) for found in _CALL.finditer(text))


def _call(body: str, tools: Sequence[Mapping[str, Any]]) -> ToolCall:
    if marked := _FUNCTION.match(body):
        # One that was cut off is passed on whole: of its parameters the last ones are missing.
        whole = "</function>" in marked[2]
        given = _typed(marked[2], _properties(marked[1], tools)) if whole else body.strip()
        return ToolCall("", marked[1], given)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        named = _NAME.search(body)
        return ToolCall("", named[1] if named else "", body.strip())
    arguments = value.get("arguments", value.get("parameters"))
    return ToolCall("", str(value.get("name") or ""), "" if arguments is None else json.dumps(arguments))


def _properties(name: str, tools: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """The schemas of a tool's arguments; none for a tool that there is not."""
    for tool in tools:
        if tool["function"]["name"] == name:
            properties: Mapping[str, Mapping[str, Any]] = tool["function"]["parameters"]["properties"]
            return properties
    return {}


def _typed(body: str, properties: Mapping[str, Mapping[str, Any]]) -> str:
    """Parameters as the JSON text of an object; one that is no value of its type stays text, to be refused as such."""
    given: dict[str, Any] = {}
    for name, written in _PARAMETER.findall(body):
        text = written.strip()
        given[name] = text
        if properties.get(name, {}).get("type", "string") != "string":
            try:
                given[name] = json.loads(text)
            except (ValueError, RecursionError):
                continue
    return json.dumps(given)
