"""What comes, exactly, of deciding without knowing which proposals are wrong. By the rules; nothing is played here.

    flagging(TIERS["hard"], tossed(0.5), skill).mean       # -0.39: a coin for each

The rules are these: an episode has a number of proposals between the tier's bounds, each as likely; each is wrong with
probability WRONG_SHARE whatever the others are, only not all at once. So which proposals are flagged does not matter,
only how many are, and the labels of some, once told, say nothing of the next. What can be made of being told is in
`gambles.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, comb, sqrt
from operator import attrgetter
from typing import NamedTuple

from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import MOST
from ...server.audit.reward_model import REWARDS, Confusion
from ...server.world.scenario import WRONG_SHARE
from ...server.world.tasks import Tier


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
Flags = Callable[[int], Mapping[int, float]]
"""Of so many proposals, how many are flagged, each number with its probability."""


def share(of: Callable[[int], int]) -> Flags:
    """A number that follows from the number of proposals."""
    return lambda count: {of(count): 1.0}


def constant(flagged: int) -> Flags:
    """That many, whatever the number of proposals."""
    return lambda count: {flagged: 1.0}


def tossed(chance: float) -> Flags:
    """Each proposal is flagged with that probability."""
    return lambda count: {
        flagged: comb(count, flagged) * chance**flagged * (1 - chance) ** (count - flagged)
        for flagged in range(count + 1)
    }


score: Figure = attrgetter("confusion.score")
skill: Figure = attrgetter("confusion.skill")


def plain_return(ending: Ending) -> float:
    """The most that it returns without evidence: where each flag of a wrong proposal names the right error type.

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
    """The same with what evidence that was looked at unread costs and is paid."""
    return plain_return(ending) + EVIDENCE * ending.vested - LOOKING * ending.farmed


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a figure over the episodes of a tier."""

    mean: float
    sd: float

    def ceiling(self, episodes: int) -> float:
        """Three standard errors over the mean, rounded up to three decimals, as a certificate prints figures.

        A mean of so many episodes is above it once in 700 times.
        """
        return ceil(1000 * (self.mean + 3 * self.sd / sqrt(episodes)) - 1e-6) / 1000


def label_counts(count: int) -> list[float]:
    """How likely 0, 1, … of so many proposals are wrong. Where all would be, one is made right."""
    chances = [
        comb(count, wrong) * WRONG_SHARE**wrong * (1 - WRONG_SHARE) ** (count - wrong) for wrong in range(count + 1)
    ]
    chances[count - 1] += chances.pop()
    return chances


def silent(tier: Tier, figure: Figure) -> Moments:
    """Of deciding nothing."""

    def endings(count: int) -> Iterator[tuple[float, float]]:
        for wrong, chance in enumerate(label_counts(count)):
            yield chance, figure(Ending(0, 0, 0, 0, wrong, count - wrong))

    return moments(tier, endings)


def flagging(tier: Tier, flags: Flags, figure: Figure) -> Moments:
    """Of flagging so many of the proposals, chosen blindly, each with evidence or none, and approving the others."""

    def endings(count: int) -> Iterator[tuple[float, float]]:
        for flagged, likely in flags(count).items():
            for wrong, chance in enumerate(label_counts(count)):
                for caught in range(max(0, flagged - count + wrong), min(flagged, wrong) + 1):
                    ways = comb(wrong, caught) * comb(count - wrong, flagged - caught) / comb(count, flagged)
                    accused = flagged - caught
                    ending = Ending(caught, accused, wrong - caught, count - wrong - accused)
                    for vested, part in _vested(caught, accused).items():
                        yield likely * chance * ways * part, figure(ending._replace(vested=vested, farmed=flagged))

    return moments(tier, endings)


def best_share(tier: Tier, figure: Figure) -> Moments:
    """Of the number of flags, for each number of proposals, that does best on average."""
    low, high = tier.proposals

    def best(count: int) -> Moments:
        alone = replace(tier, proposals=(count, count))
        tried = (flagging(alone, constant(flagged), figure) for flagged in range(count + 1))
        return max(tried, key=lambda one: one.mean)

    found = [best(count) for count in range(low, high + 1)]
    mean = sum(one.mean for one in found) / len(found)
    square = sum(one.mean * one.mean + one.sd * one.sd for one in found) / len(found)
    return Moments(mean, sqrt(max(0.0, square - mean * mean)))


def moments(tier: Tier, endings: Callable[[int], Iterable[tuple[float, float]]]) -> Moments:
    """Of what comes, with its probability, of episodes of so many proposals, over a tier."""
    low, high = tier.proposals
    drawn = [ending for count in range(low, high + 1) for ending in endings(count)]
    mean = sum(chance * value for chance, value in drawn) / (high - low + 1)
    square = sum(chance * value * value for chance, value in drawn) / (high - low + 1)
    return Moments(mean, sqrt(max(0.0, square - mean * mean)))


@cache
def _vested(caught: int, accused: int) -> Mapping[int, float]:
    """How many right flags have their evidence paid, each number with its probability, where any order is as likely.

    It is paid while right flags outnumber false alarms, and what waited is paid with it.
    """
    if caught > accused:
        return {caught: 1.0}
    if not caught:
        return {0: 1.0}
    chances: dict[int, float] = {}
    for last, before in ((caught, _vested(caught - 1, accused)), (accused, _vested(caught, accused - 1))):
        for vested, chance in before.items():
            chances[vested] = chances.get(vested, 0.0) + chance * last / (caught + accused)
    return chances
