"""The dates of a patient on two scales: days around enrolment, with the protocol's windows, and the whole record.

    timeline(record, None, allowed_windows(excerpt))        # the record's dates
    timeline(record, audit, allowed_windows(excerpt))       # after temporal_audit: days between, impossible orders

An event is a row of its own, so that labels never meet, and a date out of order is a line that runs back. The windows
are bands with the sentence of the protocol that says them; which of them apply to this patient is not said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from synth_audit_env.models import PatientResult, TimelineResult
from synth_audit_env.server.web.pictures.axis import LEFT, Axis, Tick
from synth_audit_env.server.web.pictures.svg import BAD, BAND, LINE, MARGIN, SMALL, Shape, Sheet, shorten, whole
from synth_audit_env.server.web.pictures.windows import Window

_LANE = 28.0
"""Units from one event to the next."""
_FIELDS: tuple[tuple[str, str, Shape], ...] = (
    ("consent", "consent_date", "circle"),
    ("enrolment", "enrolment_date", "square"),
    ("treatment start", "treatment_start", "triangle"),
    ("last contact", "last_contact", "diamond"),
    ("death", "death_date", "cross"),
)
"""Name in temporal_audit, field of the record, mark."""
_MOST = 36_500
"""Days; a limit past it is not drawn: a protocol from elsewhere may say anything."""
_SCHEDULED = ("consent", "enrolment", "treatment start")
"""The events that the near view always has."""


@dataclass(frozen=True, slots=True)
class _Event:
    """A date of the record, and what temporal_audit says of it."""

    name: str
    written: str
    """As in the record."""
    day: int | None
    """Its ordinal; None where the record has no date there."""
    shape: Shape
    gap: int | None
    """Days from the event before, as the audit says; None where it has not been asked."""
    after: str | None
    """Which event that is."""


def timeline(record: PatientResult, result: TimelineResult | None, windows: Sequence[Window], *, key: str = "") -> str:
    """The picture.

    Args:
        record: The patient.
        result: What temporal_audit said of them; None while it has not been asked. Without it days are not counted.
        windows: What the protocol says of the days from enrolment to treatment start.
        key: Keeps ids apart where a page shows the same picture twice.

    Raises:
        ValueError: The result is of another patient.
    """
    if result is not None and result.patient_id != record.patient_id:
        raise ValueError(f"The timeline of {result.patient_id} does not belong to the record of {record.patient_id}.")
    events = _events(record, result)
    sheet = Sheet(f"Timeline of {record.patient_id}")
    sheet.paragraph(sheet.title, bold=True, most=1)
    enrolled = next(event.day for event in events if event.name == "enrolment")
    complete = False
    if enrolled is None:
        sheet.paragraph("The enrolment has no date that can be read, so windows cannot be drawn.", size=SMALL)
    else:
        complete = _near(sheet, events, enrolled, windows)
    _far(sheet, events, complete)
    _orders(sheet, result)
    return sheet.picture(_description(events, result, windows), key)


def _events(record: PatientResult, result: TimelineResult | None) -> list[_Event]:
    before = {interval.end: interval for interval in result.intervals} if result else {}
    events = []
    for name, field, shape in _FIELDS:
        written = getattr(record, field)
        if written is not None:
            interval = before.get(name)
            gap, after = (interval.days, interval.start) if interval else (None, None)
            events.append(_Event(name, written, _ordinal(written), shape, gap, after))
    return events


def _ordinal(written: str) -> int | None:
    try:
        return date.fromisoformat(written).toordinal()
    except ValueError:
        return None


def _near(sheet: Sheet, events: Sequence[_Event], enrolled: int, windows: Sequence[Window]) -> bool:
    """Consent to treatment in days from enrolment, and the windows under it; whether all dates were in it."""
    limits = [limit for window in windows for limit in (window.earliest, window.latest) if limit is not None]
    days = [event.day - enrolled for event in events if event.day is not None and event.name in _SCHEDULED]
    low, high = min(0.0, *days), max(7.0, *days, *(limit for limit in limits if limit <= _MOST))
    axis = Axis(low, high + 0.04 * (high - low))
    shown = [event for event in events if event.day is not None and axis.low <= event.day - enrolled <= axis.high]
    sheet.y += 4
    sheet.paragraph("Up to treatment start, days from enrolment", size=SMALL, faint=True)
    ticks = axis.day_ticks()
    axis.draw(sheet, ticks)
    _lanes(sheet, shown, axis, ticks, enrolled)
    if windows:
        sheet.y += 4
        sheet.paragraph("What the protocol says of treatment start. Which of it applies is yours to judge.", size=SMALL)
    treated = next((event.day for event in events if event.name == "treatment start"), None)
    for window in windows:
        _band(sheet, window, axis, None if treated is None else treated - enrolled)
    return all(event.day is None or event in shown for event in events)


def _far(sheet: Sheet, events: Sequence[_Event], complete: bool) -> None:
    """All events by the calendar, unless the near view has them all; and those without a date."""
    days = [event.day for event in events if event.day is not None]
    sheet.y += 6
    if days and not complete:
        axis = Axis(min(days), max(*days, min(days) + 1))
        sheet.paragraph("The whole record, by the calendar", size=SMALL, faint=True)
        ticks = axis.month_ticks()
        axis.draw(sheet, ticks)
        _lanes(sheet, [event for event in events if event.day is not None], axis, ticks, 0)
    for event in events:
        if event.day is None:
            sheet.paragraph(f"{event.name}: “{shorten(event.written, 120)}” is no date", size=SMALL)


def _lanes(sheet: Sheet, events: Sequence[_Event], axis: Axis, ticks: Sequence[Tick], origin: int) -> None:
    """A row for each event, and the way to it from the event before."""
    top = sheet.y
    sheet.y += _LANE * len(events)
    axis.grid(sheet, ticks, top)
    before: _Event | None = None
    for lane, event in enumerate(events):
        middle, x = top + _LANE * (lane + 0.5), axis.at((event.day or 0) - origin)
        # An event that is not in this view leaves a hole: days counted from it would be read as from the lane above.
        joined = before is not None and event.after in (None, before.name)
        if before is not None and joined:
            back = event.gap is not None and event.gap < 0
            came = axis.at((before.day or 0) - origin)
            sheet.line(came, middle - _LANE, came, middle, LINE)
            sheet.line(came, middle, x, middle, BAD if back else LINE, width=2.0 if back else 1.0, dashed=back)
            if back:
                sheet.mark("cross", LEFT - 14, middle - 5.5, BAD)
        sheet.mark(event.shape, x, middle)
        sheet.text(MARGIN, middle - 2, event.name)
        told = shorten(f"{event.written}{_gap(event) if joined else ''}", LEFT - MARGIN - 6, SMALL)
        sheet.text(MARGIN, middle + 10, told, size=SMALL, faint=True)
        before = event


def _gap(event: _Event) -> str:
    return "" if event.gap is None else f", {whole(event.gap, signed=True)} d"


def _band(sheet: Sheet, window: Window, axis: Axis, treated: int | None) -> None:
    """A sentence, and under it its window with treatment start in or beside it."""
    sheet.y += 3
    sheet.paragraph(window.sentence, size=SMALL, most=4)
    if not window.limits:
        return
    middle = sheet.y + 8
    sheet.text(MARGIN, middle + 3.5, shorten(_cited(window), (LEFT - MARGIN - 6) / 1.08, SMALL), size=SMALL, bold=True)
    begin = window.earliest if window.earliest is not None else 0.0
    end = window.latest if window.latest is not None else axis.high
    if begin <= end <= max(_MOST, axis.high):
        sheet.bar(axis.at(begin), axis.at(end), middle - 5, BAND, height=10)
    if treated is not None:
        sheet.line(axis.at(treated), middle - 7, axis.at(treated), middle + 7, "currentColor", width=1.5)
        sheet.mark("triangle", axis.at(treated), middle, size=3.5)
    sheet.y += 18


def _cited(window: Window) -> str:
    return window.number if window.number.startswith("Amendment") else f"§{window.number}"


def _orders(sheet: Sheet, result: TimelineResult | None) -> None:
    """What temporal_audit says of the order."""
    sheet.y += 4
    if result is None:
        sheet.paragraph("The temporal audit counts the days between, and names orders that cannot be.", size=SMALL)
    elif not result.impossible:
        sheet.mark("tick", MARGIN + 5, sheet.y + 8)
        sheet.paragraph("The dates are in order.", indent=16)
    for words in result.impossible if result else ():
        sheet.mark("cross", MARGIN + 5, sheet.y + 8, BAD)
        sheet.paragraph(f"Impossible: {words}", indent=16, bold=True)


def _description(events: Sequence[_Event], result: TimelineResult | None, windows: Sequence[Window]) -> str:
    told = [f"{event.name} {event.written}{_gap(event)}" for event in events]
    sentences = [f"{'; '.join(told)}."]
    if result is not None:
        sentences += [f"Impossible: {words}." for words in result.impossible] or ["The dates are in order."]
    sentences += [f"Protocol: {window.sentence}" for window in windows]
    return " ".join(sentences)
