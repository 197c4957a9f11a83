"""Makes a flaw matter for a patient, or not: a natural profile in which only the deciding facts are drawn anew.

    suits(trial, flaw, profile)                          # a question that does not know the label
    plant(stream, trial, flaw, reading, profile, wrong)  # the profile with deciding facts drawn for that label

Everything that an Actor may quote (stage, ECOG, LDH, site, arm, histology) comes from the profile, which is chosen
before the label counts, so it can say nothing about it. Only what decides (the age, the delay, a date, the index,
haemoglobin) depends on the label, and that is evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from .comorbidity import conditions_with_index
from .misreadings import Flaw
from .protocol import (
    AGE,
    COMPLIANT,
    DATES,
    OVERRIDE,
    WINDOW,
    Clause,
    Judgement,
    Known,
    Mask,
    Protocol,
)
from .record import (
    DATE_FIELDS,
    Facts,
    PatientRecord,
    facts,
    move_treatment,
    revised,
    set_comorbid_conditions,
    set_death,
)
from .seeding import Stream
from .trial import Trial

NEAR_MISS_SHARE = 0.5
"""How often the deciding fact is taken right at a bound, where the protocol has one within the drawn range."""
_MOST_TRIES = 12
_AGES = (*range(30, 91), None)
_DELAYS, _INDICES = np.arange(60, dtype=np.float64), np.arange(9, dtype=np.float64)
_TREATED, _CONSENTED, _ENDED = (np.arange(*days, dtype=np.float64) for days in ((-9, 1), (0, 10), (-28, 1)))
"""Days after enrolment to move treatment to, and consent; days after treatment to move what ended the course to."""
_MOVED = tuple(name for name in DATE_FIELDS if name != "enrolment_date")
_HAEMOGLOBINS = (9.2, 9.9, 10.4, 10.9, 11.0, 11.4, 11.5, 11.9, 12.0, 12.6, 13.3)
_STAGE_IV = (
    "override_ignored",
    "override_softened",
    "waiver_stretched",
    "waiver_ignored",
    "extension_denied",
)


@dataclass(frozen=True)
class _Grid:
    """Candidate records: what differs, as columns that broadcast to the shape, and how to make the one picked."""

    shape: tuple[int, ...]
    differing: dict[str, npt.NDArray[np.float64]]
    realise: Callable[[int], PatientRecord]


def suits(trial: Trial, flaw: Flaw, profile: PatientRecord) -> bool:
    """Whether this flaw could matter for this patient, and could as well not. The profile must be compliant."""
    if flaw.name in _STAGE_IV:
        return profile.stage == "IV" and _override_stands(trial, profile) and _index_suits(trial, flaw, profile)
    if flaw.name == "extension_to_other_stages":
        return profile.stage in ("II", "III") and not _is_over(trial, profile)
    if flaw.name == "guidance_window":
        return profile.stage != "IV"  # the longer window may reach as far as the guidance
    if flaw.name == "site_latency":
        return profile.stage != "IV" or not _is_over(trial, profile)
    if flaw.name == "superseded_version":
        return _amended_for(trial, trial.numbers["tightening"], profile)
    if flaw.name in ("age_amendment", "window_amendment"):
        clause = cited_amendment(trial, flaw)
        assert clause.in_force is not None
        return profile.enrolment_date >= clause.in_force and _is_about(trial, clause.acts_on, profile)
    return True


def cited_amendment(trial: Trial, flaw: Flaw) -> Clause:
    """The relaxing amendment that this flaw leans on, listed or not."""
    wanted = "age_max" if flaw.name == "age_amendment" else next(r for r in trial.citable if r != "age_max")
    return trial.citable[wanted]


def _override_stands(trial: Trial, profile: PatientRecord) -> bool:
    """No amendment has lifted the override for this patient."""
    lifting = trial.numbers.get("lifting")
    if lifting is None:
        return True
    in_force = trial.protocol.clause(lifting).in_force
    assert in_force is not None
    return profile.enrolment_date < in_force


def _is_over(trial: Trial, profile: PatientRecord) -> bool:
    """Whether the comorbidity index is over the override's threshold, in a protocol that has one."""
    override = trial.numbers.get("override")
    return override is not None and profile.comorbidity_index > trial.protocol.clause(override).when[0].value


def _index_suits(trial: Trial, flaw: Flaw, profile: PatientRecord) -> bool:
    """Where the index is not drawn anew, it must leave the extension alone."""
    if flaw.name != "extension_denied":
        return True
    return not _is_over(trial, profile)


def _amended_for(trial: Trial, number: str, profile: PatientRecord) -> bool:
    clause = trial.protocol.clause(number)
    assert clause.in_force is not None
    return profile.enrolment_date >= clause.in_force and _is_about(trial, clause.acts_on, profile)


def _is_about(trial: Trial, number: str | None, profile: PatientRecord) -> bool:
    """Whether an amended clause is the one that decides for this patient's stage (and index, where that counts)."""
    if number == trial.numbers.get("extension"):
        return profile.stage == "IV" and not _is_over(trial, profile)
    return number != trial.numbers.get("base") or profile.stage != "IV"


