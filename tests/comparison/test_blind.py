"""Who is worse than flagging everything, in words, and a caution where there are few episodes."""

import pytest

from synth_audit_env.comparison.blind import FEW, in_words
from synth_audit_env.tests.comparison.made_up import episode, run_of


def test_who_is_worse_than_flag_all_is_said_with_the_tiers_and_by_how_much():
    skills = {"flag-all": (0.0, 0.0), "weak": (-0.3, 0.1), "approve-all": (-0.4, -0.4), "oracle": (1.0, 1.0)}
    played = [
        episode(agent=agent, tier=tier, seed=seed, skill=mean + 0.001 * seed * (agent != "flag-all"))
        for agent, means in skills.items()
        for tier, mean in zip(("easy", "medium"), means, strict=True)
        for seed in range(FEW)
    ]
    # Its interval holds zero.
    played += [
        episode(agent="mixed", tier=tier, seed=seed, skill=0.4 if seed % 2 else -0.45)
        for tier in ("easy", "medium")
        for seed in range(FEW)
    ]
    assert in_words(run_of(played)) == [
        "Worse than flagging everything (skill below 0, the whole 95 % interval): weak in easy (-0.29); "
        "approve-all in easy (-0.39), medium (-0.39)."
    ]


@pytest.mark.parametrize(("count", "told"), [(FEW, False), (FEW - 1, True), (1, True)])
def test_few_episodes_are_cautioned_of(count, told):
    first, *caution = in_words(run_of(episode(seed=seed) for seed in range(count)))
    assert first.endswith("interval): no agent.")
    assert bool(caution) == told
    assert not told or f"Caution: {count} episode" in caution[0]
