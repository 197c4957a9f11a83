"""Puts values into the record of a patient, in numbers, and makes the record from them.

    row = facts(patient)
    set_quantity(row, "delay", 31.0)           # treatment starts 31 days after enrolment; what follows moves along
    record = realise(stream, patient, row)

A changed record is as consistent as a natural one: the comorbidity index has conditions that make it, and later dates
move with treatment. Nothing here knows a protocol.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from typing import Any

from .comorbidity import conditions_with_index
from .operators import OPERATORS, Bug
from .protocol import quantity_of
from .quantities import can_have
from .record import Facts, PatientRecord, discrepancy, facts
from .seeding import Stream


def set_quantity(row: dict[str, float], quantity: str, value: float) -> bool:
    """Give a record in numbers a value, and what follows from it; False where no record can have it."""
    if not can_have(quantity, value):
        return False
    if quantity == "delay":
        shift = value - row["treatment_start"]
        for field in ("treatment_start", "last_contact", "death_date"):
            row[field] += shift
    elif quantity == "consent_lead":
        row["consent_date"] = -value
    elif quantity == "follow_up":
        row["death_date"] += row["treatment_start"] + value - row["last_contact"]
        row["last_contact"] = row["treatment_start"] + value
    elif quantity == "registry_gap":
        row["death_date"] = row["last_contact"] - value
    else:
        row[quantity] = value
    return True


def as_read(bug: Bug | None, row: Facts) -> dict[str, float]:
    """The facts of a record as the Actor takes them."""
    row = dict(row)
    if bug is not None and bug.field:
        set_quantity(row, bug.field, round(quantity_of(bug.field, row) + misread_by(bug, bug.field, row), 2))
    return row


def misread_by(bug: Bug | None, quantity: str, row: Facts) -> float:
    """By how much the Actor takes a quantity of a record for more than it is."""
    if bug is None or bug.field != quantity:
        return 0.0
    if bug.by is not None:
        return bug.by
    return row[discrepancy(quantity)] if OPERATORS[bug.operator].of_source else float(quantity_of("consent_lead", row))


def realise(stream: Stream, patient: PatientRecord, row: Facts) -> PatientRecord:
    """The record of a patient with the values of a row, and all that hangs together with them."""
    before, changes = facts(patient), dict[str, Any]()
    if row["comorbidity_index"] != before["comorbidity_index"]:
        index = int(row["comorbidity_index"])
        changes |= {"comorbid_conditions": conditions_with_index(stream, index), "comorbidity_index": index}
    for field in ("age", "ecog", "ldh", "prior_chemo_cycles", "starting_dose"):
        if row.get(field) != before.get(field) and not isnan(row[field]):
            changes[field] = int(row[field])
    changes |= {f: row[f] for f in ("haemoglobin", "creatinine", "bmi") if row[f] != before[f]}
    changes["enrolment_date"] = date.fromordinal(int(row["enrolment_date"]))
    for field in ("consent_date", "treatment_start", "last_contact", "death_date"):
        if not isnan(row[field]):
            changes[field] = changes["enrolment_date"] + timedelta(days=int(row[field]))
    if patient.discrepancies:
        changes["discrepancies"] = {name: row[discrepancy(name)] for name in patient.discrepancies}
    return patient._replace(**changes)
