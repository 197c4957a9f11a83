"""A timeline puts every date where it belongs, and says of windows what the protocol says."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.models import PatientResult, SynthAuditAction, TimelineEvent, TimelineInterval, TimelineResult
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.pictures import Window, allowed_windows, timeline
from synth_audit_env.tests.server.web.pictures.drawn import checked, clear

EVENTS = ("consent", "enrolment", "treatment start", "last contact", "death")
FIELDS = ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date")
ENROLLED = date(2021, 6, 1)
BASE = Window("5.2", "§5.2 Treatment starts at most 21 days after enrolment.", latest=21)


def patient(**dates: str | None) -> PatientResult:
    usual: dict[str, str | None] = dict(
        zip(FIELDS, ("2021-05-20", "2021-06-01", "2021-06-11", "2022-12-01", None), strict=True)
    )
    return PatientResult.model_construct(patient_id="P0001", **(usual | dates))


def audit(record: PatientResult) -> TimelineResult:
    """What temporal_audit would say, by its own rule."""
    known = [(name, getattr(record, field)) for name, field in zip(EVENTS, FIELDS, strict=True)]
    dated = [(name, date.fromisoformat(day)) for name, day in known if day is not None]
    intervals = [TimelineInterval(start=a, end=b, days=(later - day).days) for (a, day), (b, later) in pairwise(dated)]
    return TimelineResult(
        patient_id=record.patient_id,
        events=[TimelineEvent(event=name, date=day.isoformat()) for name, day in sorted(dated, key=lambda one: one[1])],
        intervals=intervals,
        impossible=[f"{one.end} {-one.days} days before {one.start}" for one in intervals if one.days < 0],
    )


def place_of_treatment(svg: str) -> float:
    """Where treatment start is marked in the window's row: the one upright line that is thick."""
    lines = [one.attrib for one in checked(svg).all("line") if one.attrib["stroke-width"] == "1.5"]
    return float(lines[0]["x1"])


def test_without_the_audit_days_are_not_counted_and_orders_not_judged():
    record = patient(treatment_start="2021-05-30")
    told = checked(timeline(record, None, ()))
    assert "2021-05-30" in told.words
    assert not [words for words in told.words if words.endswith(" d") or "Impossible" in words or "in order" in words]
    assert "Impossible" not in told.description


def test_with_the_audit_days_and_impossible_orders_are_told():
    record = patient(treatment_start="2021-05-30", death_date="2022-12-05")
    told = checked(timeline(record, audit(record), ()))
    for words in ("2021-06-01, +12 d", "2021-05-30, −2 d", "2022-12-05, +4 d"):
        assert words in told.words
    assert "Impossible: treatment start 2 days before enrolment" in " ".join(told.words)
    assert "Impossible: treatment start 2 days before enrolment." in told.description
    back = [one.attrib for one in told.all("line") if "stroke-dasharray" in one.attrib]
    assert all(float(line["x2"]) < float(line["x1"]) for line in back)
    assert len(back) == 2, "the way back is marked in both views, by more than its colour"


def test_dates_in_order_are_called_so():
    record = patient()
    assert "The dates are in order." in checked(timeline(record, audit(record), ())).words


def test_the_audit_of_another_patient_is_refused():
    other = audit(patient()).model_copy(update={"patient_id": "P0002"})
    with pytest.raises(ValueError, match="P0002 does not belong to the record of P0001"):
        timeline(patient(), other, ())


@given(st.integers(-30, 90), st.integers(1, 60))
def test_treatment_lies_in_the_band_exactly_when_it_is_in_the_window(delay, limit):
    record = patient(treatment_start=(ENROLLED + timedelta(days=delay)).isoformat())
    svg = timeline(record, None, [Window("5.2", "§5.2 Sentence.", latest=limit)])
    (band,) = checked(svg).bars
    treated = place_of_treatment(svg)
    assert (band.left - 0.02 <= treated <= band.right + 0.02) == (0 <= delay <= limit)


def test_a_window_with_a_lower_bound_begins_there():
    record = patient(treatment_start="2021-06-11")
    early, late = (timeline(record, None, [Window("5.1", "§5.1 S.", earliest=day)]) for day in (9, 11))
    for svg, inside in ((early, True), (late, False)):
        (band,) = checked(svg).bars
        assert (band.left < place_of_treatment(svg) - 1) == inside


