"""A JSON reader for untrusted input, which refuses what costs more to read than any message of ours is worth.

    strict_json.read('{"type": "state"}')         # {'type': 'state'}

NaN, half of a surrogate pair, and lists more than two hundred deep are refused too. Of two equal keys the last counts,
as it does for pydantic, which reads steps, and for FastAPI. Nothing here knows what a message means.
"""

from __future__ import annotations

from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import WSErrorCode
from pydantic_core import from_json

from .limits import LONGEST_MESSAGE, MOST_VALUES
from .refusals import RefusedError


def read(raw: str | bytes) -> object:
    """Read one JSON text.

    Args:
        raw: The text, or its UTF-8.

    Returns:
        What it says, of dicts, lists, texts, ints, floats, bools and None.

    Raises:
        RefusedError: It is no JSON, or says something that is refused here.
    """
    try:
        if len(raw) > LONGEST_MESSAGE:
            raise ValueError(f"it has {len(raw)} characters, and {LONGEST_MESSAGE} is the limit")
        data = raw.encode() if isinstance(raw, str) else raw
        if data.count(b"[") + data.count(b"{") + data.count(b",") > MOST_VALUES:
            raise ValueError(f"it has more than {MOST_VALUES} values")
        return from_json(data, allow_inf_nan=False)
    except ValueError as problem:
        told = f"Invalid JSON: {problem}."
        raise RefusedError(told, WSErrorCode.INVALID_JSON, JsonRpcErrorCode.PARSE_ERROR) from problem
