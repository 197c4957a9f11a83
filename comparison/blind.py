"""Sentences on the agents that are below flag-all and approve-all, which look at no evidence, on a run's seeds.

for sentence in in_words(run): print(sentence)
"""

from collections.abc import Mapping

from .agents import label
from .episodes import LOOKS
from .intervals import Interval
from .results import OVERALL, Run, rebuilt

BLIND = ("flag-all", "approve-all")
FEW = 30
"""Episodes of a tier under which intervals are too narrow. Simulated by drawing from the 200 scores of an agent on a
tier, and asking how often the interval holds their mean: with 15 in 87 to 93 % of cases, from 30 on in 91 to 96 %."""


def in_words(run: Run) -> list[str]:
    """The sentences under the tables of a run: who is below BLIND, and a caution if there are few seeds."""
    sentences = []
    scores = {
        agent: {tier: {"score": of["score"]} for tier, of in tiers.items()} for agent, tiers in run.by_seed.items()
    }
    for blind in BLIND:
        if blind in run.by_seed:
            less = rebuilt(run, scores, blind).differences
            below = _those_below(
                {agent: {tier: of[tier]["score"] for tier in run.seeds} for agent, of in less.items()}, "in"
            )
            sentences.append(f"Below {blind} in score (paired, the whole 95 % interval): {below}.")
    if run.baseline == BLIND[0]:
        cut_off = {
            agent: {str(looks): of[OVERALL].get(f"score_{looks}_looks") for looks in LOOKS}
            for agent, of in run.differences.items()
        }
        below = _those_below(cut_off, "at")
        sentences.append(f"Below {BLIND[0]} when cut off after so many looks, over all tiers: {below}.")
    few = min(map(len, run.seeds.values()))
    if few < FEW:
        sentences.append(
            f"Caution: {few} episode{'s' * (few > 1)} of a tier {'are' if few > 1 else 'is'} few, and the intervals "
            "too narrow: in simulations with 5 seeds a tier, 81 to 83 % of those of a mean score held it, not 95 %, "
            "and fewer where most seeds score the same."
        )
    return sentences


def _those_below(differences: Mapping[str, Mapping[str, Interval | None]], where: str) -> str:
    """The agents whose whole interval is below 0 somewhere, with where and by how much."""
    found = []
    for agent, of in differences.items():
        lower = [f"{place} ({less.value:+.2f})" for place, less in of.items() if less and less.high < 0]
        found += [f"{label(agent)} {where} {', '.join(lower)}"] if lower else []
    return "; ".join(found) or "no agent"
