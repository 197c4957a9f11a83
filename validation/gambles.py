"""The exact expectation of deciding without evidence, and its maximum, worked out from the rules: nothing is played.

    gambling(TIERS["hard"])      # -0.60: the highest return of anyone who reads no evidence, bought or not

The rules are these: an episode has a number of proposals between the tier's bounds, each as likely; each is wrong with
probability WRONG_SHARE whatever the others are, only not all at once. So which proposals are flagged does not matter,
only how many are. Rewards tell of a decision that was made whether it was right; that says nothing of the next label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import comb
from typing import Literal, NamedTuple

from ..server.audit import reward_model as rewards
from ..server.audit.audit_report import MOST
from ..server.audit.reward_model import REWARDS, Confusion
from ..server.world.scenario import WRONG_SHARE
from ..server.world.tasks import Tier

Move = Literal["stop", "look and stop", "approve", "flag", "farm and flag"]
"""To look is to read half of the records, which pays where decisions have skill; to farm, to buy evidence unread."""


class Ending(NamedTuple):
    """The number of proposals at the end of an episode, by decision and label."""

    caught: int
    accused: int
    """Right ones that were flagged."""
    missed: int
    """Wrong ones that were approved."""
    cleared: int
    """Right ones that were approved."""
    left_wrong: int = 0
    """Wrong ones without a decision."""
    left_right: int = 0
    looked: bool = False
    """True if half of the patients were looked at."""

    @property
    def confusion(self) -> Confusion:
        """As the score counts it."""
        return Confusion(self.caught, self.accused, self.missed + self.left_wrong, self.cleared, self.left_right)


@cache
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
    total += looks * ending.looked
    if found > 0 and not undecided:
        total += REWARDS[rewards.ALL_DECIDED]
        total += round(1000 * MOST) if ending.caught or not ending.accused else 0
    return total / 1000


EVIDENCE = (REWARDS[rewards.SHAP_EVIDENCE] + REWARDS[rewards.TEMPORAL_EVIDENCE]) / 1000
"""The bonus of evidence for a right flag."""
_PAID_A_STEP = max(REWARDS[rewards.SHAP_EVIDENCE], REWARDS[rewards.TEMPORAL_EVIDENCE])
LOOKING = EVIDENCE * -REWARDS[rewards.STEP] / _PAID_A_STEP if _PAID_A_STEP else 0.0
"""The least cost of evidence: both kinds at the rate of the one that pays more for its step."""


class Decided(NamedTuple):
    """The proposals decided so far, by decision and label."""

    caught: int = 0
    accused: int = 0
    missed: int = 0
    cleared: int = 0
    waiting: int = 0
    """Right flags whose evidence is not paid yet: it is while right flags outnumber false alarms."""

    @property
    def labels(self) -> tuple[int, int]:
        """The number of wrong ones, and that of right ones."""
        return self.caught + self.missed, self.accused + self.cleared

    def after(self, move: Move, *, wrong: bool) -> tuple[Decided, int]:
        """The state after one more decision, and the number of flags whose evidence is paid with it."""
        if move == "approve":
            return self._replace(missed=self.missed + wrong, cleared=self.cleared + (not wrong)), 0
        if not wrong:
            return self._replace(accused=self.accused + 1), 0
        so_far = self._replace(caught=self.caught + 1, waiting=self.waiting + (move == "farm and flag"))
        return (so_far._replace(waiting=0), so_far.waiting) if so_far.caught > so_far.accused else (so_far, 0)


Strategy = Callable[[int, Decided], Move]
"""The next move, of so many proposals and by what was decided. It is not asked once all are decided."""


@cache
def _label_counts(count: int) -> list[float]:
    """The probabilities that 0, 1, … of so many proposals are wrong. Where all would be, one is made right."""
    chances = [comb(count, n) * WRONG_SHARE**n * (1 - WRONG_SHARE) ** (count - n) for n in range(count + 1)]
    chances[count - 1] += chances.pop()
    return chances


def best_move(count: int, so_far: Decided) -> Move:
    """The move of the best player for return."""
    return _best(count)(so_far)[1]


def gambling(tier: Tier) -> float:
    """The highest mean return without evidence, which can be bought unread."""
    low, high = tier.proposals
    return sum(_best(count)(Decided())[0] for count in range(low, high + 1)) / (high - low + 1)


@cache
def _best(count: int) -> Callable[[Decided], tuple[float, Move]]:
    """Backward induction: from the decisions so far to the best that is still to come, and the move that brings it.

    Evidence that has been paid is no part of it: it changes nothing of the rest.
    """

    @cache
    def stopped(so_far: Decided, looked: bool) -> float:
        return sum(likely * plain_return(ending) for ending, likely in _stopped(count, so_far, looked=looked))

    @cache
    def best(so_far: Decided) -> tuple[float, Move]:
        decided = so_far._replace(waiting=0)
        moves: list[tuple[float, Move]] = [(stopped(decided, False), "stop"), (stopped(decided, True), "look and stop")]
        if sum(so_far.labels) < count:
            moves += [(worth(so_far, "approve"), "approve"), (worth(so_far, "flag"), "flag")]
            moves.append((worth(so_far, "farm and flag") - LOOKING, "farm and flag"))
        return max(moves, key=lambda move: move[0])

    def worth(so_far: Decided, move: Move) -> float:
        to_come = 0.0
        for wrong, likely in _next(count, so_far):
            after, paid = so_far.after(move, wrong=wrong)
            to_come += likely * (EVIDENCE * paid + best(after)[0])
        return to_come

    return best


@cache
def _likely(count: int, wrong: int, right: int) -> float:
    """The probability that the first ones are so many wrong ones and then so many right ones."""
    chances = _label_counts(count)
    return sum(
        chances[total] * comb(count - wrong - right, total - wrong) / comb(count, total)
        for total in range(wrong, min(count - right, count - 1) + 1)
    )


def _next(count: int, so_far: Decided) -> Iterator[tuple[bool, float]]:
    """The label of the next proposal (True if wrong), with probabilities above 0."""
    wrong, right = so_far.labels
    chance = _likely(count, wrong + 1, right) / _likely(count, wrong, right)
    if chance > 0:
        yield True, chance
    yield False, 1 - chance


def _stopped(count: int, so_far: Decided, *, looked: bool) -> Iterator[tuple[Ending, float]]:
    """Endings with their probabilities, if the rest stays undecided."""
    wrong, right = so_far.labels
    left = count - wrong - right
    for more in range(left + 1):
        likely = comb(left, more) * _likely(count, wrong + more, right + left - more) / _likely(count, wrong, right)
        if likely > 0:
            yield Ending(*so_far[:4], more, left - more, looked=looked), likely
