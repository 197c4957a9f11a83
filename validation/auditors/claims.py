"""Claims "optimum", "tools" and "difficulty": what auditors that look at evidence come to, and what limits cost them.

    for measurement in optimum(QUICK): ...       # no policy that does not audit returns more, or has more skill
    for measurement in tools(QUICK): ...         # what the evidence-only auditor loses by each tool
    for measurement in difficulty(QUICK): ...    # a bounded auditor does worse from tier to tier

All are measured on the test split. An auditor that lacks something does worse from each tier to the next that adds what
it lacks. No tier is hard for want of steps: the unbounded auditor is perfect on all four.

A tool can be needed in two ways. It decides cases, as review_proposal, investigate_patient and cohort_analysis do, and
temporal_audit for one who counts no days; or it earns what nothing else does, as request_shap does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance

from ...agents.limits import Limits
from ...models import ACTION_TYPES, EpisodeOutcome
from ...server.world.tasks import TIERS
from ..blind.degenerate_policies import DEGENERATE
from ..certificate import Bar, Interval, Measurement, at_least, at_most, exact
from ..episodes import Figure, Scale, figures, first, results
from ..estimates import mean_interval, paired_interval, rank_interval
from .honest_auditors import BELOW, EVIDENCE_ONLY, HONEST, WITHOUT, Bounded

SPLIT = "test"
EVIDENCE_BAR = at_least(0.95)
"""Of the evidence-only auditor's mean score, the oracle's being 1."""
RANK_BAR = at_least(0.9)
DECIDES = at_least(0.01)
"""What must be lost without a tool that decides cases."""
NO_DAYS = Limits(no_days=True, unseen="leave")
"""Of an auditor that has its days counted by temporal_audit."""
COMPARED: Mapping[str, Figure] = {"return": "return_", "skill": "skill"}
"""In which figures the honest auditors are held against the degenerate policies."""
TAKEN: Mapping[str, Figure] = {"score": "score", "return": "return_"}
"""In which figures an auditor is held against one that lacks a tool."""
Family = Mapping[str, Sequence[EpisodeOutcome]]
"""Name to what the policy came to, an episode each."""


def _of(played: Sequence[EpisodeOutcome], figure: Figure) -> list[float]:
    return [getattr(one, figure) for one in played]


def optimum(scale: Scale) -> Iterator[Measurement]:
    """Hold the oracle, the evidence-only auditor, and all honest ones against all degenerate ones, on every tier."""
    for tier in TIERS:
        honest = {name: results(policy, tier, SPLIT, scale.played) for name, policy in HONEST.items()}
        seeds = first(SPLIT, scale.played)
        yield perfect(tier, honest["oracle"])
        for split in ("train", "validation"):
            yield perfect(tier, results(HONEST["oracle"], tier, split, scale.played // 2), split)
        evidence = mean_interval(_of(honest["evidence-only"], "score"))
        yield Measurement("mean score, evidence-only", tier, evidence, EVIDENCE_BAR, seeds)
        for (name, what), reasons in BELOW.items():
            if tier in reasons:
                figure = mean_interval(_of(honest[name], COMPARED[what]))
                yield Measurement(f"mean {what}, {name}", tier, figure, None, seeds, f"Not compared: {reasons[tier]}.")
        what, note = "rank correlation of mean return and mean score", f"Over {len(honest)} honest auditors."
        yield Measurement(what, tier, rank_correlation(honest), RANK_BAR, seeds, note)
        degenerate = {name: results(policy, tier, SPLIT, scale.played) for name, policy in DEGENERATE.items()}
        for what in COMPARED:
            yield margin(what, tier, honest, degenerate)


def perfect(tier: str, oracle: Sequence[EpisodeOutcome], split: str = SPLIT) -> Measurement:
    """The lowest score of the oracle; the seeds are those that it does not score 1 on, if there are any."""
    failed = [str(index) for index, outcome in enumerate(oracle) if outcome.score != 1.0]
    seeds = f"{split} {', '.join(failed)}" if failed else first(split, len(oracle))
    return exact("lowest score, oracle", min(_of(oracle, "score")), at_least(1.0), seeds, tier=tier)


def margin(what: str, tier: str, honest: Family, degenerate: Family) -> Measurement:
    """By how much the lowest honest auditor is above the highest degenerate policy."""
    compared = {
        name: _of(played, COMPARED[what]) for name, played in honest.items() if tier not in BELOW.get((name, what), {})
    }
    blind = {name: _of(played, COMPARED[what]) for name, played in degenerate.items()}
    lowest = min(compared, key=lambda name: fmean(compared[name]))
    highest = max(blind, key=lambda name: fmean(blind[name]))
    note = f'"{lowest}" comes to {fmean(compared[lowest]):+.3f}, "{highest}" to {fmean(blind[highest]):+.3f}.'
    if apart := len(honest) - len(compared):
        note += f" {apart} of {len(honest)} honest auditors are below it and not compared."
    row, above = (
        f"lowest honest mean {what} less the highest degenerate",
        paired_interval(compared[lowest], blind[highest]),
    )
    return Measurement(row, tier, above, at_least(0.0), first(SPLIT, len(honest[lowest])), note)


def rank_correlation(family: Family) -> Interval:
    """Spearman's rank correlation over auditors of mean return and mean score."""
    scores = [_of(played, "score") for played in family.values()]
    return rank_interval(scores, [_of(played, "return_") for played in family.values()])


