"""Finds cases for one proposal: what its note shows, then a right and a wrong one that show it, then which it will be.

    case = Cases(stream, trial, patients).draw("protocol_window_violation")
    case.argument.shape, case.kind, case.bug, patients[case.place]

All that a note shows is drawn first, from an Actor who makes no mistake: the question, the verdict, how the note is
written, which clauses it goes through, how far values are from limits. It is kept only where two more Actors with one
bug each show exactly the same: one for whom the bug makes no difference (*right by luck*), and one who is *wrong*. Then
it is drawn which of the three the proposal is. So nothing in a note tells.

The values on which a case turns are set near the limits that count for it, on either side, in the record of a patient
of the cohort; which other patients there are is left to nature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import isnan
from typing import Literal, NamedTuple

from .argument import Argument, Manner, argue
from .comorbidity import MAX_DRAWN_INDEX, conditions_with_index
from .operators import Bug, bugs
from .protocol import (
    AGE,
    COMPLIANT,
    DATES,
    DEVIATION,
    LIMITS,
    OF_THE_DEAD,
    OVERRIDE,
    QUESTIONS,
    WINDOW,
    Condition,
    Judgement,
    Mask,
    Protocol,
    quantity_of,
)
from .record import Facts, PatientRecord, columns, facts, move_treatment, revised, set_comorbid_conditions
from .seeding import Stream
from .trial import Trial

Kind = Literal["sound", "lucky", "wrong"]
SHARES: Mapping[Kind, float] = {"sound": 0.4, "lucky": 0.3, "wrong": 0.3}
ELSEWHERE_SHARE = 0.3
"""How many of the records fail a rule that is not asked about."""
NEAR = {"consent_days": 4, "registry_days": 7, "contact_days": 12}
USUALLY_NEAR = 8
"""How far from a limit a value is at most, where a note does not show how far."""
AT_A_THRESHOLD = 0.7
"""How often the value that a condition asks about is drawn near its threshold, and not left as it is."""
QUESTIONS_OF: Mapping[str, tuple[str, ...]] = {
    AGE: ("age",),
    WINDOW: ("window",),
    OVERRIDE: ("window",),
    DATES: ("consent", "contact", "registry"),
}
"""Error type to the questions that it can be the answer to."""
MOST_DRAWS = 3000
"""Of what a note shows, before a protocol that has no case at all is reported."""
WRONG_TRIES, SOUND_TRIES, LUCKY_TRIES = 20, 10, 24
"""Of bugs and patients, before something else is drawn."""
STAGE_IV = 4.0
_RANGES: Mapping[str, tuple[float, float]] = {
    "age": (18, 99),
    "ecog": (0, 3),
    "comorbidity_index": (0, MAX_DRAWN_INDEX),
    "prior_chemo_cycles": (0, 8),
    "haemoglobin": (7.0, 17.0),
    "creatinine": (0.4, 3.0),
    "ldh": (95, 600),
    "bmi": (15.5, 45.0),
    "delay": (0, 90),
    "consent_lead": (-10, 40),
    "follow_up": (-10, 400),
    "registry_gap": (-40, 40),
}
"""What a record can have."""
_SPREADS: Mapping[str, tuple[int, float]] = {
    "comorbidity_index": (3, 0.5),
    "ecog": (1, 1.0),
    "prior_chemo_cycles": (2, 1.0),
    "haemoglobin": (15, 0.1),
    "creatinine": (25, 0.01),
    "ldh": (40, 1.0),
    "bmi": (30, 0.1),
}
"""How near a threshold a value is drawn: at most so many units."""


@dataclass(frozen=True, slots=True)
class Case:
    """A determination with the truth about it."""

    kind: Kind
    argument: Argument
    bug: Bug | None
    reading: Protocol
    place: int
    """Of the patient in the cohort."""
    judgement: Judgement
    """The protocol's own, on the question."""


class _Shown(NamedTuple):
    """What is drawn before anything else."""

    question: str
    verdict: str
    manner: Manner
    elsewhere: bool
    """Whether the record fails a rule that is not asked about."""
    error_type: str
    """What a wrong case is to be."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A case in numbers."""

    place: int
    """Of the patient in the cohort."""
    bug: Bug | None
    argument: Argument
    row: Mapping[str, float]
    """The facts of the record, not as the Actor reads them."""


