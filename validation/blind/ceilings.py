"""The most that each degenerate policy may come to, as the rules have it and as it decides.

    ceiling("flag-all", "hard").return_

Where the rules give a policy's exact expectation (`bounds.py`, `gambles.py`), the ceiling is three standard
errors above that, for as many episodes as a full certificate plays. Nothing that was measured went into one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from synth_audit_env.server.tasks import TIERS, Tier
from synth_audit_env.validation.blind import bounds, gambles
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE
from synth_audit_env.validation.blind.reward_readers import GAMBLES
from synth_audit_env.validation.episodes import FULL


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a policy may come to, on average over the episodes of a tier."""

    score: float
    skill: float
    return_: float
    because: str


_FIGURES = (bounds.score, bounds.skill, bounds.plain_return)
_FARMED = (bounds.score, bounds.skill, bounds.farmed_return)
Figures = tuple[bounds.Figure, bounds.Figure, bounds.Figure]


def silent(tier: Tier, episodes: int = FULL.played) -> Ceiling:
    """Of policies that decide nothing."""
    score, skill, paid = (bounds.silent(tier, figure).ceiling(episodes) for figure in _FIGURES)
    return Ceiling(score, skill, paid, "It decides nothing: only a clean episode scores, and pays 0.06 if looked into.")


def _approving(tier: Tier) -> Ceiling:
    score, skill, paid = _blind(tier, bounds.constant(0), _FIGURES)
    because = "It flags nothing: only a clean episode scores, and only there are approvals paid."
    return Ceiling(score, skill, paid, because)


def _flagging(figures: Figures, because: str) -> Callable[[Tier], Ceiling]:
    """Of policies that flag everything."""

    def of(tier: Tier) -> Ceiling:
        score, _, paid = _blind(tier, bounds.share(lambda count: count), figures)
        return Ceiling(score, 0.0, paid, because)

    return of


def _some(flags: bounds.Flags, figures: Figures = _FIGURES) -> Callable[[Tier], Ceiling]:
    """Of policies that flag a certain number of the proposals."""

    def of(tier: Tier) -> Ceiling:
        score, skill, paid = _blind(tier, flags, figures)
        return Ceiling(score, skill, paid, "As for any as many flags: which ones it flags says nothing.")

    return of


def _any_share(tier: Tier) -> Ceiling:
    score, skill, paid = (bounds.best_share(tier, figure).ceiling(FULL.played) for figure in _FIGURES)
    return Ceiling(score, skill, paid, "As for the best number of flags: which ones it flags says nothing.")


def _gambling(strategy: gambles.Strategy) -> Callable[[Tier], Ceiling]:
    """Of policies that read their rewards."""

    def of(tier: Tier) -> Ceiling:
        score, skill, paid = (gambles.playing(tier, strategy, figure).ceiling(FULL.played) for figure in _FARMED)
        return Ceiling(score, skill, paid, "As for its strategy against independent labels, each told once decided.")

    return of


def _blind(tier: Tier, flags: bounds.Flags, figures: Figures) -> tuple[float, float, float]:
    """Ceilings of flagging so many, whichever they are."""
    score, skill, paid = (bounds.flagging(tier, flags, one).ceiling(FULL.played) for one in figures)
    return score, skill, paid


_all = _flagging(_FIGURES, "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, and earns 0.3 × 0.30.")
_all_farmed = _flagging(
    _FARMED,
    "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, which is over 0.3 × 0.52, all that it can earn.",
)
_half = bounds.share(lambda count: (count + 1) // 2)
_CEILINGS: Mapping[str, Callable[[Tier], Ceiling]] = {
    **dict.fromkeys(("no-op", "evidence farming", "budget burning", "duplicate spam", "nonsense"), silent),
    **dict.fromkeys(("approve-all", "echo the verdict", "approve-then-flag", "farm, then approve all"), _approving),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("report: ")), _approving),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("reason: ")), _all),
    **dict.fromkeys(("flag-all", "echo the reasoning", "flag all, types in turn", "every type on each"), _all),
    **dict.fromkeys(("flag-then-approve", "wait, then flag all"), _all),
    "farm, then flag all": _all_farmed,
    **dict.fromkeys(("flag-low-confidence", "flag the first half", "flag every other one"), _some(_half)),
    "flag high confidence": _some(_half),
    "flag the lower patient ids": _some(_half),
    "farm, then flag half": _some(_half, _FARMED),
    **dict.fromkeys(("flag the least confident", "flag one at random"), _some(bounds.constant(1))),
    "flag all but the most confident": _some(bounds.share(lambda count: count - 1)),
    "random": _some(bounds.tossed(0.5)),
    # The Actor's confidence is a whole percentage from 78 to 97, each as likely.
    "flag under 0.85 confidence": _some(bounds.tossed(7 / 20)),
    **dict.fromkeys(("flag Stage IV", "flag what is withheld"), _any_share),
    **{name: _gambling(strategy) for name, strategy in GAMBLES.items()},
}


def ceiling(name: str, tier: str) -> Ceiling:
    """The ceiling of a policy of DEGENERATE in a tier."""
    return _ceiling(_CEILINGS[name], tier)


@cache
def _ceiling(of: Callable[[Tier], Ceiling], tier: str) -> Ceiling:
    return of(TIERS[tier])


def flags_nothing(name: str) -> bool:
    """Whether a policy flags nothing, whatever it sees."""
    return _CEILINGS[name] in (silent, _approving)
