"""An episode as the chat of a model that called the tools natively: briefing, calls, what they were answered with.

    [message["role"] for message in conversation(record)]      # system, user, assistant, tool, assistant, tool, ...

The texts are those that the ReAct agent shows a model, whichever agent played the episode. One action is one turn of
the assistant, since a log does not say which actions were asked for together, nor what was thought before them. The
transcript of a model does (`rollouts/model_transcript.py`).
"""

from __future__ import annotations

from typing import Any

from ..agents.react.prompts import answer_text, opening_messages
from ..rollouts.episode_log import EpisodeRecord
from ..rollouts.rollout import Turn


def conversation(record: EpisodeRecord) -> list[dict[str, Any]]:
    """The chat of an episode, from the system's message to the answer to its last call.

    Returns:
        Messages in the format of chat templates: arguments are an object, not its JSON text. Ids of calls are nine
        letters and digits, as the strictest of these templates want them.
    """
    return [*opening_messages(record.opening), *(message for turn in record.turns for message in _exchange(turn))]


def _exchange(turn: Turn) -> tuple[dict[str, Any], dict[str, Any]]:
    call_id, name = f"call{turn.number:05d}", turn.action.action_type
    arguments = turn.action.model_dump(mode="json", exclude_none=True, exclude={"action_type", "metadata"})
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return (
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "name": name, "content": answer_text(turn.observation)},
    )
