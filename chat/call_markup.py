"""Finds tool calls in what a model generated: the markup of Hermes, Qwen, Llama and Mistral.

    read_calls('Let me look. <tool_call>{"name": "approve", "arguments": {"proposal_id": "PROP-001"}}</tool_call>', ())

In Qwen 3.5 a call is `<function=approve><parameter=proposal_id>PROP-001</parameter></function>`, mostly within the same
tags; Llama 3 writes `<|python_tag|>{"name": "approve", "parameters": {...}}` or `<function=approve>{...}</function>`,
Mistral `[TOOL_CALLS] [{"name": "approve", "arguments": {...}}]`, and since 2025 `[TOOL_CALLS]approve[ARGS]{...}`.
transformers and the servers of models read these as well, each that of the model that it was started for, and give up
on a whole answer for one call that is no JSON: here that call is passed on as it is, so that the model can be told of
it. What a model only thought of doing is no call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .call_json import json_calls
from .completion import ToolCall, spoken

_MARKED = re.compile(
    r"<tool_call>(?P<hermes>.*?)(?:</tool_call>|(?=<tool_call>)|$)"
    r"|(?P<qwen><function=.*?(?:</function>|$))"
    r"|<\|python_tag\|>(?P<llama>.*?)(?:<\|\w+\|>|$)"
    r"|\[TOOL_CALLS\](?P<mistral>.*?)(?=\[TOOL_CALLS\]|$)",
    re.DOTALL,
)
_FUNCTION = re.compile(r"\s*<function=(?:functions\.)?([^>\n]*)>(?!\s*\{)(.*)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^<>\n]*)>(.*?)</parameter>", re.DOTALL)
# Possessive, so that a long run of blanks is read once.
_NAMED = re.compile(
    r"\s*+(?:<function=(?:functions\.)?([^>\n]*)>"
    r"|(?:functions\.)?([\w.-]++)\s*+(?:\[CALL_ID\][^\[{]*+)?(?:\[ARGS\])?)\s*+(?=\{)"
)
_NAME = re.compile(r'"name"\s*:\s*"([^"]*)"')


def read_calls(generated: str, tools: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[ToolCall, ...]]:
    """The text without the calls and what was thought before it, and the calls; one at the end may be cut off.

    The schemas of the tools say what the parameters of Qwen 3.5's markup are: it has no types.
    """
    said = spoken(generated)
    calls = find_calls(said, tools)
    # Without a name the mark may be a word in other text.
    return (_MARKED.sub("", said).strip(), calls) if any(call.name for call in calls) else (said, ())


def find_calls(text: str, tools: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """Every call in a text, in order."""
    bodies = [next(filter(None, found.groups()), "") for found in _MARKED.finditer(text)]
    return tuple(call for body in bodies for call in _calls(body, tools))


def _calls(body: str, tools: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    if marked := _FUNCTION.match(body):
        # One that was cut off is passed on whole: of its parameters the last ones are missing.
        whole = "</function>" in marked[2]
        given = _typed(marked[2], _properties(marked[1], tools)) if whole else body.strip()
        return (ToolCall("", marked[1], given),)
    if named := _NAMED.match(body):
        given = body[named.end() :]
        return (ToolCall("", named[1] or named[2], given[: given.rfind("}") + 1] or given),)
    found, _ = json_calls(body, None)
    name = _NAME.search(body)
    return found or (ToolCall("", name[1] if name else "", body.strip()),)


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
    # Up to the last end, since each beginning without one would be looked for to the end of the text.
    for name, written in _PARAMETER.findall("".join(body.rpartition("</parameter>")[:2])):
        text = written.strip()
        given[name] = text
        if properties.get(name, {}).get("type", "string") != "string":
            try:
                given[name] = json.loads(text)
            except (ValueError, RecursionError):
                continue
    return json.dumps(given)
