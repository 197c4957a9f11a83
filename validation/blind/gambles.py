"""The exact expectation of deciding without evidence, and its maximum, worked out from the rules: nothing is played.

    gambling(TIERS["hard"], skill)                          # 0.00006: the most that anyone comes to without evidence
    gambling(TIERS["hard"], plain_return, farming=True)     # and where evidence may be bought unread
    playing(TIERS["easy"], best_move, farmed_return).mean   # what a strategy comes to
    flagging(TIERS["hard"], tossed(0.5), skill).mean        # -0.39: a coin for each

The rules are these: an episode has a number of proposals between the tier's bounds, each as likely; each is wrong with
probability WRONG_SHARE whatever the others are, only not all at once. So which proposals are flagged does not matter,
only how many are. Rewards tell of a decision that was made whether it was right; that says nothing of the next label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, comb, sqrt
from operator import attrgetter
from typing import Literal, NamedTuple

from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import MOST
from ...server.audit.reward_model import REWARDS, Confusion
from ...server.world.scenario import WRONG_SHARE
from ...server.world.tasks import Tier

Move = Literal["stop", "look and stop", "approve", "flag", "farm and flag"]
"""To look is to read half of the records, which pays where decisions have skill; to farm, to buy evidence unread."""


class Ending(NamedTuple):
    """How many proposals came to what."""

    caught: int
    accused: int
    """Right ones that were flagged."""
    missed: int
    """Wrong ones that were approved."""
    cleared: int
    """Right ones that were approved."""
    left_wrong: int = 0
    """Undecided."""
    left_right: int = 0
    vested: int = 0
    """Of those caught: whose evidence was paid, had there been some."""
    farmed: int = 0
    """Flags before which all evidence was looked at."""
    looked: bool | None = None
    """Whether half of the patients were looked at; None: if it turned out to pay, which is to know the end before."""

    @property
    def confusion(self) -> Confusion:
        """As the score counts it."""
        return Confusion(self.caught, self.accused, self.missed + self.left_wrong, self.cleared, self.left_right)


Figure = Callable[[Ending], float]
score: Figure = attrgetter("confusion.score")
skill: Figure = attrgetter("confusion.skill")


def plain_return(ending: Ending) -> float:
    """The highest return without evidence: every flag of a wrong proposal is taken to name the right error type.

    Every decision takes a step, what is left undecided costs one, and ending the episode takes one. A report is taken
    to earn all that it can.
    """
    undecided = ending.left_wrong + ending.left_right
    count = ending.caught + ending.accused + ending.missed + ending.cleared + undecided
    found = ending.confusion.skill
    total = REWARDS[rewards.CORRECT_FLAG] * ending.caught + REWARDS[rewards.FALSE_POSITIVE] * ending.accused
    total += REWARDS[rewards.WRONG_APPROVAL] * ending.missed + REWARDS[rewards.WRONG_UNDECIDED] * ending.left_wrong
    total += REWARDS[rewards.STEP] * (count + 1)
    approvals = min(REWARDS[rewards.CORRECT_APPROVAL] * ending.cleared, rewards.MOST_OF_APPROVALS)
    total += round(approvals * max(0.0, found))
    # At most one proposal is about no patient. A look is a step.
    looks = REWARDS[rewards.HALF_INVESTIGATED] * (found > 0) + REWARDS[rewards.STEP] * (count // 2)
    total += max(0, looks) if ending.looked is None else looks * ending.looked
    if found > 0 and not undecided:
        total += REWARDS[rewards.ALL_DECIDED]
        total += round(1000 * MOST) if ending.caught or not ending.accused else 0
    return total / 1000


EVIDENCE = (REWARDS[rewards.SHAP_EVIDENCE] + REWARDS[rewards.TEMPORAL_EVIDENCE]) / 1000
"""What evidence adds to a right flag."""
_PAID_A_STEP = max(REWARDS[rewards.SHAP_EVIDENCE], REWARDS[rewards.TEMPORAL_EVIDENCE])
LOOKING = EVIDENCE * -REWARDS[rewards.STEP] / _PAID_A_STEP if _PAID_A_STEP else 0.0
"""What it costs at least: both kinds at the rate of the one that pays more for its step."""


def farmed_return(ending: Ending) -> float:
    """The return with evidence that was bought unread: what it costs, and what it is paid."""
    return plain_return(ending) + EVIDENCE * ending.vested - LOOKING * ending.farmed


def claiming(tier: Tier, worth: float) -> float:
    """The most that claims about what the Actor did can add to the return of who has no evidence, however it plays.

    What a claim comes to is the same on a flag and on an approval. So a policy of claims that earns so much a proposal
    on average, if all is paid, adds no more than that for each of them: a right claim is paid in full only where right
    flags outnumber false alarms, and in proportion to the skill on approvals; a false one always costs in full. What a
    guess about the fault tells of the label is no part of this: that is little, which the claim "shortcuts" holds.

    Args:
        tier: Whose proposals there are to claim about.
        worth: What the claims that can be guessed earn on a proposal, those on which none is made counted as 0.
    """
    low, high = tier.proposals
    return max(0.0, worth) * (low + high) / 2


class Decided(NamedTuple):
    """What has become of the proposals decided so far."""

    caught: int = 0
    accused: int = 0
    missed: int = 0
    cleared: int = 0
    waiting: int = 0
    """Right flags whose evidence is not paid yet: it is while right flags outnumber false alarms."""

    @property
    def labels(self) -> tuple[int, int]:
        """How many were wrong, and how many right."""
        return self.caught + self.missed, self.accused + self.cleared

    def after(self, move: Move, *, wrong: bool) -> tuple[Decided, int]:
        """The state after one more decision, and for how many flags evidence is paid with it."""
        if move == "approve":
            return self._replace(missed=self.missed + wrong, cleared=self.cleared + (not wrong)), 0
        if not wrong:
            return self._replace(accused=self.accused + 1), 0
        so_far = self._replace(caught=self.caught + 1, waiting=self.waiting + (move == "farm and flag"))
        return (so_far._replace(waiting=0), so_far.waiting) if so_far.caught > so_far.accused else (so_far, 0)


Strategy = Callable[[int, Decided], Move]
"""What to do next, of so many proposals. It is not asked once all are decided: all is known then."""
Flags = Callable[[int], Mapping[int, float]]
"""Of so many proposals, how many are flagged, each number with its probability."""
Endings = Sequence[tuple[Ending, float]]
"""How episodes end, with probabilities."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation of a figure over the episodes of a tier."""

    mean: float
    sd: float

    @classmethod
    def of(cls, tier: Tier, figure: Figure, endings: Callable[[int], Endings]) -> Moments:
        """The moments of a figure over a tier where episodes of so many proposals end so."""
        low, high = tier.proposals
        drawn = [(chance, figure(end)) for count in range(low, high + 1) for end, chance in endings(count)]
        mean = sum(chance * value for chance, value in drawn) / (high - low + 1)
        square = sum(chance * value * value for chance, value in drawn) / (high - low + 1)
        return cls(mean, sqrt(max(0.0, square - mean * mean)))

    def ceiling(self, episodes: int) -> float:
        """Three standard errors over the mean, rounded up to three decimals, as a certificate prints figures.

        A mean of so many episodes is above it once in 700 times.
        """
        return ceil(1000 * (self.mean + 3 * self.sd / sqrt(episodes)) - 1e-6) / 1000


