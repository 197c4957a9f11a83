"""Claims "optimum", "tools" and "difficulty": auditors that look at evidence, and the cost of limits to them.

    for measurement in optimum(QUICK): ...       # no policy that does not audit returns more, or has more skill
    for measurement in tools(QUICK): ...         # what the evidence-only auditor loses by each tool
    for measurement in difficulty(QUICK): ...    # a bounded auditor does worse from tier to tier

All are measured on the test split. An auditor that lacks something does worse from each tier to the next that adds what
it lacks. No tier is hard for want of steps: the unbounded auditor is perfect on all four.

A tool can be needed in two ways. It decides cases, as review_proposal, investigate_patient and cohort_analysis do, and
temporal_audit for one who counts no days; or it earns what nothing else does, as request_shap does.

An auditor that is held to limits decides what it could look at as the evidence-only one does, and takes for right where
it cannot tell what it misses, as a reader does who does not know of a rule. Of what it could not look at it decides
nothing, or it flags it: to escalate what could not be checked is what F1.5 rewards where three in ten are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ..agents.heuristic import HeuristicAuditor
from ..agents.limits import Limits
from ..comparison.oracle import Oracle
from ..models import ACTION_TYPES, EpisodeOutcome
from ..server.world.scenario import Scenario
from ..server.world.tasks import TIERS
from .certificate import Bar, Measurement, at_least, at_most, exact
from .degenerate import DEGENERATE
from .episodes import Episodes, Figure, Policy, Scale, first
from .estimates import least_fall, mean_interval, paired_interval, rank_interval

SPLIT = "test"


@dataclass(frozen=True, slots=True)
class Bounded:
    """The evidence-only auditor under limits. Equal limits make equal policies, which are played once."""

    limits: Limits

    def __call__(self, scenario: Scenario) -> HeuristicAuditor:
        """The auditor of one episode. The scenario is not looked at."""
        return HeuristicAuditor(self.limits)


EVIDENCE_ONLY = Bounded(Limits())
WITHOUT: Mapping[str, Bounded] = {
    tool: Bounded(Limits(without=frozenset({tool}), unseen="leave")) for tool in ACTION_TYPES
}
"""By tool: the auditor that does not have it."""
HONEST: Mapping[str, Policy] = {
    "oracle": Oracle,
    "evidence-only": EVIDENCE_ONLY,
    **{f"without {tool}": policy for tool, policy in WITHOUT.items()},
    **{
        f"{share:.0%} looked at, rest flagged": Bounded(Limits(share=share, unseen="flag"))
        for share in (0.5, 0.75, 0.9)
    },
    **{f"{share:.0%} looked at, rest left": Bounded(Limits(share=share, unseen="leave")) for share in (0.5, 0.75, 0.9)},
}
"""Name to policy."""
BELOW: Mapping[tuple[str, Figure], tuple[str, ...]] = {
    ("without investigate_patient", "skill"): ("easy", "medium", "hard"),
    ("without investigate_patient", "return_"): ("easy",),
    ("without review_proposal", "skill"): ("medium", "hard", "expert"),
    ("without review_proposal", "return_"): ("medium", "hard"),
    ("without flag_error", "skill"): tuple(TIERS),
    ("without flag_error", "return_"): tuple(TIERS),
    ("50% looked at, rest left", "skill"): tuple(TIERS),
}
"""Auditor and figure to the tiers where it *is* below the best degenerate policy, and so is not compared. Who has no
record has evidence on half of the errors or none, who reads no note does not know the question, who cannot flag finds
nothing, and who finds half of the errors is, by F1.5, not above whoever flags all."""
EVIDENCE_BAR = at_least(0.95)
"""Of the evidence-only auditor's mean score, the oracle's being 1."""
RANK_BAR = at_least(0.9)
DECIDES = at_least(0.01)
"""The least loss without a tool that decides cases."""
NO_DAYS = Limits(no_days=True, unseen="leave")
"""Of an auditor that has its days counted by temporal_audit."""
Family = Mapping[str, Sequence[EpisodeOutcome]]
"""Name to the outcomes of the policy, an episode each."""


def _of(played: Sequence[EpisodeOutcome], figure: Figure) -> list[float]:
    return [getattr(one, figure) for one in played]


def optimum(scale: Scale) -> Iterator[Measurement]:
    """Hold the oracle, the evidence-only auditor, and all honest ones against all degenerate ones, on every tier."""
    for on in Episodes.of_tiers(SPLIT, scale.played):
        honest = {name: on.results(policy) for name, policy in HONEST.items()}
        degenerate = {name: on.results(policy) for name, policy in DEGENERATE.items()}
        yield perfect(on.tier, honest["oracle"])
        for split in ("train", "validation"):
            fewer = Episodes(on.tier, split, scale.played // 2)
            yield perfect(on.tier, fewer.results(HONEST["oracle"]), split)
        yield on.mean("mean score, evidence-only", EVIDENCE_ONLY, "score", EVIDENCE_BAR)
        each = [[_of(played, figure) for played in honest.values()] for figure in ("score", "return_")]
        what, note = "rank correlation of mean return and mean score", f"Over {len(honest)} honest auditors."
        yield on.row(what, rank_interval(*each), RANK_BAR, note)
        yield margin("return_", on.tier, honest, degenerate)
        yield margin("skill", on.tier, honest, degenerate)


def perfect(tier: str, oracle: Sequence[EpisodeOutcome], split: str = SPLIT) -> Measurement:
    """The lowest score of the oracle; the seeds are those that it does not score 1 on, if there are any."""
    failed = [str(index) for index, outcome in enumerate(oracle) if outcome.score != 1.0]
    seeds = f"{split} {', '.join(failed)}" if failed else first(split, len(oracle))
    return exact("lowest score, oracle", min(_of(oracle, "score")), at_least(1.0), seeds, tier=tier)


def margin(what: Figure, tier: str, honest: Family, degenerate: Family) -> Measurement:
    """By how much the lowest honest auditor is above the highest degenerate policy."""
    compared = {name: _of(played, what) for name, played in honest.items() if tier not in BELOW.get((name, what), ())}
    blind = {name: _of(played, what) for name, played in degenerate.items()}
    lowest = min(compared, key=lambda name: fmean(compared[name]))
    highest = max(blind, key=lambda name: fmean(blind[name]))
    note = f'"{lowest}" comes to {fmean(compared[lowest]):+.3f}, "{highest}" to {fmean(blind[highest]):+.3f}.'
    if apart := len(honest) - len(compared):
        note += f" {apart} of {len(honest)} honest auditors are below it and not compared."
    above, seeds = paired_interval(compared[lowest], blind[highest]), first(SPLIT, len(compared[lowest]))
    return Measurement(
        f"lowest honest mean {what.rstrip('_')} less the highest degenerate", tier, above, at_least(0), seeds, note
    )


def tools(scale: Scale) -> Iterator[Measurement]:
    """Take every tool away on every tier; then the bars, on the tiers where a tool decides cases."""
    tiers = {on.tier: on for on in Episodes.of_tiers(SPLIT, scale.played)}
    for on in tiers.values():
        for tool in ACTION_TYPES:
            for what in ("score", "return_"):
                yield on.mean(f"{what.rstrip('_')} lost without {tool}", EVIDENCE_ONLY, what, less=WITHOUT[tool])
    for tier in ("medium", "hard", "expert"):
        for tool in ("review_proposal", "investigate_patient"):
            yield decides_flags(tool, tiers[tier])
        yield decides_flags("temporal_audit", tiers[tier], NO_DAYS, ", by one who counts no days")
        yield earns("request_shap", tiers[tier])
    yield decides_flags("cohort_analysis", tiers["expert"])


def decides_flags(tool: str, on: Episodes, limits: Limits = EVIDENCE_ONLY.limits, whose: str = "") -> Measurement:
    """The score lost without a tool that decides what is flagged."""
    without = Bounded(replace(limits, without=frozenset({tool}), unseen="leave"))
    what = f"{tool} decides cases: score lost without it{whose}"
    return on.mean(what, Bounded(limits), "score", DECIDES, less=without)


def earns(tool: str, on: Episodes) -> Measurement:
    """The return lost without a tool that decides no case, but earns by its evidence."""
    what = f"{tool} earns: return lost without it"
    return on.mean(what, EVIDENCE_ONLY, "return_", DECIDES, less=WITHOUT[tool])


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
    """The limits of an auditor, and the tiers over which they should cost it more and more."""

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
}
SCORES: tuple[Figure, ...] = ("score", "skill")


def blinded(on: Episodes, *, barred: bool = True) -> Iterator[Measurement]:
    """The skill of auditors that lack a part of the evidence."""
    for name, (limits, bar) in BLINDED.items():
        yield on.mean(f"mean skill, {name}", Bounded(limits), "skill", bar if barred else None)


def difficulty(scale: Scale) -> Iterator[Measurement]:
    """Play auditors that lack a part of the evidence, then every bounded auditor, all together and each for itself."""
    tiers = Episodes.of_tiers(SPLIT, scale.compared)
    for on in tiers:
        yield from blinded(on, barred=on.tier != "easy")
    came_to: dict[tuple[str, Figure], ByTier] = {
        (name, of): {on.tier: on.figures(Bounded(bound.limits), of) for on in tiers}
        for name, bound in BOUNDS.items()
        for of in SCORES
    }
    seeds = first(SPLIT, scale.compared)
    for of in SCORES:
        each = [came_to[name, of] for name, bound in BOUNDS.items() if bound.tiers == ALL]
        together = mean_of_all(each)
        yield from falls("mean of the auditors that are compared on all tiers", of, together, seeds, Bound(Limits()))
    for (name, of), by_tier in came_to.items():
        for on in tiers:
            yield on.row(f"mean {of}, {name}", mean_interval(by_tier[on.tier]))
        if BOUNDS[name].tiers:
            # A few episodes may all be perfect on both sides of a small fall: there a tie is no miss.
            yield from falls(name, of, by_tier, seeds, BOUNDS[name], 0.0 if scale.doubt else LEAST_FALL)


def mean_of_all(auditors: Iterable[ByTier]) -> ByTier:
    """The mean over auditors of a figure, in each episode of each tier."""
    each = list(auditors)
    return {tier: [fmean(of) for of in zip(*(one[tier] for one in each), strict=True)] for tier in each[0]}


def falls(
    name: str, of: Figure, by_tier: ByTier, seeds: str, bound: Bound, least: float = LEAST_FALL
) -> Iterator[Measurement]:
    """The smallest fall of the mean from a tier to the next, and how far the first and the last tier are apart."""
    figure, between = least_fall({tier: by_tier[tier] for tier in bound.tiers})
    note = f"{between}{f'; {bound.why}' if bound.why else ''}."
    yield Measurement(f"least fall of mean {of} between tiers, {name}", "all", figure, at_least(least), seeds, note)
    gap = mean_interval(by_tier[ALL[0]]).low - mean_interval(by_tier[ALL[-1]]).high
    what = f"gap between the intervals of easy and expert, mean {of}, {name}"
    yield exact(what, gap, at_least(LEAST_FALL), seeds)
