"""Claim 6: difficulty is real. Each tier asks for more than the one before it, and a bounded auditor feels it.

for measurement in measure(QUICK): ...

An auditor that lacks something does worse, in score and in skill, from each tier to the next that adds what it lacks.
No tier is hard for want of steps: the unbounded auditor is perfect on all four (claim "optimum").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance

from ...agents.limits import Limits
from ...models import EpisodeOutcome
from ...server.world.tasks import TIERS
from ..certificate import Interval, Measurement, at_least
from ..episodes import Scale, results
from ..estimates import mean_interval
from .honest_auditors import Bounded

CLAIM = "difficulty"
SPLIT = "test"
CALLS = 12
"""Two looks at each of six proposals: all that the largest episode of the easy tier needs."""
LEAST_FALL = 0.005
"""From a tier to the next, and between the intervals of easy and expert: enough for a fall not to be a tie."""

ALL = tuple(TIERS)


@dataclass(frozen=True, slots=True)
class Bound:
    """What an auditor is held to, and what that should cost it."""

    limits: Limits
    tiers: tuple[str, ...]
    """Consecutive ones over which it must do worse and worse."""
    why: str = ""
    """Why not over all of them."""


BOUNDS: Mapping[str, Bound] = {
    f"{CALLS} tool calls": Bound(Limits(calls=CALLS, unseen="leave"), ALL),
    "one hop": Bound(Limits(one_hop=True, believes=True, unseen="leave"), ALL),
    "no date arithmetic": Bound(
        Limits(no_days=True, without=frozenset({"temporal_audit"}), unseen="leave"),
        ALL[:3],
        "what expert adds to hard (citations, figures, equity) takes no dates, so these two are not compared",
    ),
}
REPORTED: Mapping[str, Limits] = {
    "one hop among clauses, citations and figures looked up": Limits(one_hop=True, unseen="leave"),
}
"""Without a bar. What expert adds to one hop is citations, figures and equity, each one look-up away: held to one hop
among the clauses alone, an auditor does no worse there than on the hard tier."""
FAMILY = "mean of all bounded auditors"
FIGURES: Mapping[str, Callable[[EpisodeOutcome], float]] = {
    "score": lambda outcome: outcome.score,
    "skill": lambda outcome: outcome.skill,
}


def measure(scale: Scale) -> Iterator[Measurement]:
    """Play every bounded auditor on every tier: each for itself, then all of them together."""
    for what, by in FIGURES.items():
        each = [_by_tier(bound.limits, by, scale) for bound in BOUNDS.values()]
        by_tier = {tier: list(map(fmean, zip(*(of[tier] for of in each), strict=True))) for tier in TIERS}
        yield least_fall(FAMILY, what, by_tier)
        yield apart(FAMILY, what, by_tier)
    for name, bound in BOUNDS.items():
        for what, by in FIGURES.items():
            by_tier = _by_tier(bound.limits, by, scale)
            yield from _means(name, what, by_tier)
            compared = {tier: by_tier[tier] for tier in bound.tiers}
            # A few episodes may all be perfect on both sides of a small fall: there a tie is no miss.
            yield least_fall(name, what, compared, 0.0 if scale.doubt else LEAST_FALL, bound.why)
            yield apart(name, what, by_tier)
    for name, limits in REPORTED.items():
        for what, by in FIGURES.items():
            yield from _means(name, what, _by_tier(limits, by, scale))


def _by_tier(limits: Limits, by: Callable[[EpisodeOutcome], float], scale: Scale) -> dict[str, list[float]]:
    """A figure of the auditor under limits, by tier and episode."""
    played = {tier: results(Bounded(limits), tier, SPLIT, scale.played) for tier in TIERS}
    return {tier: [by(result.outcome) for result in of_tier] for tier, of_tier in played.items()}


def _means(name: str, what: str, by_tier: Mapping[str, Sequence[float]]) -> Iterator[Measurement]:
    for tier, values in by_tier.items():
        yield Measurement(CLAIM, f"mean {what}, {name}", tier, mean_interval(values), None, _seeds(by_tier))


def least_fall(
    name: str, what: str, by_tier: Mapping[str, Sequence[float]], limit: float = LEAST_FALL, why: str = ""
) -> Measurement:
    """The smallest fall of the mean from a tier to the next."""
    falls = {(one, next_): fall(by_tier[one], by_tier[next_]) for one, next_ in pairwise(by_tier)}
    least = min(falls, key=lambda tiers: falls[tiers].value)
    note = f"From {least[0]} to {least[1]}{f'; {why}' if why else ''}."
    what = f"least fall of mean {what} between tiers, {name}"
    return Measurement(CLAIM, what, "all", falls[least], at_least(limit), _seeds(by_tier), note)


def fall(before: Sequence[float], after: Sequence[float]) -> Interval:
    """By how much the mean is lower: of independent samples, with Welch's standard error (1947)."""
    difference = fmean(before) - fmean(after)
    error = 1.96 * sqrt(variance(before) / len(before) + variance(after) / len(after))
    return Interval(difference, difference - error, difference + error)


def apart(name: str, what: str, by_tier: Mapping[str, Sequence[float]]) -> Measurement:
    """How far the intervals of the first and the last tier are apart."""
    first, last = (mean_interval(by_tier[tier]) for tier in (next(iter(by_tier)), list(by_tier)[-1]))
    what = f"gap between the intervals of easy and expert, mean {what}, {name}"
    gap = Interval.exact(first.low - last.high)
    return Measurement(CLAIM, what, "all", gap, at_least(LEAST_FALL), _seeds(by_tier))


def _seeds(by_tier: Mapping[str, Sequence[float]]) -> str:
    return f"{SPLIT} 0-{len(next(iter(by_tier.values()))) - 1}"
