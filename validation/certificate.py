"""What a certificate consists of: measurements, each with its interval and the bar that it must meet.

    Measurement("shortcuts", "AUC, words of the note", "hard", Interval(0.503, 0.487, 0.519), at_most(0.55), "…")

A measurement without a bar informs and cannot fail. Nothing here knows what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..comparison.intervals import Interval as Interval


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must be: at most or at least a limit, both included."""

    relation: str
    """"at most" or "at least"."""
    limit: float

    def met(self, figure: Interval, *, doubt: bool) -> bool:
        """Whether a figure meets the bar.

        With `doubt` the sample is too small for the figure itself to be held to it: then only an interval that lies
        wholly beyond the bar misses it.
        """
        if self.relation == "at most":
            return (figure.low if doubt else figure.value) <= self.limit
        return (figure.high if doubt else figure.value) >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.relation == 'at most' else '≥'} {self.limit:g}"


def at_most(limit: float) -> Bar:
    """The bar of a figure that must stay down."""
    return Bar("at most", limit)


def at_least(limit: float) -> Bar:
    """The bar of a figure that must be reached."""
    return Bar("at least", limit)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the certificate."""

    claim: str
    """The claim that it belongs to, as `certify.CLAIMS` names it."""
    what: str
    tier: str
    """A tier's name, or "all"."""
    figure: Interval
    bar: Bar | None
    seeds: str
    """The episodes it was measured on, so that anyone can go back to them; for a failure, those that fail if known."""
    note: str = ""
    """One sentence, where the figure needs one."""

    def passed(self, *, doubt: bool = False) -> bool:
        """Whether the bar is met; True without one. `doubt` as in `Bar.met`."""
        return self.bar is None or self.bar.met(self.figure, doubt=doubt)


def none(claim: str, what: str, found: float, seeds: str, note: str) -> Measurement:
    """The row, over all tiers, of what must not be: a number or an amount that is held to 0."""
    return Measurement(claim, what, "all", Interval.exact(found), at_most(0.0), seeds, note)
