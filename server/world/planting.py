"""Plants a decisive fact in a natural record, and keeps every other field as it was.

    set_comorbid_conditions(record, conditions_with_index(stream, 6))
    move_treatment(record, delay_days=31)
    set_death(record, record.treatment_start - timedelta(days=9))

What follows from the changed field changes with it (the index, the dates after treatment, the outcome), so a
planted record is no more at odds with itself than a natural one. Nothing here knows whether the fact breaks a
protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from .comorbidity import charlson_index
from .record import PatientRecord, revised


def set_comorbid_conditions(record: PatientRecord, conditions: Sequence[str]) -> PatientRecord:
    """The record with these conditions and the index that they make."""
    return revised(record, comorbid_conditions=tuple(conditions), comorbidity_index=charlson_index(conditions))


def move_treatment(record: PatientRecord, delay_days: int) -> PatientRecord:
    """The record with treatment that many days after enrolment; last contact and death move along with it."""
    start = record.enrolment_date + timedelta(days=delay_days)
    shift = start - record.treatment_start
    return revised(
        record,
        treatment_start=start,
        last_contact=record.last_contact + shift,
        death_date=None if record.death_date is None else record.death_date + shift,
    )


def set_death(record: PatientRecord, death_date: date | None) -> PatientRecord:
    """The record of a patient who died on that day, or, with None, of one who did not.

    Nobody is in contact after death, so last contact is no later: a death before treatment pulls it before
    treatment too. Without a death the outcome of a deceased patient becomes alive, any other stays.
    """
    if death_date is None:
        outcome = "alive" if record.outcome == "deceased" else record.outcome
        return revised(record, death_date=None, outcome=outcome)
    return revised(record, death_date=death_date, last_contact=min(record.last_contact, death_date), outcome="deceased")
