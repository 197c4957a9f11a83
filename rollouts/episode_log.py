"""An episode as one line of JSON, with everything in it that playing it again takes.

    log.write(EpisodeRecord(...).line())
    records = read_log(Path("episodes.jsonl"))
    assert [again.line() for again in replay(records, reset, step)] == [record.line() for record in records]

Each line replays alone: what an adaptive episode was made of is among its options.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..chat.completion import Usage
from ..episode_line import WORLD_VERSION, episode_line, task_name
from ..models import EpisodeOutcome, OutcomeResult, SynthAuditAction, SynthAuditObservation
from .rollout import Step, Turn

if TYPE_CHECKING:
    from ..agents.react.conversation import ModelTurn

_OF_MODEL = ("settings", "gave_up", "tally", "transcript")
"""Fields that only lines of language models have."""
Reset = Callable[[Mapping[str, Any]], SynthAuditObservation]
"""Starts an episode from reset's options."""


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """A finished episode."""

    task: str
    """Its id, of the frontier with the level: oversight_frontier-5."""
    seed: int
    split: str
    version: str
    """Of this package, when the episode was played."""
    agent: str
    options: Mapping[str, Any]
    """What reset is called with to play it again."""
    opening: SynthAuditObservation
    """The reset observation."""
    turns: tuple[Turn, ...]
    usage: Usage | None = None
    """What a language model took; None for an agent without one."""
    actor_model: str | None = None
    """The model that worded the Actor's notes; None where the script did. To replay it, a server needs that wording."""
    rewritten: tuple[str, ...] = ()
    """Ids of the proposals that were in its words."""
    settings: Mapping[str, Any] | None = None
    """How the language model that audited was asked; None for an agent without one."""
    gave_up: str | None = None
    """Why the audit was ended for the model, in a sentence; None where it was not."""
    tally: Mapping[str, int] | None = None
    """How its answers could be read, as in a `Tally`; None for an agent without a model."""
    transcript: str | None = None
    """Where the log's folder has what the model wrote (`model_transcript.py`); None where that was not kept."""
    written: tuple[ModelTurn, ...] = field(default=(), compare=False, repr=False)
    """The answers of the model, which are not in the line."""

    @classmethod
    def of(
        cls,
        agent: str,
        options: Mapping[str, Any],
        seed: int,
        split: str,
        opening: SynthAuditObservation,
        turns: Iterable[Turn],
    ) -> EpisodeRecord:
        """An episode that was played by this package."""
        return cls(task_name(options), seed, split, WORLD_VERSION, agent, options, opening, tuple(turns))

    @property
    def outcome(self) -> EpisodeOutcome:
        """How it went. Raises ValueError for an episode that is not over."""
        result = self.turns[-1].observation.result if self.turns else None
        if not isinstance(result, OutcomeResult):
            raise ValueError(f"The episode of {self.task} with seed {self.seed} is not over: it has no outcome.")
        return result.outcome

    def line(self) -> str:
        """The record as a line, end of line included. Observations are the reset observation and one a step."""
        known = ("task", "seed", "split", "version", "agent", "options")
        came_of_it: dict[str, Any] = {
            "rewards": [turn.reward for turn in self.turns],
            "outcome": self.outcome.model_dump(mode="json"),
        }
        if self.usage is not None:
            # Without the seconds, which differ in each replay. The transcript has them.
            came_of_it["usage"] = {name: of for name, of in asdict(self.usage).items() if name != "seconds"}
        if self.actor_model is not None:
            came_of_it |= {"actor_model": self.actor_model, "rewritten": list(self.rewritten)}
        for name in _OF_MODEL:
            if (value := getattr(self, name)) is not None:
                came_of_it[name] = value
        seen = (self.opening, *(turn.observation for turn in self.turns))
        return episode_line(
            {name: getattr(self, name) for name in known},
            [turn.action for turn in self.turns],
            [observation.model_dump_json().encode() for observation in seen],
            came_of_it,
        ).decode()


def read_log(path: Path) -> list[EpisodeRecord]:
    """The episodes of a log, in order. Raises ValueError naming the line that is no episode."""
    return list(iterate_log(path))


def iterate_log(path: Path) -> Iterator[EpisodeRecord]:
    """The same one at a time, for a log that is too long to hold."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = record_of(json.loads(line))
            except (ValueError, KeyError, TypeError) as problem:
                raise ValueError(f"{path}, line {number}: this is no episode ({problem}).") from problem
            yield record


def replay(records: Iterable[EpisodeRecord], reset: Reset, step: Step) -> Iterator[EpisodeRecord]:
    """Take the recorded actions again; yields what comes of them, a record for each record."""
    for record in records:
        opening = reset(record.options)
        turns = tuple(Turn(turn.number, turn.action, step(turn.action)) for turn in record.turns)
        yield replace(record, opening=opening, turns=turns)


def record_of(fields: Mapping[str, Any]) -> EpisodeRecord:
    """Read the fields of one line. Where they are none of an episode: KeyError, TypeError, ValueError."""
    opening, *seen = [SynthAuditObservation.model_validate(observation) for observation in fields["observations"]]
    actions = [SynthAuditAction.model_validate(action) for action in fields["actions"]]
    turns = tuple(Turn(number, *pair) for number, pair in enumerate(zip(actions, seen, strict=True), start=1))
    named = {name: fields[name] for name in ("task", "seed", "split", "version", "agent", "options")}
    usage = Usage(**fields["usage"], seconds=None) if "usage" in fields else None
    words: dict[str, Any] = {"actor_model": fields.get("actor_model"), "rewritten": tuple(fields.get("rewritten", ()))}
    of_model: dict[str, Any] = {name: fields.get(name) for name in _OF_MODEL}
    return EpisodeRecord(**named, opening=opening, turns=turns, usage=usage, **words, **of_model)