class Cases:
    """The cases of one episode: each has a patient of its own."""

    def __init__(self, stream: Stream, trial: Trial, patients: list[PatientRecord]) -> None:
        """Begin. The records of the patients that are chosen are changed in the list."""
        self._stream = stream
        self._trial = trial
        self._patients = patients
        self._rows = [facts(patient) for patient in patients]
        self.free = list(range(len(patients)))
        """Places of the patients that have not been chosen yet."""
        self._columns = columns(patients)
        clauses = (*trial.protocol.clauses, *trial.phantoms)
        self._parameter_of = {clause.number: clause.parameter for clause in clauses}
        # Worked out once for each question.
        self._pools: dict[tuple[str, bool, bool], list[int]] = {}
        self._bugs: dict[str, list[Bug]] = {}
        self._asking: dict[str, list[tuple[str, Condition]]] = {}
        self._others: dict[str, Protocol] = {}
        self._keeping: dict[str, Mask] = {}

    def draw(self, error_type: str) -> Case:
        """Draw a case of a question that this error type can be the answer to, and give it a patient.

        Raises:
            RuntimeError: The protocol has no case.
        """
        stream = self._stream
        for _ in range(MOST_DRAWS):
            question = stream.choice(QUESTIONS_OF[error_type])
            found = self._three(question, error_type)
            if found is not None:
                kind: Kind = stream.weighted(SHARES)
                return self._realised(found[kind], kind)
        raise RuntimeError(f"no case of {error_type} was found in {self._trial.code}")

    def _three(self, question: str, error_type: str) -> dict[Kind, _Found] | None:
        """One case of each kind that all show the same; None where they were not found."""
        stream = self._stream
        verdict = COMPLIANT if self._trial.tier == "easy" or stream.chance(0.5) else DEVIATION
        shown = _Shown(question, verdict, self._manner(), stream.chance(ELSEWHERE_SHARE), error_type)
        wrong = self._wrong(shown)
        if wrong is None:
            return None
        found: dict[Kind, _Found] = {"wrong": wrong}
        for kind, tries in (("sound", SOUND_TRIES), ("lucky", LUCKY_TRIES)):
            bugs = [None] * tries if kind == "sound" else self._shuffled_bugs(question)[:tries]
            for bug in bugs:
                place = wrong.place if stream.chance(0.6) else self._patient(shown)
                tried = self._planted(place, shown, bug, wrong.argument.parameter, wrong.argument)
                if tried is not None and self._is_right(shown, tried) and self._is_elsewhere(shown, tried):
                    found[kind] = tried
                    break
            else:
                return None
        return found

    def _wrong(self, shown: _Shown) -> _Found | None:
        """A case in which a bug matters, each operator as likely as the others."""
        for bug in self._shuffled_bugs(shown.question)[:WRONG_TRIES]:
            tried = self._planted(self._patient(shown), shown, bug, self._parameter_of[bug.clause], None)
            if tried is None or self._is_right(shown, tried) or not self._is_elsewhere(shown, tried):
                continue
            protocol = self._trial.protocol.asked(shown.question)
            if protocol.error_type(LIMITS[tried.argument.parameter], tried.row) == shown.error_type:
                return tried
        return None

    def _is_right(self, shown: _Shown, found: _Found) -> bool:
        truth = self._is_compliant(self._trial.protocol.asked(shown.question), found.row)
        return truth == (shown.verdict == COMPLIANT)

    def _is_elsewhere(self, shown: _Shown, found: _Found) -> bool:
        """Whether a record fails a rule that is not asked about, or does not, as was drawn."""
        return self._is_compliant(self._beside(shown.question), found.row) != shown.elsewhere

    def _manner(self) -> Manner:
        chance = self._stream.chance
        easy = self._trial.tier == "easy"
        return Manner(easy or chance(0.8), chance(0.65), chance(0.6), chance(0.45))

    def _patient(self, shown: _Shown) -> int:
        """A patient who has not been chosen yet, of whom the question can be asked."""
        kind = shown.question, shown.elsewhere, shown.error_type == OVERRIDE
        if kind not in self._pools:
            beside = self._compliant_beside(shown.question)
            able = [place for place in self.free if _can_be_asked(shown, self._rows[place])]
            self._pools[kind] = [place for place in able if beside[place] != shown.elsewhere] or able
        if not self._pools[kind]:
            raise RuntimeError(f"no patient is left whom the question {shown.question!r} can be asked of")
        return self._stream.choice(self._pools[kind])

    def _shuffled_bugs(self, question: str) -> list[Bug]:
        """The bugs of a question, operator by operator in turn, so that each operator is as likely."""
        if question not in self._bugs:
            self._bugs[question] = bugs(self._stream, self._trial, question)
        by_operator: dict[str, list[Bug]] = {}
        for bug in self._stream.shuffled(self._bugs[question]):
            by_operator.setdefault(bug.operator, []).append(bug)
        turns = self._stream.shuffled(list(by_operator.values()))
        return [bugs[turn] for turn in range(max(map(len, turns))) for bugs in turns if turn < len(bugs)]

    def _planted(
        self, place: int, shown: _Shown, bug: Bug | None, parameter: str, like: Argument | None
    ) -> _Found | None:
        """A patient's record with values near the limits of a reading, where it gives the verdict and looks alike."""
        protocol, manner = self._trial.protocol.asked(shown.question), shown.manner
        reading = protocol if bug is None else bug.reading
        row = dict(self._rows[place])
        said = {step.number: step for step in like.steps} if like is not None and manner.quotes_conditions else {}
        for number, condition in self._conditions(shown.question):
            step = said.get(number)
            if step is None or step.said is None:
                self._near_threshold(row, condition)
            else:
                read = next((c.when[0].value for c in reading.clauses if c.number == number), None)
                assert step.condition is not None, "a value is said of a condition"
                if read is None or not set_quantity(
                    row, condition.field, round(read + step.said - step.condition.value, 2)
                ):
                    return None
        value = self._value(shown, protocol, bug, row, parameter, like)
        if value is None or not set_quantity(row, LIMITS[parameter].quantity, value):
            return None
        argument = argue(self._trial, shown.question, reading, row, parameter, manner)
        if argument.verdict != shown.verdict or argument.parameter != parameter:
            return None
        if like is not None and argument.shape != like.shape:
            return None
        if bug is not None and bug.field:
            by = quantity_of("consent_lead", row) if bug.by is None else bug.by
            if not set_quantity(row, bug.field, quantity_of(bug.field, row) - by):
                return None
        return _Found(place, bug, argument, row)

    def _value(
        self,
        shown: _Shown,
        protocol: Protocol,
        bug: Bug | None,
        row: Facts,
        parameter: str,
        like: Argument | None,
    ) -> float | None:
        """The value that the question is about, as the Actor reads it; None where the bug makes no difference to it.

        For a wrong case it is drawn between the limit that the Actor sees and the one that counts; for the others it is
        as far from the limit as the note of the wrong one shows.
        """
        read = (protocol if bug is None else bug.reading).limit(parameter, row)
        if like is not None and shown.manner.quotes_value and shown.manner.quotes_limit:
            return read + like.said - like.limit
        check = LIMITS[parameter]
        kept, most = shown.verdict == COMPLIANT, check.op == "<="
        if like is not None:
            size = self._stream.integer(0, NEAR.get(parameter, USUALLY_NEAR)) + (not kept)
            return read - size if kept == most else read + size
        assert bug is not None, "only a bug makes a case wrong"
        true = protocol.limit(parameter, row)
        if bug.field == check.quantity:
            true += quantity_of("consent_lead", row) if bug.by is None else bug.by
        if bug.operator == "boundary":
            return read if not kept else None
        # As the Actor reads it, the value keeps to one of the two limits and not to the other.
        wider = read > true if most else read < true
        if read == true or wider != kept:
            return None
        low, high = sorted((read, true))
        return low + self._stream.integer(*((1, int(high - low)) if most else (0, int(high - low) - 1)))

    def _near_threshold(self, row: dict[str, float], condition: Condition) -> None:
        """Draw the value that a condition asks about near its threshold, or leave it as it is."""
        stream = self._stream
        if stream.chance(AT_A_THRESHOLD):
            most, unit = _SPREADS[condition.field]
            value = round(condition.value + stream.integer(-most, most) * unit, 2)
            set_quantity(row, condition.field, float(round(value)) if condition.field == "comorbidity_index" else value)

    def _conditions(self, question: str) -> list[tuple[str, Condition]]:
        """The conditions of a question on values that can be set, by the number of their clause."""
        if question not in self._asking:
            clauses = self._trial.protocol.asked(question).clauses
            pairs = [(clause.number, condition) for clause in clauses for condition in clause.when]
            self._asking[question] = [(number, one) for number, one in pairs if one.field in _SPREADS]
        return self._asking[question]

    def _beside(self, question: str) -> Protocol:
        if question not in self._others:
            self._others[question] = self._trial.protocol.beside(question)
        return self._others[question]

    def _compliant_beside(self, question: str) -> Mask:
        """Which patients keep to all that is not asked about, as they came."""
        if question not in self._keeping:
            self._keeping[question] = self._beside(question).compliant(self._columns)
        return self._keeping[question]

    def _is_compliant(self, protocol: Protocol, row: Facts) -> bool:
        return all(
            check.keeps(quantity_of(check.quantity, row), protocol.limit(check.parameter, row))
            for check in protocol.limits
        )

    def _realised(self, found: _Found, kind: Kind) -> Case:
        patient, row = self._patients[found.place], found.row
        record = realise(self._stream, patient, row)
        self._patients[found.place] = record
        self.free.remove(found.place)
        self._pools.clear()
        protocol = self._trial.protocol.asked(found.argument.question)
        judgement = protocol.judge(record)
        reading = protocol if found.bug is None else found.bug.reading
        return Case(kind, found.argument, found.bug, reading, found.place, judgement)


