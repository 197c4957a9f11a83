"""What comes, exactly, of deciding without knowing which proposals are wrong. By the rules; nothing is played here.

    flagging(TIERS["hard"], tossed(0.5), skill).mean    # -0.39: a coin for each
    gambling(TIERS["hard"], skill)                         # 0.00006: the most that anyone comes to without evidence

The rules are these: an episode has a number of proposals between the tier's bounds, each as likely; each is wrong with
probability WRONG_SHARE whatever the others are, only not all at once. So which proposals are flagged does not matter,
only how many are, and the labels of some, once told, say nothing of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import comb, sqrt
from typing import NamedTuple

from synth_audit_env.server import reward_model as rewards
from synth_audit_env.server.audit_report import MOST
from synth_audit_env.server.reward_model import REWARDS, Confusion
from synth_audit_env.server.scenario import WRONG_SHARE
from synth_audit_env.server.tasks import Tier


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

    @property
    def confusion(self) -> Confusion:
        """As the score counts it."""
        return Confusion(self.caught, self.accused, self.missed + self.left_wrong, self.cleared + self.left_right)


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


def score(ending: Ending) -> float:
    """The score of an episode that ended so."""
    return ending.confusion.score


def skill(ending: Ending) -> float:
    """Its skill."""
    return ending.confusion.skill


def plain_return(ending: Ending) -> float:
    """Its return, where every flag of a wrong proposal names the right error type. Steps are left out."""
    return _return(ending, REWARDS[rewards.CORRECT_FLAG])


def farmed_return(ending: Ending) -> float:
    """The same where the bonuses for evidence vest with every such flag. What the evidence costs is left out too."""
    events = (rewards.CORRECT_FLAG, rewards.SHAP_EVIDENCE, rewards.TEMPORAL_EVIDENCE)
    return _return(ending, sum(REWARDS[event] for event in events))


def _return(ending: Ending, flag: int) -> float:
    """In full as the reward table has it, except that a report is taken to earn all it can."""
    total = flag * ending.caught + REWARDS[rewards.FALSE_POSITIVE] * ending.accused
    total += REWARDS[rewards.WRONG_APPROVAL] * ending.missed
    if ending.caught or not ending.missed + ending.left_wrong:
        total += REWARDS[rewards.CORRECT_APPROVAL] * ending.cleared
    if ending.confusion.skill > 0:
        total += REWARDS[rewards.HALF_INVESTIGATED]
        if not ending.left_wrong + ending.left_right:
            total += REWARDS[rewards.ALL_DECIDED] + round(1000 * MOST)
    return total / 1000


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a figure over the episodes of a tier."""

    mean: float
    sd: float

    def ceiling(self, episodes: int) -> float:
        """Three standard errors over the mean: a mean of so many episodes is above it once in 700 times."""
        return self.mean + 3 * self.sd / sqrt(episodes)


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

    return _moments(tier, endings)


def flagging(tier: Tier, flags: Flags, figure: Figure) -> Moments:
    """Of flagging so many of the proposals, chosen without evidence, and approving the others."""

    def endings(count: int) -> Iterator[tuple[float, float]]:
        for flagged, likely in flags(count).items():
            for wrong, chance in enumerate(label_counts(count)):
                for caught in range(max(0, flagged - count + wrong), min(flagged, wrong) + 1):
                    ways = comb(wrong, caught) * comb(count - wrong, flagged - caught) / comb(count, flagged)
                    accused = flagged - caught
                    ending = Ending(caught, accused, wrong - caught, count - wrong - accused)
                    yield likely * chance * ways, figure(ending)

    return _moments(tier, endings)


def best_share(tier: Tier, figure: Figure) -> float:
    """Of the number of flags, for each number of proposals, that does best on average."""
    low, high = tier.proposals

    def best(count: int) -> float:
        alone = replace(tier, proposals=(count, count))
        return max(flagging(alone, constant(flagged), figure).mean for flagged in range(count + 1))

    return sum(best(count) for count in range(low, high + 1)) / (high - low + 1)


def gambling(tier: Tier, figure: Figure) -> float:
    """The most that can be had on average where each decision is followed by the word whether it was right.

    Nothing that reads the reward can do better: rewards tell of a decision that was made, and no more than that.
    """
    low, high = tier.proposals
    return sum(_best_game(count, figure) for count in range(low, high + 1)) / (high - low + 1)


def _moments(tier: Tier, endings: Callable[[int], Iterable[tuple[float, float]]]) -> Moments:
    low, high = tier.proposals
    drawn = [ending for count in range(low, high + 1) for ending in endings(count)]
    mean = sum(chance * value for chance, value in drawn) / (high - low + 1)
    square = sum(chance * value * value for chance, value in drawn) / (high - low + 1)
    return Moments(mean, sqrt(max(0.0, square - mean * mean)))


@cache
def _best_game(count: int, figure: Figure) -> float:
    """Backward induction over what has been decided so far: flag one more, approve one more, or stop."""
    chances = label_counts(count)

    @cache
    def likely(wrong: int, right: int) -> float:
        """That the first ones are such, in this order."""
        return sum(
            chances[total] * comb(count - wrong - right, total - wrong) / comb(count, total)
            for total in range(wrong, min(count - right, count - 1) + 1)
        )

    @cache
    def best(caught: int, accused: int, missed: int, cleared: int) -> float:
        wrong, right = caught + missed, accused + cleared
        left, so_far = count - wrong - right, likely(wrong, right)
        stopped = sum(
            comb(left, more)
            * likely(wrong + more, right + left - more)
            / so_far
            * figure(Ending(caught, accused, missed, cleared, more, left - more))
            for more in range(left + 1)
            if likely(wrong + more, right + left - more) > 0
        )
        if not left:
            return stopped
        chance = likely(wrong + 1, right) / so_far
        flag = (1 - chance) * best(caught, accused + 1, missed, cleared)
        approve = (1 - chance) * best(caught, accused, missed, cleared + 1)
        if chance > 0:
            flag += chance * best(caught + 1, accused, missed, cleared)
            approve += chance * best(caught, accused, missed + 1, cleared)
        return max(stopped, flag, approve)

    return best(0, 0, 0, 0)
