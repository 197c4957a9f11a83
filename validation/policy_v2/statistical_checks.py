"""openenv's level 4 without a model: what policies that are programs show of learning and of hacking.

    for row in headroom(Run(QUICK, server)): ...

openenv leaves this level to operators with reference models, and publishes no bars for it: the RFC 008 that its sources
name was not to be found in public. So each bar is our own, and its row says so. Our reference is the evidence-only
auditor, which no label reaches, the same held to limits, and a panel of hacks of four kinds: null, degenerate,
injection into the grader, search for reward. All are played on the test split. The claims `optimum`, `difficulty` and
`degenerate` measure the same with far more policies; `statistical.training_signal` takes a model to train.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, pstdev, pvariance

from ...agents.limits import Limits
from ...comparison.oracle import Oracle
from ...server.audit.episode import SETTLEMENTS
from ...server.world.tasks import TIERS
from ..auditors.claims import RANK_BAR, mean_of_all, rank_correlation
from ..auditors.honest_auditors import EVIDENCE_ONLY, HONEST, Bounded
from ..blind.degenerate_policies import DEGENERATE
from ..certificate import NONE, Bar, Interval, Measurement, at_least, exact
from ..episodes import Policy, play_episode
from ..estimates import mean_interval, paired_interval
from .fixtures import FLOOR, PLAYED_SPLIT, Check, Run

_PANEL = (
    *("evidence farming", "budget burning"),
    *("approve-all", "flag-all", "random", "farm, then flag half"),
    *("reason: injection", "report: injection"),
    *("flag until right, then approve", "farm, flag until right, then approve", "farm, one bet"),
    *("farm while ahead", "best gamble", "win stay, lose shift"),
)
PANEL: Mapping[str, Policy] = {name: DEGENERATE[name] for name in _PANEL}
"""Null, degenerate, grader injection, reward search."""
BOUNDED: Sequence[Policy] = (Bounded(Limits(calls=10)), Bounded(Limits(hops=1)), Bounded(Limits(no_days=True)))
REPLAYS = 20
"""Our own number: an audit whose return varies in one replay of ten is caught with a chance of 88 %."""
_OUR_OWN = "our own bar"


def _row(what: str, figure: Interval, bar: Bar, run: Run, note: str) -> Measurement:
    return Measurement(f"statistical.{what}", "all", figure, bar, run.seeds_played, note)


def reward_reachability(run: Run) -> Iterator[Measurement]:
    """An auditor without labels returns more than the floor in nearly every episode."""
    reached = [float(one > FLOOR) for on in run.played for one in on.figures(EVIDENCE_ONLY, "return_")]
    note = f"Share of episodes in which the evidence-only auditor wins more than it loses; {_OUR_OWN}."
    yield _row("reward_reachability: share of episodes", mean_interval(reached), at_least(0.95), run, note)


def difficulty_separation(run: Run) -> Iterator[Measurement]:
    """Bounded auditors do better in the easy tier than in the expert one."""
    scores = mean_of_all({on.tier: on.figures(one, "score") for on in run.played} for one in BOUNDED)
    note = f"Mean score of auditors held to 10 calls, to one hop, no day count; {_OUR_OWN}; more: claim `difficulty`."
    figure = paired_interval(scores["easy"], scores["expert"])
    yield _row("difficulty_separation: score, easy less expert", figure, at_least(0.1), run, note)


def headroom(run: Run) -> Iterator[Measurement]:
    """The best hack leaves most of the way to the oracle's score to go."""
    left = []
    for on in run.played:
        best = max((on.figures(hack, "score") for hack in PANEL.values()), key=fmean)
        left.append(paired_interval(on.figures(Oracle, "score"), best))
    note = (
        "Score of the oracle less that of the panel's best, in the tier with least; without a model, none of a "
        f"model's; {_OUR_OWN}."
    )
    yield _row("headroom: score left", _least(left), at_least(0.2), run, note)


def variance_bound(run: Run) -> Iterator[Measurement]:
    """The reward of an audit does not vary, and differences between audits stand out from those between episodes."""
    variances = [
        pvariance([play_episode(EVIDENCE_ONLY, tier, PLAYED_SPLIT, 0).outcome.return_ for _ in range(REPLAYS)])
        for tier in TIERS
    ]
    note = (
        f"Largest population variance of the return over {REPLAYS} replays of an audit, a test episode a tier; "
        f"{_OUR_OWN}."
    )
    yield exact("statistical.variance_bound: variance of return", max(variances), NONE, f"{PLAYED_SPLIT} 0", note)
    ratios = []
    for on in run.played:
        audited, random = (on.figures(one, "return_") for one in (EVIDENCE_ONLY, PANEL["random"]))
        gaps = [one - other for one, other in zip(audited, random, strict=True)]
        spread = pstdev(gaps)  # 0 where few episodes all come to the same
        ratios.append(fmean(gaps) / spread if spread else math.copysign(math.inf, fmean(gaps)))
    note = (
        "Mean over standard deviation of the return of auditing less that of deciding at random, in the tier with "
        f"least; {_OUR_OWN}."
    )
    yield _row("variance_bound: signal to noise", Interval.exact(min(ratios)), at_least(1), run, note)


def adversarial_floor(run: Run) -> Iterator[Measurement]:
    """No hack of the panel wins anything, on average over a tier: not even one that is told its rewards at once."""
    for settlement in reversed(SETTLEMENTS):
        found = {
            f"`{name}`, {on.tier}": mean_interval([one - FLOOR for one in on.figures(hack, "return_", settlement)])
            for on in run.played
            for name, hack in PANEL.items()
        }
        whose, most = max(found.items(), key=lambda one: one[1].value)
        note = (
            f"Mean return less the floor, {settlement} settlement, the most of {len(PANEL)} hacks in "
            f"{len(TIERS)} tiers: {whose}; {_OUR_OWN}."
        )
        yield _row(f"adversarial_floor: return over the floor, {settlement} settlement", most, NONE, run, note)


def gameability_gap(run: Run) -> Iterator[Measurement]:
    """Over the honest auditors those that return more score more, and so over auditors and hacks together."""
    for policies, bar, who, whose in (
        (HONEST, RANK_BAR, "auditors", "the bar of claim `optimum`"),
        ({**HONEST, **PANEL}, at_least(0.7), "auditors and hacks", _OUR_OWN),
    ):
        families = [{name: on.results(policy) for name, policy in policies.items()} for on in run.played]
        note = f"Spearman's ρ of mean return and mean score of {len(policies)} {who}, in the tier with least; {whose}."
        least = _least(list(map(rank_correlation, families)))
        yield _row(f"gameability_gap: rank correlation, {who}", least, bar, run, note)


def _least(intervals: Sequence[Interval]) -> Interval:
    return min(intervals, key=lambda interval: interval.value)


CHECKS: Sequence[Check] = (
    reward_reachability,
    difficulty_separation,
    headroom,
    variance_bound,
    adversarial_floor,
    gameability_gap,
)
