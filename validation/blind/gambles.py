"""What comes, exactly, of deciding by what the last decisions paid, and the most that can come of it.

    gambling(TIERS["hard"], skill)                            # 0.00006: the most that anyone comes to without evidence
    gambling(TIERS["hard"], plain_return, farming=True)       # -0.003: and where evidence may be bought unread
    best_move(4, Told(cleared=1))                             # "approve"
    playing(TIERS["easy"], best_move, farmed_return).mean

By the rules of `bounds.py`. Rewards tell of a decision that was made whether it was right, and no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import comb
from typing import Literal, NamedTuple

from ...server.world.tasks import Tier
from .bounds import (
    EVIDENCE,
    LOOKING,
    Ending,
    Figure,
    Moments,
    label_counts,
    moments,
    plain_return,
)

Move = Literal["stop", "look and stop", "approve", "flag", "farm and flag"]
"""To look is to read half of the records, which pays where decisions have skill; to farm, to buy evidence unread."""


class Told(NamedTuple):
    """What has become of the proposals decided so far."""

    caught: int = 0
    accused: int = 0
    missed: int = 0
    cleared: int = 0
    waiting: int = 0
    """Right flags whose evidence is not paid yet."""

    @property
    def labels(self) -> tuple[int, int]:
        """How many were wrong, and how many right."""
        return self.caught + self.missed, self.accused + self.cleared

    def after(self, move: Move, *, wrong: bool) -> tuple[Told, int]:
        """After a decision more, and for how many flags evidence is paid with it."""
        if move == "approve":
            return self._replace(missed=self.missed + wrong, cleared=self.cleared + (not wrong)), 0
        if not wrong:
            return self._replace(accused=self.accused + 1), 0
        told = self._replace(caught=self.caught + 1, waiting=self.waiting + (move == "farm and flag"))
        return (told._replace(waiting=0), told.waiting) if told.caught > told.accused else (told, 0)


Strategy = Callable[[int, Told], Move]
"""What to do next, of so many proposals. It is not asked once all are decided: all is known then."""


def best_move(count: int, told: Told) -> Move:
    """What the best player for return does."""
    return _best(count, plain_return, farming=True)(told)[1]


def gambling(tier: Tier, figure: Figure, *, farming: bool = False) -> float:
    """The most that can be had on average of a figure; with `plain_return` also where evidence can be bought unread."""
    low, high = tier.proposals
    return sum(_best(count, figure, farming)(Told())[0] for count in range(low, high + 1)) / (high - low + 1)


def playing(tier: Tier, strategy: Strategy, figure: Figure) -> Moments:
    """What comes of a strategy."""

    def endings(count: int) -> Iterator[tuple[float, float]]:
        for ending, chance in _endings(count, strategy):
            yield chance, figure(ending)

    return moments(tier, endings)


@cache
def _endings(count: int, strategy: Strategy) -> list[tuple[Ending, float]]:
    """How episodes of so many proposals end, with probabilities."""
    ended: list[tuple[Ending, float]] = []
    reached: dict[tuple[Told, int, int], float] = {(Told(), 0, 0): 1.0}
    while reached:
        following: dict[tuple[Told, int, int], float] = {}
        for (told, vested, farmed), chance in reached.items():
            over = sum(told.labels) == count
            move = "stop" if over else strategy(count, told)
            if move in ("stop", "look and stop"):
                ended += [
                    (ending._replace(vested=vested, farmed=farmed), chance * likely)
                    for ending, likely in _stopped(count, told, looked=None if over else move != "stop")
                ]
                continue
            for wrong, likely in _next(count, told):
                after, paid = told.after(move, wrong=wrong)
                state = (after, vested + paid, farmed + (move == "farm and flag"))
                following[state] = following.get(state, 0.0) + chance * likely
        reached = following
    return ended


@cache
def _best(count: int, figure: Figure, farming: bool) -> Callable[[Told], tuple[float, Move]]:
    """By backward induction: from what was told, to what is still to come at best and the move that brings it.

    What evidence has been paid is no part of it: that is had, and changes nothing of the rest.
    """
    value = cache(figure)

    @cache
    def stopped(told: Told, looked: bool) -> float:
        return sum(likely * value(ending) for ending, likely in _stopped(count, told, looked=looked))

    @cache
    def best(told: Told) -> tuple[float, Move]:
        decided = told._replace(waiting=0)
        moves: list[tuple[float, Move]] = [(stopped(decided, False), "stop"), (stopped(decided, True), "look and stop")]
        if sum(told.labels) < count:
            moves += [(worth(told, "approve"), "approve"), (worth(told, "flag"), "flag")]
            if farming:
                moves.append((worth(told, "farm and flag") - LOOKING, "farm and flag"))
        return max(moves, key=lambda move: move[0])

    def worth(told: Told, move: Move) -> float:
        to_come = 0.0
        for wrong, likely in _next(count, told):
            after, paid = told.after(move, wrong=wrong)
            to_come += likely * (EVIDENCE * paid + best(after)[0])
        return to_come

    return best


@cache
def _likely(count: int, wrong: int, right: int) -> float:
    """That the first so many are such, in this order."""
    chances = label_counts(count)
    return sum(
        chances[total] * comb(count - wrong - right, total - wrong) / comb(count, total)
        for total in range(wrong, min(count - right, count - 1) + 1)
    )


def _next(count: int, told: Told) -> Iterator[tuple[bool, float]]:
    """Whether the next one is wrong, with probabilities above 0."""
    wrong, right = told.labels
    chance = _likely(count, wrong + 1, right) / _likely(count, wrong, right)
    if chance > 0:
        yield True, chance
    yield False, 1 - chance


def _stopped(count: int, told: Told, *, looked: bool | None) -> Iterator[tuple[Ending, float]]:
    """How it ends where the rest is left undecided."""
    wrong, right = told.labels
    left = count - wrong - right
    for more in range(left + 1):
        likely = comb(left, more) * _likely(count, wrong + more, right + left - more) / _likely(count, wrong, right)
        if likely > 0:
            yield Ending(*told[:4], more, left - more, looked=looked), likely
