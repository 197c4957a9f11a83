"""Sends malformed messages over a real socket, and reports what becomes of the episode.

    with own_server() as base_url:
        moved, outcome = play_garbled(base_url, "hard", index=7)

The server is a child process. Each session sends everything in `MESSAGES`, and then an empty report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from websockets.sync.client import connect

from ...models import MAX_REASON, MAX_REPORT, EpisodeOutcome
from ...server.serving.limits import LONGEST_MESSAGE
from ...server.world.tasks import TIERS

_APPROVE = '{"type": "step", "data": {"action_type": "approve", "proposal_id": "PROP-001", "confidence": %s}}'
_DATA: tuple[object, ...] = (
    *(None, [], "approve PROP-001", {}, {"action_type": None}),
    {"action_type": ["approve", "flag_error"], "proposal_id": "PROP-001"},
    {"action_type": "approve", "proposal_id": 1},
    {"action_type": "approve", "proposal_id": {"$ne": ""}},
    {"action_type": "approve", "proposal_id": "PROP-001", "is_wrong": False},
    {"action_type": "approve", "proposal_id": "PROP-001", "confidence": "nine tenths"},
    {"action_type": "approve", "proposal_id": "PROP-001", "confidence": True},
    {"action_type": "flag_error", "proposal_id": "PROP-001", "error_type": 0, "reason": "x"},
    {"action_type": "flag_error", "proposal_id": "PROP-001", "error_type": "x", "reason": "x" * (MAX_REASON + 1)},
    {"action_type": "approve", "proposal_id": "PROP-001", "fault": 7, "where": "5.1"},
    {"action_type": "approve", "proposal_id": "PROP-001", "fault": "clause_ignored", "where": ["5.1", "5.2"]},
    {"action_type": "approve", "proposal_id": "PROP-001", "fault": "clause_ignored", "where": "5" * 1_000},
    {"action_type": "approve", "proposal_id": "PROP-001", "fault": "clause_ignored", "should_be": {"$gt": 0}},
    {"action_type": "submit_audit_report", "report": "x" * (MAX_REPORT + 1)},
    {"action_type": "approve" * 20, "proposal_id": "PROP-001"},
)
"""Of steps: values of the wrong type or length, and a field that does not exist."""
MESSAGES: tuple[str | bytes, ...] = (
    *("", " ", "{", "approve PROP-001", '{"type": "step", "data": {"action_type": "approve"', "{'type': 'step'}"),
    *("null", "true", "7", '"step"', "[]", '[{"type": "step"}]', "[" * 100_000, "NaN", "1" * 10_000),
    *('{"type": null}', '{"type": "outcome"}', '{"type": "step"}', '{"data": {"action_type": "approve"}}'),
    *(_APPROVE % "NaN", _APPROVE % "Infinity", _APPROVE % "-Infinity", _APPROVE % "1e999", _APPROVE % "-1"),
    *(json.dumps({"type": "step", "data": data}) for data in _DATA),
    *('{"type": "reset", "data": {"seed": -1}}', '{"type": "reset", "data": {"label": true}}'),
    "x" * (LONGEST_MESSAGE + 1),
    *(b"", b"\x00\xff\xfe", (_APPROVE % "0.9").encode()),
)
"""Text that is no JSON, JSON that is no message, messages whose values are not to be had, binary frames."""


_STATE = '{"type": "state"}'


def play_garbled(
    base_url: str, tier: str, index: int, messages: Iterable[str | bytes] = MESSAGES
) -> tuple[int, EpisodeOutcome]:
    """Send all messages in an episode of the test split, and end it with an empty report.

    Returns:
        How many were answered by anything but an error, or were followed by another state; and the outcome.

    Raises:
        websockets.exceptions.ConnectionClosed: The server ended the session.
    """
    with connect(f"{base_url.replace('http', 'ws', 1)}/ws", proxy=None, max_size=None, compression=None) as socket:

        def answer(message: str | bytes) -> dict[str, Any]:
            socket.send(message)
            answered: dict[str, Any] = json.loads(socket.recv())
            return answered

        options = {"task_id": TIERS[tier].task_id, "split": "test", "index": index, "episode_id": "garbled"}
        answer(json.dumps({"type": "reset", "data": options}))
        before = answer(_STATE)
        moved = sum(answer(said)["type"] != "error" or answer(_STATE) != before for said in messages)
        ended = answer('{"type": "step", "data": {"action_type": "submit_audit_report", "report": ""}}')
        return moved, EpisodeOutcome.model_validate(ended["data"]["observation"]["result"]["outcome"])
