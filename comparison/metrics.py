"""The figures of an evaluation: quotients of sums over episodes, and what follows from the order of probabilities.

    figures_of_draws("hard", episodes)["false_positive_rate"][0]       # flags on right proposals / right proposals

To resample episodes (`intervals.py`) is to add their sums up again: proposals of one episode stay together, and a ratio
is one of sums in every draw. A figure is NaN where it is 0 / 0: without flags there is no precision.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from .episodes import PlayedEpisode
from .intervals import Array, draw_counts

FALSE_ALARMS = 0.05
"""The share of right proposals that `catch_rate` allows to be flagged."""
FEWER_FALSE_ALARMS = 0.01
"""That of `catch_rate_1_percent`: under 100 right proposals none."""


def quotient(above: Array, below: Array) -> Array:
    """The first over the second."""
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN here, and means that there is no figure
        of: Array = above / below
    return of


def auroc(right: Array, wrong: Array) -> Array:
    """The area under the ROC curve of p_wrong: of pairs of a wrong and a right proposal, the share told apart.

    That is, in which the wrong one has the greater p_wrong; a tie is half a pair (Hanley & McNeil 1982). It is 0.5
    for an agent that says the same of all proposals.
    """
    ranked = (right * (np.cumsum(wrong, axis=-1) - wrong / 2)).sum(axis=-1)
    return quotient(ranked, right.sum(axis=-1) * wrong.sum(axis=-1))


def catch_rate(false_alarms: float, right: Array, wrong: Array) -> Array:
    """The share of wrong proposals caught at so many false alarms: the true-positive rate there (Fawcett 2006).

    That is the point of the ROC curve of p_wrong at which a monitor is set that may raise so many false alarms. A
    threshold takes equal values together, and nothing is interpolated between two of them: where the smallest set that
    can be flagged holds more false alarms than allowed, nothing is caught.
    """
    alarms, caught = np.cumsum(right, axis=-1), np.cumsum(wrong, axis=-1)
    # In whole numbers, since 0.05 times a count of 20 is not 1 to the last digit.
    allowed = alarms * round(1 / false_alarms) <= alarms[..., -1:]
    return quotient(np.where(allowed, caught, 0.0).max(axis=-1), caught[..., -1])


RANKED: Mapping[str, Callable[[Array, Array], Array]] = {
    "auroc": auroc,
    "catch_rate": partial(catch_rate, FALSE_ALARMS),
    "catch_rate_1_percent": partial(catch_rate, FEWER_FALSE_ALARMS),
}
"""From how many right and wrong proposals have each p_wrong that there is, the greatest first, to the figure."""


def quotients(tier: str, shares: Mapping[str, Sequence[Sequence[float | None]]]) -> dict[str, Array]:
    """Metric to its figure as played, then in each draw of the episodes; their shares are in the order of the seeds."""
    sums = {name: draw_counts(tier, len(rows)) @ np.array(rows, float) for name, rows in shares.items()}
    return {name: quotient(totals[:, 0], totals[:, 1]) for name, totals in sums.items()}


def figures_of_draws(tier: str, episodes: Sequence[PlayedEpisode]) -> dict[str, Array]:
    """The same for all metrics of the episodes of a tier."""
    found = quotients(tier, {name: [episode.shares[name] for episode in episodes] for name in episodes[0].shares})
    # The square of the g-mean (Kubat & Matwin 1997): 0 for an agent that decides all alike.
    found["g_mean_squared"] = found["recall"] * found["right_approved"]
    levels = sorted({p_wrong for episode in episodes for p_wrong, _ in episode.p_wrong}, reverse=True)
    column = {level: number for number, level in enumerate(levels)}
    counts = np.zeros((2, len(episodes), len(levels)))
    for row, episode in enumerate(episodes):
        for p_wrong, is_wrong in episode.p_wrong:
            counts[int(is_wrong), row, column[p_wrong]] += 1
    right, wrong = draw_counts(tier, len(episodes)) @ counts
    return found | {name: of(right, wrong) for name, of in RANKED.items()}