def test_the_base_and_the_amended_window_are_both_there_with_their_numbers_and_sentences():
    amended = Window("Amendment 3", "Amendment 3 (in force 2021-11-12): §5.2 reads 28 days.", latest=28)
    off = Window("5.4", "§5.4 Override: §5.3 does not apply.")
    told = checked(timeline(patient(), None, [BASE, off, amended]))
    base, longer = told.bars
    assert longer.width / base.width == pytest.approx(28 / 21, abs=0.01)
    assert {"§5.2", "Amendment 3"} <= {box.words for box in told.boxes if box.bold}
    assert off.sentence in " ".join(told.words)
    for window in (BASE, off, amended):
        assert window.sentence in told.description


def test_a_number_from_elsewhere_does_not_run_over_its_band():
    told = clear(timeline(patient(consent_date="2021-06-01"), None, [Window("W" * 30, "Sentence.", latest=21)]))
    assert any(box.bold and box.words.endswith("…") for box in told.boxes)


def test_years_of_follow_up_do_not_squeeze_the_days():
    record = patient(last_contact="2029-01-01")
    told = checked(timeline(record, None, [BASE]))
    assert told.bars[0].width > 50
    assert [words for words in told.words if words in ("10", "20")], "days are on the near axis"
    assert [words for words in told.words if words[:5] in ("2024-", "2025-")], "years are on the far one"


def test_a_record_that_the_near_view_holds_is_drawn_once():
    assert checked(timeline(patient(last_contact="2021-06-15"), None, [BASE])).words.count("consent") == 1
    assert checked(timeline(patient(), None, [BASE])).words.count("consent") == 2


def test_days_from_an_event_that_is_not_in_the_near_view_are_not_told_there():
    record = patient(last_contact="2022-12-01", death_date="2021-06-12")
    told = checked(timeline(record, audit(record), [BASE]))
    assert told.words.count("2021-06-12") == 1
    assert len([words for words in told.words if words.startswith("2021-06-12,")]) == 1


ANY_DATE = st.dates().map(date.isoformat)
ODD = st.text(max_size=40) | st.sampled_from(["<b>2021-01-01</b>", "2021-13-01", ""])


@given(
    st.fixed_dictionaries(
        {name: st.dates(date(2020, 1, 1), date(2023, 1, 1)).map(date.isoformat) | ANY_DATE for name in FIELDS[:4]}
        | {"death_date": st.none() | ANY_DATE}
    ),
    st.booleans(),
    st.lists(st.builds(Window, st.text(max_size=30), st.text(max_size=300), latest=st.none() | st.floats(0, 1e12))),
)
def test_no_words_meet_whatever_the_dates_and_windows(dates, audited, windows):
    record = patient(**dates)
    clear(timeline(record, audit(record) if audited else None, windows))


@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, ODD)), st.text(max_size=60))
def test_a_record_from_elsewhere_is_drawn_as_far_as_it_goes(dates, name):
    record = patient(**dates).model_copy(update={"patient_id": name})
    checked(timeline(record, None, [BASE]))


def test_a_date_that_is_none_is_told():
    told = checked(timeline(patient(enrolment_date="<i>soon</i>"), None, [BASE]))
    assert "enrolment: “<i>soon</i>” is no date" in told.words
    assert not told.bars


def test_of_real_patients_and_protocols():
    environment = SynthAuditEnvironment()
    opening = environment.reset(seed=3, task_id="oversight_expert")
    windows = allowed_windows(opening.protocol_excerpt)
    impossible = 0
    for proposal in opening.actor_proposals:
        if proposal.patient_id == "COHORT":
            continue
        record, result = (
            environment.step(SynthAuditAction(action_type=name, patient_id=proposal.patient_id)).result
            for name in ("investigate_patient", "temporal_audit")
        )
        told = clear(timeline(record, result, windows))
        impossible += bool(result.impossible)
        assert ("The dates are in order." in told.words) == (not result.impossible)
        assert len(told.bars) == sum(window.limits for window in windows)
    assert impossible, "the seed holds a record with an order that cannot be"
