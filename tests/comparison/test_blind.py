"""flag-all and approve-all beside the agents: their scores on any seeds, and who is below them, in words."""

from dataclasses import replace

import pytest

from synth_audit_env.comparison.blind import FEW, in_words
from synth_audit_env.comparison.episodes import LOOKS
from synth_audit_env.tests.comparison.made_up import episode, kept, run_of, scored

NAMES = [f"score_{looks}_looks" for looks in LOOKS]


def test_who_is_below_is_said_with_the_tiers_and_by_how_much():
    means = {"flag-all": (0.5, 0.5), "weak": (0.2, 0.6), "approve-all": (0.1, 0.1)}
    varying = [0.001 * seed for seed in range(FEW)]
    scores = {
        agent: {tier: [mean + more for more in varying] for tier, mean in zip(("easy", "medium"), of, strict=True)}
        for agent, of in means.items()
    }
    # Its interval holds zero.
    scores["mixed"] = {tier: [0.5 + (0.4 if seed % 2 else -0.45) for seed in range(FEW)] for tier in scores["weak"]}
    run = scored(scores)
    assert in_words(run) == [
        "Below flag-all in score (paired, the whole 95 % interval): weak in easy (-0.30); "
        "approve-all in easy (-0.40), medium (-0.40).",
        "Below approve-all in score (paired, the whole 95 % interval): no agent.",
        "Below flag-all when cut off after so many looks, over all tiers: no agent.",
    ]


def test_who_is_below_when_cut_off_is_said_with_the_looks(tmp_path):
    cut = {"flag-all": (0.5, 0.5, 0.5, 0.5), "slow": (0.1, 0.2, 0.6, 1.0)}
    run = run_of(
        episode(
            agent=agent, tier=tier, seed=seed, **{f"score_{n}_looks": s for n, s in zip(LOOKS, scores, strict=True)}
        )
        for agent, scores in cut.items()
        for tier in ("easy", "hard")
        for seed in range(FEW)
    )
    for either in (run, kept(run, tmp_path)):
        *_, said = in_words(either)
        assert said == "Below flag-all when cut off after so many looks, over all tiers: slow at 4 (-0.40), 8 (-0.30)."
    assert len(in_words(replace(run, baseline="slow"))) == 1


@pytest.mark.parametrize(("count", "told"), [(FEW, False), (FEW - 1, True), (1, True)])
def test_few_episodes_are_cautioned_of(count, told):
    said = in_words(run_of(episode(seed=seed) for seed in range(count)))[2:]
    assert bool(said) == told
    assert not said or f"Caution: {count} episode" in said[0]