def _threshold(condition: Condition | None) -> float:
    assert condition is not None, "a value is said of a condition"
    return condition.value


def _can_be_asked(shown: _Shown, row: Facts) -> bool:
    """Of a blank age nothing is asked; of the override only in Stage IV; of deaths of the dead, else of the living."""
    if isnan(row["age"]) or (shown.error_type == OVERRIDE and row["stage"] != STAGE_IV):
        return False
    return isnan(row["death_date"]) != (shown.question == OF_THE_DEAD)


def set_quantity(row: dict[str, float], quantity: str, value: float) -> bool:
    """Give a record in numbers a value, and what follows from it; False where no record can have it."""
    low, high = _RANGES[quantity]
    if not low <= value <= high:
        return False
    if quantity == "delay":
        shift = value - row["treatment_start"]
        for field in ("treatment_start", "last_contact", "death_date"):
            row[field] += shift
    elif quantity == "consent_lead":
        row["consent_date"] = -value
    elif quantity == "follow_up":
        row["last_contact"] = row["treatment_start"] + value
    elif quantity == "registry_gap":
        row["last_contact"] = row["death_date"] + value
    else:
        row[quantity] = value
    return True


def as_read(bug: Bug | None, record: PatientRecord) -> dict[str, float]:
    """The facts of a record as the Actor takes them."""
    row = facts(record)
    if bug is not None and bug.field:
        by = quantity_of("consent_lead", row) if bug.by is None else bug.by
        set_quantity(row, bug.field, quantity_of(bug.field, row) + by)
    return row


def realise(stream: Stream, patient: PatientRecord, row: Facts) -> PatientRecord:
    """The record of a patient with the values of a row, and all that hangs together with them."""
    before = facts(patient)
    record = patient
    if row["treatment_start"] != before["treatment_start"]:
        record = move_treatment(record, int(row["treatment_start"]))
    if row["comorbidity_index"] != before["comorbidity_index"]:
        record = set_comorbid_conditions(record, conditions_with_index(stream, int(row["comorbidity_index"])))
    changes: dict[str, object] = {}
    for field in ("age", "ecog", "ldh", "prior_chemo_cycles"):
        if row[field] != before[field] and not isnan(row[field]):
            changes[field] = int(row[field])
    changes |= {f: row[f] for f in ("haemoglobin", "creatinine", "bmi") if row[f] != before[f]}
    for field in ("consent_date", "last_contact"):
        changes[field] = record.enrolment_date + timedelta(days=int(row[field]))
    return revised(record, **changes)
