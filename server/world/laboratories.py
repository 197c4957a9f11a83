"""Two laboratories that measured the same samples: by how much they differ, and which of them reported which value.

    patients = with_discrepancies(stream, trial, patients)
    reports(trial, patients[0])[CENTRAL]        # {"haemoglobin": 9.8, "ldh": 212}

The protocol says, field by field, whose value counts where they differ. A record has the value that counts, and by how
much more the other laboratory reports. Every patient of a trial has both reports, so that having them tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .planting import can_have
from .record import PatientRecord
from .seeding import Stream
from .trial import CENTRAL, SITE, Trial

APART: Mapping[str, tuple[int, float]] = {
    "haemoglobin": (15, 0.1),
    "creatinine": (25, 0.01),
    "ldh": (40, 1.0),
}
"""Fields that both laboratories measure, to how many units they differ by at most, and the unit."""


def with_discrepancies(stream: Stream, trial: Trial, patients: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The patients with what the two laboratories differ by, in the fields that the protocol has a sentence on."""
    fields = sorted({source.field for source in trial.sources})
    found = []
    for patient in patients:
        drawn = {}
        for name in fields:
            most, unit = APART[name]
            more = round(stream.integer(-most, most) * unit, 2)
            # No record has the other value where the values end, or it would be known for the one that does not count.
            drawn[name] = more if can_have(name, getattr(patient, name) + more) else -more
        found.append(patient._replace(discrepancies=drawn))
    return found


def reports(trial: Trial, record: PatientRecord) -> dict[str, dict[str, float]]:
    """Laboratory to the values that it reported for a patient, by field; of the fields that both have measured."""
    here = trial.at(record.site)
    reported: dict[str, dict[str, float]] = {SITE: {}, CENTRAL: {}}
    for name, more in record.discrepancies.items():
        counts = getattr(record, name)
        source = here.source_of(name)
        assert source is not None, f"the protocol has no sentence on the laboratory for {name}"
        reported[source.laboratory][name] = counts
        reported[source.other][name] = type(counts)(round(counts + more, 2))
    return reported
