"""Episodes as chats for supervised fine-tuning: messages with tool calls, as TRL takes them.

    rows = [{"messages": conversation(record)[:-1], "tools": tool_schemas()} for record in iterate_log(path)]

The last message is the answer to the last call: it is the score, after which a model says nothing. Written as JSON
Lines, such rows are read back by `load_dataset("text")` and `json.loads`. `load_dataset("json")` reads floats fast and
loose (datasets 4.7 to 5.2, see huggingface/datasets#8652): it makes a confidence of 0.6 one of 0.6000000000000001,
which a model would learn to write. A plain `Dataset.from_list` gives each call the arguments of all the others, with
null in them.

A conversation is the chat of a model that called the tools natively, in the texts that the ReAct agent shows a model,
whichever agent played the episode. One action is one turn of the assistant, since a log does not say which actions were
asked for together, nor what was thought before them. The transcript of a model does (`rollouts/model_transcript.py`).

Which episodes are worth imitating is the caller's to say, by agent and score: approving everything unread has a score
of 1 where nothing was wrong, and an audit that was ended for its model (`gave_up`) has a report of ours.
"""

from collections.abc import Sequence
from typing import Any

from ..agents.react.prompts import answer_text, opening_messages
from .episode_log import EpisodeRecord
from .rollout import Turn


def conversation(record: EpisodeRecord) -> list[dict[str, Any]]:
    """The chat of an episode, from the system's message to the answer to its last call.

    Returns:
        Messages in the format of chat templates: arguments are an object, not its JSON text. Ids of calls are nine
        letters and digits, as the strictest of these templates want them.
    """
    return [*opening_messages(record.opening), *(message for turn in record.turns for message in exchange([turn]))]


def exchange(turns: Sequence[Turn], words: str = "") -> list[dict[str, Any]]:
    """A message of the assistant with the calls that it makes at once, and the answer to each."""
    calls = [
        {
            "id": f"call{turn.number:05d}",
            "type": "function",
            "function": {
                "name": turn.action.action_type,
                "arguments": turn.action.model_dump(
                    mode="json", exclude_none=True, exclude={"action_type", "metadata"}
                ),
            },
        }
        for turn in turns
    ]
    answers = [
        {
            "role": "tool",
            "tool_call_id": call["id"],
            "name": turn.action.action_type,
            "content": answer_text(turn.observation),
        }
        for call, turn in zip(calls, turns, strict=True)
    ]
    return [{"role": "assistant", "content": words, "tool_calls": calls}, *answers]
