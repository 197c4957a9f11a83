"""The bootstrap: as wide as episodes vary, paired by seed, and the same each time."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from synth_audit_env.comparison.intervals import RESAMPLES, draw_counts
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.tests.comparison.made_up import AGE, decision, episode, run_of, scored


def scores(count, seed=0):
    return np.random.default_rng(seed).random(count)


def test_the_tiers_keep_their_draws_beside_the_frontier():
    """Figures that are kept are of these seeds."""
    for number, tier in enumerate(("easy", "medium", "hard", "expert")):
        drawn = np.random.default_rng((20_261_125, number)).multinomial(9, np.full(9, 1 / 9), size=RESAMPLES)
        assert np.array_equal(draw_counts(tier, 9), [[1] * 9, *drawn]), "the first is of the episodes themselves"
    assert not np.array_equal(draw_counts("frontier-1", 9), draw_counts("expert", 9))


def test_as_scipy_has_it():
    values = scores(80)
    ours = scored({"flag-all": {"hard": values}}).figures["flag-all"]["hard"]["score"]
    theirs = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1))
    low, high = theirs.confidence_interval
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_proposals_of_an_episode_stay_together():
    """Ten proposals that are all alike say no more than one."""
    flags = scores(60) < 0.5
    widths = []
    for copies in (1, 10):
        run = run_of(
            episode(*[decision(0.0, None, AGE if flag else None)] * copies, seed=n) for n, flag in enumerate(flags)
        )
        one = run.figures["flag-all"]["hard"]["false_positive_rate"]
        widths.append(one.high - one.low)
    assert widths[1] == pytest.approx(widths[0])
    assert widths[0] > 0.2


def test_a_difference_is_paired():
    """An agent that is better by the same on every seed is better by just that, however much the seeds vary."""
    values = scores(50) / 2
    run = scored({"flag-all": {"hard": values}, "better": {"hard": values + 0.25}})
    gain, own = run.differences["better"]["hard"]["score"], run.figures["better"]["hard"]["score"]
    assert gain == pytest.approx((0.25, 0.25, 0.25))
    assert own.high - own.low > 0.05
    assert "flag-all" not in run.differences


def test_a_difference_is_over_the_tiers_in_which_both_have_the_figure():
    flag, none, alarm = decision(1.0, AGE, AGE), decision(0.0, AGE), decision(1.0, None, AGE)
    decided = {"flag-all": {"easy": flag, "hard": alarm}, "other": {"easy": flag, "hard": none}}
    run = run_of(
        episode(one, agent=agent, tier=tier, seed=seed)
        for agent, tiers in decided.items()
        for tier, one in tiers.items()
        for seed in range(5)
    )
    assert [run.figures[agent][OVERALL]["type_right"].value for agent in decided] == [0.5, 1.0]
    assert run.differences["other"][OVERALL]["type_right"].value == 0.0
