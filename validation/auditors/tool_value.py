"""Claim 5: what each tool is worth. What the evidence-only auditor loses by each, in score, return and steps.

for measurement in measure(QUICK): ...

The score asks whether what is wrong was flagged, the return also whether it was named and proved. So a tool can decide
cases in two ways: which proposals are flagged (cohort_analysis; temporal_audit, for one who counts no days), and as
what (request_shap, where the Actor is too strict and does not say on which rule: the record is compliant, and only the
Actor's own decision tells which rule it took too far).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from ...agents.limits import Limits
from ...models import ACTION_TYPES
from ...server.world.misreadings import FLAWS
from ...server.world.protocol import DEVIATION
from ...server.world.tasks import TIERS
from ..certificate import Interval, Measurement, at_least
from ..episodes import Played, Result, Scale, play_episode, results
from ..estimates import mean_interval, paired_interval
from .honest_auditors import EVIDENCE_ONLY, WITHOUT, Bounded

CLAIM = "tools"
SPLIT = "test"
DECIDES = 0.01
"""What must be lost without a tool that decides cases."""
NO_DAYS = Limits(no_days=True, unseen="leave")
"""Of an auditor that has its days counted by temporal_audit."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Take every tool away on every tier; then the bars, on the expert tier."""
    seeds = f"{SPLIT} 0-{scale.played - 1}"
    for tier in TIERS:
        whole = results(EVIDENCE_ONLY, tier, SPLIT, scale.played)
        for tool in ACTION_TYPES:
            bare = results(WITHOUT[tool], tier, SPLIT, scale.played)
            for what, figure, note in (("score", "score", _missed), ("return", "return_", _steps)):
                row = f"{what} lost without {tool}"
                yield Measurement(CLAIM, row, tier, lost(whole, bare, figure), None, seeds, note(whole, bare))
    yield decides("cohort_analysis", "expert", scale.played)
    for tier in ("medium", "hard", "expert"):
        yield decides("temporal_audit", tier, scale.played, NO_DAYS, ", by one who counts no days")
    yield from names("request_shap", "expert", scale.played)


def decides(tool: str, tier: str, count: int, limits: Limits = EVIDENCE_ONLY.limits, whose: str = "") -> Measurement:
    """Whether a tool decides what is flagged."""
    without = replace(limits, without=frozenset({tool}), unseen="leave")
    whole, bare = (results(Bounded(held), tier, SPLIT, count) for held in (limits, without))
    return _lost(f"{tool} decides cases: score lost without it{whose}", tier, lost(whole, bare), count)


def names(tool: str, tier: str, count: int) -> Iterator[Measurement]:
    """Whether a tool decides as what the over-strict proposals are flagged that are wrong."""
    whole, bare = (
        [play_episode(policy, tier, SPLIT, index) for index in range(count)]
        for policy in (EVIDENCE_ONLY, WITHOUT[tool])
    )
    pairs = [(strict_named(one), strict_named(other)) for one, other in zip(whole, bare, strict=True)]
    misnamed = mean_interval([one - other for one, other in pairs if one is not None and other is not None])
    what = "share of wrong over-strict verdicts given the right error type"
    for name, shares in (("evidence-only", [one for one, _ in pairs]), (f"without {tool}", [o for _, o in pairs])):
        figure = mean_interval([share for share in shares if share is not None])
        yield Measurement(CLAIM, f"{what}, {name}", tier, figure, None, f"{SPLIT} 0-{count - 1}")
    yield _lost(f"{tool} decides cases: share of over-strict verdicts misnamed without it", tier, misnamed, count)


def strict_named(played: Played) -> float | None:
    """Of the wrong proposals that withhold treatment, the share flagged as what they are; None where there is none."""
    flagged = {t.action.proposal_id: t.action.error_type for t in played.turns if t.action.action_type == "flag_error"}
    strict = [p for p in played.outcome.proposals if p.is_wrong and FLAWS[p.flaw].stance == DEVIATION]
    return fmean(flagged.get(p.proposal_id) == p.error_type for p in strict) if strict else None


def lost(whole: Sequence[Result], bare: Sequence[Result], figure: str = "score") -> Interval:
    """By how much the mean of a figure of outcomes is lower, on the same episodes."""
    return paired_interval(*([getattr(one.outcome, figure) for one in played] for played in (whole, bare)))


def recall_by_type(played: Sequence[Result]) -> dict[str, float]:
    """Of the wrong proposals of each error type, the share that was flagged."""
    wrong = [p for result in played for p in result.outcome.proposals if p.is_wrong]
    count = Counter(p.error_type or "" for p in wrong)
    found = Counter(p.error_type or "" for p in wrong if p.decision == "flagged")
    return {error_type: found[error_type] / count[error_type] for error_type in sorted(count)}


def _missed(whole: Sequence[Result], bare: Sequence[Result]) -> str:
    """Recall of the error types of which less is found."""
    before, after = recall_by_type(whole), recall_by_type(bare)
    fallen = [f"{kind} {before[kind]:.0%} to {after[kind]:.0%}" for kind in before if after[kind] < before[kind]]
    return f"Recall falls: {', '.join(fallen)}." if fallen else "No kind of error is found less often."


def _steps(whole: Sequence[Result], bare: Sequence[Result]) -> str:
    before, after = (fmean(result.steps for result in played) for played in (whole, bare))
    return f"{before:.1f} steps with it, {after:.1f} without."


def _lost(what: str, tier: str, figure: Interval, count: int) -> Measurement:
    return Measurement(CLAIM, what, tier, figure, at_least(DECIDES), f"{SPLIT} 0-{count - 1}")
