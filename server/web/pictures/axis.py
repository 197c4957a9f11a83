"""A scale from days to places on the sheet, with ticks that have room for their words.

    axis = Axis(low=-12, high=41)
    axis.at(0)                       # units from the left edge of the sheet
    axis.day_ticks()                 # [(-10, "−10"), (0, "0"), ...]

Days are counted from wherever the caller likes; for ticks at months they are ordinals of the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from synth_audit_env.server.web.pictures.svg import MARGIN, SMALL, WIDTH, Sheet, text_width, whole

LEFT = 118.0
"""Where plots begin: on their left are the words of each row."""
RIGHT = WIDTH - MARGIN - 8.0
_APART = 8.0
"""Units between the words of two ticks at least."""

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Axis:
    """What lies between LEFT and RIGHT."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Units from the left edge of the sheet. A value beyond the axis lies at its end."""
        if self.high <= self.low:
            return LEFT
        inside = min(max(value, self.low), self.high)
        return LEFT + (inside - self.low) / (self.high - self.low) * (RIGHT - LEFT)

    def day_ticks(self) -> list[Tick]:
        """Whole days, as far apart as their numbers need."""
        for step in _steps():
            first = -(-self.low // step) * step
            ticks: list[Tick] = []
            while first <= self.high and len(ticks) <= _MOST:
                ticks.append((first, whole(int(first))))
                first += step
            if self._fits(ticks):
                return ticks
        return []

    def month_ticks(self) -> list[Tick]:
        """First days of months, of ordinals, as far apart as their words need; the day itself in a short record."""
        low, high = date.fromordinal(int(self.low)), date.fromordinal(int(self.high))
        months = [year * 12 + month for year, month in ((low.year, low.month - 1), (high.year, high.month - 1))]
        for step in (1, 2, 3, 6, 12, *(12 * step for step in _few_steps())):
            first = -(-months[0] // step) * step
            days = [date(at // 12, at % 12 + 1, 1) for at in range(first, months[1] + 1, step)[: _MOST + 1] if at >= 12]
            ticks = [(float(day.toordinal()), day.isoformat()[:7]) for day in days if low <= day <= high]
            if self._fits(ticks):
                return ticks or [(float(low.toordinal()), low.isoformat())]
        return []

    def draw(self, sheet: Sheet, ticks: list[Tick]) -> None:
        """The words of the ticks on a row of their own; moves down."""
        sheet.y += SMALL * 1.3
        for value, words in ticks:
            x, half = self.at(value), text_width(words, SMALL) / 2
            sheet.text(min(x, WIDTH - 2 - half), sheet.y - 3, words, size=SMALL, anchor="middle", faint=True)

    def grid(self, sheet: Sheet, ticks: Sequence[Tick], top: float) -> None:
        """A line down from each tick, from `top` to where the sheet has got to."""
        for value, _ in ticks:
            sheet.line(self.at(value), top, self.at(value), sheet.y, width=0.4)

    def _fits(self, ticks: list[Tick]) -> bool:
        if len(ticks) > _MOST:
            return False
        ends = -_APART
        for value, words in ticks:
            half = text_width(words, SMALL) / 2
            middle = min(self.at(value), WIDTH - 2 - half)
            if middle - half < ends + _APART:
                return False
            ends = middle + half
        return True


_MOST = 12
"""Ticks; more would not fit however short their words."""


def _steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, 100 and so on."""
    for power in count():
        for factor in (1, 2, 5):
            yield factor * 10**power


def _few_steps() -> Iterator[int]:
    """The same up to ten thousand years."""
    for step in _steps():
        if step > 10_000:
            return
        yield step
