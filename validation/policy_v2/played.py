"""What the checks of openenv's policy have in common: their rows, the manifest, and the episodes they are made on.

    for sample in Run(QUICK, server).samples: sample.options, sample.actions()

The row of a check says what was done to get its figure; a check may need several rows, and passes when each does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openenv.validation.manifest import NormalizedManifest
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser

from ...agents.heuristic import HeuristicAuditor
from ...models import SynthAuditAction
from ...server.audit.reward_model import REWARDS, STEP
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS, task_of
from ..auditors.oracle import Oracle
from ..certificate import Bar, Interval, Measurement, at_most
from ..episodes import Scale, first, play_episode, scenario
from .served import Server, wire

ROOT = Path(__file__).resolve().parent.parent.parent
SPLIT = "validation"
"""Of the episodes that are played over the wire."""
PLAYED_SPLIT = "test"
"""Of those that are played in our process, as by the other claims."""
FLOOR = REWARDS[STEP] / 1000
"""What an episode returns in which nothing is won or lost, and one step taken. openenv's floor is that of an episode
ended at once: lower here, where that lets every error through, so that no hack would be held to anything."""


def held(what: str, figure: Interval | float, bar: Bar, how: str, seeds: str) -> Measurement:
    """The row of a check: `what` is "check id: what the figure is", and `how` what was done to get it."""
    exact = figure if isinstance(figure, Interval) else Interval.exact(figure)
    return Measurement(what, "all", exact, bar, seeds, f"{how[0].upper()}{how[1:]}.")


def amiss(what: str, found: int, how: str, seeds: str) -> Measurement:
    """The row of a check that counts what must not be."""
    return held(what, found, at_most(0), how, seeds)


def check_id_of(row: Measurement) -> str:
    """The check that a row is of, as openenv's severity policy names it."""
    return row.what.partition(":")[0]


def differing(ones: Iterable[object], others: Iterable[object]) -> int:
    """In how many places two sequences of the same length differ."""
    return sum(one != other for one, other in zip(ones, others, strict=True))


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

    @property
    def scenario(self) -> Scenario:
        """The episode itself, labels included."""
        return scenario(self.tier, SPLIT, self.index)

    def actions(self) -> list[dict[str, Any]]:
        """The runtime plan's looks, refused and repeated ones among them, then a whole audit on evidence."""
        plan = json.loads((ROOT / "validation" / "runtime.json").read_text())["actions"]
        deciding = ("flag_error", "approve", "submit_audit_report")
        looks = [action for action in plan if action["action_type"] not in deciding]
        played = play_episode(lambda _: HeuristicAuditor(), self.tier, SPLIT, self.index)
        return looks + [wire(turn.action) for turn in played.turns]

    def audits(self) -> tuple[list[SynthAuditAction], list[SynthAuditAction]]:
        """That audit on evidence, and what the oracle does."""
        oracle = play_episode(Oracle, self.tier, SPLIT, self.index)
        evidence = [SynthAuditAction.model_validate(action) for action in self.actions()]
        return evidence, [turn.action for turn in oracle.turns]


@dataclass(frozen=True)
class Run:
    """How many episodes the checks are made on, and the server that plays them."""

    scale: Scale
    server: Server | None = None

    @property
    def per_tier(self) -> int:
        """How many episodes of a tier are played over the wire: each several times, so there are few."""
        return max(1, self.scale.played // 20)

    @property
    def samples(self) -> list[Sample]:
        """Episodes of every tier."""
        return [Sample(tier, index) for tier in TIERS for index in range(self.per_tier)]

    @property
    def seeds(self) -> str:
        """Those, in words."""
        return seeds_of(self.per_tier)

    @property
    def live(self) -> Server:
        """The server, which there must be."""
        assert self.server is not None, "the checks of levels 2 and 3 are made on a server"
        return self.server


def seeds_of(count: int) -> str:
    """The first so many episodes of each tier that are played over the wire, in words."""
    return f"{first(SPLIT, count) if count > 1 else f'{SPLIT} 0'} of each tier"


def seeds_played(scale: Scale) -> str:
    """The episodes that policies play in our process, in words."""
    return f"{first(PLAYED_SPLIT, scale.played)} of each tier"
