"""Mortality by group and arm with its uncertainty, and the gap between groups, crude beside stage-adjusted.

    cohort_chart(observation.result)         # of cohort_analysis

Intervals are Wilson's, 95 % (Wilson 1927, without continuity correction), of deaths among patients: with a handful of
patients in a cell they are wide, which is the point of drawing them.
"""

from __future__ import annotations

import math

from synth_audit_env.models import CohortGroup, CohortResult
from synth_audit_env.server.web.markup import words
from synth_audit_env.server.web.pictures.svg import (
    BAND,
    MARGIN,
    OTHER,
    ROW,
    SMALL,
    WIDTH,
    Sheet,
    drawable,
    number,
    shorten,
)

_LEFT, _RIGHT = 82.0, 200.0
"""Where bars lie: on their left are the arms, on their right the counts."""
_Z = 1.959963984540054
_COLOURS = (BAND, OTHER)


def wilson(deaths: int, patients: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share, 0 to 1; None for counts that are no share."""
    if patients <= 0 or not 0 <= deaths <= patients:
        return None
    share = deaths / patients
    middle = share + _Z * _Z / (2 * patients)
    half = _Z * math.sqrt(share * (1 - share) / patients + _Z * _Z / (4 * patients * patients))
    scale = 1 + _Z * _Z / patients
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def cohort_chart(result: CohortResult, *, key: str = "") -> str:
    """The picture. An arm that has no patients of a group has a row that says so."""
    arms = sorted({cell.arm for cell in result.groups})
    cells = {(cell.group, cell.arm): cell for cell in result.groups}
    sheet = Sheet(f"Mortality by {words(result.feature)} and arm")
    sheet.paragraph(sheet.title, bold=True, most=2)
    sheet.paragraph("Deaths of patients, percent, and the 95 % Wilson interval.", size=SMALL, faint=True)
    _scale(sheet)
    for group in sorted({cell.group for cell in result.groups}):
        sheet.y += 3
        contrasted = group == result.contrast
        sheet.paragraph(f"{group}{' (against the others)' if contrasted else ''}", bold=contrasted, most=2)
        for position, arm in enumerate(arms):
            _row(sheet, arm, cells.get((group, arm)), position)
    sheet.y += 8
    _gaps(sheet, result)
    return sheet.picture(_description(result), key)


def _at(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _scale(sheet: Sheet) -> None:
    sheet.y += SMALL * 1.3 + 2
    for share in (0.0, 0.5, 1.0):
        sheet.text(_at(share), sheet.y - 3, f"{share:.0%}", size=SMALL, anchor="middle", faint=True)


def _row(sheet: Sheet, arm: str, cell: CohortGroup | None, position: int) -> None:
    middle, colour = sheet.y + ROW / 2, _COLOURS[position % len(_COLOURS)]
    sheet.text(MARGIN, middle + 3.5, shorten(arm, _LEFT - MARGIN - 4, SMALL), size=SMALL)
    for share in (0.0, 0.5, 1.0):
        sheet.line(_at(share), sheet.y, _at(share), sheet.y + ROW, width=0.4)
    interval = wilson(cell.deaths, cell.patients) if cell else None
    if cell and interval:
        sheet.bar(_at(0), _at(cell.deaths / cell.patients), middle - 5, colour, height=10, hollow=position % 2 == 1)
        low, high = (_at(end) for end in interval)
        sheet.line(low, middle, high, middle, "currentColor", width=1.2)
        for end in (low, high):
            sheet.line(end, middle - 3, end, middle + 3, "currentColor", width=1.2)
    sheet.text(WIDTH - MARGIN, middle + 3.5, _counted(cell), size=SMALL, anchor="end")
    sheet.y += ROW


def _counted(cell: CohortGroup | None) -> str:
    if cell is None:
        return "no patients"
    interval = wilson(cell.deaths, cell.patients)
    told = f"{cell.deaths}/{cell.patients}"
    if interval is None:
        return shorten(told, WIDTH - MARGIN - _RIGHT - 12, SMALL)
    low, high = (f"{100 * end:.0f}" for end in interval)
    return shorten(
        f"{told}, {100 * cell.deaths / cell.patients:.0f} [{low}–{high}]", WIDTH - MARGIN - _RIGHT - 8, SMALL
    )


def _gaps(sheet: Sheet, result: CohortResult) -> None:
    """The gap twice, on one scale."""
    sheet.paragraph("Gap in mortality, percentage points", bold=True)
    sheet.paragraph(f"{result.contrast} less the others", size=SMALL, faint=True, most=2)
    gaps = (("crude", result.crude_gap), ("stage-adjusted", result.adjusted_gap))
    middle, reach = (_LEFT + _RIGHT) / 2 + 10, (_RIGHT - _LEFT) / 2
    widest = max([10.0, *(abs(gap) for _, gap in gaps if gap is not None and drawable(gap))])
    top = sheet.y
    for name, gap in gaps:
        sheet.text(MARGIN, sheet.y + 11.5, name, size=SMALL)
        if gap is not None and drawable(gap):
            sheet.bar(middle, middle + gap / widest * reach, sheet.y + 3.5, BAND, hollow=name == "crude")
        told = "not defined" if gap is None else number(gap, 1, signed=True)
        sheet.text(WIDTH - MARGIN, sheet.y + 11.5, told, size=SMALL, anchor="end", bold=True)
        sheet.y += ROW
    sheet.line(middle, top, middle, sheet.y)
    sheet.paragraph(_test(result), size=SMALL)


def _test(result: CohortResult) -> str:
    if result.p_value is None or result.chi_square is None:
        if result.feature == "stage":
            return "By stage itself there is nothing to adjust for, and no test."
        return "No test: strata that could tell are missing."
    return (
        f"p = {number(result.p_value, 4)} (Cochran-Mantel-Haenszel, stratified by stage, "
        f"chi-square {number(result.chi_square, 3)}, 1 degree of freedom)"
    )


def _description(result: CohortResult) -> str:
    told = [
        f"{cell.group}, {cell.arm}: {cell.deaths} of {cell.patients} died ({_counted(cell)})" for cell in result.groups
    ]
    gaps = ", ".join(
        f"{name} {'not defined' if gap is None else number(gap, 1, signed=True)}"
        for name, gap in (("crude", result.crude_gap), ("stage-adjusted", result.adjusted_gap))
    )
    return f"{'; '.join(told)}. Gap of {result.contrast} to the others, percentage points: {gaps}. {_test(result)}"
