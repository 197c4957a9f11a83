"""Finds actions in what a model wrote: a JSON array of them, with whatever it wrote around it.

    items, problem = find_actions('Let me look: [{"action_type": "approve", "proposal_id": "PROP-001"},] Done.')
    items      # [{"action_type": "approve", "proposal_id": "PROP-001"}]
    problem    # "": nothing was left unread

The first actions count. What follows after a word of prose was mostly written in the belief that results were there
already, and is not read. It knows nothing of what an action may be.
"""

from __future__ import annotations

import json
import re
from typing import Any

_START = re.compile(r"\[(?=\s*\{)|\{")
_NEXT = re.compile(r"[\s,;]*(?=\{)")
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_NAMES = ("action_type", "name")
"""Keys that an action has one of; the second in the shape of native calls."""
_DECODER = json.JSONDecoder()
_QUOTED = 120


def find_actions(text: str) -> tuple[list[Any], str]:
    """Find the actions in a text: an array of them, or objects that follow on each other.

    Returns:
        Objects for the most part, and whatever else the array held; what could not be read.
    """
    items, problem = _find(text)
    if problem:
        # Only then, since a string may hold what looks like a trailing comma.
        mended, left = _find(_TRAILING_COMMA.sub("", text))
        if not left:
            return mended, left
    return items, problem


def _find(text: str) -> tuple[list[Any], str]:
    problem = "There is no JSON array of actions in your answer."
    for start in _START.finditer(text):
        try:
            value, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError) as told:
            if problem.startswith("There is no"):
                problem = f"Your JSON cannot be read: {told}."
            continue
        items = _actions(value)
        if isinstance(value, dict) and items == [value]:
            items, end = _run(text, value, end)
        if items:
            return items, _unread(text[end:], problem)
    return [], problem


def _run(text: str, first: Any, end: int) -> tuple[list[Any], int]:
    """Objects that follow on each other without a word between them, from the first one's end on."""
    items = [first]
    while following := _NEXT.match(text, end):
        try:
            value, end = _DECODER.raw_decode(text, following.end())
        except (ValueError, RecursionError):
            break
        items.append(value)
    return items, end


def _actions(value: Any) -> list[Any]:
    """The actions that a decoded value is: a list of objects, one object, or a list inside of one."""
    if isinstance(value, list):
        return value if any(isinstance(one, dict) for one in value) else []
    if any(name in value for name in _NAMES):
        return [value]
    return next((found for inner in value.values() if isinstance(inner, list) and (found := _actions(inner))), [])


def _unread(rest: str, problem: str) -> str:
    """What to say of the text after the actions."""
    if not (start := _START.search(rest)):
        return ""
    why = f" {problem}" if problem.startswith("Your JSON") else ""
    return (
        f"Only your first actions were read, not what follows: {' '.join(rest[start.start() :].split())[:_QUOTED]}{why}"
    )
