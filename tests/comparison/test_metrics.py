"""Each metric against a figure worked out by hand or by scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from synth_audit_env.comparison.metrics import figures_of_draws
from synth_audit_env.fault_types import IGNORED, LIMIT, NOT_THERE, RECORD
from synth_audit_env.tests.comparison.made_up import AGE, WINDOW, decision, episode


def faults(*names):
    return [{"fault": name, "where": "5.3", "should_be": None} for name in names]


FOUND = decision(0.9, AGE, AGE, faults=faults(IGNORED), claim_right=True, number_right=True)
WITHOUT_NUMBER = decision(0.9, AGE, AGE, faults=faults(IGNORED, RECORD), claim_right=True, number_right=False)
MISNAMED = decision(0.8, WINDOW, AGE, faults=faults(NOT_THERE), claim_right=True)
MISSED = decision(0.1, WINDOW, faults=faults(LIMIT))
LUCKY = decision(0.2, faults=faults(RECORD), claim_right=True, number_right=True)
ALARM = decision(0.7, None, AGE, claim_right=False)
LEFT = decision(0.2)


def value(name, episodes):
    return float(figures_of_draws("hard", episodes)[name][0])


EPISODES = [episode(FOUND, MISNAMED, LEFT), episode(WITHOUT_NUMBER, MISSED, ALARM, LEFT, LUCKY)]
PAIR = [episode(score=0.2, steps=10, fault_f1=1.0), episode(score=0.4, steps=30, fault_f1=None)]


@pytest.mark.parametrize(
    ("name", "episodes", "expected"),
    [
        ("recall", EPISODES, 3 / 4),
        ("false_positive_rate", EPISODES, 1 / 4),
        ("type_right", EPISODES, 2 / 4),
        ("claims_right", EPISODES, 4 / 5),
        ("numbers_right", EPISODES, 2 / 3),
        ("faults_found_wrong", EPISODES, 2 / 4),
        ("faults_found_lucky", EPISODES, 1.0),
        (f"found {IGNORED}", EPISODES, 1 / 2),
        (f"found {RECORD}", EPISODES, 1 / 2),
        (f"found {LIMIT}", EPISODES, 0.0),
        ("score", PAIR, 0.3),
        ("steps", PAIR, 20),
        ("fault_f1", PAIR, 1.0),
        # Nothing among nothing is no figure, and what is unknown once is unknown.
        *((name, [episode(LEFT)], math.nan) for name in ("type_right", "claims_right", f"found {LIMIT}")),
        ("cost", [episode(cost=0.1), episode(cost=None)], math.nan),
    ],
)
def test_by_hand(name, episodes, expected):
    assert value(name, episodes) == pytest.approx(expected, nan_ok=True)


def random_episodes(seed):
    """Probabilities on a coarse grid, so that many are equal, and that say a little about the labels."""
    generator = np.random.default_rng(seed)
    for _ in range(12):
        wrong = generator.random(generator.integers(3, 12)) < 0.3
        p_wrong = np.round(np.clip(generator.normal(0.3 + 0.3 * wrong, 0.25), 0, 1), 1)
        pairs = zip(p_wrong, wrong, strict=True)
        yield episode(*(decision(float(p), AGE if is_wrong else None) for p, is_wrong in pairs))


@pytest.mark.parametrize("seed", range(8))
def test_as_scikit_learn_has_it(seed):
    episodes = list(random_episodes(seed))
    p_wrong, labels = zip(*(pair for played in episodes for pair in played.p_wrong), strict=True)
    false_alarms, caught, _ = roc_curve(labels, p_wrong, drop_intermediate=False)
    assert value("catch_rate", episodes) == pytest.approx(caught[false_alarms <= 0.05].max())
    assert value("auroc", episodes) == pytest.approx(roc_auc_score(labels, p_wrong))


def test_the_catch_rate_allows_one_false_alarm_in_twenty():
    caught, alarm, fine = decision(0.8, AGE, AGE), decision(0.9, None, AGE), decision(0.1)
    assert value("catch_rate", [episode(caught, alarm, *[fine] * 19)]) == 1.0
    assert value("catch_rate", [episode(caught, alarm, *[fine] * 18)]) == 0.0
