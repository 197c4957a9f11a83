"""A chat with a tool in it, by which a chat template is tried: what it makes of the call must be read back as the call.

The words are of no task; they only have to be found again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ARGUMENTS = json.dumps({"word": "quillon"})
PROBED = ("probe_tool", _ARGUMENTS)
"""Name and arguments of the call."""
PROBE_TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "probe_tool",
        "description": "Look a word up.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string", "description": "The word."}},
            "required": ["word"],
        },
    },
}
PROBE: tuple[Mapping[str, Any], ...] = (
    {"role": "system", "content": "You look words up."},
    {"role": "user", "content": "What is it?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "call00000", "type": "function", "function": {"name": "probe_tool", "arguments": _ARGUMENTS}}
        ],
    },
    {"role": "tool", "tool_call_id": "call00000", "content": "A part of a sword."},
)
"""The chat."""
