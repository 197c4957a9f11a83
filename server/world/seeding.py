"""Named random streams that give the same draws on every Python, platform and process.

    stream = Stream("cohort", 42)
    stream.integer(0, 9), stream.choice(["a", "b"]), stream.normal(62.5, 9.1)

A stream is named, so adding a draw to one part of a scenario never moves another part. Only
`random.Random.random` is used underneath: it is the one method whose sequence Python promises to keep. What is
built on it here uses comparisons, additions and multiplications alone, since `log` and `exp` differ in the last
bit between C libraries.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """A deterministic source of draws, named by a path such as ``("cohort", "oversight_hard", 42)``."""

    def __init__(self, *path: str | int) -> None:
        """Open the stream of that name. Equal paths give equal draws; any other path is independent of it."""
        name = "\x1f".join(f"{type(part).__name__}:{part}" for part in path)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
        self.uniform = random.Random(seed).random
        """Draw a float from [0, 1)."""

    def chance(self, probability: float) -> bool:
        """Draw true with that probability, 0 to 1."""
        return self.uniform() < probability

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def choice(self, items: Sequence[T]) -> T:
        """Draw one item, each as likely as the others."""
        return items[int(self.uniform() * len(items))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Draw one key in proportion to its weight. The mapping's own order is part of the draw."""
        total = 0.0
        for weight in weights.values():
            total += weight
        remaining = self.uniform() * total
        *others, last = weights
        for item in others:
            remaining -= weights[item]
            if remaining < 0:
                return item
        return last

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a random order (Fisher-Yates)."""
        deck = list(items)
        for last in range(len(deck) - 1, 0, -1):
            pick = int(self.uniform() * (last + 1))
            deck[last], deck[pick] = deck[pick], deck[last]
        return deck

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` distinct items in a random order."""
        return self.shuffled(items)[:count]

    def normal(self, mean: float, sd: float) -> float:
        """Draw from a bell curve within six standard deviations: the Irwin-Hall sum of twelve uniforms."""
        draw = self.uniform
        total = draw() + draw() + draw() + draw() + draw() + draw()
        total += draw() + draw() + draw() + draw() + draw() + draw()
        return mean + sd * (total - 6.0)
