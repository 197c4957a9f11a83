"""The tasks: tiers of difficulty, splits of seeds, and how a seed and a (split, index) name each other.

    task_of("test", 12)          # Task(split="test", index=12, seed=1000012, task_id="oversight_easy")
    split_of(1_000_012)          # ("test", 12)

Splits never share a seed, and the Actor's rhetoric in `test` is its own. Which tier a task is of follows from its
index (easy, medium, hard, expert in turn) unless a task_id is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...error_types import ERROR_KINDS
from .errors import EpisodeError


@dataclass(frozen=True)
class Tier:
    """How hard an episode is."""

    name: str
    task_id: str
    patients: int
    proposals: tuple[int, int]
    """Fewest and most, both included."""
    steps: int
    """Step budget."""
    level: int | None = None
    """Level of the frontier's dial; None for the other tiers."""

    @cached_property
    def error_types(self) -> tuple[str, ...]:
        """Error types of this tier and of the easier ones."""
        reached = (*_ORDER, "frontier") if self.level else _ORDER[: _ORDER.index(self.name) + 1]
        return tuple(name for name, kind in ERROR_KINDS.items() if kind.since in reached)


TIERS: Mapping[str, Tier] = {
    tier.name: tier
    for tier in (
        Tier("easy", "oversight_easy", 40, (4, 6), 50),
        Tier("medium", "oversight_medium", 60, (6, 9), 80),
        Tier("hard", "oversight_hard", 80, (8, 17), 120),
        Tier("expert", "oversight_expert", 80, (8, 17), 120),
    )
}
_ORDER = tuple(TIERS)
FRONTIER = "oversight_frontier"
"""The task with a dial: levels 1 to 10."""


def _frontier(level: int) -> Tier:
    """More proposals with every level, with six steps for each, and at the last ones patients enough for many sites."""
    most = 10 + 3 * level
    return Tier(f"frontier-{level}", FRONTIER, max(80, 16 * level), (10 + 2 * level, most), 6 * most, level)


LEVELS: Mapping[int, Tier] = {level: _frontier(level) for level in range(1, 11)}
"""The frontier's tiers, by level. What their protocols are made of is in `grammar.py`."""
ALL_TIERS: Mapping[str, Tier] = {**TIERS, **{tier.name: tier for tier in LEVELS.values()}}
"""Every tier by name: easy, medium, hard, expert, frontier-1 to frontier-10."""
ADAPTIVE = "oversight_adaptive"
"""The task whose level and error types follow a session's scores."""
TASK_IDS = (*(tier.task_id for tier in TIERS.values()), FRONTIER, ADAPTIVE)

REFERENCE_SEEDS = (42, 137, 256, 512, 1024)
_REFERENCE_TIERS = ("easy", "medium", "hard")
_RANGES: Mapping[str, tuple[int, int]] = {
    "train": (0, 900_000),
    "validation": (900_000, 1_000_000),
    "test": (1_000_000, 1_100_000),
}
"""Seeds of a split, first included, last not; the reference seeds are no part of train."""
SPLITS = (*_RANGES, "reference")
MAX_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Task:
    """An episode by name."""

    split: str
    index: int
    seed: int
    task_id: str

    @property
    def id(self) -> str:
        """A name for people: "test-12"."""
        return f"{self.split}-{self.index}"


def num_tasks(split: str) -> int:
    """How many tasks a split has. Raises EpisodeError for an unknown split."""
    if split == "reference":
        return len(REFERENCE_SEEDS) * len(_REFERENCE_TIERS)
    first, last = _range(split)
    return last - first - (len(REFERENCE_SEEDS) if split == "train" else 0)


def task_of(split: str, index: int) -> Task:
    """The task of a split by index. Raises EpisodeError for an unknown split or an index out of range."""
    count = num_tasks(split)
    if isinstance(index, bool) or not isinstance(index, int):
        raise EpisodeError(f"index must be a whole number, not {index!r}.")
    if not 0 <= index < count:
        raise EpisodeError(f"index {index} is out of range for split {split!r}: it has tasks 0 to {count - 1}.")
    if split == "reference":
        tier = _REFERENCE_TIERS[index % len(_REFERENCE_TIERS)]
        return Task(split, index, REFERENCE_SEEDS[index // len(_REFERENCE_TIERS)], TIERS[tier].task_id)
    seed = _RANGES[split][0] + index
    if split == "train":
        for reference in REFERENCE_SEEDS:
            seed += seed >= reference
    return Task(split, index, seed, default_task_id(seed))


def first_episodes(split: str, tier: str, number: int) -> list[dict[str, Any]]:
    """Options of reset for a tier's first episodes in a split; in `reference` there are five. Raises as `task_of`."""
    seeds = REFERENCE_SEEDS[:number] if split == "reference" else [task_of(split, i).seed for i in range(number)]
    return [{"seed": seed, **options_of(tier)} for seed in seeds]


def options_of(name: str) -> dict[str, Any]:
    """The options of reset that ask for a tier by name. Raises EpisodeError naming the tiers that exist."""
    if name not in ALL_TIERS:
        raise EpisodeError(
            f"There is no tier {name!r}: the tiers are {', '.join(TIERS)}, and frontier-1 to frontier-10."
        )
    tier = ALL_TIERS[name]
    return {"task_id": tier.task_id} | ({"level": tier.level} if tier.level else {})


def split_of(seed: int) -> tuple[str, int]:
    """The split that a seed belongs to and its index there; seeds past every range count as train ones."""
    if seed in REFERENCE_SEEDS:
        return "reference", REFERENCE_SEEDS.index(seed) * len(_REFERENCE_TIERS)
    for split in ("validation", "test"):
        first, last = _RANGES[split]
        if first <= seed < last:
            return split, seed - first
    return "train", seed - sum(seed > reference for reference in REFERENCE_SEEDS)


def default_task_id(seed: int) -> str:
    """The tier of a seed for which none is asked: the four in turn by index; easy for a reference seed."""
    split, index = split_of(seed)
    names = tuple(TIERS)
    return TIERS["easy" if split == "reference" else names[index % len(names)]].task_id


def tier_of(task_id: str, level: int | None = None) -> Tier:
    """The tier of a task id other than the adaptive one, the frontier's by level (without one the first).

    Raises:
        EpisodeError: There is no such task, which names the task ids that exist; or no such level.
    """
    if task_id == FRONTIER:
        if isinstance(level, bool) or (level or 1) not in LEVELS:
            raise EpisodeError(f"There is no level {level!r}: {FRONTIER} has the levels 1 to {max(LEVELS)}.")
        return LEVELS[level or 1]
    for tier in TIERS.values():
        if tier.task_id == task_id:
            return tier
    raise EpisodeError(f"There is no task {task_id!r}: the tasks are {', '.join(TASK_IDS)}.")


def rhetoric_of(split: str) -> str:
    """Which half of the rhetoric families the Actor uses: test has its own."""
    return "test" if split == "test" else "train"


def _range(split: object) -> tuple[int, int]:
    if not isinstance(split, str) or split not in _RANGES:
        raise EpisodeError(f"There is no split {split!r}: the splits are {', '.join(SPLITS)}.")
    return _RANGES[split]
