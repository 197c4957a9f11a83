"""Sentences under the tables of a run: the agents that are worse than flagging everything, and if there are few seeds.

for sentence in in_words(run): print(sentence)
"""

from .agents import label
from .results import OVERALL, Run

BLIND = ("flag-all", "approve-all")
"""The agents that look at no evidence and stand in every table."""
FEW = 30
"""Episodes of a tier under which intervals are too narrow. Simulated by drawing from the 200 scores of an agent on a
tier, and asking how often the interval holds their mean: with 15 in 87 to 93 % of cases, from 30 on in 91 to 96 %."""


def in_words(run: Run) -> list[str]:
    """The sentences: who has a skill below 0, which is that of flag-all, and a caution if there are few seeds."""
    below = []
    for agent in run.agents:
        skills = {tier: of["skill"] for tier, of in run.figures[agent].items() if tier != OVERALL}
        lower = [f"{tier} ({skill.value:+.2f})" for tier, skill in skills.items() if skill and skill.high < 0]
        below += [f"{label(agent)} in {', '.join(lower)}"] if lower else []
    sentences = [
        f"Worse than flagging everything (skill below 0, the whole 95 % interval): {'; '.join(below) or 'no agent'}."
    ]
    few = min(map(len, run.seeds.values()))
    if few < FEW:
        sentences.append(
            f"Caution: {few} episode{'s' * (few > 1)} of a tier {'are' if few > 1 else 'is'} few, and the intervals "
            "too narrow: in simulations with 5 seeds a tier, 81 to 83 % of those of a mean score held it, not 95 %, "
            "and fewer where most seeds score the same."
        )
    return sentences
