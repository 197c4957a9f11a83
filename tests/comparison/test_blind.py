"""flag-all and approve-all beside the agents: their scores on any seeds, and who is below them, in words."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.comparison.blind import BLIND, FEW, in_words, with_blind
from synth_audit_env.comparison.episodes import LOOKS
from synth_audit_env.comparison.results import NAME, as_json, read
from synth_audit_env.tests.comparison.made_up import decision, episode, run_of
from synth_audit_env.tests.comparison.real_run import run

ROOT = Path(__file__).parents[2]


def test_their_scores_follow_from_what_any_agent_came_to(tmp_path):
    """As if they had played the seeds."""
    (tmp_path / NAME).write_text(as_json(run()), encoding="utf-8")
    told = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    for agent in BLIND:
        del told["by_seed"][agent]
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / NAME).write_text(json.dumps(told), encoding="utf-8")
    worked_out, played = with_blind(read(alone)).by_seed, read(tmp_path).by_seed
    assert tuple(worked_out)[:2] == BLIND
    for agent in BLIND:
        for tier, of in played[agent].items():
            for metric, values in worked_out[agent][tier].items():
                assert values == pytest.approx(of[metric], abs=1e-6), (agent, tier, metric)


def scored(**agents):
    """A run of agents with these scores in each of FEW seeds, by tier."""
    return run_of(
        episode(decision(), agent=agent.replace("_", "-"), tier=tier, seed=seed, score=score + 0.001 * seed)
        for agent, tiers in agents.items()
        for tier, score in tiers.items()
        for seed in range(FEW)
    )


def test_who_is_below_is_said_with_the_tiers_and_by_how_much():
    half, little = {"easy": 0.5, "medium": 0.5}, {"easy": 0.1, "medium": 0.1}
    run = scored(flag_all=half, weak={"easy": 0.2, "medium": 0.6}, approve_all=little)
    assert in_words(run) == [
        "Below flag-all in score (paired, the whole 95 % interval): weak in easy (-0.30); "
        "approve-all in easy (-0.40), medium (-0.40).",
        "Below approve-all in score (paired, the whole 95 % interval): no agent.",
        "Below flag-all when cut off after so many looks, over all tiers: no agent.",
    ]


def test_an_interval_that_holds_zero_is_not_below():
    by_seed = [0.5 + (0.4 if seed % 2 else -0.45) for seed in range(FEW)]
    run = run_of(
        episode(agent=agent, seed=seed, score=score if agent == "mixed" else 0.5)
        for agent in ("flag-all", "mixed")
        for seed, score in enumerate(by_seed)
    )
    assert in_words(run)[0] == "Below flag-all in score (paired, the whole 95 % interval): no agent."


def test_who_is_below_when_cut_off_is_said_with_the_looks(tmp_path):
    cut = {"flag-all": (0.5, 0.5, 0.5, 0.5), "slow": (0.1, 0.2, 0.6, 1.0)}
    run = run_of(
        episode(agent=agent, tier=tier, seed=seed, score=1.0, cut_off=dict(zip(LOOKS, scores, strict=True)))
        for agent, scores in cut.items()
        for tier in ("easy", "hard")
        for seed in range(FEW)
    )
    (tmp_path / NAME).write_text(as_json(run), encoding="utf-8")
    for either in (run, read(tmp_path)):
        *_, said = in_words(either)
        assert said == "Below flag-all when cut off after so many looks, over all tiers: slow at 4 (-0.40), 8 (-0.30)."
    assert len(in_words(replace(run, baseline="slow"))) == 1


@pytest.mark.parametrize(("count", "told"), [(FEW, False), (FEW - 1, True), (1, True)])
def test_few_episodes_are_cautioned_of(count, told):
    said = in_words(run_of(episode(seed=seed) for seed in range(count)))[2:]
    assert bool(said) == told
    assert not said or f"Caution: {count} episode" in said[0]


@pytest.mark.parametrize("folder", ["evaluation", "greedy"])
def test_of_the_trained_models_that_are_kept(folder):
    """As sampled every one of them is below flag-all in the medium tier."""
    kept = read(ROOT / "outputs" / "train" / "cpu-tiny" / folder)
    below_flag_all, below_approve_all = in_words(with_blind(kept))
    assert below_approve_all.endswith("interval): no agent.")
    below = {name for name, tiers in re.findall(r"/([a-z]+-\d) in ([^;.]*\d)", below_flag_all) if "medium" in tiers}
    rewarded = {"dense-0", "dense-1", "dense-2", "skill-0", "score-0"}
    assert below & rewarded == rewarded - (set() if folder == "evaluation" else {"skill-0", "score-0"})
