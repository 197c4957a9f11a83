"""How well a label is guessed from what was heard of a proposal: trained on even episodes, asked about the odd ones.

    probe([([0.1, 3.0], True, 0), ([0.1, 2.0], False, 1), ...])      # numbers, is_wrong, the episode's number
    text_probe([("Unknown feature.", True, 0), ...])

The figure is the AUC on the episodes that were not trained on. Nothing here knows what the numbers and texts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ..certificate import Interval
from ..estimates import auc_interval

Heard = TypeVar("Heard")
Row = tuple[Heard, bool, int]
"""What was heard, whether the proposal is wrong, and the number of its episode."""


def probe(rows: Iterable[Row[list[float]]]) -> Interval:
    """Gradient-boosted trees on numbers; a row that has fewer than others has none in their place."""
    samples = list(rows)
    width = max(len(features) for features, _, _ in samples)
    x = np.array([features + [np.nan] * (width - len(features)) for features, _, _ in samples])
    # Small leaves, as a leak may be all there is to see in a few proposals.
    trees = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    return _held_out(trees, x, samples)


def text_probe(rows: Iterable[Row[str]]) -> Interval:
    """A linear model on one to three characters in a row, counted; 0.5 where all texts are alike."""
    samples = list(rows)
    counter = CountVectorizer(analyzer="char", lowercase=False, ngram_range=(1, 3), dtype=np.float32)
    texts, places = np.unique([text for text, _, _ in samples], return_inverse=True)
    counts = counter.fit_transform(texts).toarray()[places]
    varied = counts[:, np.ptp(counts, axis=0) > 0]
    if not varied.size:
        varied = counts[:, :1]
    # Each on a scale of its own: a rare sign that leaks weighs as much as what is everywhere.
    return _held_out(make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300)), varied, samples)


def _held_out(model: Any, x: Any, samples: Sequence[Row[Any]]) -> Interval:
    wrong, episode = (np.array([sample[i] for sample in samples]) for i in (1, 2))
    asked = episode % 2 == 1
    with threadpool_limits(1):  # threads that wait for one another take longer than these few rows
        model.fit(x[~asked], wrong[~asked])
        scores = model.predict_proba(x[asked])[:, 1]
    return auc_interval(list(scores), list(wrong[asked]), list(episode[asked]))
