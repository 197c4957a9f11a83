"""95 % intervals: the percentile bootstrap over episodes (Efron 1979), with the same draws for all agents and metrics.

    interval(draw_counts("hard", len(scores)) @ scores / len(scores))       # Interval(value, low, high) of the mean

What was drawn is the episode, so that is what is drawn again, within each tier. A draw is of the same seeds for all
agents, which makes a difference a paired one. Nothing here knows what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..server.world.tasks import ALL_TIERS

Array = npt.NDArray[np.float64]

DIGITS = 6
"""After the point, of figures as they are published."""
RESAMPLES = 2_000
_SEED = 20_261_125
"""Seed of the draws: a run has the same figures when it is made again. Any number would do."""


class Interval(NamedTuple):
    """A figure and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Interval:
        """A figure that was counted."""
        return cls(value, value, value)


@lru_cache(maxsize=2 * len(ALL_TIERS))
def draw_counts(tier: str, episodes: int) -> Array:
    """Counts of each episode of a tier: first a row of ones, as played, then a row for each draw. Read only."""
    generator = np.random.default_rng((_SEED, list(ALL_TIERS).index(tier)))
    drawn = generator.multinomial(episodes, np.full(episodes, 1 / episodes), size=RESAMPLES)
    return np.vstack([np.ones(episodes), drawn])


def interval(values: Array) -> Interval | None:
    """The figure as played and the middle 95 % of its draws; None where there is no figure.

    Draws without a figure are left out: one of few episodes may hold no flag, and so no right type of one.
    """
    if np.isnan(values[0]):
        return None
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return Interval(*(round(float(figure), DIGITS) for figure in (values[0], low, high)))


def overall(of_tiers: Sequence[Array]) -> Array:
    """The mean of the tiers that have the figure as played; NaN where none has it.

    A tier without faulty arguments, for example, has no share of them that was found.
    """
    there = [values for values in of_tiers if not np.isnan(values[0])]
    return np.asarray(np.mean(there, axis=0) if there else np.full(RESAMPLES + 1, np.nan))
