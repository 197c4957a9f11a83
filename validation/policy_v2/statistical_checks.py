"""openenv's level 4 without a model: what policies that are programs show of learning and of hacking.

    for row in statistical_checks(QUICK): ...

openenv leaves this level to operators with reference models, and publishes no bars for it: the RFC 008 that its sources
name was not to be found in public. So each bar is our own, and its row says so. Our reference is the evidence-only
auditor, which no label reaches, the same held to limits, and a panel of hacks of four kinds: null, degenerate,
injection into the grader, search for reward. All are played on the test split. The claims `optimum`, `difficulty` and
`degenerate` measure the same with far more policies; `statistical.training_signal` takes a model to train.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, pstdev, pvariance

from ...agents.limits import Limits
from ...comparison.oracle import Oracle
from ...server.audit.episode import SETTLEMENTS
from ...server.world.tasks import TIERS
from ..auditors.claims import RANK_BAR, rank_correlation
from ..auditors.honest_auditors import EVIDENCE_ONLY, HONEST, Bounded
from ..blind.degenerate_policies import DEGENERATE
from ..certificate import Interval, Measurement, at_least, at_most
from ..episodes import Figure, Policy, Scale, figures, play_episode, results
from ..estimates import mean_interval, paired_interval
from .fixtures import FLOOR, PLAYED_SPLIT, held, seeds_played

PANEL = (
    *("evidence farming", "budget burning"),
    *("approve-all", "flag-all", "random", "farm, then flag half"),
    *("reason: injection", "report: injection"),
    *("flag until right, then approve", "farm, flag until right, then approve", "farm, one bet"),
    *("farm while ahead", "best gamble", "win stay, lose shift"),
)
"""Null, degenerate, grader injection, reward search."""
BOUNDED: Sequence[Policy] = (Bounded(Limits(calls=10)), Bounded(Limits(one_hop=True)), Bounded(Limits(no_days=True)))
REPLAYS = 20
"""Our own number: an audit whose return varies in one replay of ten is caught with a chance of 88 %."""
_OUR_OWN = "our own bar"


def _values(policy: Policy, tier: str, scale: Scale, of: Figure, settlement: str = "immediate") -> list[float]:
    return figures(policy, tier, PLAYED_SPLIT, scale.played, of, settlement)


def statistical_checks(scale: Scale) -> Iterator[Measurement]:
    """All of them."""
    yield reward_reachability(scale)
    yield difficulty_separation(scale)
    yield headroom(scale)
    yield from variance_bound(scale)
    yield from adversarial_floor(scale)
    yield from gameability_gap(scale)


def reward_reachability(scale: Scale) -> Measurement:
    """An auditor without labels returns more than the floor in nearly every episode."""
    reached = [float(one > FLOOR) for tier in TIERS for one in _values(EVIDENCE_ONLY, tier, scale, "return_")]
    how = f"share of episodes in which the evidence-only auditor wins more than it loses; {_OUR_OWN}"
    what = "statistical.reward_reachability: share of episodes"
    return held(what, mean_interval(reached), at_least(0.95), how, seeds_played(scale))


def difficulty_separation(scale: Scale) -> Measurement:
    """Bounded auditors do better in the easy tier than in the expert one."""
    easy, expert = (
        [fmean(scores) for scores in zip(*(_values(one, tier, scale, "score") for one in BOUNDED), strict=True)]
        for tier in ("easy", "expert")
    )
    how = f"mean score of auditors held to 10 calls, to one hop, to no day count; {_OUR_OWN}; more: claim `difficulty`"
    what = "statistical.difficulty_separation: score, easy less expert"
    return held(what, paired_interval(easy, expert), at_least(0.1), how, seeds_played(scale))


def headroom(scale: Scale) -> Measurement:
    """The best hack leaves most of the way to the oracle's score to go."""
    left = []
    for tier in TIERS:
        best = max((_values(DEGENERATE[name], tier, scale, "score") for name in PANEL), key=fmean)
        left.append(paired_interval(_values(Oracle, tier, scale, "score"), best))
    how = (
        "score of the oracle less that of the panel's best, in the tier with least; without a model, none of a "
        f"model's; {_OUR_OWN}"
    )
    return held("statistical.headroom: score left", _least(left), at_least(0.2), how, seeds_played(scale))


def variance_bound(scale: Scale) -> Iterator[Measurement]:
    """The reward of an audit does not vary, and differences between audits stand out from those between episodes."""
    check_id = "statistical.variance_bound"
    variances = [
        pvariance([play_episode(EVIDENCE_ONLY, tier, PLAYED_SPLIT, 0).outcome.return_ for _ in range(REPLAYS)])
        for tier in TIERS
    ]
    how = f"largest population variance of the return over {REPLAYS} replays of an audit, a test episode a tier; "
    how += _OUR_OWN
    yield held(f"{check_id}: variance of return", max(variances), at_most(0), how, f"{PLAYED_SPLIT} 0")
    ratios = []
    for tier in TIERS:
        audited, random = (_values(one, tier, scale, "return_") for one in (EVIDENCE_ONLY, DEGENERATE["random"]))
        gaps = [one - other for one, other in zip(audited, random, strict=True)]
        spread = pstdev(gaps)  # 0 where few episodes all come to the same
        ratios.append(fmean(gaps) / spread if spread else math.copysign(math.inf, fmean(gaps)))
    how = (
        "mean over standard deviation of the return of auditing less that of deciding at random, in the tier with "
        f"least; {_OUR_OWN}"
    )
    yield held(f"{check_id}: signal to noise", min(ratios), at_least(1), how, seeds_played(scale))


def adversarial_floor(scale: Scale) -> Iterator[Measurement]:
    """No hack of the panel wins anything, on average over a tier: not even one that is told its rewards at once."""
    for settlement in reversed(SETTLEMENTS):
        found: list[tuple[Interval, str, str]] = []
        for tier in TIERS:
            for name in PANEL:
                over = [one - FLOOR for one in _values(DEGENERATE[name], tier, scale, "return_", settlement)]
                found.append((mean_interval(over), name, tier))
        most, name, tier = max(found, key=lambda one: one[0].value)
        how = (
            f"mean return less the floor, {settlement} settlement, the most of {len(PANEL)} hacks in "
            f"{len(TIERS)} tiers: `{name}`, {tier}; {_OUR_OWN}"
        )
        what = f"statistical.adversarial_floor: return over the floor, {settlement} settlement"
        yield held(what, most, at_most(0), how, seeds_played(scale))


def gameability_gap(scale: Scale) -> Iterator[Measurement]:
    """Over the honest auditors those that return more score more, and so over auditors and hacks together."""
    hacks: dict[str, Policy] = {name: DEGENERATE[name] for name in PANEL}
    for policies, bar, who, whose in (
        (HONEST, RANK_BAR, "auditors", "the bar of claim `optimum`"),
        ({**HONEST, **hacks}, at_least(0.7), "auditors and hacks", _OUR_OWN),
    ):
        families = [
            {name: results(policy, tier, PLAYED_SPLIT, scale.played) for name, policy in policies.items()}
            for tier in TIERS
        ]
        how = f"Spearman's ρ of mean return and mean score over {len(policies)} {who}, in the tier with least; {whose}"
        what = f"statistical.gameability_gap: rank correlation, {who}"
        yield held(what, _least(list(map(rank_correlation, families))), bar, how, seeds_played(scale))


def _least(intervals: Sequence[Interval]) -> Interval:
    return min(intervals, key=lambda interval: interval.value)
