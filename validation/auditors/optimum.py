"""Claim 4: the optimum is the audit. Nothing that does not audit is above anyone who does, in return or in skill.

for measurement in measure(QUICK): ...

The oracle scores 1 on every episode, the evidence-only auditor within 0.05 of it; the lowest honest auditor of a tier
is above the highest degenerate policy; and over the honest auditors the mean return rises with the mean score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from statistics import fmean

import numpy as np
from scipy.stats import spearmanr

from ...server.world.tasks import TIERS
from ..blind.degenerate_policies import DEGENERATE
from ..certificate import Bar, Interval, Measurement, at_least
from ..episodes import Result, Scale, results
from ..estimates import RESAMPLES, mean_interval, paired_interval
from .honest_auditors import BELOW, HONEST

CLAIM = "optimum"
SPLIT = "test"
EVIDENCE_BAR = 0.95
"""Of the evidence-only auditor's mean score, the oracle's being 1."""
RANK_BAR = 0.9
_SEED = 20_261_125

Family = Mapping[str, Sequence[Result]]
"""Name to what the policy came to, an episode each."""
By = Callable[[Result], float]


score, skill, return_ = map(attrgetter, ("outcome.score", "outcome.skill", "outcome.return_"))
FIGURES: Mapping[str, By] = {"return": return_, "skill": skill}


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold the oracle, the evidence-only auditor, and all honest ones against all degenerate ones, on every tier."""
    for tier in TIERS:
        honest = {name: results(policy, tier, SPLIT, scale.played) for name, policy in HONEST.items()}
        yield perfect(tier, honest["oracle"])
        for split in ("train", "validation"):
            yield perfect(tier, results(HONEST["oracle"], tier, split, scale.played // 2), split)
        evidence = mean_interval(list(map(score, honest["evidence-only"])))
        yield _row("mean score, evidence-only", tier, evidence, at_least(EVIDENCE_BAR), honest["oracle"], "")
        yield from _set_apart(tier, honest)
        yield ranks(tier, honest, at_least(RANK_BAR), f"Over {len(honest)} honest auditors.")
        degenerate = {name: results(policy, tier, SPLIT, scale.played) for name, policy in DEGENERATE.items()}
        for what in FIGURES:
            yield margin(what, tier, honest, degenerate)


def perfect(tier: str, oracle: Sequence[Result], split: str = SPLIT) -> Measurement:
    """The lowest score of the oracle; the seeds are those that it does not score 1 on, if there are any."""
    failed = [str(result.index) for result in oracle if score(result) != 1.0]
    lowest = Interval.exact(min(map(score, oracle)))
    seeds = f"{split} {', '.join(failed)}" if failed else f"{split} {oracle[0].index}-{oracle[-1].index}"
    return Measurement(CLAIM, "lowest score, oracle", tier, lowest, at_least(1.0), seeds)


def margin(what: str, tier: str, honest: Family, degenerate: Family) -> Measurement:
    """By how much the lowest honest auditor is above the highest degenerate policy."""
    compared = {name: played for name, played in honest.items() if tier not in BELOW.get((name, what), {})}
    by = FIGURES[what]
    lowest = min(compared, key=lambda name: fmean(map(by, compared[name])))
    highest = max(degenerate, key=lambda name: fmean(map(by, degenerate[name])))
    above = paired_interval(map(by, compared[lowest]), map(by, degenerate[highest]))
    means = [fmean(map(by, played)) for played in (compared[lowest], degenerate[highest])]
    apart = len(honest) - len(compared)
    note = f'"{lowest}" comes to {means[0]:+.3f}, "{highest}" to {means[1]:+.3f}.'
    note += f" {apart} of {len(honest)} honest auditors are below it and not compared." if apart else ""
    return _row(
        f"lowest honest mean {what} less the highest degenerate", tier, above, at_least(0.0), honest[lowest], note
    )


def ranks(tier: str, honest: Family, bar: Bar | None, note: str) -> Measurement:
    """Spearman's rank correlation over auditors of mean return and mean score, with the bootstrap by episode."""
    scores = np.array([[score(result) for result in played] for played in honest.values()])
    returns = np.array([[return_(result) for result in played] for played in honest.values()])
    generator = np.random.default_rng(_SEED)
    episodes = scores.shape[1]
    drawn = [
        _rank_correlation(scores[:, chosen], returns[:, chosen])
        for chosen in generator.integers(episodes, size=(RESAMPLES, episodes))
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    figure = Interval(_rank_correlation(scores, returns), float(low), float(high))
    what = "rank correlation of mean return and mean score"
    return _row(what, tier, figure, bar, next(iter(honest.values())), note)


def _rank_correlation(scores: np.ndarray, returns: np.ndarray) -> float:
    return float(spearmanr(scores.mean(axis=1), returns.mean(axis=1)).statistic)


def _set_apart(tier: str, honest: Family) -> Iterator[Measurement]:
    """The figures of the honest auditors that are not compared on this tier, with the reason."""
    for (name, what), reasons in BELOW.items():
        if tier in reasons:
            figure = mean_interval(list(map(FIGURES[what], honest[name])))
            yield _row(f"mean {what}, {name}", tier, figure, None, honest[name], f"Not compared: {reasons[tier]}.")


def _row(what: str, tier: str, figure: Interval, bar: Bar | None, played: Sequence[Result], note: str) -> Measurement:
    return Measurement(CLAIM, what, tier, figure, bar, f"{SPLIT} {played[0].index}-{played[-1].index}", note)
