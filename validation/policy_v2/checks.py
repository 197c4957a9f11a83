"""What a check of openenv's policy comes to when we run it: a figure, the bar that it must meet, and how it was got.

    Check("runtime.seed_control", "seeds without effect", Interval.exact(0), at_most(0), "how", "validation 0-4")

Also here: the manifest, as openenv's own parser reads it, and the episodes that the checks are made on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openenv.validation.manifest import NormalizedManifest
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser

from ...agents.heuristic import HeuristicAuditor
from ...comparison.oracle import Oracle
from ...models import SynthAuditAction
from ...server.audit.reward_model import REWARDS, STEP
from ...server.world.tasks import TIERS, task_of
from ..certificate import Bar, Interval, at_most
from ..episodes import Scale, play_episode
from .wire import wire

ROOT = Path(__file__).resolve().parent.parent.parent
SPLIT = "validation"
"""Of the episodes that are played over the wire."""
PLAYED_SPLIT = "test"
"""Of those that are played in our process, as by the other claims."""
FLOOR = REWARDS[STEP] / 1000
"""What an episode returns in which nothing is won or lost, and one step taken. openenv's floor is that of an episode
ended at once: lower here, where that lets every error through, so that no hack would be held to anything."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of one check; a check may need several, and passes when each meets its bar."""

    check_id: str
    """As openenv's severity policy names it."""
    counted: str
    """What the figure is, in a few words."""
    figure: Interval
    bar: Bar
    how: str
    """What was done to get it."""
    seeds: str


def none_of(check_id: str, counted: str, found: int, how: str, seeds: str) -> Check:
    """A check that counts what must not be."""
    return Check(check_id, counted, Interval.exact(found), at_most(0), how, seeds)


@lru_cache(maxsize=1)
def manifest() -> NormalizedManifest:
    """openenv.yaml, normalised by openenv."""
    return OpenEnvYamlParser().parse(ROOT)


@dataclass(frozen=True, slots=True)
class Sample:
    """An episode that is played over the wire."""

    tier: str
    index: int

    @property
    def options(self) -> dict[str, Any]:
        """What reset is called with."""
        return {"task_id": TIERS[self.tier].task_id, "split": SPLIT, "index": self.index}

    @property
    def seed(self) -> int:
        """Its seed."""
        return task_of(SPLIT, self.index).seed

    def actions(self) -> list[dict[str, Any]]:
        """The runtime plan's looks, refused and repeated ones among them, then a whole audit on evidence."""
        plan = json.loads((ROOT / "validation" / "runtime.json").read_text())["actions"]
        deciding = ("flag_error", "approve", "submit_audit_report")
        looks = [action for action in plan if action["action_type"] not in deciding]
        played = play_episode(lambda _: HeuristicAuditor(), self.tier, SPLIT, self.index)
        return looks + [wire(turn.action) for turn in played.turns]

    def oracle_actions(self) -> list[SynthAuditAction]:
        """What the oracle does."""
        return [turn.action for turn in play_episode(Oracle, self.tier, SPLIT, self.index).turns]


def samples(scale: Scale) -> Iterator[Sample]:
    """Episodes of every tier. Each is played several times over the wire, so there are few."""
    return (Sample(tier, index) for tier in TIERS for index in range(per_tier(scale)))


def per_tier(scale: Scale) -> int:
    """How many episodes of a tier are played over the wire."""
    return max(1, scale.played // 20)


def seeds_of(count: int) -> str:
    """The first so many episodes of each tier, in words."""
    return f"{SPLIT} 0-{count - 1} of each tier" if count > 1 else f"{SPLIT} 0 of each tier"


def seeds_played(scale: Scale) -> str:
    """The episodes that policies play in our process, in words."""
    return f"{PLAYED_SPLIT} 0-{scale.played - 1} of each tier"
