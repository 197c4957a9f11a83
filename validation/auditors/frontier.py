"""Claim "frontier": the dial makes audits harder from level 1 to 10, for whoever is bounded, and never unsolvable.

    for measurement in measure(QUICK): ...

Bounded auditors are played on some levels of the test split. Their mean is held to fall from each of these levels to
the next, and each of them from the first to the last. Then each knob of the dial is turned alone, with the others as
they are on one level, and must cost the auditor that lacks what the knob adds. Probes of the notes' text, and of the
record without the protocol, have the bars that they have in the other tiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from ...agents.limits import Limits
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.grammar import SETTINGS, Setting, frontier_setting
from ...server.world.scenario import build_scenario
from ...server.world.tasks import LEVELS, Tier, options_of, rhetoric_of, task_of
from ..certificate import Interval, Measurement, at_least
from ..episodes import Scale, figures, first, play_in
from ..estimates import mean_interval
from ..shortcuts.evidence_probes import without_protocol
from ..shortcuts.probes import BLIND, NO_SHORTCUT, TEXT, between_splits, probed, within_shapes
from .claims import BLINDED, SPLIT, fall
from .honest_auditors import EVIDENCE_ONLY, Bounded

PLAYED_LEVELS = (1, 4, 7, 10)
PROBED_LEVELS = (2, 6)
EVIDENCE_BAR = at_least(0.95)
TWO_HOPS = Limits(hops=2, unseen="leave")
BOUNDS: Mapping[str, Limits] = {
    "24 tool calls": Limits(calls=24, unseen="leave"),
    "three hops": Limits(hops=3, unseen="leave"),
    "no annexes": Limits(no_annexes=True, unseen="leave"),
    "no definitions": Limits(no_definitions=True, unseen="leave"),
    "first source only": Limits(first_source=True, unseen="leave"),
    "no amendments": Limits(no_amendments=True, unseen="leave"),
    "no approvals": Limits(no_approvals=True, unseen="leave"),
    "no cross-patient check": Limits(no_order=True, unseen="leave"),
}
"""Auditors that must do worse on the last level than on the first, and together from level to level."""
TURNED = 5
"""The level at which each knob is turned alone."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One number of the dial at its ends, and who is to do worse at the upper one."""

    ends: tuple[tuple[Tier, Setting], tuple[Tier, Setting]]
    limits: Limits


def _knobs() -> dict[str, Knob]:
    tier = LEVELS[TURNED]
    own = SETTINGS[tier.name]
    few, many = LEVELS[1].proposals, LEVELS[10].proposals
    shallow, deep = frontier_setting(2, 10, 4, 4, 2), frontier_setting(8, 10, 4, 4, 2)
    # Without second laboratories, at which whoever takes the first source fails at either end.
    undefined, defined = frontier_setting(5, 10, 4, 0, 0), frontier_setting(5, 10, 4, 7, 0)
    return {
        "depth 2 to 8": Knob(((tier, shallow), (tier, deep)), TWO_HOPS),
        "amendments 0 to 20": Knob(
            ((tier, own._replace(amendments=(0, 0))), (tier, own._replace(amendments=(20, 20)))),
            BOUNDS["no amendments"],
        ),
        "approvals of no amendment to all": Knob(
            ((tier, own._replace(by_site=0.0, by_consent=0.0)), (tier, own._replace(by_site=1.0, by_consent=0.0))),
            BOUNDS["no approvals"],
        ),
        "order of enrolment at a site: no clause asks for it to some do": Knob(
            ((tier, own._replace(ranks=None)), (tier, own)), BOUNDS["no cross-patient check"]
        ),
        "annexes 0 to 15": Knob(
            ((tier, frontier_setting(5, 10, 0, 4, 2)), (tier, frontier_setting(5, 10, 15, 4, 2))), BOUNDS["no annexes"]
        ),
        "definitions 0 to 7": Knob(((tier, undefined), (tier, defined)), BOUNDS["no definitions"]),
        "definitions 0 to 7, first source only": Knob(
            ((tier, undefined), (tier, defined)), BOUNDS["first source only"]
        ),
        "sources of 0 to 3 fields differ": Knob(
            ((tier, own._replace(sources=0)), (tier, own._replace(sources=3))), BOUNDS["first source only"]
        ),
        "proposals 12-13 to 30-40": Knob(
            ((replace(tier, proposals=few), own), (replace(tier, proposals=many), own)), BOUNDS["24 tool calls"]
        ),
    }


