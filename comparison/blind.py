"""flag-all and approve-all beside the agents: their scores on a run's seeds, and sentences on who is below them.

    run = with_blind(read(Path("outputs/train/cpu-tiny/evaluation")))      # a run that did not play them
    for sentence in in_words(run): print(sentence)

Neither looks at any evidence. So their scores follow from how many proposals of a seed are right and wrong.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..server.audit.reward_model import Confusion
from . import RequestError
from .agents import label
from .episodes import LOOKS
from .intervals import Interval, mean_interval
from .results import OVERALL, Run

BLIND = ("flag-all", "approve-all")
PAIRED = ("score", "skill")
"""Metrics that are worked out for them by seed."""
FEW = 30
"""Episodes of a tier under which intervals are too narrow. Simulated by drawing from the 200 scores of an agent on a
tier, and asking how often the interval holds their mean: with 15 in 87 to 93 % of cases, from 30 on in 91 to 96 %."""


def in_words(run: Run) -> list[str]:
    """The sentences under the tables of a run: who is below BLIND, which audits are missing, whether there are few."""
    sentences = []
    for blind in BLIND:
        if theirs := run.by_seed.get(blind):
            less = {
                agent: {
                    tier: mean_interval(tier, np.array(of["score"], float) - theirs[tier]["score"])
                    for tier, of in mine.items()
                }
                for agent, mine in run.by_seed.items()
            }
            told = _those_below(less, "in")
            sentences.append(f"Below {blind} in score (paired, the whole 95 % interval): {told}.")
    if run.baseline == BLIND[0]:
        cut_off = {
            agent: {str(looks): of[OVERALL].get(f"score_{looks}_looks") for looks in LOOKS}
            for agent, of in run.differences.items()
        }
        told = _those_below(cut_off, "at")
        sentences.append(f"Below {BLIND[0]} when cut off after so many looks, over all tiers: {told}.")
    for agent, (missing, of_all) in run.missing.items():
        sentences.append(f"Missing: {missing} of {of_all} audits of {agent}, whose model could not be asked for them.")
    few = min(map(len, run.seeds.values()))
    if few < FEW:
        sentences.append(
            f"Caution: {few} episode{'s' * (few > 1)} of a tier {'are' if few > 1 else 'is'} few, and the intervals "
            "too narrow: in simulations with 5 seeds a tier, 81 to 83 % of those of a mean score held it, not 95 %, "
            "and fewer where most seeds score the same."
        )
    return sentences


def with_blind(run: Run) -> Run:
    """The run with BLIND first: where it did not play them, with the scores that they have on its seeds.

    They claim nothing, so they find no fault. Only `by_seed` has them; `results.rebuilt` makes figures of that.

    Raises:
        RequestError: The run was written by a version that had no fault F1.
    """
    some = next(iter(run.by_seed.values()))
    if any("fault_f1" not in of for of in some.values()):
        raise RequestError(f"{run.folder} does not say fault_f1 of each seed: it was written by an earlier version.")
    played: dict[str, dict[str, dict[str, list[Any]]]] = {agent: {} for agent in BLIND}
    for tier, of in some.items():
        counts = [(int(w), int(r)) for (_, w), (_, r) in zip(of["recall"], of["false_positive_rate"], strict=True)]
        audits = {
            "flag-all": [Confusion(wrong, right, 0, 0) for wrong, right in counts],
            "approve-all": [Confusion(0, 0, wrong, right) for wrong, right in counts],
        }
        for agent, of_agent in audits.items():
            played[agent][tier] = {metric: [getattr(one, metric) for one in of_agent] for metric in PAIRED}
            played[agent][tier]["fault_f1"] = [[0.0, there] for _, there in of["fault_f1"]]
    return replace(run, by_seed={**played, **run.by_seed})


def _those_below(differences: Mapping[str, Mapping[str, Interval | None]], where: str) -> str:
    """The agents whose whole interval is below 0 somewhere, with where and by how much."""
    found = []
    for agent, of in differences.items():
        lower = [f"{place} ({one.value:+.2f})" for place, one in of.items() if one and one.high < 0]
        found += [f"{label(agent)} {where} {', '.join(lower)}"] if lower else []
    return "; ".join(found) or "no agent"
