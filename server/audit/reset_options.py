"""What reset may be asked for, read and checked: which episode, settled how, its notes in whose words.

    asked = read_options(42, None, {"task_id": "oversight_hard", "settlement": "terminal"}, default_actor="scripted")
    asked.task.seed, asked.settlement, asked.actor

Nothing here builds an episode or knows one that runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...error_types import ERROR_TYPES
from ...models import MAX_ID, SynthAuditState
from ..world import tasks
from ..world.errors import EpisodeError
from ..world.tasks import Task, task_of
from .curriculum import Plan
from .episode import SETTLEMENTS

SCRIPTED, LLM = ACTORS = ("scripted", "llm")
"""Who words the notes: the script, or a language model after it."""
OPTIONS = ("task_id", "split", "index", "settlement", "level", "error_types", "actor")
"""Beside seed and episode_id."""


@dataclass(frozen=True, slots=True)
class ResetOptions:
    """The options of a reset, checked."""

    task: Task
    settlement: str
    episode_id: str | None
    pinned: Plan | None
    """What an adaptive episode is to be made of; None to leave that to the tier or the curriculum."""
    actor: str
    level: int | None = None
    """Of a frontier episode; None for the other tasks."""


def read_options(
    seed: Any, episode_id: Any, options: Mapping[str, Any], default_actor: str, settled: str | None = None
) -> ResetOptions:
    """Read reset's options.

    Args:
        seed: Whole number from 0 to MAX_SEED, or None. Without it (and without index) one is drawn from the system's
            entropy.
        episode_id: A name for the episode, or None.
        options: Those of OPTIONS that were given; None counts as not given.
        default_actor: Who words the notes where the options do not say.
        settled: How every episode is settled; None where the options choose.

    Raises:
        EpisodeError: An option is unknown or out of range, or not for the client to choose.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise EpisodeError(
            f"reset takes no {', '.join(unknown)}: its options are seed, episode_id, {', '.join(OPTIONS)}."
        )
    task = _task(seed, options.get("split"), options.get("index"), options.get("task_id"))
    settlement = (settled or SETTLEMENTS[0]) if options.get("settlement") is None else options["settlement"]
    if settlement not in SETTLEMENTS:
        raise EpisodeError(f"There is no settlement {_shown(settlement)}: they are {' and '.join(SETTLEMENTS)}.")
    if settled not in (None, settlement):
        raise EpisodeError(f"This server settles every episode as {settled!r}: leave out settlement.")
    _check_text("episode_id", episode_id)
    actor = default_actor if options.get("actor") is None else options["actor"]
    if actor not in ACTORS:
        raise EpisodeError(f"There is no actor {_shown(actor)}: they are {' and '.join(ACTORS)}.")
    return ResetOptions(task, settlement, episode_id, _pinned(task, options), actor, _level(task, options))


def to_play_again(state: SynthAuditState, settlement: str) -> dict[str, Any]:
    """The options of reset that make an episode again, in any session.

    Args:
        state: Of the session that played it.
        settlement: How it was settled, which the state does not tell.
    """
    options: dict[str, Any] = {
        "task_id": state.task_id,
        "seed": state.seed,
        "split": state.split,
        "settlement": settlement,
        # Who words the notes may be the server's choice, and the next server may choose otherwise.
        "actor": SCRIPTED if state.actor_model is None else LLM,
    }
    if state.error_types is not None:
        # What an adaptive episode is made of depends on the session: pinned, it is the same alone.
        options |= {"level": state.difficulty, "error_types": state.error_types}
    elif state.task_id == tasks.FRONTIER and state.difficulty is not None:
        options["level"] = tasks.ALL_TIERS[state.difficulty].level
    return options


def check_body(body: object) -> None:
    """Check the body of a reset over plain HTTP for what openenv's reader would take for something else.

    Raises:
        EpisodeError: It is no object, or its seed is none.
    """
    if not isinstance(body, dict):
        raise EpisodeError("The body of a reset must be an object with its options.")
    _check_whole("seed", body.get("seed"), tasks.MAX_SEED)


def _pinned(task: Task, options: Mapping[str, Any]) -> Plan | None:
    """The plan that the options pin."""
    level, error_types = options.get("level"), options.get("error_types")
    if error_types is None and (level is None or task.task_id == tasks.FRONTIER):
        return None
    if task.task_id != tasks.ADAPTIVE:
        # Without a task_id the task was drawn, and whoever asked has never heard of it.
        told = "give task_id with them" if options.get("task_id") is None else f"this task is {task.task_id!r}"
        raise EpisodeError(
            f"level is for {tasks.ADAPTIVE!r} and {tasks.FRONTIER!r}, error_types for {tasks.ADAPTIVE!r}: {told}."
        )
    _check_text("level", level)
    if level is None:
        raise EpisodeError("error_types needs a level to go with it.")
    if level not in tasks.TIERS:
        raise EpisodeError(f"There is no level {level!r}: they are {', '.join(tasks.TIERS)}.")
    kinds = tasks.TIERS[level].error_types if error_types is None else error_types
    if not isinstance(kinds, Sequence) or isinstance(kinds, str) or not kinds:
        raise EpisodeError("error_types must be a list of one or more error types.")
    unknown = [kind for kind in kinds if kind not in tasks.TIERS[level].error_types]
    if unknown:
        allowed = ", ".join(tasks.TIERS[level].error_types)
        raise EpisodeError(f"Level {level!r} has no error type {_shown(unknown[0])}: it has {allowed}.")
    return Plan(level, tuple(kind for kind in ERROR_TYPES if kind in kinds))


def _level(task: Task, options: Mapping[str, Any]) -> int | None:
    """The level of a frontier episode. Without one it follows the task's index, so that a sweep meets every level."""
    if task.task_id != tasks.FRONTIER:
        return None
    level = options.get("level")
    if level is None:
        return 1 + task.index % len(tasks.LEVELS)
    if isinstance(level, bool) or not isinstance(level, int) or level not in tasks.LEVELS:
        raise EpisodeError(
            f"level must be a whole number of 1 to {max(tasks.LEVELS)} in {tasks.FRONTIER!r}, not {_shown(level)}."
        )
    return level


def _task(seed: Any, split: Any, index: Any, task_id: Any) -> Task:
    """The task that the options name."""
    _check_whole("seed", seed, tasks.MAX_SEED)
    _check_whole("index", index, tasks.MAX_SEED)
    _check_text("split", split)
    _check_text("task_id", task_id)
    if index is not None:
        task = task_of(split or tasks.SPLITS[0], index)
        if seed is not None and seed != task.seed:
            raise EpisodeError(f"seed {seed} and {task.id} are different tasks: give one of them.")
    elif seed is not None:
        task = Task(*tasks.split_of(seed), seed, tasks.default_task_id(seed))
        if split is not None and split != task.split:
            raise EpisodeError(f"seed {seed} is of split {task.split!r}, not {split!r}.")
    else:
        task = task_of(split or tasks.SPLITS[0], secrets.randbelow(tasks.num_tasks(split or tasks.SPLITS[0])))
    if task_id is None:
        return task
    if task_id != tasks.ADAPTIVE:
        tasks.tier_of(task_id)
    return Task(task.split, task.index, task.seed, task_id)


def _check_whole(name: str, value: Any, most: int) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most):
        raise EpisodeError(f"{name} must be a whole number from 0 to {most}, not {_shown(value)}.")


def _check_text(name: str, value: Any) -> None:
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= MAX_ID):
        raise EpisodeError(f"{name} must be a text of 1 to {MAX_ID} characters, not {_shown(value)}.")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
