"""The episodes that a certificate is measured on, and how a policy plays them in-process.

    for scenario in scenarios("hard", "test", 400): ...
    played = play_episode(ApproveAll(), "hard", "test", index=7)
    played.outcome.score, played.turns
    figures(ApproveAll(), "hard", "test", 200, "score")     # the score of each of the first 200 episodes

A policy is an `Auditor`: observation in, action out. One that is given the labels (the oracle) takes the scenario when
it is made, so a policy is made afresh for each episode by a function of the scenario.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..agents.heuristic import HeuristicAuditor
from ..models import EpisodeOutcome, OutcomeResult, SynthAuditObservation
from ..rollouts.rollout import Auditor, Turn, play
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.tasks import ALL_TIERS, TIERS, options_of, rhetoric_of, task_of

Policy = Callable[[Scenario], Auditor]
"""Makes the auditor of one episode. Only the oracle may look at the scenario."""
Figure = Literal["score", "skill", "return_"]
"""Of an outcome."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many episodes a tier are played and probed."""

    probed: int
    """To train a probe on, and as many to test it on."""
    played: int
    """By each policy."""
    compared: int
    """By each bounded auditor: how far the intervals of two tiers are apart takes more episodes."""
    logged: int
    """To be replayed, in all."""
    doubt: float
    """How far beyond its bar a figure may lie, since the samples are small (`certificate.Bar.met`)."""


FINGERPRINTED: Mapping[str, int] = dict.fromkeys(TIERS, 5) | dict.fromkeys(
    ("frontier-2", "frontier-6", "frontier-10"), 1
)
"""How many episodes of which tiers and levels tell one world from another."""
FULL = Scale(probed=800, played=200, compared=200, logged=200, doubt=0)
QUICK = Scale(probed=40, played=30, compared=60, logged=16, doubt=2.2)
"""Of some 850 bars, each held by an interval of 95 %, a few would be missed by chance. Within 2.2 * 1.96 standard
errors the chance of any is below 1 % (Bonferroni's correction; Dunn 1961), where intervals are normal: those of 15
episodes played were not, and missed one bar by chance, so there are 30."""


@lru_cache(maxsize=8192)
def scenario(tier: str, split: str, index: int) -> Scenario:
    """An episode of a tier by split and index."""
    return build_scenario(ALL_TIERS[tier], task_of(split, index).seed, rhetoric_of(split))


def scenarios(tier: str, split: str, count: int, first: int = 0) -> list[Scenario]:
    """The episodes of a tier from an index of the split on."""
    return [scenario(tier, split, index) for index in range(first, first + count)]


def name_of(one: Scenario) -> str:
    """An episode as the rows of the certificate name it."""
    return f"{one.tier.name} seed {one.seed}"


@dataclass(frozen=True, slots=True)
class Played:
    """An episode that a policy has played."""

    opening: SynthAuditObservation
    turns: tuple[Turn, ...]

    @property
    def outcome(self) -> EpisodeOutcome:
        """What it came to."""
        result = self.turns[-1].observation.result
        assert isinstance(result, OutcomeResult), "an episode that is over has an outcome"
        return result.outcome


def play_in(environment: SynthAuditEnvironment, auditor: Auditor, **options: Any) -> Played:
    """Let an auditor play an episode of an environment to its end; `options` are those of reset."""
    opening = environment.reset(**options)
    return Played(opening, tuple(play(auditor, opening, environment.step)))


def play_episode(policy: Policy, tier: str, split: str, index: int, settlement: str = "immediate") -> Played:
    """Let a policy play an episode of a tier to its end."""
    world = scenario(tier, split, index)
    environment = SynthAuditEnvironment(build=lambda *_: world)
    options = {**options_of(tier), "split": split, "index": index, "settlement": settlement}
    return play_in(environment, policy(world), **options)


@lru_cache(maxsize=1024)
def results(
    policy: Policy, tier: str, split: str, count: int, settlement: str = "immediate"
) -> tuple[EpisodeOutcome, ...]:
    """What a policy comes to on the first episodes of a tier; played once, however many claims ask."""
    return tuple(play_episode(policy, tier, split, index, settlement).outcome for index in range(count))


def figures(
    policy: Policy, tier: str, split: str, count: int, figure: Figure, settlement: str = "immediate"
) -> list[float]:
    """One figure of what a policy comes to on the first episodes of a tier, an episode each."""
    return [getattr(one, figure) for one in results(policy, tier, split, count, settlement)]


def first(split: str, count: int) -> str:
    """The first so many episodes of a split, as the rows of the certificate name them."""
    return f"{split} 0-{count - 1}"


def fingerprint() -> str:
    """The SHA-256 of what the heuristic sees in the first test episodes of each tier, and in one of some levels.

    A certificate carries it, so that one which was measured before a change of the world, the tools or the reward can
    be told from one that holds.
    """
    digest = hashlib.sha256()
    for tier, count in FINGERPRINTED.items():
        for index in range(count):
            played = play_episode(lambda _: HeuristicAuditor(), tier, "test", index)
            for seen in (played.opening, *(turn.observation for turn in played.turns)):
                digest.update(seen.model_dump_json(exclude={"metadata"}).encode())
    return digest.hexdigest()
