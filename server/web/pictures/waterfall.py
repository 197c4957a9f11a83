"""How the return of an episode came about: every event of the reward table begins where the one before ended.

    waterfall(list(outcome.reward_breakdown.items()), outcome.return_)

The last bar is the return. Where the steps do not come to it, the picture says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from synth_audit_env.server.web.pictures.svg import (
    BAD,
    BAND,
    GOOD,
    LINE,
    MARGIN,
    ROW,
    SMALL,
    WIDTH,
    Sheet,
    drawable,
    number,
    shorten,
)

_LEFT, _RIGHT = 116.0, 268.0
"""Where bars lie: on their left are the events, on their right the amounts."""
_SAME = 5e-4
"""Rewards are whole thousandths: a smaller difference is rounding."""


def waterfall(steps: Sequence[tuple[str, float]], total: float, *, key: str = "") -> str:
    """The picture.

    Args:
        steps: Event and amount, in the order in which they are to be drawn.
        total: What they come to.
        key: Keeps ids apart where a page shows the same picture twice.
    """
    levels = [0.0]
    for _, amount in steps:
        levels.append(levels[-1] + (amount if drawable(amount) else 0.0))
    low, high = min(levels), max(levels)
    if drawable(total):
        low, high = min(low, total), max(high, total)
    sheet = Sheet("What the return is made of")
    sheet.paragraph(sheet.title, bold=True)
    sheet.y += 2

    def at(level: float) -> float:
        return _LEFT + 2 + (level - low) / ((high - low) or 1.0) * (_RIGHT - _LEFT - 4)

    top = sheet.y
    for (name, amount), begin, end in zip(steps, levels, levels[1:], strict=False):
        _row(sheet, name.replace("_", " "), amount)
        if end != begin:
            sheet.bar(at(begin), at(end), sheet.y + 3.5, GOOD if amount > 0 else BAD, hollow=amount < 0)
        sheet.line(at(end), sheet.y + 12.5, at(end), sheet.y + ROW + 3.5)
        sheet.y += ROW
    sheet.line(MARGIN, sheet.y + 1, WIDTH - MARGIN, sheet.y + 1)
    sheet.y += 2
    _row(sheet, "return", total, bold=True)
    if drawable(total):
        sheet.bar(at(0), at(total), sheet.y + 3.5, BAND)
    sheet.y += ROW
    sheet.line(at(0), top, at(0), sheet.y, LINE, dashed=True)
    doubt = _doubt(levels[-1], total, steps)
    if doubt:
        sheet.mark("cross", MARGIN + 5, sheet.y + 8, BAD)
        sheet.paragraph(doubt, indent=16)
    return sheet.picture(_description(steps, total, doubt), key)


def _row(sheet: Sheet, name: str, amount: float, *, bold: bool = False) -> None:
    told = shorten(name, (_LEFT - MARGIN - 4) / (1.08 if bold else 1), SMALL)
    sheet.text(MARGIN, sheet.y + 11.5, told, size=SMALL, bold=bold)
    sheet.text(WIDTH - MARGIN, sheet.y + 11.5, number(amount, 3, signed=True), size=SMALL, anchor="end", bold=bold)


def _doubt(reached: float, total: float, steps: Sequence[tuple[str, float]]) -> str:
    """What is wrong with the sum; empty where nothing is."""
    if all(drawable(amount) for _, amount in steps) and abs(reached - total) <= _SAME:
        return ""
    return f"The steps come to {number(reached, 3, signed=True)}, not to the return."


def _description(steps: Sequence[tuple[str, float]], total: float, doubt: str) -> str:
    told = "; ".join(f"{name.replace('_', ' ')} {number(amount, 3, signed=True)}" for name, amount in steps)
    return f"{told or 'No step'}. Return {number(total, 3, signed=True)}.{' ' if doubt else ''}{doubt}"
