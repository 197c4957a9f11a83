"""Finds tool calls in the text of an answer, in the forms that most models write.

    calls, problem = written_calls('I say: {"name": "approve", "arguments": {"proposal_id": "PROP-001"}}', tools)
    text, calls = read_calls('Let me look. <tool_call>{"name": "approve", "arguments": {...}}</tool_call>', tools)

An endpoint passes calls on as such only if it knows how its model marks them. Where it does not, where it is not asked
to, and where the model runs in this process (`training/local_model.py`), they are in the text:

- Hermes and Qwen: `<tool_call>{"name": "approve", "arguments": {...}}</tool_call>`, and Qwen 3.5, mostly within these
  tags, `<function=approve><parameter=proposal_id>PROP-001</parameter></function>`
- JSON, bare or fenced, an object, several, or an array: `{"name": ..., "arguments": {...}}` or `{"action_type": ...}`
- Mistral: `[TOOL_CALLS] [{"name": "approve", "arguments": {...}}]`, and since 2025 `[TOOL_CALLS]approve[ARGS]{...}`
- Llama 3: `<|python_tag|>{"name": "approve", "parameters": {...}}` or `<function=approve>{...}</function>`
- Python, as Llama 4 writes it: `[approve(proposal_id="PROP-001")]`

A model that writes otherwise is shown an example and asked again (`agents/react/conversation.py`). The first calls of a
text count: what follows a word of prose was mostly written in the belief that results were there already. A marked call
that is no JSON is passed on as it is, so that the model can be told of it. What a model only thought of is no call.
"""

import ast
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ..tool_records import FINAL_TOOLS
from .completion import ToolCall, Tools, spoken

_MARKED = re.compile(
    r"<tool_call>(?P<hermes>.*?)(?:</tool_call>|(?=<tool_call>)|$)"
    r"|(?P<qwen><function=.*?(?:</function>|$))"
    r"|<\|python_tag\|>(?P<llama>.*?)(?:<\|\w+\|>|$)"
    r"|\[TOOL_CALLS\](?P<mistral>.*?)(?=\[TOOL_CALLS\]|$)",
    re.DOTALL,
)
_FUNCTION = re.compile(r"\s*<function=([^>\n]*)>(?!\s*\{)(.*)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^<>\n]*)>(.*?)</parameter>", re.DOTALL)
# Possessive, so that a long run of blanks is read once.
_NAMED = re.compile(r"\s*+(?:<function=([^>\n]*)>|([\w.-]++)\s*+(?:\[CALL_ID\][^\[{]*+)?(?:\[ARGS\])?)\s*+(?=\{)")
_NAME = re.compile(r'"name"\s*:\s*"([^"]*)"')
_FENCE = re.compile(r"```\w*\n(.*?)(?:```|$)", re.DOTALL)
_WHOLE_JSON = re.compile(r"(?:```\w*\s*+)?\[?\s*+\{")
_START = re.compile(r"\[(?=\s*\{)|\{")
_NEXT = re.compile(r"[\s,;]*(?=\{)")
_LEADS = re.compile(r"(?:^|[:\uff1a>\]}])[\W\d_]*$")
"""The end of a line's text before a call that stands for itself: nothing, a list mark, or "my answer:"."""
_GOES_ON = re.compile(r"(?:[^\w<\[{]|[\d_])*[^\W\d_]")
"""Words behind a call in its line, so that the call is a part of a sentence."""
MENTIONED = "A decision within a sentence is not carried out: write its call on a line of its own."
_PYTHON_MARK = re.compile(r"<\|python_(?:start|end)\|>")
_NAME_KEYS = ("action_type", "name", "function", "tool")
"""Keys of which a call has one for its tool."""
_ARGUMENT_KEYS = ("arguments", "parameters", "args")
"""Keys of which it may have one for what the tool is given; else that stands beside the name."""
_DECODER = json.JSONDecoder(strict=False)  # models break lines within a string


def written_calls(text: str, tools: Tools) -> tuple[tuple[ToolCall, ...], str]:
    """The calls in an answer, and a sentence for the model on what could not be read."""
    answer, properties = spoken(text), _properties(tools)
    marked = _find_calls(answer, tools)
    calls, problem = _json_calls(answer, properties)
    # A mark may be a word in a string of JSON.
    if any(call.name in properties for call in marked) and not (calls and _WHOLE_JSON.match(answer)):
        return marked, ""
    if not calls:
        fenced = _FENCE.search(answer)
        calls = _python_calls(_PYTHON_MARK.sub("", fenced[1] if fenced else answer).strip(), properties) or marked
        problem = "" if calls else problem
    return calls, problem


def read_calls(generated: str, tools: Tools) -> tuple[str, tuple[ToolCall, ...]]:
    """The text without the marked calls and what was thought before it, and the calls; the last may be cut off.

    The schemas of the tools say what the parameters of Qwen 3.5's markup are: it has no types.
    """
    answer = spoken(generated)
    calls = _find_calls(answer, tools)
    # Without a name the mark may be a word in other text.
    return (_MARKED.sub("", answer).strip(), calls) if any(call.name for call in calls) else (answer, ())


def _find_calls(text: str, tools: Tools) -> tuple[ToolCall, ...]:
    """Every marked call in a text, in order."""
    bodies = [next(filter(None, found.groups()), "") for found in _MARKED.finditer(text)]
    return tuple(call for body in bodies for call in _marked_calls(body, tools))


