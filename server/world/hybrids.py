"""Every hybrid of a record with each record of a background, as the bits of whole numbers.

    background = Background(values(cohort))
    hybrid = background.hybrids(("age", "stage"), facts(record))
    outcome = (hybrid["age"] >= 40.0) & (hybrid["stage"] == 4.0)

A hybrid has the fields of a coalition from the record and all others from one record of the background. What is true of
hybrids is a whole number: a block of bits for each coalition, a bit in it for each record of the background. So `&`,
`|` and `~` work on all of them at once, and what is true of the background is looked up only once for a limit, however
many records are held against it. Nothing here knows what is asked of hybrids, or why.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from math import inf
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .record import Facts

Values = Mapping[str, Sequence[float]]
"""Field name to its numbers, a record an element. Plain numbers: numpy takes longer to begin with so few."""
WORD = 64
"""Bits. A block is whole words, so that numpy can go on from the bits; the bits past the last record are zero."""


class Player(NamedTuple):
    """A field of the coalitions: which blocks are those of coalitions that it is in. Coalition S has block S."""

    without: int
    """The lowest bit of every block whose coalition lacks the field: times a block, that block in each of them."""
    within: int
    """The same for the coalitions that have the field."""
    all_without: int
    """Every record in the first."""
    all_within: int


class Background:
    """Some records to compare others with, which remembers what it was asked about its fields."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.size = len(next(iter(values.values()), ()))
        self.words = -(-self.size // WORD)
        self.block_bits = WORD * self.words
        self.everyone = (1 << self.size) - 1
        """The block in which every record is."""
        self._found: dict[tuple[Callable[[Any, Any], Any], str, float | str], int] = {}
        self._ranges: dict[str, tuple[float, float]] = {}

    def hybrids(self, fields: tuple[str, ...], record: Facts) -> Mapping[str, HybridColumn]:
        """The hybrids of a record for the coalitions of these fields: field i is in coalition S when S has bit i."""
        players = self.players(len(fields))
        return {
            name: HybridColumn(self, name, record[name], player) for name, player in zip(fields, players, strict=True)
        }

    def players(self, count: int) -> tuple[Player, ...]:
        """What so many fields are in."""
        return _players(count, self.size)

    def all_hybrids(self, fields: int) -> int:
        """Every hybrid of so many fields."""
        return _all_hybrids(fields, self.size)

    def rows(self, outcome: int, coalitions: int) -> npt.NDArray[np.uint64]:
        """What is true of hybrids as an array: a row a coalition, a bit a record."""
        written = outcome.to_bytes(coalitions * self.block_bits // 8, "little")
        return np.frombuffer(written, dtype="<u8").reshape(coalitions, self.words)

    def where(self, compare: Callable[[Any, Any], Any], name: str, other: float | str) -> int:
        """Which records compare so with a number, or with another field of theirs. It is remembered: ask for limits."""
        key = (compare, name, other)
        found = self._found.get(key)
        if found is None:
            of = self.values[other] if isinstance(other, str) else repeat(other)
            found = self._found[key] = _bits(map(compare, self.values[name], of))
        return found

    def below(self, name: str, value: float) -> int:
        """Which records have less than a value that will hardly be asked for again."""
        least, _ = self._range(name)
        return 0 if value <= least else _bits(map(operator.lt, self.values[name], repeat(value)))

    def above(self, name: str, value: float) -> int:
        """Which have more."""
        _, most = self._range(name)
        return 0 if value >= most else _bits(map(operator.gt, self.values[name], repeat(value)))

    def _range(self, name: str) -> tuple[float, float]:
        """The least and the greatest value of a field, blanks left out."""
        if name not in self._ranges:
            known = [value for value in self.values[name] if value == value]
            self._ranges[name] = min(known, default=inf), max(known, default=-inf)
        return self._ranges[name]


class HybridColumn:
    """One field of all hybrids. It compares with numbers, and with other fields as to which is less."""

    __slots__ = ("_background", "_name", "_own", "_player")

    def __init__(self, background: Background, name: str, own: float, player: Player) -> None:
        self._background = background
        self._name = name
        self._own = own
        self._player = player

    def _compared(self, compare: Callable[[Any, Any], Any], limit: float) -> int:
        bits = self._background.where(compare, self._name, limit) * self._player.without
        return bits | self._player.all_within if compare(self._own, limit) else bits

    def __le__(self, limit: float) -> int:
        return self._compared(operator.le, limit)

    def __ge__(self, limit: float) -> int:
        return self._compared(operator.ge, limit)

    def __gt__(self, limit: float) -> int:
        return self._compared(operator.gt, limit)

    def __eq__(self, limit: float) -> int:  # type: ignore[override]  # as of numpy's arrays
        return self._compared(operator.eq, limit)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: float | HybridColumn) -> int:
        if not isinstance(other, HybridColumn):
            return self._compared(operator.lt, other)
        background, mine, others = self._background, self._player, other._player
        bits = mine.all_within & others.all_within if self._own < other._own else 0
        # Most dates are in order, and then there is nothing to lay out.
        if found := background.where(operator.lt, self._name, other._name):
            bits |= found * (mine.without & others.without)
        if found := background.above(other._name, self._own):
            bits |= found * (mine.within & others.without)
        if found := background.below(self._name, other._own):
            bits |= found * (mine.without & others.within)
        return bits


def _bits(found: Iterable[bool]) -> int:
    """A bit for each record, always in the same order."""
    return int(bytes(found).translate(_DIGITS), 2)


_DIGITS = bytes.maketrans(b"\0\1", b"01")


def _block_starts(coalitions: Iterable[int], size: int) -> int:
    return sum(1 << WORD * -(-size // WORD) * coalition for coalition in coalitions)


@lru_cache(maxsize=64)
def _all_hybrids(players: int, size: int) -> int:
    return _block_starts(range(2**players), size) * ((1 << size) - 1)


@lru_cache(maxsize=64)
def _players(count: int, size: int) -> tuple[Player, ...]:
    everyone = (1 << size) - 1
    found = []
    for player in range(count):
        without = _block_starts((s for s in range(2**count) if not s >> player & 1), size)
        within = _block_starts((s for s in range(2**count) if s >> player & 1), size)
        found.append(Player(without, within, everyone * without, everyone * within))
    return tuple(found)
