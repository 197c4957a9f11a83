"""Sentences on the agents that are below flag-all and approve-all, which look at no evidence, on a run's seeds.

for sentence in in_words(run): print(sentence)
"""

from collections.abc import Mapping

from .agents import label
from .episodes import LOOKS
from .results import OVERALL, Run, rebuilt

BLIND = ("flag-all", "approve-all")
FEW = 30
"""Episodes of a tier under which intervals are too narrow. Simulated by drawing from the 200 scores of an agent on a
tier, and asking how often the interval holds their mean: with 15 in 87 to 93 % of cases, from 30 on in 91 to 96 %."""


def in_words(run: Run) -> list[str]:
    """The sentences under the tables of a run: who is below BLIND, and a caution if there are few seeds."""
    sentences = []
    for blind in (agent for agent in BLIND if agent in run.by_seed):
        less = run if run.baseline == blind else rebuilt(run, run.by_seed, blind)
        places = {tier: ("score", tier) for tier in run.seeds}
        sentences.append(
            f"Below {blind} in score (paired, the whole 95 % interval): {_those_below(less, places, 'in')}."
        )
    if run.baseline == BLIND[0]:
        places = {str(looks): (f"score_{looks}_looks", OVERALL) for looks in LOOKS}
        below = _those_below(run, places, "at")
        sentences.append(f"Below {BLIND[0]} when cut off after so many looks, over all tiers: {below}.")
    few = min(map(len, run.seeds.values()))
    if few < FEW:
        sentences.append(
            f"Caution: {few} episode{'s' * (few > 1)} of a tier {'are' if few > 1 else 'is'} few, and the intervals "
            "too narrow: in simulations with 5 seeds a tier, 81 to 83 % of those of a mean score held it, not 95 %, "
            "and fewer where most seeds score the same."
        )
    return sentences


def _those_below(run: Run, places: Mapping[str, tuple[str, str]], where: str) -> str:
    """The agents whose whole interval is below the baseline's somewhere, with where and by how much.

    A place is a metric and a tier by what it is called.
    """
    found = []
    for agent, of in run.differences.items():
        less = {place: of[tier].get(metric) for place, (metric, tier) in places.items()}
        lower = [f"{place} ({figure.value:+.2f})" for place, figure in less.items() if figure and figure.high < 0]
        found += [f"{label(agent)} {where} {', '.join(lower)}"] if lower else []
    return "; ".join(found) or "no agent"
