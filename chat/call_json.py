"""Finds the calls that a model wrote as JSON, with whatever it wrote around them.

    calls, problem = json_calls('I approve: [{"action_type": "approve", "proposal_id": "PROP-001"},]', {"approve"})
    calls      # (ToolCall("", "approve", '{"proposal_id": "PROP-001"}'),)
    problem    # "": nothing was left unread

A call is `{"action_type": NAME, ...}`, or `{"name": NAME, "arguments": {...}}` with the name of a tool: a record that
is quoted is none, nor is a decision within a sentence. The first calls count. What follows after a word of prose was
mostly written in the belief that results were there already, and is not read.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from ..tool_records import FINAL_TOOLS
from .completion import ToolCall

_START = re.compile(r"\[(?=\s*\{)|\{")
_NEXT = re.compile(r"[\s,;]*(?=\{)")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_OURS = "action_type"
_NAMES = (_OURS, "name", "function", "tool")
"""Keys of which a call has one for its tool."""
_ARGUMENTS = ("arguments", "parameters", "args")
"""Keys of which it may have one for what the tool is given; else that stands beside the name."""
_LEADS = re.compile(r"(?:^|[:\uff1a>\]}])[\W\d_]*$")
"""A line before a call: without a letter, or none after a label or a mark."""
_GOES_ON = re.compile(r"(?:[^\w<\[{]|[\d_])*[^\W\d_]")
"""A line after a call that is neither a mark nor a further call."""
_DECODER = json.JSONDecoder(strict=False)  # models break lines within a string
_ATTEMPTS = 300
"""Braces without a call after which no more is read: each may take as long as the rest of the text is."""
_QUOTED = 120


def json_calls(text: str, names: Collection[str] | None) -> tuple[tuple[ToolCall, ...], str]:
    """Find the calls in a text, an array or objects in a row, and what is to be said of what could not be read.

    The names are those of the tools; None where the text is known to be a call, whatever it names.
    """
    calls, problem = _find(text, names)
    if problem:
        # Only then, since a string may hold what looks like a trailing comma.
        mended, left = _find(_TRAILING_COMMA.sub("", text), names)
        if not left:
            return mended, left
    return calls, problem


def calls_of(value: Any, names: Collection[str] | None) -> tuple[ToolCall, ...]:
    """The calls that a decoded value is: a list of them, one, or those inside of an object."""
    if isinstance(value, list):
        if any(_is_call(one, names) for one in value):
            return tuple(map(_call, value))
        return tuple(call for one in value for call in calls_of(one, names))
    if _is_call(value, names):
        return (_call(value),)
    inside = value.values() if isinstance(value, dict) else ()
    return next((found for inner in inside if (found := calls_of(inner, names))), ())


def _find(text: str, names: Collection[str] | None) -> tuple[tuple[ToolCall, ...], str]:
    problem, aside, end = "", "", 0
    for _ in range(_ATTEMPTS):
        if not (start := _START.search(text, end)):
            break
        try:
            value, end = _DECODER.raw_decode(text, start.start())
            calls = calls_of(value, names)
        except (ValueError, RecursionError) as told:
            problem, calls, end = problem or f"Your JSON cannot be read: {told}.", (), start.start() + 1
        if calls:
            calls, end = _run(text, calls, end) if _is_call(value, names) else (calls, end)
            if names is None or not _weighed(text, start.start(), end, calls):
                return calls, _unread(text[end:], problem) or aside
            aside = "A decision within a sentence is not carried out: write its call on a line of its own."
        if names is None:
            break
    return (), problem or aside


def _weighed(text: str, start: int, end: int, calls: tuple[ToolCall, ...]) -> bool:
    """Whether the calls decide, but stand within a sentence, and in no fence."""
    if not any(call.name in FINAL_TOOLS for call in calls) or text.count("```", 0, start) % 2:
        return False
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    after = text[end : end + 200].partition("\n")[0]
    return not _LEADS.search(before) or bool(_GOES_ON.match(after))


def _run(text: str, calls: tuple[ToolCall, ...], end: int) -> tuple[tuple[ToolCall, ...], int]:
    """Objects that follow on each other without a word between them, from the first one's end on."""
    while following := _NEXT.match(text, end):
        try:
            value, after = _DECODER.raw_decode(text, following.end())
            calls, end = (*calls, _call(value)), after
        except (ValueError, RecursionError):
            break
    return calls, end


def _is_call(value: Any, names: Collection[str] | None) -> bool:
    item, key = _named(value)
    return key != "" and (names is None or item[key].removeprefix("functions.") in names or _OURS in value)


def _named(value: Any) -> tuple[Mapping[str, Any], str]:
    """The object that says what is called, and its key with the name; empty where it has none."""
    function = value.get("function") if isinstance(value, dict) else None
    item: Mapping[str, Any] = function if isinstance(function, dict) else value if isinstance(value, dict) else {}
    return item, next((key for key in _NAMES if isinstance(item.get(key), str) and item[key]), "")


def _call(value: Any) -> ToolCall:
    """The call that a value is. What names no tool is passed on whole, so that the model can be told of it."""
    item, key = _named(value)
    if not key:
        return ToolCall("", "", json.dumps(value))
    given = next((item[one] for one in _ARGUMENTS if one in item), None)
    if given is None:
        given = {name: one for name, one in item.items() if name not in (key, *_ARGUMENTS)}
    return ToolCall("", item[key].removeprefix("functions."), given if isinstance(given, str) else json.dumps(given))


def _unread(rest: str, problem: str) -> str:
    """What to say of the text after the calls."""
    if not (start := _START.search(rest)):
        return ""
    left = " ".join(rest[start.start() :].split())[:_QUOTED]
    return f"Only your first calls were read, not what follows: {left}{f' {problem}' if problem else ''}"
