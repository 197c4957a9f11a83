"""Intervals cover what they should about as often as they say; an AUC is the share of pairs in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from synth_audit_env.validation.certificate import Interval
from synth_audit_env.validation.estimates import auc_interval, f1_interval, mean_interval, share_interval


def test_an_auc_is_that_of_scikit_learn_ties_included():
    generator = np.random.default_rng(1)
    labels = generator.random(400) < 0.3
    scores = np.round(labels + generator.normal(size=400), 1)
    episodes = np.arange(400) // 8
    figure = auc_interval(scores.tolist(), labels.tolist(), episodes.tolist())
    assert figure.value == pytest.approx(roc_auc_score(labels, scores))
    assert figure.low < figure.value < figure.high


def test_proposals_of_one_episode_count_as_one_draw():
    """Copies within an episode say nothing new, so the interval stays; as episodes they would narrow it."""
    generator = np.random.default_rng(2)
    labels = np.repeat(generator.random(100) < 0.5, 20)
    scores = np.repeat(generator.normal(size=100), 20)
    together = auc_interval(scores.tolist(), labels.tolist(), np.repeat(np.arange(100), 20).tolist())
    apart = auc_interval(scores.tolist(), labels.tolist(), np.arange(2000).tolist())
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_an_auc_needs_both_labels():
    with pytest.raises(ValueError, match="both wrong and right"):
        auc_interval([0.1, 0.2], [True, True], [0, 1])


def test_intervals_of_a_mean_cover_it():
    generator = np.random.default_rng(3)
    drawn = [mean_interval(generator.exponential(size=60).tolist()) for _ in range(100)]
    assert sum(one.low <= 1.0 <= one.high for one in drawn) >= 85


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_wilsons(counted):
    true, count = counted
    share = share_interval([True] * true + [False] * (count - true))
    assert share.value == true / count
    assert (share.low, share.high) == pytest.approx(proportion_confint(true, count, method="wilson"), abs=1e-12)


def test_of_nothing_nothing_is_known():
    nothing = share_interval([])
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_f1_takes_all_episodes_together():
    found = f1_interval([(1, 0, 1), (3, 2, 0), (0, 0, 0)])
    assert type(found.value) is float, "a certificate is JSON"
    assert found.value == pytest.approx(2 * 4 / (2 * 4 + 2 + 1))
    assert found.low < found.value < found.high
    assert f1_interval([(0, 0, 2)] * 5) == Interval.exact(0.0)