def plant(
    stream: Stream, trial: Trial, flaw: Flaw, reading: Protocol, profile: PatientRecord, wrong: bool
) -> tuple[PatientRecord, Judgement] | None:
    """Draw the deciding facts so that the Actor's verdict is its stance, and wrong or right as asked.

    Returns the record with the protocol's judgement of it, or None when the profile leaves no such record,
    which `suits` is there to make rare.
    """
    if flaw.error_type not in _GRIDS:
        return profile, trial.protocol.judge(profile)
    row = facts(profile)
    grid = _GRIDS[flaw.error_type](stream, trial, flaw, profile, row)
    cohort: dict[str, Any] = {**row, **grid.differing}
    known: Known = {}
    truth = trial.protocol.compliant(cohort, grid.differing, known)
    concluded = reading.compliant(cohort, grid.differing, known)
    argued = flaw.stance == COMPLIANT
    valid = np.zeros(grid.shape, dtype=np.bool_)
    valid[...] = (concluded == argued) & (truth == (argued != wrong))
    picks = valid.ravel().nonzero()[0]
    near = (valid & _at_a_bound(truth)).ravel().nonzero()[0]
    if near.size and stream.chance(NEAR_MISS_SHARE):
        picks = near
    for _ in range(min(picks.size, _MOST_TRIES)):
        place = stream.integer(0, picks.size - 1)
        record = grid.realise(int(picks[place]))
        judgement = trial.protocol.judge(record)
        if _is_the_only_finding(judgement, flaw, wrong):
            return record, judgement
        picks = np.delete(picks, place)
    return None


def _is_the_only_finding(truth: Judgement, flaw: Flaw, wrong: bool) -> bool:
    """A record that deviates must do so in the way that the flaw is about, and in no other."""
    found = {finding.error_type for finding in truth.findings}
    deviates = wrong == (flaw.stance == COMPLIANT)
    return found == {flaw.error_type} if deviates and wrong else len(found) == int(deviates)


def _at_a_bound(truth: Mask) -> Mask:
    """Where a step along some axis would change the verdict."""
    near = np.zeros(truth.shape, dtype=np.bool_)
    for axis in [axis for axis, size in enumerate(truth.shape) if size > 1]:
        along, marked = truth.swapaxes(0, axis), near.swapaxes(0, axis)
        flips = along[1:] != along[:-1]
        marked[1:] |= flips
        marked[:-1] |= flips
    return near


def _age_grid(stream: Stream, trial: Trial, flaw: Flaw, profile: PatientRecord, row: Facts) -> _Grid:
    numbers = np.array(_AGES if flaw.name == "labs_over_age" else _AGES[:-1], dtype=np.float64)
    return _Grid(numbers.shape, {"age": numbers}, lambda pick: revised(profile, age=_AGES[pick]))


def _delay_columns(row: Facts, delays: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    """What `move_treatment` changes, as columns."""
    shift = delays - row["treatment_start"]
    return {
        "treatment_start": delays,
        "last_contact": row["last_contact"] + shift,
        "death_date": row["death_date"] + shift,
    }


def _window_grid(stream: Stream, trial: Trial, flaw: Flaw, profile: PatientRecord, row: Facts) -> _Grid:
    return _Grid(_DELAYS.shape, _delay_columns(row, _DELAYS), lambda pick: move_treatment(profile, int(_DELAYS[pick])))


def _override_grid(stream: Stream, trial: Trial, flaw: Flaw, profile: PatientRecord, row: Facts) -> _Grid:
    levels = _HAEMOGLOBINS if "waiver" in trial.numbers else (profile.haemoglobin,)
    shape = (_DELAYS.size, _INDICES.size, len(levels))
    columns = _delay_columns(row, _DELAYS[:, np.newaxis, np.newaxis])
    columns |= {"comorbidity_index": _INDICES[:, np.newaxis], "haemoglobin": np.array(levels)}

    def realise(pick: int) -> PatientRecord:
        delay, index, level = map(int, np.unravel_index(pick, shape))
        conditions = conditions_with_index(stream, int(_INDICES[index]))
        moved = move_treatment(profile, int(_DELAYS[delay]))
        return revised(set_comorbid_conditions(moved, conditions), haemoglobin=levels[level])

    return _Grid(shape, columns, realise)


def _date_grid(stream: Stream, trial: Trial, flaw: Flaw, profile: PatientRecord, row: Facts) -> _Grid:
    """Records whose dates are just in order or just not: one pair of neighbours moved at a time, then none.

    They are listed so that neighbours in the list are a day apart, or alike in being in order or not.
    """
    end_field = "last_contact" if profile.death_date is None else "death_date"
    treated = _TREATED.size
    consented = treated + _CONSENTED.size
    unmoved = consented + _ENDED.size
    alike = np.array([row[name] for name in _MOVED])[:, np.newaxis].repeat(unmoved + 1, axis=1)
    differing = dict(zip(_MOVED, alike, strict=True))
    for name, column in _delay_columns(row, _TREATED).items():
        differing[name][:treated] = column
    differing["consent_date"][treated:consented] = _CONSENTED
    ends = row["treatment_start"] + _ENDED
    differing[end_field][consented:unmoved] = differing["last_contact"][consented:unmoved] = ends

    def realise(pick: int) -> PatientRecord:
        if pick < treated:
            return move_treatment(profile, int(_TREATED[pick]))
        if pick < consented:
            consent = profile.enrolment_date + timedelta(days=int(_CONSENTED[pick - treated]))
            return revised(profile, consent_date=consent)
        if pick == unmoved:
            return profile
        day = profile.treatment_start + timedelta(days=int(_ENDED[pick - consented]))
        return set_death(profile, day) if end_field == "death_date" else revised(profile, last_contact=day)

    return _Grid((unmoved + 1,), differing, realise)


_GRIDS = {AGE: _age_grid, WINDOW: _window_grid, OVERRIDE: _override_grid, DATES: _date_grid}
