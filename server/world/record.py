"""One patient's source data, and the numbers that a protocol reads off it.

`PatientRecord` is the raw record as `investigate_patient` shows it. `facts` turns it into plain numbers (stage I to IV
as 1 to 4, the enrolment date as a day ordinal, every other date as days from enrolment, a missing value as NaN), so
that one clause can be evaluated on one record or, as numpy columns, on a whole cohort. Dates are told from enrolment
because that is how a protocol reads them, and because a record made up of parts of two patients, as attribution needs
them, then still has a course of its own. Nothing here knows the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import nan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

STAGES = ("I", "II", "III", "IV")
Facts = Mapping[str, float]
"""Field name to number, for one record."""
Columns = Mapping[str, npt.NDArray[np.float64]]
"""Field name to an array of numbers, a record an element."""


class PatientRecord(NamedTuple):
    """A trial participant. Laboratory values at enrolment; every date is a calendar day."""

    patient_id: str
    age: int | None
    """Completed years at enrolment; None when the form was left blank."""
    sex: str
    ethnicity: str
    site: str
    country: str
    arm: str
    drug: str
    stage: str
    """One of STAGES."""
    primary_site: str
    histology: str
    ecog: int
    """ECOG performance status, 0 to 4."""
    comorbid_conditions: tuple[str, ...]
    comorbidity_index: int
    """Charlson index of comorbid_conditions with the 2011 weights, the study tumour not counted."""
    ldh: int
    """U/L."""
    haemoglobin: float
    """g/dL."""
    creatinine: float
    """mg/dL."""
    bmi: float
    """kg/m2."""
    blood_pressure: str
    """Systolic/diastolic, mmHg."""
    smoking: str
    prior_chemo_cycles: int
    consent_date: date
    enrolment_date: date
    treatment_start: date
    last_contact: date
    death_date: date | None
    outcome: str
    """alive, deceased, withdrawn or lost to follow-up."""
    discrepancies: Mapping[str, float]
    """Field to how much more a second laboratory gives for it than the one whose value counts, which the field has.
    Empty where the protocol knows of one laboratory only."""
    starting_dose: int | None = None
    """mg/m2 of the drug; None where the protocol says nothing on doses."""
    earlier_at_site: int | None = None
    """How many patients of the site enrolled before this one; None where no rule of the protocol asks for it."""


NUMERIC_FIELDS = ("age", "ecog", "comorbidity_index", "ldh", "haemoglobin", "creatinine", "bmi", "prior_chemo_cycles")
STAGE_NUMBERS = {stage: number for number, stage in enumerate(STAGES, start=1)}
DATE_FIELDS = ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date")
FACT_FIELDS = (*NUMERIC_FIELDS, "stage", *DATE_FIELDS)
ALIVE, DECEASED = "alive", "deceased"
"""Outcomes. Others have left the trial."""
EARLIER_AT_SITE = "earlier_at_site"
"""Beside them where a rule asks for it. It goes with the enrolment date, so it is no field of its own."""


def facts(record: PatientRecord) -> dict[str, float]:
    """Return the record's numbers by field name, in the order of FACT_FIELDS; NaN where the record is blank.

    After them come the starting dose and the discrepancies, where it has any.
    """
    row = dict(zip(FACT_FIELDS, map(float, _numbers(record)), strict=True))
    if record.starting_dose is not None:
        row["starting_dose"] = record.starting_dose
    for name, more in record.discrepancies.items():
        row[discrepancy(name)] = more
    if record.earlier_at_site is not None:
        row[EARLIER_AT_SITE] = float(record.earlier_at_site)
    return row


def discrepancy(name: str) -> str:
    """Name of a field's discrepancy in a row of facts."""
    return f"{name}_discrepancy"


def columns(records: Sequence[PatientRecord]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the same numbers for many records, as arrays of len(records)."""
    rows = np.array([_numbers(record) for record in records], dtype=np.float64).reshape(-1, len(FACT_FIELDS))
    found = dict(zip(FACT_FIELDS, np.ascontiguousarray(rows.T), strict=True))
    for name in ("starting_dose", EARLIER_AT_SITE):
        found[name] = np.array([getattr(record, name) for record in records], dtype=np.float64)  # NaN for None
    return found


def _numbers(record: PatientRecord) -> tuple[float, ...]:
    """In the order of FACT_FIELDS. Spelt out, since a cohort is read in one go and often."""
    enrolled = record.enrolment_date.toordinal()
    return (
        nan if record.age is None else record.age,
        record.ecog,
        record.comorbidity_index,
        record.ldh,
        record.haemoglobin,
        record.creatinine,
        record.bmi,
        record.prior_chemo_cycles,
        STAGE_NUMBERS[record.stage],
        record.consent_date.toordinal() - enrolled,
        enrolled,
        record.treatment_start.toordinal() - enrolled,
        record.last_contact.toordinal() - enrolled,
        nan if record.death_date is None else record.death_date.toordinal() - enrolled,
    )


def enrolled_earlier(record: PatientRecord, records: Iterable[PatientRecord]) -> int:
    """How many of these enrolled at the site of a patient before the day on which that one did."""
    return sum(other.site == record.site and other.enrolment_date < record.enrolment_date for other in records)


def counted(records: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The records with how many enrolled at the site of each before it."""
    return [record._replace(earlier_at_site=enrolled_earlier(record, records)) for record in records]


def move_course(record: PatientRecord, by: timedelta) -> PatientRecord:
    """The record with all its dates so much later."""
    days = {name: getattr(record, name) for name in DATE_FIELDS}
    moved: dict[str, Any] = {name: None if day is None else day + by for name, day in days.items()}
    return record._replace(**moved)
