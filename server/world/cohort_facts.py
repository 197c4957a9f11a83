"""Figures about a cohort as people quote them: mortality by group, gaps between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .cohort_statistics import StratifiedDifference, group_table, stratified_difference
from .equity import contrast_group
from .record import PatientRecord

QUOTABLE_GAP = 8.0
"""Percentage points by which two groups must differ for their figures to be told apart."""


class Courses(NamedTuple):
    """Columns that cohort statistics are made of, an element a patient."""

    arm: list[str]
    stage: list[str]
    died: list[bool]
    days: list[int]
    """From treatment start to death or last contact; negative where the dates are out of order."""


def courses(patients: Sequence[PatientRecord]) -> Courses:
    """Read them off a cohort."""
    return Courses(
        [patient.arm for patient in patients],
        [patient.stage for patient in patients],
        [patient.death_date is not None for patient in patients],
        [((patient.death_date or patient.last_contact) - patient.treatment_start).days for patient in patients],
    )


@dataclass(frozen=True, slots=True)
class Mortality:
    """Deaths in a group."""

    subject: str
    deaths: int
    patients: int

    @property
    def percent(self) -> float:
        """Deaths over patients, in percent."""
        return 100.0 * self.deaths / self.patients

    @property
    def text(self) -> str:
        """As a note quotes it: "31.7 % (13 of 41)"."""
        return f"{self.percent:.1f} % ({self.deaths} of {self.patients})"


def mortality_figures(patients: Sequence[PatientRecord]) -> list[tuple[str, Mortality, Mortality]]:
    """Pairs of groups, both ways round, whose mortality differs enough to be told apart: (feature, own, other).

    Arms, and sites: groups that a trial's design makes alike, so that a figure's size says nothing about whose it is.
    There may be none.
    """
    pairs = [pair for feature in ("arm", "site") for pair in _pairs(patients, feature)]
    return [pair for pair in pairs if abs(pair[1].percent - pair[2].percent) >= QUOTABLE_GAP]


def _pairs(patients: Sequence[PatientRecord], feature: str) -> list[tuple[str, Mortality, Mortality]]:
    groups = [getattr(patient, feature) for patient in patients]
    rows = group_table([feature] * len(groups), groups, [patient.death_date is not None for patient in patients])
    named = [Mortality(_subject(feature, row.group), row.deaths, row.patients) for row in rows]
    return [(feature, own, other) for own in named for other in named if own is not other]


def _subject(feature: str, group: str) -> str:
    return f"the {group} arm" if feature == "arm" else group


def gaps(patients: Sequence[PatientRecord], groups: Sequence[str]) -> tuple[str, StratifiedDifference]:
    """The group that is set against the others, and how its mortality differs, crudely and by stage."""
    contrast = contrast_group(groups)
    difference = stratified_difference(
        [group == contrast for group in groups],
        [patient.death_date is not None for patient in patients],
        [patient.stage for patient in patients],
    )
    return contrast, difference


def gap_texts(patients: Sequence[PatientRecord], feature: str) -> tuple[str, str]:
    """The crude and the stage-adjusted gap as people quote them, percentage points with a sign: "-2.4"."""
    _, difference = gaps(patients, [getattr(patient, feature) for patient in patients])
    assert difference.crude is not None
    assert difference.adjusted is not None
    return f"{100 * difference.crude:+.1f}", f"{100 * difference.adjusted:+.1f}"
