"""Estimates with 95 % confidence intervals. The unit is the episode, since proposals of one episode are correlated.

mean_interval([outcome.score for outcome in outcomes])
auc_interval(scores, labels, episodes)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap
from threadpoolctl import threadpool_limits

from .certificate import Interval

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


def fall(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The difference of the means of two independent samples, with Welch's standard error (1947)."""
    difference = fmean(before) - fmean(after)
    error = 1.96 * sqrt(variance(before) / len(before) + variance(after) / len(after))
    return Interval(difference, difference - error, difference + error)


def least_fall(samples: Mapping[str, Sequence[float]]) -> tuple[Interval, str]:
    """The smallest fall of the mean from one sample to the next, and between which it is."""
    found = {f"From {before} to {after}": fall(samples[before], samples[after]) for before, after in pairwise(samples)}
    between, least = min(found.items(), key=lambda pair: pair[1].value)
    return least, between


def resampled(figure: Callable[[npt.NDArray[np.int64]], float | None], episodes: int) -> Interval:
    """A figure of the episodes at some places, of all of them, with the percentile bootstrap over episodes.

    It may be None for a resample, but not for all of them.
    """
    drawn = np.random.default_rng(_SEED).integers(episodes, size=(RESAMPLES, episodes))
    low, high = np.percentile([found for found in map(figure, drawn) if found is not None], (2.5, 97.5))
    value = figure(np.arange(episodes))
    assert value is not None, "all episodes together have the figure"
    return Interval(value, float(low), float(high))


def predicted(model: Any, seen: Any, labels: Sequence[bool], asked: Any) -> npt.NDArray[np.float64]:
    """Probabilities that a classifier, trained on labelled cases, gives cases that it has not seen."""
    with threadpool_limits(1):  # so that sums are taken in one order, and nobody waits for a thread
        model.fit(seen, labels)
        chances: npt.NDArray[np.float64] = model.predict_proba(asked)[:, 1]
    return chances


def f1_interval(counts: Sequence[tuple[int, int, int]]) -> Interval:
    """F1 of hits, false ones and misses, one triple an episode, taken together."""
    each = np.array(counts)

    def f1(at: npt.NDArray[np.int64]) -> float:
        hits, false, missed = map(int, each[at].sum(axis=0))  # not numpy's, which JSON does not know
        return 2 * hits / max(1, 2 * hits + false + missed)

    return resampled(f1, len(each))


def auc_interval(
    scores: npt.ArrayLike, labels: Sequence[bool], episodes: Sequence[int], shapes: Sequence[str] | None = None
) -> Interval:
    """The area under the ROC curve: how often a wrong proposal has the higher score, ties counted half.

    Args:
        scores: One a proposal.
        labels: True if it is wrong. Some are, and some are not.
        episodes: A number for the episode that it is of.
        shapes: What group it is of: only pairs of one group are compared. None compares all.
    """
    wrong = np.asarray(labels, bool)
    _, tie = np.unique(np.asarray(scores, float), return_inverse=True)
    _, member = np.unique(np.asarray(episodes), return_inverse=True)
    _, group = np.unique(np.asarray(shapes if shapes is not None else [""] * len(wrong)), return_inverse=True)
    groups = [np.flatnonzero(group == number) for number in range(int(group.max()) + 1)]
    count = int(member.max()) + 1

    def area(drawn: npt.NDArray[np.int64]) -> float | None:
        """Mann and Whitney's U over the number of pairs (Hanley & McNeil 1982), each proposal counted as drawn."""
        times, above, pairs = np.bincount(drawn, minlength=count)[member], 0.0, 0.0
        for of in groups:
            higher, lower = (np.bincount(tie[of], (times * which)[of]) for which in (wrong, ~wrong))
            above += float(higher @ (np.cumsum(lower) - lower / 2))
            pairs += float(higher.sum() * lower.sum())
        # A resample without a wrong and a right proposal to compare has no AUC.
        return above / pairs if pairs else None

    return resampled(area, count)