def tools(scale: Scale) -> Iterator[Measurement]:
    """Take every tool away on every tier; then the bars, on the tiers where a tool decides cases."""
    count = scale.played
    for tier in TIERS:
        for tool in ACTION_TYPES:
            for what, figure in TAKEN.items():
                lost = _lost(tool, tier, count, figure)
                yield Measurement(f"{what} lost without {tool}", tier, lost, None, first(SPLIT, count))
    for tier in ("medium", "hard", "expert"):
        for tool in ("review_proposal", "investigate_patient"):
            yield decides_flags(tool, tier, count)
        yield decides_flags("temporal_audit", tier, count, NO_DAYS, ", by one who counts no days")
        yield earns("request_shap", tier, count)
    yield decides_flags("cohort_analysis", "expert", count)


def decides_flags(
    tool: str, tier: str, count: int, limits: Limits = EVIDENCE_ONLY.limits, whose: str = ""
) -> Measurement:
    """Whether a tool decides what is flagged."""
    without = replace(limits, without=frozenset({tool}), unseen="leave")
    lost = paired_interval(*(figures(Bounded(held), tier, SPLIT, count, "score") for held in (limits, without)))
    what = f"{tool} decides cases: score lost without it{whose}"
    return Measurement(what, tier, lost, DECIDES, first(SPLIT, count))


def earns(tool: str, tier: str, count: int) -> Measurement:
    """What a tool that decides no case earns by the evidence that it gives."""
    lost = _lost(tool, tier, count, "return_")
    return Measurement(f"{tool} earns: return lost without it", tier, lost, DECIDES, first(SPLIT, count))


def _lost(tool: str, tier: str, count: int, figure: Figure) -> Interval:
    return paired_interval(*(figures(of, tier, SPLIT, count, figure) for of in (EVIDENCE_ONLY, WITHOUT[tool])))


BLINDED: Mapping[str, tuple[Limits, Bar]] = {
    "never reads notes": (Limits(reads_notes=False), at_most(0.05)),
    "reads the verdict of notes and nothing else": (Limits(verdict_only=True), at_most(0.5)),
    "notes and protocol, no records": (Limits(records=False), at_most(0.5)),
}
"""Auditors that judge rightly by a part of the evidence, with the skill that each may have from the medium tier on."""
CALLS = 12
"""Two looks at each of six proposals: all that the largest episode of the easy tier needs."""
LEAST_FALL = 0.005
"""From a tier to the next, and between the intervals of easy and expert: enough for a fall not to be a tie."""
ALL = tuple(TIERS)
ByTier = Mapping[str, Sequence[float]]
"""A figure of an auditor by tier and episode."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What an auditor is held to, and what that should cost it."""

    limits: Limits
    tiers: tuple[str, ...] = ALL
    """Consecutive ones over which it must do worse and worse; none: it is reported without a bar."""
    why: str = ""
    """Why not over all of them."""


