"""The bootstrap: as wide as episodes vary, paired by seed, and the same each time."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from synth_audit_env.comparison.intervals import RESAMPLES, draw_counts, interval
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.tests.comparison.made_up import AGE, WINDOW, decision, episode, run_of


def figures(episodes, baseline):
    played = [one for tiers in episodes.values() for of_tier in tiers.values() for one in of_tier]
    run = run_of(played, baseline)
    return run.figures, run.differences


def scores(count, seed=0):
    return np.random.default_rng(seed).random(count)


def played(values, agent="flag-all", tier="hard", *decisions):
    return tuple(episode(*decisions, agent=agent, tier=tier, seed=n, score=float(v)) for n, v in enumerate(values))


def test_as_scipy_has_it():
    values = scores(80)
    of_agents, _ = figures({"flag-all": {"hard": played(values)}}, "flag-all")
    ours = of_agents["flag-all"]["hard"]["score"]
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1))
    assert ours.value == pytest.approx(values.mean())
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.05 * width)


def test_proposals_of_an_episode_stay_together():
    """Ten proposals that are all alike say no more than one."""
    flags = scores(60) < 0.5
    single, tenfold = (
        tuple(episode(*[decision(0.0, None, AGE if flag else None)] * copies, seed=n) for n, flag in enumerate(flags))
        for copies in (1, 10)
    )
    widths = []
    for episodes in (single, tenfold):
        of_agents, _ = figures({"flag-all": {"hard": episodes}}, "flag-all")
        one = of_agents["flag-all"]["hard"]["false_positive_rate"]
        widths.append(one.high - one.low)
    assert widths[1] == pytest.approx(widths[0])
    assert widths[0] > 0.2


def test_a_difference_is_paired():
    """An agent that is better by the same on every seed is better by just that, however much the seeds vary."""
    values = scores(50) / 2
    episodes = {"flag-all": {"hard": played(values)}, "better": {"hard": played(values + 0.25, "better")}}
    of_agents, differences = figures(episodes, "flag-all")
    gain = differences["better"]["hard"]["score"]
    assert (gain.low, gain.value, gain.high) == pytest.approx((0.25, 0.25, 0.25))
    assert of_agents["better"]["hard"]["score"].high - of_agents["better"]["hard"]["score"].low > 0.05
    assert "flag-all" not in differences


def test_overall_is_the_mean_of_the_tiers_that_have_the_figure():
    episodes = {
        "flag-all": {
            "easy": played([0.2] * 4, "flag-all", "easy", decision(1.0, AGE, AGE)),
            "hard": played([0.6] * 40, "flag-all", "hard", decision(1.0, AGE, AGE), decision(0.0, WINDOW)),
        }
    }
    of_agents, _ = figures(episodes, "flag-all")
    overall = of_agents["flag-all"][OVERALL]
    assert overall["score"].value == pytest.approx(0.4)
    assert overall[f"recall {WINDOW}"].value == 0.0
    assert overall["recall bias_blind_spot"] is None
    assert of_agents["flag-all"]["easy"][f"recall {WINDOW}"] is None


def test_a_difference_is_over_the_tiers_in_which_both_have_the_figure():
    flag, none = decision(1.0, AGE, AGE), decision(0.0, AGE)
    alarm = decision(1.0, None, AGE)
    episodes = {
        "flag-all": {
            "easy": played([0] * 5, "flag-all", "easy", flag),
            "hard": played([0] * 5, "flag-all", "hard", alarm),
        },
        "other": {"easy": played([0] * 5, "other", "easy", flag), "hard": played([0] * 5, "other", "hard", none)},
    }
    of_agents, differences = figures(episodes, "flag-all")
    assert of_agents["flag-all"][OVERALL]["precision"].value == 0.5
    assert of_agents["other"][OVERALL]["precision"].value == 1.0
    assert differences["other"][OVERALL]["precision"].value == 0.0


def test_a_tier_has_the_same_draws_whatever_else_is_played():
    easy, hard = played(scores(30), "flag-all", "easy"), played(scores(30, 1))
    alone, _ = figures({"flag-all": {"hard": hard}}, "flag-all")
    beside, _ = figures({"flag-all": {"easy": easy, "hard": hard}}, "flag-all")
    assert alone["flag-all"]["hard"] == beside["flag-all"]["hard"]
    assert not np.array_equal(draw_counts("easy", 30), draw_counts("hard", 30))


def test_draws_are_with_replacement():
    drawn = draw_counts("medium", 25)
    assert drawn.shape == (RESAMPLES + 1, 25)
    assert (drawn[0] == 1).all()
    assert (drawn.sum(axis=1) == 25).all()
    assert drawn[1:].var() == pytest.approx(1 - 1 / 25, rel=0.05)


def test_draws_without_a_figure_are_left_out():
    one = interval(np.array([0.5, np.nan, 0.4, 0.6]))
    assert one.value == 0.5
    assert 0.4 <= one.low < one.high <= 0.6
    assert interval(np.array([np.nan, 1.0])) is None
