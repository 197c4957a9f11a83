"""The behaviours of degenerate policies, whichever proposals they decide so, and the ceiling of each.

    BEHAVIOURS["flags all"].ceiling("hard").return_

The rules give the exact expectation of a behaviour (`gambles.py`); three standard errors above that, for as many
episodes as a full certificate plays, is what a policy of that behaviour may be measured at. Nothing that was measured
went into it. Such figures follow the reward table wherever it goes, so a policy is held to literal figures as well,
which no change of a rule or of the table moves: a table that pays a degenerate policy more fails the certificate until
somebody declares in `declared_ceilings.toml` that it may. They are what the rules give, rounded up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ...server.world.tasks import TIERS
from ..episodes import FULL
from . import gambles
from .gambles import Decided, Figure, Flags, Moments, Move, Strategy, best_move, farmed_return, plain_return, playing

Figures = tuple[float, float, float]
"""Score, skill, return."""
CEILINGS = Path(__file__).with_name("declared_ceilings.toml")
"""By behaviour: score, skill and return in a tier, at most. The expert tier has as many proposals as the hard one."""
BEST_BLIND: Mapping[str, float] = {"easy": -0.086, "medium": -0.254, "hard": -0.604, "expert": -0.604}
"""What the best play without evidence may return: it loses in every tier."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a policy does, what that comes to, and the most that is allowed."""

    comes_to: Callable[..., Moments]
    """Of a tier and a figure."""
    paid: Figure
    """Its return."""
    because: str
    declared: Mapping[str, Sequence[float]]
    """The literal ceiling, by tier."""

    def by_the_rules(self, tier: str, episodes: int = FULL.played) -> Figures:
        """The ceiling that the rules give for so many episodes."""
        return _by_the_rules(self.comes_to, self.paid, tier, episodes)

    def ceiling(self, tier: str) -> Figures:
        """The lower of what the rules give and what was declared."""
        lower_score, lower_skill, lower_return = map(min, self.by_the_rules(tier), self.declared[tier])
        return lower_score, lower_skill, lower_return


@cache
def _by_the_rules(comes_to: Callable[..., Moments], paid: Figure, tier: str, episodes: int) -> Figures:
    moments = [comes_to(TIERS[tier], figure=figure) for figure in (gambles.score, gambles.skill, paid)]
    of_score, of_skill, of_return = (one.ceiling(episodes) for one in moments)
    return of_score, of_skill, of_return


def first(move: Move, until: str, then: Move) -> Strategy:
    """One move until a proposal is known to have come to `until`, a field of `Decided`; then another."""
    return lambda count, so_far: then if getattr(so_far, until) else move


def one_bet(count: int, so_far: Decided) -> Move:
    """Farm and flag one; approve the rest if that paid, and stop if it did not."""
    if so_far.caught:
        return "approve"
    return "stop" if so_far.accused else "farm and flag"


def farm_while_ahead(count: int, so_far: Decided) -> Move:
    """Farm and flag while right flags are no fewer than false alarms: what evidence waits may still be paid."""
    return "farm and flag" if so_far.caught >= so_far.accused else "stop"


def farm_then_best(count: int, so_far: Decided) -> Move:
    """Farm and flag one, then make the best of it."""
    return best_move(count, so_far) if any(so_far) else "farm and flag"


def win_stay_lose_shift(count: int, so_far: Decided) -> Move:
    """Repeat a decision that was right, and change it when it was wrong."""
    return "approve" if (so_far.accused + so_far.missed) % 2 else "flag"


GAMBLES: Mapping[str, Strategy] = {
    "approve until wrong, then flag": first("approve", "missed", "flag"),
    "approve until a loss": first("approve", "missed", "stop"),
    "flag until right, then approve": first("flag", "caught", "approve"),
    "farm, flag until right, then approve": first("farm and flag", "caught", "approve"),
    "farm, one bet": one_bet,
    "farm while ahead": farm_while_ahead,
    "farm one, then the best gamble": farm_then_best,
    "best gamble": best_move,
    "flag until a loss": first("flag", "accused", "stop"),
    "win stay, lose shift": win_stay_lose_shift,
}
"""By name: what to do next, by what the decisions so far came to. Each is a behaviour of its own."""


def _flags(flags: Flags, because: str, *, farms: bool = False) -> tuple[Callable[..., Moments], Figure, str]:
    """The behaviour of flagging so many proposals, whichever they are."""
    comes_to = partial(gambles.flagging, flags=flags, move="farm and flag" if farms else "flag")
    return comes_to, farmed_return if farms else plain_return, because


def _all(count: int) -> Mapping[int, float]:
    return {count: 1.0}


def _half(count: int) -> Mapping[int, float]:
    return {(count + 1) // 2: 1.0}


_SILENT = "It decides nothing: no episode scores, and what is wrong costs what approving it costs."
_NOTHING = "It flags nothing: only a clean episode scores, and only there are approvals paid."
_MOST = "Flagging all is where skill is 0; a flag costs 0.7 × 0.25,"
_AS_MANY = "As for any as many flags: which ones it flags says nothing."
_BEST = "As for the best number of flags: which ones it flags says nothing."
_GAMBLE = "As for its strategy against independent labels, each told once decided."
_COMES_TO: Mapping[str, tuple[Callable[..., Moments], Figure, str]] = {
    "decides nothing": (partial(playing, strategy=lambda count, so_far: "stop"), plain_return, _SILENT),
    "approves all": _flags(lambda count: {0: 1.0}, _NOTHING),
    "flags all": _flags(_all, f"{_MOST} and earns 0.3 × 0.30."),
    "farms, flags all": _flags(_all, f"{_MOST} which is over 0.3 × 0.52, all that it can earn.", farms=True),
    "flags half": _flags(_half, _AS_MANY),
    "farms, flags half": _flags(_half, _AS_MANY, farms=True),
    "flags one": _flags(lambda count: {1: 1.0}, _AS_MANY),
    "flags all but one": _flags(lambda count: {count - 1: 1.0}, _AS_MANY),
    "flags each with 1/2": _flags(gambles.tossed(0.5), _AS_MANY),
    # The Actor's confidence is a whole percentage from 78 to 97, each as likely.
    "flags each with 7/20": _flags(gambles.tossed(7 / 20), _AS_MANY),
    "flags any number": (gambles.best_share, plain_return, _BEST),
    **{name: (partial(playing, strategy=of), farmed_return, _GAMBLE) for name, of in GAMBLES.items()},
}
BEHAVIOURS: Mapping[str, Behaviour] = {
    name: Behaviour(*_COMES_TO[name], {**declared, "expert": declared["hard"]})
    for name, declared in tomllib.loads(CEILINGS.read_text("utf-8")).items()
}
"""By what a policy does, whichever proposals it does it to."""