BOUNDS: Mapping[str, Bound] = {
    f"{CALLS} tool calls": Bound(Limits(calls=CALLS, unseen="leave")),
    "one hop": Bound(Limits(hops=1, believes=True, unseen="leave")),
    "no date arithmetic": Bound(
        Limits(no_days=True, without=frozenset({"temporal_audit"}), unseen="leave"),
        ALL[:3],
        "what expert adds to hard (citations, figures, equity) takes no dates, so these two are not compared",
    ),
    "one hop among clauses, citations and figures looked up": Bound(
        Limits(hops=1, unseen="leave"),
        (),
        "what expert adds to one hop is citations, figures and equity, each one look-up away: held to one hop among "
        "the clauses alone, an auditor does no worse there than on the hard tier",
    ),
}
SCORES: tuple[Figure, ...] = ("score", "skill")


def difficulty(scale: Scale) -> Iterator[Measurement]:
    """Play auditors that lack a part of the evidence, then every bounded auditor, all together and each for itself."""
    for name, (limits, bar) in BLINDED.items():
        for tier in TIERS:
            skill = mean_interval(figures(Bounded(limits), tier, SPLIT, scale.compared, "skill"))
            held = None if tier == "easy" else bar
            yield Measurement(f"mean skill, {name}", tier, skill, held, first(SPLIT, scale.compared))
    seeds = first(SPLIT, scale.compared)
    came_to: dict[tuple[str, Figure], dict[str, list[float]]] = {
        (name, of): {tier: _of(results(Bounded(bound.limits), tier, SPLIT, scale.compared), of) for tier in TIERS}
        for name, bound in BOUNDS.items()
        for of in SCORES
    }
    for of in SCORES:
        each = [came_to[name, of] for name, bound in BOUNDS.items() if bound.tiers == ALL]
        together = {tier: list(map(fmean, zip(*(one[tier] for one in each), strict=True))) for tier in TIERS}
        yield from falls("mean of the auditors that are compared on all tiers", of, together, seeds, Bound(Limits()))
    for (name, of), by_tier in came_to.items():
        for tier, values in by_tier.items():
            yield Measurement(f"mean {of}, {name}", tier, mean_interval(values), None, seeds)
        if BOUNDS[name].tiers:
            # A few episodes may all be perfect on both sides of a small fall: there a tie is no miss.
            yield from falls(name, of, by_tier, seeds, BOUNDS[name], 0.0 if scale.doubt else LEAST_FALL)


def falls(
    name: str, of: Figure, by_tier: ByTier, seeds: str, bound: Bound, least: float = LEAST_FALL
) -> Iterator[Measurement]:
    """The smallest fall of the mean from a tier to the next, and how far the first and the last tier are apart."""
    found = {pair: fall(*(by_tier[tier] for tier in pair)) for pair in pairwise(bound.tiers)}
    (before, after), figure = min(found.items(), key=lambda one: one[1].value)
    note = f"From {before} to {after}{f'; {bound.why}' if bound.why else ''}."
    yield Measurement(f"least fall of mean {of} between tiers, {name}", "all", figure, at_least(least), seeds, note)
    gap = mean_interval(by_tier[ALL[0]]).low - mean_interval(by_tier[ALL[-1]]).high
    what = f"gap between the intervals of easy and expert, mean {of}, {name}"
    yield exact(what, gap, at_least(LEAST_FALL), seeds)


def fall(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The difference of the means of two independent samples, with Welch's standard error (1947)."""
    difference = fmean(before) - fmean(after)
    error = 1.96 * sqrt(variance(before) / len(before) + variance(after) / len(after))
    return Interval(difference, difference - error, difference + error)