def tossed(chance: float) -> Flags:
    """The number of flags where each proposal is flagged with that probability."""
    return lambda count: dict(enumerate(_binomial(count, chance)))


def _binomial(count: int, chance: float) -> list[float]:
    """How likely 0, 1, … of so many are it, where each is with that probability."""
    return [comb(count, some) * chance**some * (1 - chance) ** (count - some) for some in range(count + 1)]


def playing(tier: Tier, strategy: Strategy, figure: Figure) -> Moments:
    """The moments of a figure where this strategy is played."""
    return Moments.of(tier, figure, lambda count: _endings(count, strategy))


def flagging(tier: Tier, flags: Flags, figure: Figure, move: Move = "flag") -> Moments:
    """The moments of a figure where so many proposals are flagged, chosen blindly, and the others approved."""

    def endings(count: int) -> Endings:
        # Labels are alike in any order, so those that are flagged may as well come first.
        return [
            (ending, likely * chance)
            for flagged, likely in flags(count).items()
            for ending, chance in _endings(count, _first_flagged(flagged, move))
        ]

    return Moments.of(tier, figure, endings)


def best_share(tier: Tier, figure: Figure) -> Moments:
    """The moments of a figure for the best number of flags, chosen for each number of proposals."""

    def endings(count: int) -> Endings:
        each = (_endings(count, _first_flagged(flagged, "flag")) for flagged in range(count + 1))
        return max(each, key=lambda ended: sum(chance * figure(end) for end, chance in ended))

    return Moments.of(tier, figure, endings)


