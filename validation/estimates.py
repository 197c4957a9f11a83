"""Estimates with 95 % confidence intervals. What was drawn is the episode: proposals of one episode hang together.

mean_interval([outcome.score for outcome in outcomes])
auc_interval(scores, labels, episodes)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap, rankdata

from synth_audit_env.validation.certificate import Interval

RESAMPLES = 500
_SEED = 20_261_125
"""Of the resampling, so that a certificate is the same when it is made again. Any number would do."""


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of independent values, one an episode, with the percentile bootstrap interval (Efron 1979)."""
    mean = float(np.mean(values))
    if len(set(values)) == 1:
        return Interval.exact(mean)
    drawn = bootstrap((values,), np.mean, n_resamples=2_000, method="percentile", rng=np.random.default_rng(_SEED))
    return Interval(mean, float(drawn.confidence_interval.low), float(drawn.confidence_interval.high))


def auc_interval(scores: Sequence[float], labels: Sequence[bool], episodes: Sequence[int]) -> Interval:
    """The area under the ROC curve: how often a wrong proposal has the higher score, ties counted half.

    Args:
        scores: One a proposal.
        labels: Whether it is wrong.
        episodes: A number for the episode that it is of; the interval is the percentile bootstrap over episodes.

    Raises:
        ValueError: The labels are all alike.
    """
    score, label, episode = np.asarray(scores, float), np.asarray(labels, bool), np.asarray(episodes)
    if label.all() or not label.any():
        raise ValueError("an AUC needs both wrong and right proposals")
    members = [np.flatnonzero(episode == number) for number in np.unique(episode)]
    generator = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([members[i] for i in generator.integers(len(members), size=len(members))])
        if label[chosen].any() and not label[chosen].all():
            drawn.append(_auc(score[chosen], label[chosen]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Interval(_auc(score, label), float(low), float(high))


def _auc(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.bool_]) -> float:
    """Mann and Whitney's U over the number of pairs (Hanley & McNeil 1982)."""
    wrong = int(labels.sum())
    ranks = rankdata(scores)
    return float((ranks[labels].sum() - wrong * (wrong + 1) / 2) / (wrong * (len(labels) - wrong)))
