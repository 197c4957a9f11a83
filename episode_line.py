"""A line of an episode log, from its parts.

    line = episode_line({"task": "oversight_easy", "seed": 42, ...}, actions, observations, {"rewards": [...], ...})

The server and the programs write their logs by it; `rollouts/episode_log.py` reads the lines. Nothing here reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .models import SynthAuditAction

WORLD_VERSION = "0.6.0"
"""The release that last changed episodes or rewards. Logs and figures say it: those of two worlds do not compare."""
_ACTION = SynthAuditAction.__pydantic_serializer__


def episode_line(
    known: Mapping[str, Any],
    actions: Iterable[SynthAuditAction],
    observations: Iterable[bytes],
    came_of_it: Mapping[str, Any],
) -> bytes:
    """A line of a log in UTF-8, from its parts.

    Args:
        known: What episode it is, who plays it, and the options of its reset.
        actions: In order.
        observations: The reset observation and one for each action, as JSON: nearly all of the line.
        came_of_it: What came of it.
    """
    taken = b",".join([_ACTION.to_json(action, exclude_defaults=True) for action in actions])
    parts = (_json(known)[:-1], b',"actions":[', taken, b'],"observations":[', b",".join(observations), b"],")
    return b"".join((*parts, _json(came_of_it)[1:], b"\n"))


def task_name(options: Mapping[str, Any]) -> str:
    """What a log calls the task of reset's options: its id, of the frontier with the level, as oversight_frontier-5."""
    level = options.get("level")  # of an adaptive episode it is a text
    return f"{options['task_id']}-{level}" if isinstance(level, int) else str(options["task_id"])


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
