"""The most that each degenerate policy may come to, as the rules have it and as it decides.

    ceiling("flag-all", "hard").return_

The rules give a policy's exact expectation (`bounds.py`, `gambles.py`); three standard errors above that, for as many
episodes as a full certificate plays, is what it may be measured at. Nothing that was measured went into one. Such
figures follow the reward table wherever it goes, so a policy is held to a declared one as well (`declared.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from ...server.world.tasks import TIERS
from ..episodes import FULL
from . import bounds, gambles
from .declared import DECLARED
from .degenerate_policies import DEGENERATE
from .reward_readers import GAMBLES


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a policy may come to, on average over the episodes of a tier."""

    score: float
    skill: float
    return_: float
    because: str


def _flags(flags: bounds.Flags) -> Callable[..., bounds.Moments]:
    """Of flagging so many, whichever they are."""
    return partial(bounds.flagging, flags=flags)


_ALL = bounds.share(lambda count: count)
_HALF = bounds.share(lambda count: (count + 1) // 2)
_NOTHING = "It flags nothing: only a clean episode scores, and only there are approvals paid."
_AS_MANY = "As for any as many flags: which ones it flags says nothing."
_GAMBLES = "As for its strategy against independent labels, each told once decided."
_EXACT: Mapping[str, tuple[Callable[..., bounds.Moments], bounds.Figure, str]] = {
    "decides nothing": (
        bounds.silent,
        bounds.plain_return,
        "It decides nothing: no episode scores, and what is wrong costs what approving it costs.",
    ),
    "approves all": (_flags(bounds.constant(0)), bounds.plain_return, _NOTHING),
    "flags all": (
        _flags(_ALL),
        bounds.plain_return,
        "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, and earns 0.3 × 0.30.",
    ),
    "farms, flags all": (
        _flags(_ALL),
        bounds.farmed_return,
        "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, which is over 0.3 × 0.52, all that it can earn.",
    ),
    "flags half": (_flags(_HALF), bounds.plain_return, _AS_MANY),
    "farms, flags half": (_flags(_HALF), bounds.farmed_return, _AS_MANY),
    "flags one": (_flags(bounds.constant(1)), bounds.plain_return, _AS_MANY),
    "flags all but one": (_flags(bounds.share(lambda count: count - 1)), bounds.plain_return, _AS_MANY),
    "flags each with 1/2": (_flags(bounds.tossed(0.5)), bounds.plain_return, _AS_MANY),
    # The Actor's confidence is a whole percentage from 78 to 97, each as likely.
    "flags each with 7/20": (_flags(bounds.tossed(7 / 20)), bounds.plain_return, _AS_MANY),
    "flags any number": (
        bounds.best_share,
        bounds.plain_return,
        "As for the best number of flags: which ones it flags says nothing.",
    ),
    **{
        name: (partial(gambles.playing, strategy=strategy), bounds.farmed_return, _GAMBLES)
        for name, strategy in GAMBLES.items()
    },
}
"""By what a policy does, whichever proposals it does it to: how a figure comes out, what it is paid, and why."""
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
def exact_ceiling(does: str, tier: str, episodes: int = FULL.played) -> Ceiling:
    """What the rules give for what a policy does, over so many episodes."""
    come_out, paid, because = _EXACT[does]
    figures = (bounds.score, bounds.skill, paid)
    score, skill, return_ = (come_out(TIERS[tier], figure=figure).ceiling(episodes) for figure in figures)
    return Ceiling(score, skill, return_, because)


def flags_nothing(name: str) -> bool:
    """Whether a policy flags nothing, whatever it sees."""
    return _DOES[name] in ("decides nothing", "approves all")
