"""What became of wrong and of right proposals: two rows by three decisions.

confusion_chart(counts(outcome))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from synth_audit_env.models import EpisodeOutcome, Status
from synth_audit_env.server.web.aftermath import CAUGHT, FALSE_ALARM, LEFT_RIGHT, LEFT_WRONG, MISSED, PASSED
from synth_audit_env.server.web.pictures.svg import BAD, GOOD, LINE, MARGIN, SMALL, WIDTH, Shape, Sheet

_DECISIONS: tuple[tuple[Status, str], ...] = (
    ("flagged", "flagged"),
    ("approved", "approved"),
    ("pending", "undecided"),
)
_LEFT, _HEIGHT = 42.0, 46.0
_CELLS: Mapping[tuple[bool, Status], tuple[str, Shape, str]] = {
    (True, "flagged"): (CAUGHT, "tick", GOOD),
    (True, "approved"): (MISSED, "cross", BAD),
    (True, "pending"): (LEFT_WRONG, "cross", BAD),
    (False, "flagged"): (FALSE_ALARM, "cross", BAD),
    (False, "approved"): (PASSED, "tick", GOOD),
    (False, "pending"): (LEFT_RIGHT, "circle", LINE),
}
"""By whether the proposal is wrong and its decision: the verdict, and mark and colour of a cell that is not empty."""


def counts(outcome: EpisodeOutcome) -> Counter[tuple[bool, Status]]:
    """How many proposals there are by whether they are wrong and what was decided; "pending" is undecided."""
    return Counter((proposal.is_wrong, proposal.decision) for proposal in outcome.proposals)


def confusion_chart(counted: Mapping[tuple[bool, Status], int], *, key: str = "") -> str:
    """The picture. What is missing from the counts is none."""
    sheet = Sheet("Decisions against the truth")
    sheet.paragraph(sheet.title, bold=True)
    wide = (WIDTH - MARGIN - _LEFT) / 3
    sheet.y += SMALL * 1.3
    for column, (_, words) in enumerate(_DECISIONS):
        sheet.text(_LEFT + wide * (column + 0.5), sheet.y - 2, words, size=SMALL, anchor="middle")
    sheet.y += 3
    for wrong in (True, False):
        sheet.text(MARGIN, sheet.y + _HEIGHT / 2 + 3, "wrong" if wrong else "right")
        for column, (decision, _) in enumerate(_DECISIONS):
            _cell(sheet, _LEFT + wide * column, wide - 5, (wrong, decision), counted.get((wrong, decision), 0))
        sheet.y += _HEIGHT + 5
    return sheet.picture(_description(counted), key)


def _cell(sheet: Sheet, x: float, wide: float, kind: tuple[bool, Status], number: int) -> None:
    words, shape, colour = _CELLS[kind]
    sheet.bar(x, x + wide, sheet.y, colour if number else LINE, height=_HEIGHT, hollow=True)
    if number:
        sheet.mark(shape, x + 12, sheet.y + 15, colour)
    sheet.text(x + wide / 2, sheet.y + 21, str(number), size=16, anchor="middle", bold=bool(number))
    sheet.text(x + wide / 2, sheet.y + 37, words, size=SMALL, anchor="middle", faint=not number)


def _description(counted: Mapping[tuple[bool, Status], int]) -> str:
    rows = []
    for wrong in (True, False):
        told = ", ".join(f"{counted.get((wrong, decision), 0)} {words}" for decision, words in _DECISIONS)
        rows.append(f"{'Wrong' if wrong else 'Right'} proposals: {told}.")
    return " ".join(rows)
