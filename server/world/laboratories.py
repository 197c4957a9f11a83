"""Two laboratories that measured the same samples: by how much they differ.

    patients = with_discrepancies(stream, trial, patients)
    patients[0].discrepancies                   # {"haemoglobin": 0.4, "ldh": -12}

The protocol says, field by field, whose value counts where they differ. A record has the value that counts, and by how
much more the other laboratory reports. Every patient of a trial has both reports, so that having them tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from .planting import can_have
from .quantities import THRESHOLDS
from .record import PatientRecord
from .seeding import Stream
from .trial import Trial

MEASURED_TWICE = ("haemoglobin", "creatinine", "ldh")
"""Fields that both laboratories measure. They differ by as much as values are drawn from a threshold."""


def with_discrepancies(stream: Stream, trial: Trial, patients: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The patients with what the two laboratories differ by, in the fields that the protocol has a sentence on."""
    fields = sorted({source.field for source in trial.sources})
    found = []
    for patient in patients:
        drawn = {}
        for name in fields:
            most, unit = THRESHOLDS[name].near
            more = round(stream.integer(-most, most) * unit, 2)
            # No record has the other value where the values end, or it would be known for the one that does not count.
            drawn[name] = more if can_have(name, getattr(patient, name) + more) else -more
        found.append(patient._replace(discrepancies=drawn))
    return found
