"""Finds tool calls in the text of an answer, in whatever form a model wrote them.

    calls, problem = written_calls('I say: {"name": "approve", "arguments": {"proposal_id": "PROP-001"}}', tools)
    text, calls = read_calls('Let me look. <tool_call>{"name": "approve", "arguments": {...}}</tool_call>', tools)

An endpoint passes calls on as such only if it knows how its model marks them. Where it does not, where it is not asked
to, and where the model runs in this process, they are in the text: as JSON (`call_json.py`), in Python, which is what
Llama 4 writes (`[approve(proposal_id="PROP-001")]`), as ReAct's lines `Action: approve` and `Action Input: {...}`, or
in the markup of a family:

- Hermes and Qwen: `<tool_call>{"name": "approve", "arguments": {...}}</tool_call>`, and Qwen 3.5, mostly within these
  tags, `<function=approve><parameter=proposal_id>PROP-001</parameter></function>`
- Llama 3: `<|python_tag|>{"name": "approve", "parameters": {...}}` or `<function=approve>{...}</function>`
- Mistral: `[TOOL_CALLS] [{"name": "approve", "arguments": {...}}]`, and since 2025 `[TOOL_CALLS]approve[ARGS]{...}`

The servers of models give up on a whole answer for one call that is no JSON. Here that call is passed on as it is, so
that the model can be told of it. What a model only thought of doing is no call.
"""

import ast
import json
import re
import warnings
from collections.abc import Mapping
from threading import Lock
from typing import Any

from .call_json import calls_of, json_calls
from .completion import ToolCall, Tools, spoken

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
_FENCE = re.compile(r"```\w*\n(.*?)(?:```|$)", re.DOTALL)
_JSON = re.compile(r"(?:```\w*\s*+)?\[?\s*+\{")
_REACT = re.compile(r"^\W?\W?Action:[^\w\n]*(?:functions\.)?(\w+)\W?\W?\n\W?\W?Action Input:[^\w\n{]*(\{.*\})", re.M)
_MARK = re.compile(r"<\|python_(?:start|end)\|>")
_PARSING = Lock()
"""Warnings are left out for the whole process, whose threads have chats of their own."""


def written_calls(text: str, tools: Tools) -> tuple[tuple[ToolCall, ...], str]:
    """Find the calls in an answer, and what the model is to be told of what could not be read."""
    said = spoken(text)
    marked = find_calls(said, tools)
    arguments = _arguments(tools)
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


def read_calls(generated: str, tools: Tools) -> tuple[str, tuple[ToolCall, ...]]:
    """The text without the calls and what was thought before it, and the calls; one at the end may be cut off.

    The schemas of the tools say what the parameters of Qwen 3.5's markup are: it has no types.
    """
    said = spoken(generated)
    calls = find_calls(said, tools)
    # Without a name the mark may be a word in other text.
    return (_MARKED.sub("", said).strip(), calls) if any(call.name for call in calls) else (said, ())


def find_calls(text: str, tools: Tools) -> tuple[ToolCall, ...]:
    """Every call in a text, in order."""
    bodies = [next(filter(None, found.groups()), "") for found in _MARKED.finditer(text)]
    return tuple(call for body in bodies for call in _calls(body, tools))


def _calls(body: str, tools: Tools) -> tuple[ToolCall, ...]:
    if marked := _FUNCTION.match(body):
        # One that was cut off is passed on whole: of its parameters the last ones are missing.
        whole = "</function>" in marked[2]
        given = _typed(marked[2], _arguments(tools).get(marked[1], {})) if whole else body.strip()
        return (ToolCall("", marked[1], given),)
    if named := _NAMED.match(body):
        given = body[named.end() :]
        return (ToolCall("", named[1] or named[2], given[: given.rfind("}") + 1] or given),)
    found, _ = json_calls(body, None)
    name = _NAME.search(body)
    return found or (ToolCall("", name[1] if name else "", body.strip()),)


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


def _arguments(tools: Tools) -> dict[str, Mapping[str, Any]]:
    """The schemas of each tool's arguments, by their names in order."""
    return {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in tools}


def _python_calls(code: str, arguments: Mapping[str, Mapping[str, Any]]) -> tuple[ToolCall, ...]:
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


def _python_call(node: ast.AST, arguments: Mapping[str, Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """One call; or those that a dict is, which many models write in place of JSON. Raises ValueError for any other."""
    if isinstance(node, ast.Dict):
        return calls_of(ast.literal_eval(node), arguments)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in arguments:
        raise ValueError("This is no call of a tool.")
    names = list(arguments[node.func.id])
    given = dict(zip(names[: len(node.args)], map(ast.literal_eval, node.args), strict=True))
    given |= {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
    return (ToolCall("", node.func.id, json.dumps(given)),)
