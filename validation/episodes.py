"""The episodes that a certificate is measured on, and how a policy plays them in-process.

    on = Episodes("hard", "test", 200)                              # the first 200 test episodes of the hard tier
    on.mean("mean skill, approve-all", policy, "skill", at_most(0))  # a row of the certificate
    on.figures(policy, "score")                                     # the score of each
    play_scenario(scenario("hard", "test", 7), policy).score         # of one

A policy is an `Auditor`: observation in, action out. One that is given the labels (the oracle) takes the scenario when
it is made, so a policy is made afresh for each episode by a function of the scenario.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self

from ..models import EpisodeOutcome, OutcomeResult
from ..rollouts.rollout import Auditor, play
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.tasks import ALL_TIERS, TIERS, options_of, rhetoric_of, task_of
from .certificate import Bar, Interval, Measurement
from .estimates import mean_interval

Policy = Callable[[Scenario], Auditor]
"""Makes the auditor of one episode. Only the oracle may look at the scenario."""
Figure = Literal["score", "skill", "return_"]
"""Figure of an outcome."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The number of episodes of a tier that are played and attacked."""

    probed: int
    """Episodes to train an attacker on, and as many to test it on."""
    played: int
    """Episodes that each policy plays."""
    compared: int
    """Episodes that each bounded auditor plays: the distance between the intervals of two tiers takes more of them."""
    guessed: int
    """Episodes that a policy of claims is trained on."""
    logged: int
    """Episodes that are replayed, in all."""
    doubt: float
    """Distance beyond its bar that a figure may have, since the samples are small (`certificate.Bar.met`)."""


FULL = Scale(probed=800, played=200, compared=200, guessed=1_500, logged=200, doubt=0)
QUICK = Scale(probed=40, played=30, compared=40, guessed=60, logged=16, doubt=2.2)
"""Of some 300 bars, each held by an interval of 95 %, a few would be missed by chance. Within 2.2 * 1.96 standard
errors the chance of any is below 1 % (Bonferroni's correction; Dunn 1961), where intervals are normal: those of 15
episodes played were not, and missed one bar by chance, so there are 30."""


@lru_cache(maxsize=8192)
def scenario(tier: str, split: str, index: int) -> Scenario:
    """An episode of a tier by split and index."""
    return build_scenario(ALL_TIERS[tier], task_of(split, index).seed, rhetoric_of(split))


def scenarios(tier: str, split: str, count: int, first: int = 0) -> list[Scenario]:
    """The episodes of a tier from an index of the split on."""
    return [scenario(tier, split, index) for index in range(first, first + count)]


def name_of(world: Scenario) -> str:
    """An episode as the rows of the certificate name it."""
    return f"{world.tier.name} seed {world.seed}"


def play_scenario(world: Scenario, policy: Policy, **options: Any) -> EpisodeOutcome:
    """Let a policy play this very scenario to its end; `options` are those of reset beside the task."""
    environment = SynthAuditEnvironment(build=lambda *_: world)
    opening = environment.reset(**options_of(world.tier.name), **options)
    *_, last = play(policy(world), opening, environment.step)
    result = last.observation.result
    assert isinstance(result, OutcomeResult), "an episode that is over has an outcome"
    return result.outcome


@lru_cache(maxsize=1024)
def results(policy: Policy, tier: str, split: str, count: int) -> tuple[EpisodeOutcome, ...]:
    """Outcomes of a policy on the first episodes of a tier; played once, however many claims ask."""
    worlds = (scenario(tier, split, index) for index in range(count))
    return tuple(play_scenario(world, policy, split=split, index=index) for index, world in enumerate(worlds))


@dataclass(frozen=True, slots=True)
class Episodes:
    """The first so many episodes of a tier in a split: what a row of the certificate is measured on."""

    tier: str
    split: str
    count: int

    @classmethod
    def of_tiers(cls, split: str, count: int) -> list[Self]:
        """The first so many episodes of each tier."""
        return [cls(tier, split, count) for tier in TIERS]

    @property
    def seeds(self) -> str:
        """The episodes, as the rows of the certificate name them."""
        return first(self.split, self.count)

    def results(self, policy: Policy) -> tuple[EpisodeOutcome, ...]:
        """Outcome of a policy in each episode."""
        return results(policy, self.tier, self.split, self.count)

    def figures(self, policy: Policy, figure: Figure) -> list[float]:
        """One figure of the outcomes of a policy, an episode each."""
        return [getattr(outcome, figure) for outcome in self.results(policy)]

    def row(self, what: str, figure: Interval, bar: Bar | None = None, note: str = "") -> Measurement:
        """The row of a figure that was measured on these episodes."""
        return Measurement(what, self.tier, figure, bar, self.seeds, note)

    def mean(
        self,
        what: str,
        policy: Policy,
        figure: Figure,
        bar: Bar | None = None,
        note: str = "",
        *,
        less: Policy | None = None,
    ) -> Measurement:
        """The row of the mean figure of a policy; with `less`, by how much that is above the mean of another one."""
        own = self.figures(policy, figure)
        if less is not None:
            own = [value - other for value, other in zip(own, self.figures(less, figure), strict=True)]
        return self.row(what, mean_interval(own), bar, note)


def first(split: str, count: int) -> str:
    """The first so many episodes of a split, as the rows of the certificate name them."""
    return f"{split} 0-{count - 1}"
