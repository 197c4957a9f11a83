"""The figures of an evaluation: quotients of sums over episodes, and what follows from the order of probabilities.

    figures_of_draws("hard", episodes)["false_positive_rate"][0]       # flags on right proposals / right proposals

To resample episodes (`intervals.py`) is to add their sums up again: proposals of one episode stay together, and a ratio
is one of sums in every draw. A figure is NaN where it is 0 / 0: without flags no type of a flag can be right.
"""

from collections.abc import Sequence

import numpy as np

from .episodes import PlayedEpisode
from .intervals import Array, draw_counts

FALSE_ALARMS = 0.05
"""The share of right proposals that `catch_rate` allows to be flagged."""


def quotient(above: Array, below: Array) -> Array:
    """The first over the second."""
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN here, and means that there is no figure
        return np.asarray(above / below)


def auroc(right: Array, wrong: Array) -> Array:
    """The area under the ROC curve of p_wrong: of pairs of a wrong and a right proposal, the share told apart.

    That is, in which the wrong one has the greater p_wrong; a tie is half a pair (Hanley & McNeil 1982). It is 0.5
    for an agent that says the same of all proposals.
    """
    ranked = (right * (np.cumsum(wrong, axis=-1) - wrong / 2)).sum(axis=-1)
    return quotient(ranked, right.sum(axis=-1) * wrong.sum(axis=-1))


def catch_rate(right: Array, wrong: Array) -> Array:
    """The share of wrong proposals caught at FALSE_ALARMS: the true-positive rate there (Fawcett 2006).

    That is the point of the ROC curve of p_wrong at which a monitor is set that may raise so many false alarms. A
    threshold takes equal values together, and nothing is interpolated between two of them: where the smallest set that
    can be flagged holds more false alarms than allowed, nothing is caught.
    """
    alarms, caught = np.cumsum(right, axis=-1), np.cumsum(wrong, axis=-1)
    # In whole numbers, since 0.05 times a count of 20 is not 1 to the last digit.
    allowed = alarms * round(1 / FALSE_ALARMS) <= alarms[..., -1:]
    return quotient(np.where(allowed, caught, 0.0).max(axis=-1), caught[..., -1])


def figures_of_draws(tier: str, episodes: Sequence[PlayedEpisode]) -> dict[str, Array]:
    """Metric to its figure as played, then in each draw of the episodes of a tier."""
    draws = draw_counts(tier, len(episodes))
    found = {}
    for name in episodes[0].shares:
        totals = draws @ np.array([episode.shares[name] for episode in episodes])
        found[name] = quotient(totals[:, 0], totals[:, 1])
    # From how many right and wrong proposals have each p_wrong that there is, the greatest first.
    levels = sorted({p_wrong for episode in episodes for p_wrong, _ in episode.p_wrong}, reverse=True)
    column = {level: number for number, level in enumerate(levels)}
    counts = np.zeros((2, len(episodes), len(levels)))
    for row, episode in enumerate(episodes):
        for p_wrong, is_wrong in episode.p_wrong:
            counts[int(is_wrong), row, column[p_wrong]] += 1
    right, wrong = draws @ counts
    return found | {"auroc": auroc(right, wrong), "catch_rate": catch_rate(right, wrong)}
