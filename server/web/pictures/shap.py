"""Which fields moved the Actor's decision, as bars to both sides of nothing.

    shap_chart(observation.result)           # of request_shap

Shapley values add up from the share of the others that the Actor's reading calls compliant to its decision here. A
field that it never looked at has exactly zero; those are named, and have no bar.
"""

from __future__ import annotations

import math

from synth_audit_env.models import ShapResult
from synth_audit_env.server.web.markup import words
from synth_audit_env.server.web.pictures.svg import (
    BAD,
    GOOD,
    MARGIN,
    ROW,
    SMALL,
    WIDTH,
    Sheet,
    drawable,
    number,
    shorten,
)

_LEFT, _RIGHT = 134.0, 268.0
"""Where bars lie: on their left are the fields, on their right the values."""


def shap_chart(result: ShapResult, *, key: str = "") -> str:
    """The picture, largest first; a field that was asked about has its bar even where it is zero."""
    order = sorted(result.values, key=lambda name: (-_size(result.values[name]), name))
    barred = [name for name in order if result.values[name] != 0 or name == result.feature]
    zeros = sorted(set(order) - set(barred))
    sheet = Sheet(f"What moved the Actor's decision on {result.patient_id}")
    sheet.paragraph(sheet.title, bold=True, most=2)
    sheet.paragraph(_sum(result), size=SMALL, faint=True)
    sheet.y += 4
    _heads(sheet)
    _bars(sheet, result, barred)
    if zeros:
        sheet.y += 4
        sheet.paragraph(
            f"Exactly zero, so not looked at or without effect: {', '.join(map(words, zeros))}.", size=SMALL
        )
    return sheet.picture(_description(result, barred, zeros), key)


def _size(value: float) -> float:
    return abs(value) if drawable(value) else 0.0


def _sum(result: ShapResult) -> str:
    moved = math.fsum(value for value in result.values.values() if drawable(value))
    return (
        f"The Actor decided: {result.decision}. Of the patients without a proposal its reading calls "
        f"{number(result.base_value, 3)} compliant; the bars add {number(moved, 3, signed=True)} to that. 1 is "
        "compliant, 0 is deviation."
    )


def _heads(sheet: Sheet) -> None:
    middle = (_LEFT + _RIGHT) / 2
    sheet.y += SMALL * 1.3
    sheet.text(middle - 6, sheet.y - 3, "◂ deviation", size=SMALL, anchor="end", faint=True)
    sheet.text(middle + 6, sheet.y - 3, "compliant ▸", size=SMALL, faint=True)


def _bars(sheet: Sheet, result: ShapResult, names: list[str]) -> None:
    middle, top = (_LEFT + _RIGHT) / 2, sheet.y
    widest = max((_size(result.values[name]) for name in names), default=0.0) or 1.0
    for name in names:
        value, asked = result.values[name], name == result.feature
        told = shorten(f"{'▸ ' if asked else ''}{words(name)}", (_LEFT - MARGIN - 4) / (1.08 if asked else 1), SMALL)
        sheet.text(MARGIN, sheet.y + 11.5, told, size=SMALL, bold=asked)
        if drawable(value) and value != 0:
            end = middle + value / widest * (_RIGHT - middle - 4)
            sheet.bar(middle, end, sheet.y + 3.5, GOOD if value > 0 else BAD, hollow=value < 0)
        sheet.text(WIDTH - MARGIN, sheet.y + 11.5, number(value, 3, signed=True), size=SMALL, anchor="end", bold=asked)
        sheet.y += ROW
    sheet.line(middle, top, middle, sheet.y)


def _description(result: ShapResult, barred: list[str], zeros: list[str]) -> str:
    told = [f"{words(name)} {number(result.values[name], 3, signed=True)}" for name in barred]
    asked = f" Asked about: {words(result.feature)}." if result.feature else ""
    nothing = f" Exactly zero: {', '.join(map(words, zeros))}." if zeros else ""
    return f"{_sum(result)} {'; '.join(told) or 'No field moved it'}.{nothing}{asked}"
