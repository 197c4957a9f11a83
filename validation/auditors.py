"""Claims "optimum", "tools" and "difficulty": auditors that look at evidence, and the cost of limits to them.

    for measurement in optimum(QUICK): ...      # the oracle is perfect, and no policy that does not audit returns more
    for measurement in tools(QUICK): ...        # what the evidence-only auditor loses by each tool
    for measurement in difficulty(QUICK): ...   # what auditors come to that lack a part of the evidence or are bounded

All are measured on the test split. No tier is hard for want of steps: the unbounded auditor is perfect on all four.

A tool can be needed in two ways. It decides cases, as review_proposal, investigate_patient and cohort_analysis do, and
temporal_audit for one who counts no days; or it earns what nothing else does, as request_shap does.

An auditor that is held to limits decides what it could look at as the evidence-only one does, and takes for right where
it cannot tell what it misses, as a reader does who does not know of a rule. Of what it could not look at it decides
nothing, or it flags it: to escalate what could not be checked is what F1.5 rewards where three in ten are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ..agents.heuristic import HeuristicAuditor
from ..agents.limits import Limits
from ..comparison.oracle import Oracle
from ..models import ACTION_TYPES
from ..server.world.scenario import Scenario
from ..server.world.tasks import TIERS
from .certificate import Bar, Measurement, at_least, at_most, exact, where
from .degenerate import DEGENERATE
from .episodes import Episodes, Figure, Scale, first
from .estimates import least_fall, mean_interval

SPLIT = "test"


@dataclass(frozen=True, slots=True)
class Bounded:
    """The evidence-only auditor under limits. Equal limits make equal policies, which are played once."""

    limits: Limits

    def __call__(self, scenario: Scenario) -> HeuristicAuditor:
        """The auditor of one episode. The scenario is not looked at."""
        return HeuristicAuditor(self.limits)


EVIDENCE_ONLY = Bounded(Limits())
WITHOUT = {tool: Bounded(Limits(without=frozenset({tool}), undecided=True)) for tool in ACTION_TYPES}
"""By tool: the auditor that does not have it."""
EVIDENCE_BAR = at_least(0.95)
"""Of the evidence-only auditor's mean score, the oracle's being 1."""
DECIDES = at_least(0.01)
"""The least loss without a tool that is needed."""
_HARDER = ("medium", "hard", "expert")
NEEDED: Mapping[tuple[str, Figure], Sequence[str]] = {
    ("review_proposal", "score"): _HARDER,
    ("investigate_patient", "score"): _HARDER,
    ("cohort_analysis", "score"): ("expert",),
    ("request_shap", "return_"): _HARDER,
}
"""Tools that decide what is flagged, and the one that earns by its evidence, with the tiers in which they do."""
NO_DAYS = Limits(no_days=True, undecided=True)
"""Of an auditor that has its days counted by temporal_audit, and of one that never has."""
NEVER_DAYS = replace(NO_DAYS, without=frozenset({"temporal_audit"}))


def optimum(scale: Scale) -> Iterator[Measurement]:
    """Hold the oracle to the maximum, and the evidence-only auditor above the best degenerate policy, on every tier."""
    for on in Episodes.of_tiers(SPLIT, scale.played):
        for split, count in ((SPLIT, scale.played), ("train", scale.played // 2), ("validation", scale.played // 2)):
            scores = Episodes(on.tier, split, count).figures(Oracle, "score")
            seeds = where(
                (f"{split} {place}" for place, score in enumerate(scores) if score != 1.0), first(split, count)
            )
            yield exact("lowest score, oracle", min(scores), at_least(1.0), seeds, tier=on.tier)
        yield on.mean("mean score, evidence-only", EVIDENCE_ONLY, "score", EVIDENCE_BAR)
        for what in ("return_", "skill"):
            best = max(DEGENERATE, key=lambda name: fmean(on.figures(DEGENERATE[name], what)))
            title = f"mean {what.rstrip('_')}, evidence-only less the highest degenerate"
            yield on.mean(title, EVIDENCE_ONLY, what, at_least(0), f'The highest is "{best}".', less=DEGENERATE[best])


def tools(scale: Scale) -> Iterator[Measurement]:
    """Take every tool away on every tier, with a bar where it decides cases, or earns what nothing else does."""
    for on in Episodes.of_tiers(SPLIT, scale.played):
        for tool in ACTION_TYPES:
            for what in ("score", "return_"):
                bar = DECIDES if on.tier in NEEDED.get((tool, what), ()) else None
                yield on.mean(f"{what.rstrip('_')} lost without {tool}", EVIDENCE_ONLY, what, bar, less=WITHOUT[tool])
        if on.tier != "easy":
            what = "temporal_audit decides cases: score lost without it, by one who counts no days"
            yield on.mean(what, Bounded(NO_DAYS), "score", DECIDES, less=Bounded(NEVER_DAYS))


BLINDED: Mapping[str, tuple[Limits, Bar]] = {
    "never reads notes": (Limits(reads_notes=False), at_most(0.05)),
    "reads the verdict of notes and nothing else": (Limits(verdict_only=True), at_most(0.5)),
    "notes and protocol, no records": (Limits(records=False), at_most(0.5)),
}
"""Auditors that judge rightly by a part of the evidence, with the skill that each may have from the medium tier on."""
LEAST_FALL = at_least(0.005)
"""From a tier to the next: enough for a fall not to be a tie."""
BOUNDS: Mapping[str, tuple[Limits, Sequence[str]]] = {
    "12 tool calls": (Limits(calls=12, undecided=True), tuple(TIERS)),
    "one hop": (Limits(hops=1, believes=True, undecided=True), tuple(TIERS)),
    "no date arithmetic": (NEVER_DAYS, ("easy", "medium", "hard")),
}
"""Auditors that are held to limits, and the tiers from each of which to the next they must do worse: what expert adds
to hard takes no dates. 12 calls are two looks at each of six proposals, all that the largest easy episode needs."""


def blinded(on: Episodes) -> Iterator[Measurement]:
    """The skill of auditors that lack a part of the evidence."""
    for name, (limits, bar) in BLINDED.items():
        yield on.mean(f"mean skill, {name}", Bounded(limits), "skill", bar)


def difficulty(scale: Scale) -> Iterator[Measurement]:
    """Play auditors that lack a part of the evidence, then the bounded ones."""
    tiers = {on.tier: on for on in Episodes.of_tiers(SPLIT, scale.compared)}
    for tier in _HARDER:
        yield from blinded(tiers[tier])
    # A few episodes may all be perfect on both sides of a small fall: there a tie is no miss.
    least = at_least(0) if scale.doubt else LEAST_FALL
    for name, (limits, compared) in BOUNDS.items():
        scores = {tier: on.figures(Bounded(limits), "score") for tier, on in tiers.items()}
        for tier, on in tiers.items():
            yield on.row(f"mean score, {name}", mean_interval(scores[tier]))
        lost, between = least_fall({tier: scores[tier] for tier in compared})
        what = f"least fall of mean score between tiers, {name}"
        yield Measurement(what, "all", lost, least, first(SPLIT, scale.compared), f"{between}.")
