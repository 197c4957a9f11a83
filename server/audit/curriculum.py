"""The adaptive task: which level and which kinds of error a session meets next, from how its episodes went.

    curriculum = Curriculum()
    plan = curriculum.next()                    # Plan(level="easy", error_types=("age_boundary_error",))
    curriculum.record(plan, score=0.8, recall={"age_boundary_error": 1.0})

Nothing is drawn at random: the same scores give the same plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..world.tasks import TIERS

RAISE_ABOVE = 0.7
LOWER_BELOW = 0.2
WINDOW = 3
"""Episodes at a level over which the running score is taken, and how many it needs before the level moves."""
MASTERY_WEIGHT = 0.3
"""Weight of the newest episode in the mastery of an error type (exponential moving average)."""
LEVELS = tuple(TIERS)


@dataclass(frozen=True, slots=True)
class Plan:
    """Level and error types of the next adaptive episode."""

    level: str
    error_types: tuple[str, ...]


@dataclass(slots=True)
class Curriculum:
    """A session's progress."""

    level: str = LEVELS[0]
    scores: list[float] = field(default_factory=list)
    """Scores of the episodes at this level, oldest first."""
    mastery: dict[str, float] = field(default_factory=dict)
    """Running recall by error type; 0 for one never met."""
    mixes: list[tuple[str, ...]] = field(default_factory=list)
    """The error types of the last two plans."""

    @property
    def running_score(self) -> float | None:
        """Mean score of the last WINDOW episodes at this level; None before there are as many."""
        recent = self.scores[-WINDOW:]
        total = 0.0
        for score in recent:
            total += score
        return total / WINDOW if len(recent) == WINDOW else None

    def next(self) -> Plan:
        """Plan an episode: about half of the level's error types, the least mastered first.

        The same mix never comes three times running. Only the easy level, which has one error type, must repeat it.
        """
        types = TIERS[self.level].error_types
        size = (len(types) + 2) // 2 if len(types) > 1 else 1
        ranked = sorted(types, key=lambda kind: (self.mastery.get(kind, 0.0), types.index(kind)))
        mix = tuple(sorted(ranked[:size], key=types.index))
        if len(types) > size and self.mixes[-2:] == [mix, mix]:
            mix = tuple(sorted([*ranked[1:size], ranked[size]], key=types.index))
        self.mixes = [*self.mixes[-1:], mix]
        return Plan(self.level, mix)

    def record(self, plan: Plan, score: float, recall: Mapping[str, float]) -> None:
        """Take an episode's outcome in.

        Args:
            plan: What it was made of.
            score: Its score, 0 to 1.
            recall: By error type that occurred in it, the share that was flagged.
        """
        for kind, share in recall.items():
            old = self.mastery.get(kind, 0.0)
            self.mastery[kind] = old + MASTERY_WEIGHT * (share - old)
        if plan.level != self.level:
            return
        self.scores.append(score)
        running = self.running_score
        if running is None:
            return
        step = (running > RAISE_ABOVE) - (running < LOWER_BELOW)
        position = min(max(LEVELS.index(self.level) + step, 0), len(LEVELS) - 1)
        if LEVELS[position] != self.level:
            self.level, self.scores = LEVELS[position], []
