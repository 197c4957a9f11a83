"""Each metric against a figure worked out by hand or by scikit-learn."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from synth_audit_env.chat.completion import Usage
from synth_audit_env.comparison.metrics import METRICS
from synth_audit_env.fault_types import IGNORED, LIMIT, NOT_THERE, RECORD
from synth_audit_env.tests.comparison.made_up import AGE, WINDOW, decision, episode

FOUND = decision(0.9, AGE, AGE, faults=frozenset({IGNORED}), claim_right=True, number_right=True)
WITHOUT_NUMBER = decision(0.9, AGE, AGE, faults=frozenset({IGNORED, RECORD}), claim_right=True, number_right=False)
MISNAMED = decision(0.8, WINDOW, AGE, faults=frozenset({NOT_THERE}), claim_right=True)
MISSED = decision(0.1, WINDOW, faults=frozenset({LIMIT}))
LUCKY = decision(0.2, faults=frozenset({RECORD}), claim_right=True, number_right=True)
ALARM = decision(0.7, None, AGE, claim_right=False)
LEFT = decision(0.2)


def value(name, episodes):
    metric = METRICS[name]
    return float(metric.of(metric.sums(episodes).sum(axis=0)))


EPISODES = [episode(FOUND, MISNAMED, LEFT), episode(WITHOUT_NUMBER, MISSED, ALARM, LEFT, LUCKY)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recall", 3 / 4),
        ("precision", 3 / 4),
        ("false_positive_rate", 1 / 4),
        ("type_right", 2 / 4),
        ("claims_right", 4 / 5),
        ("numbers_right", 2 / 3),
        ("faults_found_wrong", 2 / 4),
        ("faults_found_lucky", 1.0),
        (f"found {IGNORED}", 1 / 2),
        (f"found {RECORD}", 1 / 2),
        (f"found {LIMIT}", 0.0),
        ("g_mean_squared", (3 / 4) * (3 / 4)),
        (f"recall {AGE}", 1.0),
        (f"recall {WINDOW}", 1 / 2),
        (f"precision {AGE}", 2 / 4),
    ],
)
def test_shares_are_of_proposals(name, expected):
    assert value(name, EPISODES) == pytest.approx(expected)


def test_means_are_of_episodes():
    pair = [episode(score=0.2, steps=10, usage=Usage(100, 20, 0.5)), episode(score=0.4, steps=30)]
    expected = {"score": 0.3, "steps": 20, "tokens": 60, "cost": 0.25, "return": 1.0}
    assert {name: value(name, pair) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    "name", ["precision", "claims_right", f"found {LIMIT}", f"precision {WINDOW}", f"recall {AGE}"]
)
def test_nothing_among_nothing_is_no_figure(name):
    assert math.isnan(value(name, [episode(LEFT)]))


def test_fault_f1_is_the_mean_of_the_episodes_that_have_one():
    assert value("fault_f1", [episode(fault_f1=1.0), episode(fault_f1=0.5), episode(fault_f1=None)]) == 0.75


def test_a_cost_that_is_unknown_once_is_unknown():
    assert math.isnan(value("cost", [episode(usage=Usage(1, 1, 0.1)), episode(usage=Usage(1, 1, None))]))


def random_episodes(seed):
    """Probabilities on a coarse grid, so that many are equal, and that say a little about the labels."""
    generator = np.random.default_rng(seed)
    for _ in range(12):
        wrong = generator.random(generator.integers(3, 12)) < 0.3
        said = np.round(np.clip(generator.normal(0.3 + 0.3 * wrong, 0.25), 0, 1), 1)
        yield episode(*(decision(float(p), AGE if is_wrong else None) for p, is_wrong in zip(said, wrong, strict=True)))


@pytest.mark.parametrize("seed", range(25))
def test_as_scikit_learn_has_it(seed):
    episodes = list(random_episodes(seed))
    decisions = [one for played in episodes for one in played.decisions]
    labels, said = [one.is_wrong for one in decisions], [one.p_wrong for one in decisions]
    false_alarms, caught, _ = roc_curve(labels, said, drop_intermediate=False)
    assert value("catch_rate", episodes) == pytest.approx(caught[false_alarms <= 0.05].max())
    assert value("catch_rate_1_percent", episodes) == pytest.approx(caught[false_alarms <= 0.01].max())
    assert value("auroc", episodes) == pytest.approx(roc_auc_score(labels, said))


@pytest.mark.parametrize(("name", "right"), [("catch_rate", 20), ("catch_rate_1_percent", 100)])
def test_the_catch_rate_allows_one_false_alarm_in_so_many(name, right):
    caught, alarm, fine = decision(0.8, AGE, AGE), decision(0.9, None, AGE), decision(0.1)
    assert value(name, [episode(caught, alarm, *[fine] * (right - 1))]) == 1.0
    assert value(name, [episode(caught, alarm, *[fine] * (right - 2))]) == 0.0


def test_what_is_undecided_is_right_neither_way():
    left = replace(decision(), decision="pending")
    assert value("g_mean_squared", [episode(FOUND, decision(), left)]) == pytest.approx(1 / 2)
    assert value("usefulness_4_looks", [episode(FOUND, decision(), left)]) == pytest.approx(1 / 2)


def test_an_audit_that_is_cut_off_keeps_what_was_decided_within_the_looks():
    late = [replace(one, looks=9) for one in (FOUND, decision())]
    cut = episode(FOUND, decision(), *late, cut_off={4: 0.2, 8: 0.2, 16: 1.0, 32: 1.0})
    for what, expected in {"score": (0.2, 1.0), "safety": (0.5, 1.0), "usefulness": (0.5, 1.0)}.items():
        assert (value(f"{what}_8_looks", [cut]), value(f"{what}_16_looks", [cut])) == expected
