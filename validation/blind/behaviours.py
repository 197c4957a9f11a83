"""The behaviours of degenerate policies, whichever proposals they decide so, and the ceiling of each.

    BEHAVIOURS["flags all"].ceiling("hard").return_

The rules give the exact expectation of a behaviour (`gambles.py`); three standard errors above that, for as many
episodes as a full certificate plays, is what a policy of that behaviour may be measured at. Nothing that was measured
went into it. Such figures follow the reward table wherever it goes, so a policy is held to literal figures as well,
which no change of a rule or of the table moves: a table that pays a degenerate policy more fails the certificate until
somebody declares here that it may. They are what the rules give, rounded up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

from ...server.world.tasks import TIERS
from ..episodes import FULL
from . import gambles
from .gambles import Decided, Figure, Flags, Moments, Move, Strategy, best_move, farmed_return, plain_return, playing

Figures = tuple[float, float, float]
"""Score, skill, return."""
_DECLARED = """
decides nothing                      |  0.000 -0.688 -0.272 |  0.000 -0.752 -0.420 |  0.000 -0.826 -0.711
approves all                         |  0.256 -0.434 -0.176 |  0.131 -0.629 -0.376 |  0.048 -0.788 -0.700
flags all                            |  0.568  0.000 -0.325 |  0.581  0.000 -0.515 |  0.589  0.000 -0.906
farms, flags all                     |  0.568  0.000 -0.131 |  0.581  0.000 -0.268 |  0.589  0.000 -0.604
flags half                           |  0.506 -0.110 -0.149 |  0.476 -0.194 -0.364 |  0.453 -0.275 -0.730
farms, flags half                    |  0.506 -0.110 -0.018 |  0.476 -0.194 -0.195 |  0.453 -0.275 -0.507
flags one                            |  0.404 -0.253 -0.179 |  0.278 -0.469 -0.361 |  0.165 -0.672 -0.696
flags all but one                    |  0.546 -0.004 -0.113 |  0.557 -0.027 -0.309 |  0.571 -0.015 -0.707
flags each with 1/2                  |  0.487 -0.123 -0.157 |  0.457 -0.217 -0.357 |  0.439 -0.292 -0.726
flags each with 7/20                 |  0.443 -0.194 -0.163 |  0.394 -0.314 -0.360 |  0.365 -0.415 -0.711
flags any number                     |  0.568  0.000 -0.113 |  0.581  0.000 -0.347 |  0.589  0.000 -0.700
approve until wrong, then flag       |  0.494 -0.342 -0.198 |  0.486 -0.284 -0.417 |  0.516 -0.171 -0.809
approve until a loss                 |  0.256 -0.434 -0.176 |  0.131 -0.629 -0.376 |  0.048 -0.788 -0.700
flag until right, then approve       |  0.516 -0.064 -0.173 |  0.447 -0.228 -0.347 |  0.336 -0.447 -0.692
farm, flag until right, then approve |  0.516 -0.064 -0.109 |  0.447 -0.228 -0.284 |  0.336 -0.447 -0.631
farm, one bet                        |  0.254 -0.428 -0.152 |  0.202 -0.559 -0.308 |  0.142 -0.699 -0.629
farm while ahead                     |  0.263 -0.413 -0.140 |  0.230 -0.511 -0.269 |  0.187 -0.633 -0.557
farm one, then the best gamble       |  0.519 -0.006  0.070 |  0.510 -0.061 -0.065 |  0.441 -0.210 -0.379
best gamble                          |  0.509 -0.006  0.069 |  0.510 -0.061 -0.065 |  0.441 -0.210 -0.379
flag until a loss                    |  0.253 -0.434 -0.290 |  0.213 -0.543 -0.434 |  0.161 -0.677 -0.730
win stay, lose shift                 |  0.476 -0.237 -0.189 |  0.404 -0.370 -0.394 |  0.352 -0.491 -0.734
"""
"""By behaviour: score, skill and return in the easy, medium and hard tier, at most. The expert tier has as many
proposals as the hard one, and blind play sees nothing else of it."""
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
    declared: Mapping[str, Figures]
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


def _declared() -> Iterator[tuple[str, Mapping[str, Figures]]]:
    for line in _DECLARED.strip().splitlines():
        name, *cells = line.split("|")
        easy, medium, hard = (tuple(map(float, cell.split())) for cell in cells)
        yield name.strip(), {"easy": easy, "medium": medium, "hard": hard, "expert": hard}  # type: ignore[dict-item]


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
BEHAVIOURS: Mapping[str, Behaviour] = {name: Behaviour(*_COMES_TO[name], declared) for name, declared in _declared()}
"""By what a policy does, whichever proposals it does it to."""
