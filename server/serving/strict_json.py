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

from .limits import LONGEST_MESSAGE, LONGEST_NAME, MOST_VALUES


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
    if data.count(b"[") + data.count(b"{") + data.count(b",") > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} values")
    # This reader refuses half of a surrogate pair, which may come as an escape, numbers of thousands of digits, and
    # what is more than two hundred lists deep. The next one can be told how to read an object and a number.
    from_json(data, allow_inf_nan=False)
    return _READER.decode(text)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {name[:LONGEST_NAME]!r} comes twice in one object")
            seen.add(name)
    return made


def _finite(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError("what is too large for a number is not understood")
    return number


_READER = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_float=_finite)
