"""Finds tool calls in the text of an answer, in whatever form a model wrote them.

    calls, problem = written_calls('I say: {"name": "approve", "arguments": {"proposal_id": "PROP-001"}}', tools)

An endpoint passes calls on as such only if it knows how its model marks them. Where it does not, and where it is not
asked to, they are in the text: in a family's markup (`call_markup.py`), as JSON (`call_json.py`), or as Python, which
is what Llama 4 writes: `[approve(proposal_id="PROP-001")]`, or as lines of ReAct: `Action: approve`, and below it
`Action Input: {"proposal_id": "PROP-001"}`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from .call_json import calls_of, json_calls
from .call_markup import find_calls
from .completion import ToolCall, spoken

_FENCE = re.compile(r"```\w*\n(.*?)(?:```|$)", re.DOTALL)
_JSON = re.compile(r"(?:```\w*\s*+)?\[?\s*+\{")
_REACT = re.compile(r"^\W?\W?Action:[^\w\n]*(?:functions\.)?(\w+)\W?\W?\n\W?\W?Action Input:[^\w\n{]*(\{.*\})", re.M)
_MARK = re.compile(r"<\|python_(?:start|end)\|>")
_PARSING = Lock()
"""Warnings are left out for the whole process, whose threads have chats of their own."""


def written_calls(text: str, tools: Sequence[Mapping[str, Any]]) -> tuple[tuple[ToolCall, ...], str]:
    """Find the calls in an answer, and what the model is to be told of what could not be read."""
    said = spoken(text)
    marked = find_calls(said, tools)
    arguments = {tool["function"]["name"]: list(tool["function"]["parameters"]["properties"]) for tool in tools}
    calls, problem = json_calls(said, arguments)
    # A mark may be a word in a string of JSON.
    if any(call.name in arguments for call in marked) and not (calls and _JSON.match(said)):
        return marked, ""
    if calls:
        return calls, problem
    if acted := _REACT.findall(said):
        return (ToolCall("", *acted[0]),), "Only your first action was carried out." if acted[1:] else ""
    fenced = _FENCE.search(said)
    calls = _python_calls(_MARK.sub("", fenced[1] if fenced else said).strip(), arguments)
    return calls or marked, "" if calls or marked else problem


def _python_calls(code: str, arguments: Mapping[str, Sequence[str]]) -> tuple[ToolCall, ...]:
    """The calls that a text consists of which is Python; none where anything else is in it."""
    if not any(name in code for name in arguments):
        return ()
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the code, which nobody is to mend
            lines = [getattr(line, "value", line) for line in ast.parse(code).body]
        listed = [one for line in lines for one in (line.elts if isinstance(line, ast.List) else [line])]
        return tuple(call for one in listed for call in _python_call(one, arguments))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return ()


def _python_call(node: ast.AST, arguments: Mapping[str, Sequence[str]]) -> tuple[ToolCall, ...]:
    """One call; or those that a dict is, which many models write in place of JSON. Raises ValueError for any other."""
    if isinstance(node, ast.Dict):
        return calls_of(ast.literal_eval(node), arguments)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in arguments:
        raise ValueError("This is no call of a tool.")
    names = arguments[node.func.id]
    given = dict(zip(names[: len(node.args)], map(ast.literal_eval, node.args), strict=True))
    given |= {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
    return (ToolCall("", node.func.id, json.dumps(given)),)
