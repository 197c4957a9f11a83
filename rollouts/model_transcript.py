"""What a model wrote in an episode, kept beside the episode log: a file an episode, a line an answer.

    qwen.jsonl                                       the log, whose lines name their transcripts
    qwen.transcripts/easy-42_qwen3-4b-0a1b2c.jsonl   one of them: which episode it is of, then the answers

It is written before the line that names it, so that a log names whole files only. Times are in it and not in the log:
the same actions make the same log.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..agents.react.conversation import Conversation, ModelTurn
from .episode_log import EpisodeRecord

_TURN = TypeAdapter(ModelTurn)
_LEFT_OUT: Any = {"completion": {"thoughts"}, "reading": {"asked": {"__all__": {"action", "extra"}}}}
"""Fields that are left out: copies of what stands there in words, and signatures that only an endpoint can read."""


def with_model(
    record: EpisodeRecord, settings: Mapping[str, Any], talk: Conversation, folder: str | None, refused: str | None
) -> EpisodeRecord:
    """The record of an episode with how its model was asked, how it did, what it wrote, and why it was refused.

    The folder is the one beside the log that transcripts go to, by name; None where none is kept.
    """
    ended = refused or talk.gave_up
    record = replace(record, settings=settings, usage=talk.usage, gave_up=ended, tally=asdict(talk.tally))
    transcript = None if folder is None else f"{folder}/{file_name(record)}"
    return replace(record, written=tuple(talk.written), transcript=transcript)


def file_name(record: EpisodeRecord) -> str:
    """What the transcript of an episode is called. Two agents have two, whatever letters are in their names."""
    letters = re.sub(r"[^A-Za-z0-9.]+", "-", record.agent)[-60:].strip("-.")
    agent = f"{letters}-{sha256(record.agent.encode()).hexdigest()[:6]}"
    return f"{record.task.removeprefix('oversight_')}-{record.seed}_{agent}.jsonl"


def as_text(record: EpisodeRecord) -> str:
    """The transcript of an episode."""
    head = {name: getattr(record, name) for name in ("agent", "task", "seed", "gave_up")}
    lines = [_TURN.dump_python(turn, mode="json", exclude_defaults=True, exclude=_LEFT_OUT) for turn in record.written]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (head, *lines))


def keep(record: EpisodeRecord, folder: Path) -> None:
    """Write the transcript of an episode that names one to its place beside the log, which is in this folder."""
    if record.transcript is not None:
        path = folder / record.transcript
        path.parent.mkdir(parents=True, exist_ok=True)
        # A model may write half of a surrogate pair, as an escape in JSON.
        path.write_text(as_text(record), encoding="utf-8", errors="replace")