def measure(scale: Scale) -> Iterator[Measurement]:
    """Play the levels, turn the knobs, and probe the text."""
    count = max(scale.played // 5, 3)
    seeds = first(SPLIT, count)
    names = [LEVELS[level].name for level in PLAYED_LEVELS]
    for name in names:
        score = mean_interval(figures(EVIDENCE_ONLY, name, SPLIT, count, "score"))
        yield Measurement("mean score, evidence-only", name, score, EVIDENCE_BAR, seeds)
        for what, (limits, bar) in BLINDED.items():
            skill = mean_interval(figures(Bounded(limits), name, SPLIT, count, "skill"))
            yield Measurement(f"mean skill, {what}", name, skill, bar, seeds)
    came_to = {
        what: {name: figures(Bounded(limits), name, SPLIT, count, "score") for name in names}
        for what, limits in BOUNDS.items()
    }
    for what, scores in came_to.items():
        for name, one in scores.items():
            yield Measurement(f"mean score, {what}", name, mean_interval(one), None, seeds)
        yield _clear(fall(scores[names[0]], scores[names[-1]]), f"from {names[0]} to {names[-1]}, {what}", seeds)
    together = {
        name: [fmean(of) for of in zip(*(came_to[what][name] for what in BOUNDS), strict=True)] for name in names
    }
    yield _least_fall(together, seeds)
    for what, knob in _knobs().items():
        yield _turned(what, knob, 2 * count)
    for level in PROBED_LEVELS:
        name = LEVELS[level].name
        samples = between_splits(name, max(scale.probed // 2, 10))
        for probe in (*BLIND, *TEXT):
            yield probed(probe, name, samples, NO_SHORTCUT)
        yield within_shapes(TEXT[0], name, samples)
        yield from without_protocol(name, samples)


def _least_fall(scores: Mapping[str, Sequence[float]], seeds: str) -> Measurement:
    """The smallest fall between two played levels, of the mean of the bounded auditors."""
    falls = {pair: fall(*(scores[name] for name in pair)) for pair in pairwise(scores)}
    (before, after), least = min(falls.items(), key=lambda one: one[1].value)
    what = "least fall of mean score between levels, mean of the bounded auditors"
    return Measurement(what, "frontier", least, at_least(0), seeds, f"From {before} to {after}.")


def _clear(lost: Interval, what: str, seeds: str, note: str = "") -> Measurement:
    """A fall that is to be clear of zero: what is held to the bar is the lower end of its interval.

    With few episodes the upper end is, as everywhere.
    """
    figure = Interval(lost.low, lost.low, lost.high)
    return Measurement(f"fall of mean score {what}: lower end", "frontier", figure, at_least(0), seeds, note)


def _turned(what: str, knob: Knob, count: int) -> Measurement:
    """How much worse the auditor does at the upper end of a knob."""
    low, high = ([_score(knob.limits, tier, setting, index) for index in range(count)] for tier, setting in knob.ends)
    lost = fall(low, high)
    note = f"From {fmean(low):.3f} to {fmean(high):.3f}, the rest as on level {TURNED}."
    return _clear(lost, f"with {what}", first(SPLIT, count), note)


def _score(limits: Limits, tier: Tier, setting: Setting, index: int) -> float:
    """Of an auditor on an episode of a world that no level has."""
    seed = task_of(SPLIT, index).seed
    world = build_scenario(tier, seed, rhetoric_of(SPLIT), setting=setting)
    played = play_in(
        SynthAuditEnvironment(build=lambda *_: world), Bounded(limits)(world), **options_of(tier.name), seed=seed
    )
    return played.outcome.score
