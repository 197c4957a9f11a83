"""Episodes as a data set for supervised fine-tuning: TRL's conversational format with tool calls, as JSON Lines.

    write(records, Path("sft.jsonl"), min_score=0.9)
    [message["role"] for message in conversation(record)]      # system, user, assistant, tool, assistant, tool, ...

    lines = load_dataset("text", data_files="sft.jsonl", split="train", streaming=True)
    examples = lines.map(lambda line: json.loads(line["text"]), remove_columns="text")
    settings = SFTConfig(max_steps=100, assistant_only_loss=True, max_length=None)      # TRL's own cuts at 1024 tokens
    SFTTrainer(model, train_dataset=examples, args=settings).train()

Read so, a row is what was written. `load_dataset("json")` reads floats fast and loose (datasets 4.7 to 5.2, see
huggingface/datasets#8652): it makes a confidence of 0.6 one of 0.6000000000000001, which a model would learn to write.
A plain `Dataset.from_list` gives each call the arguments of all the others, with null in them.

A conversation is the chat of a model that called the tools natively, in the texts that the ReAct agent shows a model,
whichever agent played the episode. One action is one turn of the assistant, since a log does not say which actions were
asked for together, nor what was thought before them. The transcript of a model does (`rollouts/model_transcript.py`).

Which episodes are worth imitating is the caller's to say, by agent and score: approving everything unread has a score
of 1 where nothing was wrong. Audits that were ended for their model are none: the report is not its own.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..agents.audit_tools import tool_schemas
from ..agents.react.prompts import answer_text, opening_messages
from ..rollouts.episode_log import EpisodeRecord
from ..rollouts.rollout import Turn
from . import RequestError


def write(records: Iterable[EpisodeRecord], path: Path, min_score: float) -> int:
    """Write the episodes that scored well enough, a line each, in the order given; a file of that name is replaced.

    Returns:
        How many were kept.

    Raises:
        RequestError: No audit that came to its own end reached the lowest score; then nothing is written.
    """
    lines = [_line(record) for record in records if record.gave_up is None and record.outcome.score >= min_score]
    if not lines:
        raise RequestError(f"No episode scored {min_score:g} or more, so there is nothing to export.")
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def _line(record: EpisodeRecord) -> str:
    row: dict[str, Any] = {
        # Without the answer to the last call: it is the score, after which a model says nothing.
        "messages": conversation(record)[:-1],
        "tools": tool_schemas(),
        "agent": record.agent,
        "task": record.task,
        "split": record.split,
        "seed": record.seed,
        "score": record.outcome.score,
    }
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


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
