"""The same chat in fewer turns: the calls that no answer had to be awaited for are made together.

    together(chat)                # begin, look up | decide, look up, look up | decide, report

What is logged or exported has a turn for each call, and turns are what an episode's tokens and a model's time go into.
A decision rests on the look-ups before it, so it begins a turn; what follows goes with it, up to the next decision that
comes after a look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]
REPORT = "submit_audit_report"
RESTS_ON_EVIDENCE = ("flag_error", "approve", REPORT)


def together(messages: Sequence[Message]) -> list[Message]:
    """The same calls and answers in the same order, in joined turns. Words are kept, and begin a turn."""
    joined: list[Message] = []
    said: Message | None = None
    for message in messages:
        if not message.get("tool_calls"):
            joined.append(message)
            # Whoever has spoken without a call is answered, so no call joins one of before.
            said = said if message["role"] == "tool" else None
        elif said is None or message["content"] or _awaits(said, message):
            said = {**message, "tool_calls": list(message["tool_calls"])}
            joined.append(said)
        else:
            # The turn is under way: its calls stand together, before their answers.
            said["tool_calls"] += message["tool_calls"]
    return joined


def _awaits(said: Message, message: Message) -> bool:
    """Whether a call of the message rests on what the last call of a turn brings."""
    last, first = said["tool_calls"][-1], message["tool_calls"][0]
    return _of_evidence(first) and not _of_evidence(last)


def _of_evidence(call: Message) -> bool:
    return call["function"]["name"] in RESTS_ON_EVIDENCE
