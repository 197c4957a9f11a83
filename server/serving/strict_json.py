"""A strict JSON reader for untrusted input: a text with two possible meanings is refused.

    strict_json.read('{"type": "state"}')         # {'type': 'state'}
    strict_json.read('{"seed": 1, "seed": 2}')    # ValueError: the key 'seed' comes twice in one object

Readers of JSON differ in what they make of a key that comes twice, of NaN and 1e999, and of half a surrogate pair. What
one of them checks and another one acts on is a way past the check, so all of these are refused, and so is what costs
more to read than any message of ours is worth. Nothing here knows what a message means.
"""

from __future__ import annotations

import json
import math

from pydantic_core import from_json

from .limits import DEEPEST_JSON, LONGEST_MESSAGE, MOST_DIGITS, MOST_VALUES

_SHOWN = 60
"""Characters of a key that a refusal repeats."""
_NESTED = (dict, list)


def read(raw: str | bytes) -> object:
    """Read one JSON text.

    Args:
        raw: The text, or its UTF-8.

    Returns:
        What it says, of dicts, lists, texts, ints, finite floats, bools and None.

    Raises:
        ValueError: It is no JSON, or says something that is refused here. The message goes on after a colon.
    """
    if len(raw) > LONGEST_MESSAGE:
        raise ValueError(f"it has {len(raw)} characters, and {LONGEST_MESSAGE} is the limit")
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        data = raw if isinstance(raw, bytes) else raw.encode()
    except UnicodeError as problem:
        raise ValueError("it is not UTF-8, or has half of a surrogate pair") from problem
    opened = data.count(b"[") + data.count(b"{")
    if opened + data.count(b",") > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} values")
    # This reader refuses half of a surrogate pair, which may come as an escape, and limits how deep it goes, as the
    # next one does not. That one can be told how to read an object and a number.
    from_json(data)
    value = _READER.decode(text)
    if opened > DEEPEST_JSON:
        _check_depth(value, DEEPEST_JSON)
    return value


def _check_depth(value: object, deepest: int) -> None:
    """Refuse lists and objects that are too deep. Only they are looked into: a call for each number takes too long."""
    if not deepest:
        raise ValueError(f"lists and objects may be {DEEPEST_JSON} deep at most")
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in inside:
        if isinstance(inner, _NESTED):
            _check_depth(inner, deepest - 1)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {name[:_SHOWN]!r} comes twice in one object")
            seen.add(name)
    return made


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS and len(digits.removeprefix("-")) > MOST_DIGITS:
        raise ValueError(f"a whole number may have {MOST_DIGITS} digits at most")
    return int(digits)


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError("NaN, Infinity and what is too large for a number are not understood")
    return number


_READER = json.JSONDecoder(
    object_pairs_hook=_without_repeats, parse_int=_whole, parse_float=_finite, parse_constant=_finite
)
