"""95 % intervals: the percentile bootstrap over episodes (Efron 1979), with the same draws for all agents and metrics.

    of_agents, differences = figures(episodes, baseline="flag-all")
    of_agents["heuristic"]["hard"]["score"]          # Interval(value, low, high)
    differences["heuristic"][OVERALL]["score"]       # less flag-all's, by the same draws

What was drawn is the episode, so that is what is drawn again, within each tier. A draw is of the same seeds for all
agents, which makes a difference a paired one. OVERALL is the mean of the tiers that have the figure as played: easy has
none for a fabricated citation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from ..server.world.tasks import TIERS
from ..validation.certificate import Interval
from .metrics import METRICS, Array
from .results import OVERALL, Episode, Figures

RESAMPLES = 2_000
_SEED = 20_261_125
"""Of the draws, so that a run has the same figures when it is made again. Any number would do."""

Episodes = Mapping[str, Mapping[str, Sequence[Episode]]]
"""Agent to tier to episodes, on the same seeds in the same order for all agents."""
_Values = dict[str, dict[str, Array]]
"""Metric to tier to the figure as played, then in each draw; NaN where there is none."""


@lru_cache(maxsize=2 * len(TIERS))
def times(tier: str, episodes: int) -> Array:
    """How often each episode of a tier counts: a row of ones for as played, then a row a draw. Read only."""
    generator = np.random.default_rng((_SEED, list(TIERS).index(tier)))
    drawn = generator.multinomial(episodes, np.full(episodes, 1 / episodes), size=RESAMPLES)
    return np.vstack([np.ones(episodes), drawn])


def interval(values: Array) -> Interval | None:
    """The figure as played and the middle 95 % of its draws; None where there is none.

    Draws without a figure are left out: one of few episodes may hold no flag, and so no precision.
    """
    if np.isnan(values[0]):
        return None
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return Interval(float(values[0]), float(low), float(high))


def mean_interval(tier: str, values: Sequence[float] | Array) -> Interval | None:
    """The mean over the episodes of a tier."""
    return interval(times(tier, len(values)) @ np.asarray(values, float) / len(values))


def overall(by_tier: Mapping[str, Array]) -> Array:
    """The mean of the tiers that have the figure as played; NaN where none has it."""
    there = [values for values in by_tier.values() if not np.isnan(values[0])]
    mean: Array = np.mean(there, axis=0) if there else np.full(RESAMPLES + 1, np.nan)
    return mean


def figures(episodes: Episodes, baseline: str) -> tuple[Figures, Figures]:
    """Every metric of every agent, by tier and overall; and its difference to the baseline's, paired by seed."""
    drawn = {tier: times(tier, len(played)) for tier, played in episodes[baseline].items()}
    values = {agent: _values(of_tiers, drawn) for agent, of_tiers in episodes.items()}
    others = {agent: of_agent for agent, of_agent in values.items() if agent != baseline}
    return (
        {agent: _intervals(of_agent) for agent, of_agent in values.items()},
        {agent: _intervals(_less(of_agent, values[baseline])) for agent, of_agent in others.items()},
    )


def _values(of_tiers: Mapping[str, Sequence[Episode]], drawn: Mapping[str, Array]) -> _Values:
    return {
        name: {tier: metric.of(drawn[tier] @ metric.sums(played)) for tier, played in of_tiers.items()}
        for name, metric in METRICS.items()
    }


def _less(mine: _Values, theirs: _Values) -> _Values:
    """Tier by tier, so that both means are over the tiers in which both have a figure."""
    return {
        name: {tier: values - theirs[name][tier] for tier, values in by_tier.items()} for name, by_tier in mine.items()
    }


def _intervals(values: _Values) -> dict[str, dict[str, Interval | None]]:
    """Tier or OVERALL to metric to interval."""
    found: dict[str, dict[str, Interval | None]] = {}
    for name, by_tier in values.items():
        for tier, one in {**by_tier, OVERALL: overall(by_tier)}.items():
            found.setdefault(tier, {})[name] = interval(one)
    return found