def _marked_calls(body: str, tools: Tools) -> tuple[ToolCall, ...]:
    if function := _FUNCTION.match(body):
        # One that was cut off is passed on whole: of its parameters the last ones are missing.
        function_name, whole = _plain(function[1]), "</function>" in function[2]
        given = _typed(function[2], _properties(tools).get(function_name, {})) if whole else body.strip()
        return (ToolCall("", function_name, given),)
    if named := _NAMED.match(body):
        given = body[named.end() :]
        return (ToolCall("", _plain(named[1] or named[2]), given[: given.rfind("}") + 1] or given),)
    found, _ = _json_calls(body, None)
    name = _NAME.search(body)
    return found or (ToolCall("", name[1] if name else "", body.strip()),)


def _plain(name: str) -> str:
    return name.removeprefix("functions.")


def _typed(body: str, properties: Mapping[str, Mapping[str, Any]]) -> str:
    """Parameters as the JSON text of an object; one that is no value of its type stays text, to be refused as such."""
    given: dict[str, Any] = {}
    # Up to the last end, since each beginning without one would be looked for to the end of the text.
    for name, written in _PARAMETER.findall("".join(body.rpartition("</parameter>")[:2])):
        given[name] = written.strip()
        if properties.get(name, {}).get("type", "string") != "string":
            try:
                given[name] = json.loads(given[name])
            except (ValueError, RecursionError):
                continue
    return json.dumps(given)


def _properties(tools: Tools) -> dict[str, Mapping[str, Any]]:
    """The schemas of each tool's arguments, by their names in order."""
    return {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in tools}


def _json_calls(text: str, names: Collection[str] | None) -> tuple[tuple[ToolCall, ...], str]:
    """The first calls written as JSON, of tools with these names; None for a text that is known to be a call."""
    problem, end = "", 0
    while start := _START.search(text, end):
        try:
            value, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            problem, end = problem or f"Your JSON cannot be read: {error}.", start.start() + 1
            continue
        calls = _calls_of(value, names)
        if calls and names is not None and _is_mentioned(text, start.start(), end, calls):
            problem = MENTIONED
        elif calls:
            return _following(text, calls, end)
    return (), problem


def _is_mentioned(text: str, start: int, end: int, calls: tuple[ToolCall, ...]) -> bool:
    """True if the calls decide, which is final, but stand within a sentence and in no fence."""
    if not any(call.name in FINAL_TOOLS for call in calls) or text.count("```", 0, start) % 2:
        return False
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    after = text[end : end + 200].partition("\n")[0]
    return not _LEADS.search(before) or bool(_GOES_ON.match(after))


def _following(text: str, calls: tuple[ToolCall, ...], end: int) -> tuple[tuple[ToolCall, ...], str]:
    """These calls and those that follow them without a word between, and a sentence on what is left of the text."""
    while following := _NEXT.match(text, end):
        try:
            value, end = _DECODER.raw_decode(text, following.end())
        except (ValueError, RecursionError):
            break
        calls += _calls_of(value, None) or (ToolCall("", "", json.dumps(value)),)
    left = _START.search(text, end)
    rest = " ".join(text[left.start() :].split())[:120] if left else ""
    return calls, f"Only your first calls were read, not what follows: {rest}" if rest else ""


def _calls_of(value: Any, names: Collection[str] | None) -> tuple[ToolCall, ...]:
    """The calls that a decoded value is: one, a list of them, or those inside of an object."""
    if isinstance(value, list):
        calls = [_calls_of(item, names) for item in value]
        # Beside a call, what is none is passed on whole, so that the model can be told of it.
        return tuple(
            call
            for item, found in zip(value, calls, strict=True)
            for call in found or ([ToolCall("", "", json.dumps(item))] if any(calls) else [])
        )
    if not isinstance(value, dict):
        return ()
    item = value["function"] if isinstance(value.get("function"), dict) else value
    key = next((key for key in _NAME_KEYS if isinstance(item.get(key), str) and item[key]), None)
    if key is not None and (names is None or _plain(item[key]) in names or key == "action_type"):
        beside = {name: given for name, given in item.items() if name != key}
        given = next((item[name] for name in _ARGUMENT_KEYS if name in item), beside)
        return (ToolCall("", _plain(item[key]), given if isinstance(given, str) else json.dumps(given)),)
    return next((found for inner in value.values() if (found := _calls_of(inner, names))), ())


def _python_calls(code: str, properties: Mapping[str, Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls that a text consists of which is Python; none where anything else is in it."""
    if not any(f"{name}(" in code for name in properties):
        return ()
    try:
        lines = [getattr(line, "value", line) for line in ast.parse(code).body]
        nodes = [node for line in lines for node in (line.elts if isinstance(line, ast.List) else [line])]
        return tuple(_python_call(node, properties) for node in nodes)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return ()


def _python_call(node: ast.AST, properties: Mapping[str, Mapping[str, Any]]) -> ToolCall:
    """A call. Raises ValueError for anything else."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in properties:
        raise ValueError("This is no call of a tool.")
    names = list(properties[node.func.id])
    given = dict(zip(names[: len(node.args)], map(ast.literal_eval, node.args), strict=True))
    given |= {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    return ToolCall("", node.func.id, json.dumps(given))
