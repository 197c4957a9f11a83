"""Claim "frontier": the dial makes audits harder from level 1 to 10, for whoever is bounded, and never unsolvable.

    for measurement in measure(QUICK): ...

Bounded auditors are played on some levels of the test split. Their mean is held to fall from each of these levels to
the next, and each of them from the first to the last. Then each knob of the dial is turned alone, with the others as
they are on one level, and must cost the auditor that lacks what the knob adds. The attackers that look nothing up, or
only at the record, have the bars that they have in the other tiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from ..agents.limits import Limits
from ..server.world.grammar import SETTINGS, Setting, frontier_setting
from ..server.world.scenario import build_scenario
from ..server.world.tasks import LEVELS, Tier, rhetoric_of, task_of
from .attackers import BEFORE_ANY_LOOK, attack, between_splits
from .auditors import EVIDENCE_BAR, EVIDENCE_ONLY, SPLIT, Bounded, blinded
from .certificate import Interval, Measurement, at_least
from .episodes import Episodes, Scale, first, play_scenario
from .estimates import fall, least_fall, mean_interval

PLAYED_LEVELS = (1, 4, 7, 10)
ATTACKED_LEVELS = (2, 6)
BOUNDS: Mapping[str, Limits] = {
    "24 tool calls": Limits(calls=24, undecided=True),
    "three hops": Limits(hops=3, undecided=True),
    "no annexes": Limits(no_annexes=True, undecided=True),
    "no definitions": Limits(no_definitions=True, undecided=True),
    "first source only": Limits(first_source=True, undecided=True),
    "no amendments": Limits(no_amendments=True, undecided=True),
    "no approvals": Limits(no_approvals=True, undecided=True),
    "no cross-patient check": Limits(no_order=True, undecided=True),
}
"""Auditors that must do worse on the last level than on the first, and together from level to level."""
TURNED = 5
"""The level at which each knob is turned alone."""


def _setting(depth: int = 5, annexes: int = 4, definitions: int = 4, sources: int = 2) -> Setting:
    return frontier_setting(depth, 10, annexes, definitions, sources)


_TIER = LEVELS[TURNED]
_OWN = SETTINGS[_TIER.name]
# Without second laboratories, at which whoever takes the first source fails at either end.
_DEFINED = _setting(definitions=0, sources=0), _setting(definitions=7, sources=0)
_AMENDED = _OWN._replace(amendments=(0, 0)), _OWN._replace(amendments=(20, 20))
_APPROVED = _OWN._replace(by_site=0.0, by_consent=0.0), _OWN._replace(by_site=1.0, by_consent=0.0)
KNOBS: Mapping[str, tuple[Limits, Setting, Setting]] = {
    "depth 2 to 8": (Limits(hops=2, undecided=True), _setting(depth=2), _setting(depth=8)),
    "amendments 0 to 20": (BOUNDS["no amendments"], *_AMENDED),
    "approvals of no amendment to all": (BOUNDS["no approvals"], *_APPROVED),
    "order of enrolment at a site: no clause asks for it to some do": (
        BOUNDS["no cross-patient check"],
        _OWN._replace(ranks=None),
        _OWN,
    ),
    "annexes 0 to 15": (BOUNDS["no annexes"], _setting(annexes=0), _setting(annexes=15)),
    "definitions 0 to 7": (BOUNDS["no definitions"], *_DEFINED),
    "definitions 0 to 7, first source only": (BOUNDS["first source only"], *_DEFINED),
    "sources of 0 to 3 fields differ": (
        BOUNDS["first source only"],
        _OWN._replace(sources=0),
        _OWN._replace(sources=3),
    ),
}
"""By name: the auditor that is to do worse, and the settings at the two ends, the rest as on level TURNED."""
LENGTHS = "proposals 12-13 to 30-40"
"""The knob that is no setting of the protocol: the length of an episode on the first and on the last level."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Play the levels, turn the knobs, and attack two levels."""
    count = max(scale.played // 5, 3)
    levels = [Episodes(LEVELS[level].name, SPLIT, count) for level in PLAYED_LEVELS]
    for on in levels:
        yield on.mean("mean score, evidence-only", EVIDENCE_ONLY, "score", EVIDENCE_BAR)
        yield from blinded(on)
    came_to = {
        what: {on.tier: on.figures(Bounded(limits), "score") for on in levels} for what, limits in BOUNDS.items()
    }
    low, high = levels[0].tier, levels[-1].tier
    for what, scores in came_to.items():
        for on in levels:
            yield on.row(f"mean score, {what}", mean_interval(scores[on.tier]))
        yield _clear(fall(scores[low], scores[high]), f"from {low} to {high}, {what}", first(SPLIT, count))
    least, between = least_fall(
        {
            on.tier: [fmean(of) for of in zip(*(scores[on.tier] for scores in came_to.values()), strict=True)]
            for on in levels
        }
    )
    what = "least fall of mean score between levels, mean of the bounded auditors"
    yield Measurement(what, "frontier", least, at_least(0), first(SPLIT, count), f"{between}.")
    for what, (limits, *settings) in KNOBS.items():
        yield _turned(what, limits, [(_TIER, setting) for setting in settings], 2 * count)
    tiers = [replace(_TIER, proposals=LEVELS[level].proposals) for level in (1, 10)]
    yield _turned(LENGTHS, BOUNDS["24 tool calls"], [(tier, _OWN) for tier in tiers], 2 * count)
    for level in ATTACKED_LEVELS[: 1 if scale.doubt else None]:
        samples = between_splits(LEVELS[level].name, max(scale.probed // 2, 10))
        for attacker in BEFORE_ANY_LOOK:
            yield from attack(attacker, samples)


def _clear(lost: Interval, what: str, seeds: str, note: str = "") -> Measurement:
    """A fall that is to be clear of zero: what is held to the bar is the lower end of its interval.

    With few episodes the upper end is, as everywhere.
    """
    figure = Interval(lost.low, lost.low, lost.high)
    return Measurement(f"fall of mean score {what}: lower end", "frontier", figure, at_least(0), seeds, note)


def _turned(what: str, limits: Limits, ends: Sequence[tuple[Tier, Setting]], count: int) -> Measurement:
    """How much worse an auditor does at the upper end of a knob."""
    low, high = ([_score(limits, tier, setting, index) for index in range(count)] for tier, setting in ends)
    note = f"From {fmean(low):.3f} to {fmean(high):.3f}, the rest as on level {TURNED}."
    return _clear(fall(low, high), f"with {what}", first(SPLIT, count), note)


def _score(limits: Limits, tier: Tier, setting: Setting, index: int) -> float:
    """The score of an auditor on an episode of a world that no level has."""
    seed = task_of(SPLIT, index).seed
    world = build_scenario(tier, seed, rhetoric_of(SPLIT), setting=setting)
    return play_scenario(world, Bounded(limits), seed=seed).score
