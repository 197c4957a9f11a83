"""The most that each degenerate policy may come to, as the rules have it and as it decides.

    ceiling("flag-all", "hard").return_

The rules give a policy's exact expectation (`bounds.py`, `gambles.py`); three standard errors above that, for as many
episodes as a full certificate plays, is what it may be measured at. Nothing that was measured went into one. Such
figures follow the reward table wherever it goes, so a policy is held to a declared one as well (`declared.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from synth_audit_env.server.tasks import TIERS, Tier
from synth_audit_env.validation.blind import bounds, gambles
from synth_audit_env.validation.blind.declared import DECLARED
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


_half = bounds.share(lambda count: (count + 1) // 2)
_EXACT: Mapping[str, Callable[[Tier], Ceiling]] = {
    "decides nothing": silent,
    "approves all": _approving,
    "flags all": _flagging(
        _FIGURES, "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, and earns 0.3 × 0.30."
    ),
    "farms, flags all": _flagging(
        _FARMED,
        "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, which is over 0.3 × 0.52, all that it can earn.",
    ),
    "flags half": _some(_half),
    "farms, flags half": _some(_half, _FARMED),
    "flags one": _some(bounds.constant(1)),
    "flags all but one": _some(bounds.share(lambda count: count - 1)),
    "flags each with 1/2": _some(bounds.tossed(0.5)),
    # The Actor's confidence is a whole percentage from 78 to 97, each as likely.
    "flags each with 7/20": _some(bounds.tossed(7 / 20)),
    "flags any number": _any_share,
    **{name: _gambling(strategy) for name, strategy in GAMBLES.items()},
}
"""By what a policy does, whichever proposals it does it to."""
_DOES: Mapping[str, str] = {
    **dict.fromkeys(("no-op", "evidence farming", "budget burning", "duplicate spam", "nonsense"), "decides nothing"),
    **dict.fromkeys(("approve-all", "echo the verdict", "approve-then-flag", "farm, then approve all"), "approves all"),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("report: ")), "approves all"),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("reason: ")), "flags all"),
    **dict.fromkeys(("flag-all", "echo the reasoning", "flag all, types in turn", "every type on each"), "flags all"),
    **dict.fromkeys(("flag-then-approve", "wait, then flag all"), "flags all"),
    "farm, then flag all": "farms, flags all",
    **dict.fromkeys(("flag-low-confidence", "flag the first half", "flag every other one"), "flags half"),
    **dict.fromkeys(("flag high confidence", "flag the lower patient ids"), "flags half"),
    "farm, then flag half": "farms, flags half",
    **dict.fromkeys(("flag the least confident", "flag one at random"), "flags one"),
    "flag all but the most confident": "flags all but one",
    "random": "flags each with 1/2",
    "flag under 0.85 confidence": "flags each with 7/20",
    **dict.fromkeys(("flag Stage IV", "flag what is withheld"), "flags any number"),
    **{name: name for name in GAMBLES},
}


def ceiling(name: str, tier: str) -> Ceiling:
    """The ceiling of a policy of DEGENERATE in a tier: the lower of what the rules give and what was declared."""
    exact, declared = exact_ceiling(_DOES[name], tier), DECLARED[_DOES[name]][tier]
    score, skill, paid = map(min, (exact.score, exact.skill, exact.return_), declared)
    return Ceiling(score, skill, paid, exact.because)


@cache
def exact_ceiling(does: str, tier: str) -> Ceiling:
    """What the rules give for what a policy does."""
    return _EXACT[does](TIERS[tier])


def flags_nothing(name: str) -> bool:
    """Whether a policy flags nothing, whatever it sees."""
    return _DOES[name] in ("decides nothing", "approves all")