@cache
def _first_flagged(flagged: int, move: Move) -> Strategy:
    return lambda count, so_far: move if sum(so_far.labels) < flagged else "approve"


def best_move(count: int, so_far: Decided) -> Move:
    """What the best player for return does."""
    return _best(count, plain_return, farming=True)(so_far)[1]


def gambling(tier: Tier, figure: Figure, *, farming: bool = False) -> float:
    """The highest mean that a figure can have; with `plain_return` also where evidence can be bought unread."""
    low, high = tier.proposals
    return sum(_best(count, figure, farming)(Decided())[0] for count in range(low, high + 1)) / (high - low + 1)


@cache
def _endings(count: int, strategy: Strategy) -> Endings:
    """How episodes of so many proposals end, with probabilities."""
    ended: list[tuple[Ending, float]] = []
    reached: dict[tuple[Decided, int, int], float] = {(Decided(), 0, 0): 1.0}
    while reached:
        following: dict[tuple[Decided, int, int], float] = {}
        for (so_far, vested, farmed), chance in reached.items():
            over = sum(so_far.labels) == count
            move = "stop" if over else strategy(count, so_far)
            if move in ("stop", "look and stop"):
                ended += [
                    (ending._replace(vested=vested, farmed=farmed), chance * likely)
                    for ending, likely in _stopped(count, so_far, looked=None if over else move != "stop")
                ]
                continue
            for wrong, likely in _next(count, so_far):
                after, paid = so_far.after(move, wrong=wrong)
                state = (after, vested + paid, farmed + (move == "farm and flag"))
                following[state] = following.get(state, 0.0) + chance * likely
        reached = following
    return ended


@cache
def _best(count: int, figure: Figure, farming: bool) -> Callable[[Decided], tuple[float, Move]]:
    """By backward induction: from the decisions so far to the best that is still to come, and the move that brings it.

    What evidence has been paid is no part of it: that is had, and changes nothing of the rest.
    """
    value = cache(figure)

    @cache
    def stopped(so_far: Decided, looked: bool) -> float:
        return sum(likely * value(ending) for ending, likely in _stopped(count, so_far, looked=looked))

    @cache
    def best(so_far: Decided) -> tuple[float, Move]:
        decided = so_far._replace(waiting=0)
        moves: list[tuple[float, Move]] = [(stopped(decided, False), "stop"), (stopped(decided, True), "look and stop")]
        if sum(so_far.labels) < count:
            moves += [(worth(so_far, "approve"), "approve"), (worth(so_far, "flag"), "flag")]
            if farming:
                moves.append((worth(so_far, "farm and flag") - LOOKING, "farm and flag"))
        return max(moves, key=lambda move: move[0])

    def worth(so_far: Decided, move: Move) -> float:
        to_come = 0.0
        for wrong, likely in _next(count, so_far):
            after, paid = so_far.after(move, wrong=wrong)
            to_come += likely * (EVIDENCE * paid + best(after)[0])
        return to_come

    return best


def label_counts(count: int) -> list[float]:
    """How likely 0, 1, … of so many proposals are wrong. Where all would be, one is made right."""
    chances = _binomial(count, WRONG_SHARE)
    chances[count - 1] += chances.pop()
    return chances


@cache
def _likely(count: int, wrong: int, right: int) -> float:
    """The probability that the first ones are so many wrong ones and then so many right ones."""
    chances = label_counts(count)
    return sum(
        chances[total] * comb(count - wrong - right, total - wrong) / comb(count, total)
        for total in range(wrong, min(count - right, count - 1) + 1)
    )


def _next(count: int, so_far: Decided) -> Iterator[tuple[bool, float]]:
    """Whether the next one is wrong, with probabilities above 0."""
    wrong, right = so_far.labels
    chance = _likely(count, wrong + 1, right) / _likely(count, wrong, right)
    if chance > 0:
        yield True, chance
    yield False, 1 - chance


def _stopped(count: int, so_far: Decided, *, looked: bool | None) -> Iterator[tuple[Ending, float]]:
    """How it ends where the rest is left undecided."""
    wrong, right = so_far.labels
    left = count - wrong - right
    for more in range(left + 1):
        likely = comb(left, more) * _likely(count, wrong + more, right + left - more) / _likely(count, wrong, right)
        if likely > 0:
            yield Ending(*so_far[:4], more, left - more, looked=looked), likely
