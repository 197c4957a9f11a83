"""flag-all and approve-all beside the agents: what they come to on a run's seeds, and who is below them, in words.

    told = with_blind(read(Path("outputs/train/cpu-tiny/evaluation")))      # a run that did not play them
    for sentence in in_words(told): print(sentence)

Neither looks at anything, so that what they decide follows from how many proposals of a seed are right and wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..server.audit.reward_model import Confusion
from .agents import label
from .intervals import mean_interval
from .results import LOOKS, OVERALL, Run
from .results_file import Told

BLIND = ("flag-all", "approve-all")
BEST_BLIND = "best blind"
PAIRED = ("score", "skill")
"""What is worked out for them by seed."""
FEW = 30
"""Episodes of a tier under which intervals are too narrow. Simulated by drawing from the 200 scores of an agent on a
tier, and asking how often the interval holds their mean: with 15 in 87 to 93 % of cases, from 30 on in 91 to 96 %."""

_Scores = Mapping[str, Mapping[str, Sequence[float]]]
"""Agent to tier to the score of each seed, in the same order for all agents."""


def in_words(run: Run | Told) -> list[str]:
    """What stands under the tables of a run: who is below BLIND, and whether the episodes are few."""
    return [said for said in (*below(_scores(run)), below_when_cut_off(run), caution(run.seeds)) if said]


def _scores(run: Run | Told) -> _Scores:
    if isinstance(run, Told):
        return {agent: {tier: of["score"] for tier, of in tiers.items()} for agent, tiers in run.by_seed.items()}
    return {
        agent: {tier: [one.score for one in played] for tier, played in tiers.items()}
        for agent, tiers in run.episodes.items()
    }


def with_blind(told: Told) -> Told:
    """The run with BLIND first: where it did not play them, with what they come to on its seeds."""
    some = next(iter(told.by_seed.values()))
    played: dict[str, dict[str, dict[str, list[float]]]] = {agent: {} for agent in BLIND}
    for tier, of in some.items():
        counts = [(int(w), int(r)) for (_, w), (_, r) in zip(of["recall"], of["false_positive_rate"], strict=True)]
        for agent, decide in zip(BLIND, (_flag_all, _approve_all), strict=True):
            audits = [decide(wrong, right) for wrong, right in counts]
            played[agent][tier] = {metric: [getattr(one, metric) for one in audits] for metric in PAIRED}
    return replace(told, by_seed={**played, **told.by_seed})


def _flag_all(wrong: int, right: int) -> Confusion:
    return Confusion(wrong, right, 0, 0)


def _approve_all(wrong: int, right: int) -> Confusion:
    return Confusion(0, 0, wrong, right)


def below(scores: _Scores) -> list[str]:
    """For each of BLIND that is there, a sentence: which agents score less, in which tiers, and by how much."""
    sentences = []
    for blind in BLIND:
        if blind not in scores:
            continue
        found = []
        for agent, of_tiers in scores.items():
            less = {tier: mean_interval(tier, np.subtract(of, scores[blind][tier])) for tier, of in of_tiers.items()}
            lower = [f"{tier} ({one.value:+.2f})" for tier, one in less.items() if one and one.high < 0]
            found += [f"{label(agent)} in {', '.join(lower)}"] if lower else []
        sentences.append(f"Below {blind} in score (paired, the whole 95 % interval): {'; '.join(found) or 'no agent'}.")
    return sentences


def below_when_cut_off(run: Run | Told) -> str:
    """Which agents score less than flag-all within so many LOOKS, over all tiers; nothing where it is no baseline."""
    if run.baseline != BLIND[0]:
        return ""
    found = []
    for agent, of in run.differences.items():
        less = {looks: of[OVERALL].get(f"score_{looks}_looks") for looks in LOOKS}
        lower = [f"{looks} ({one.value:+.2f})" for looks, one in less.items() if one and one.high < 0]
        found += [f"{label(agent)} at {', '.join(lower)}"] if lower else []
    return f"Below {BLIND[0]} when cut off after so many looks, over all tiers: {'; '.join(found) or 'no agent'}."


def caution(seeds: Mapping[str, Sequence[int]]) -> str:
    """What is to be said where a tier has few episodes; nothing where each has enough."""
    few = min(map(len, seeds.values()))
    if few >= FEW:
        return ""
    return (
        f"Caution: {few} episode{'s' * (few > 1)} of a tier {'are' if few > 1 else 'is'} few, and the intervals too "
        "narrow: in simulations with 5 seeds a tier, 81 to 83 % of those of a mean score held it, not 95 %, and fewer "
        "where most seeds score the same."
    )
