"""The trial protocol as data: clauses that cascade, limits that read them, and the judgement with its trace.

    judgement = protocol.judge(record)                   # of all that it asks of a record
    judgement = protocol.asked("window").judge(record)   # of one question
    judgement.verdict, judgement.findings, judgement.trace

A clause either sets a parameter (`window_days`), or acts on another clause: it revokes it, or replaces its value. What
acts on a clause can be acted on in turn, to any depth, so a third hop is one more row. A determination answers one
question, which is a limit or two of them. The Actor's readings are other protocols made from this one (`operators.py`);
the text an auditor reads is rendered from the same rows (`protocol_text.py`). Nothing here draws at random or knows
what an Actor is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...error_types import OVERRIDE, WINDOW
from .quantities import OPERATORS, QUANTITIES, QUESTIONS, LimitCheck
from .record import EARLIER_AT_SITE, Columns, Facts, PatientRecord, facts

COMPLIANT = "compliant"
DEVIATION = "deviation"

Mask = npt.NDArray[np.bool_]
Passes = Callable[[Columns], Mask]
"""Which records of a cohort pass a check."""
CONSENTED = "consented"
"""The day of consent as an ordinal, which a condition can ask about. A record has it as days from enrolment."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one field of the record with a constant, such as ``comorbidity_index > 4.5``."""

    field: str
    """Field of the record, EARLIER_AT_SITE or CONSENTED."""
    op: str
    value: float
    term: str = ""
    """The term that the protocol has for it, where it defines that in another place."""

    def holds(self, row: Facts | Columns) -> Any:
        """True if it is true of a record; of columns a mask. A blank field (NaN) makes every comparison false."""
        have = row[self.field] if self.field in row else quantity_of(self.field, row)
        return OPERATORS[self.op](have, self.value)


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered sentence of the protocol, or one amendment."""

    number: str
    """As cited: "5.2", or "Amendment 3"."""
    parameter: str
    """The parameter that it governs: the name of one of LIMITS."""
    value: float | None = None
    """The value that it sets or substitutes; None: it revokes the clause that it acts on."""
    when: tuple[Condition, ...] = ()
    """All must hold for the clause to apply."""
    acts_on: str | None = None
    """Number of the clause that it revokes or whose value it replaces; None: it sets the parameter itself."""
    in_force: date | None = None
    """For an amendment: it applies to patients who enrolled, or consented, on or after this day (also among `when`)."""
    issued: date | None = None
    """For an amendment that each site approves: the day of its issue. It is in force from the day of the approval, and
    where no site is asked about from its issue on."""

    @property
    def by_consent(self) -> bool:
        """True if it is an amendment that counts by the day of consent."""
        return bool(self.when) and self.when[0].field == CONSENTED


def in_order(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The clauses of the sections, then the amendments by the day that they are in force from: the last one counts."""
    return tuple(sorted(clauses, key=lambda clause: clause.in_force or date.min))


Acting = Mapping[str | None, list[Clause]]
"""Clauses by the number of the clause that they act on; under None those that set a parameter themselves."""


class TraceStep(NamedTuple):
    """One clause as it was met on the way to a parameter's value."""

    number: str
    parameter: str
    met: bool
    """Its own conditions hold."""
    applies: bool
    """Its conditions hold and nothing in force revokes it."""
    revoked_by: tuple[str, ...]
    value: float | None
    """The value that it contributes when it applies; None for a clause that only revokes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a record deviates."""

    quantity: str
    observed: float | None
    """The quantity; None when blank."""
    limit: float
    """The limit that it is past."""
    numbers: tuple[str, ...]
    """Clauses that decide it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A protocol's verdict on a record, and how it got there."""

    verdict: str
    findings: tuple[Finding, ...]
    trace: tuple[TraceStep, ...]
    parameters: Mapping[str, float]

    def step(self, number: str) -> TraceStep | None:
        """The trace of that clause, or None where the protocol has no such clause."""
        return next((step for step in self.trace if step.number == number), None)


@dataclass(frozen=True)
class Protocol:
    """A set of clauses with the checks that read them. Also what the Actor believes it to be."""

    clauses: tuple[Clause, ...]
    limits: tuple[LimitCheck, ...]

    def __getstate__(self) -> dict[str, Any]:
        """The rows alone are pickled: all else is made from them."""
        return {"clauses": self.clauses, "limits": self.limits}

    @cached_property
    def _acting(self) -> Acting:
        acting: dict[str | None, list[Clause]] = {}
        for clause in self.clauses:
            acting.setdefault(clause.acts_on, []).append(clause)
        return acting

    @cached_property
    def _setting(self) -> Mapping[str, list[Clause]]:
        """Clauses that set a parameter themselves, by it."""
        setting: dict[str, list[Clause]] = {}
        for clause in self._acting.get(None, ()):
            setting.setdefault(clause.parameter, []).append(clause)
        return setting

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that some clause sets, in protocol order."""
        return tuple(self._setting)

    @cached_property
    def _by_number(self) -> Mapping[str, Clause]:
        return {clause.number: clause for clause in self.clauses}

    def clause(self, number: str) -> Clause:
        """The clause of that number. Raises KeyError when there is none."""
        return self._by_number[number]

    def check(self, parameter: str) -> LimitCheck:
        """How the limit of that parameter is held against a record."""
        return next(check for check in self.limits if check.parameter == parameter)

    @cached_property
    def conditions(self) -> Mapping[str, Condition]:
        """First condition of each clause, by its number."""
        return {clause.number: clause.when[0] for clause in self.clauses if clause.when}

    @cached_property
    def values(self) -> Mapping[str, float | None]:
        """Value that each clause sets or substitutes, by its number."""
        return {clause.number: clause.value for clause in self.clauses}

    @cached_property
    def _parts(self) -> dict[tuple[str, bool], Protocol]:
        return {}

    def asked(self, question: str) -> Protocol:
        """The part that answers one of QUESTIONS: its limits, and the clauses that set them."""
        return self._part(question, True)

    def beside(self, question: str) -> Protocol:
        """The part that does not answer that question."""
        return self._part(question, False)

    def _part(self, question: str, answers: bool) -> Protocol:
        found = self._parts.get((question, answers))
        if found is None:
            governing = QUESTIONS[question]
            clauses = tuple(clause for clause in self.clauses if (clause.parameter in governing) == answers)
            limits = tuple(check for check in self.limits if (check.parameter in governing) == answers)
            found = self._parts[question, answers] = Protocol(clauses, limits)
        return found

    def judge(self, record: PatientRecord) -> Judgement:
        """Judge one record and keep the trace."""
        return self.judge_facts(facts(record))

    def judge_facts(self, row: Facts) -> Judgement:
        """The same for the facts of a record."""
        met: dict[str, TraceStep] = {}
        parameters = {name: self.resolve(name, row, met) for name in self.parameters}
        trace = tuple(met.values())
        findings = tuple(self._findings(row, parameters, trace))
        return Judgement(DEVIATION if findings else COMPLIANT, findings, trace, parameters)

    def limit(self, parameter: str, row: Facts | Columns) -> Any:
        """The value of a parameter for one record, or for each of a cohort, without a trace; NaN where none sets it."""
        limit: Any = nan
        for clause in self._setting.get(parameter, ()):
            applies, value = self._effect(clause, row)
            limit = value if applies is True else _chosen(applies, value, limit)
        return limit

    def _effect(self, clause: Clause, row: Facts | Columns) -> tuple[Any, Any]:
        """True, or a mask, where a clause applies, and the value that it has there, as `_meet` finds them."""
        applies: Any = True
        for condition in clause.when:
            applies = applies & condition.holds(row)
        value: Any = clause.value
        if applies is False or clause.number not in self._acting:
            return applies, value
        for other in self._acting[clause.number]:
            acting, set_to = self._effect(other, row)
            if other.value is None:
                applies = applies & (acting ^ True)
            elif value is not None:
                value = _chosen(acting, set_to, value)
        return applies, value

    def resolve(self, parameter: str, row: Facts, met: dict[str, TraceStep]) -> float:
        """The parameter's value for one record; how its clauses were met is put into `met`, by their number.

        The last clause in force that sets it decides. NaN where none does.
        """
        value = nan
        for clause in self._setting[parameter]:
            found = self._meet(clause, row, met)
            if found.applies:
                assert found.value is not None, f"clause {clause.number} sets nothing"
                value = found.value
        return value

    def _meet(self, clause: Clause, row: Facts, met: dict[str, TraceStep]) -> TraceStep:
        """How a clause is met: what acts on it is met first, and may revoke it or replace its value."""
        value, revoked_by = clause.value, tuple[str, ...]()
        for other in self._acting.get(clause.number, ()):
            acting = self._meet(other, row, met)
            if acting.applies and acting.value is None:
                revoked_by += (other.number,)
            elif acting.applies and value is not None:
                value = acting.value
        holds = True
        for condition in clause.when:
            holds = holds and condition.holds(row)
        applies = holds and not revoked_by
        found = met[clause.number] = TraceStep(clause.number, clause.parameter, holds, applies, revoked_by, value)
        return found

    def _findings(self, row: Facts, parameters: Mapping[str, float], trace: tuple[TraceStep, ...]) -> Iterator[Finding]:
        for check in self.limits:
            observed, limit = quantity_of(check.quantity, row), parameters[check.parameter]
            if not check.keeps(observed, limit):
                numbers = tuple(step.number for step in trace if step.parameter == check.parameter and step.met)
                # Not NaN, which is not equal to itself, where two judgements of one record are.
                yield Finding(check.quantity, None if isnan(observed) else observed, limit, numbers)

    def error_type(self, check: LimitCheck, row: Facts, reading: Protocol, read: Facts) -> str:
        """The rule that a reading gets wrong which comes to another verdict on a limit of this protocol.

        It is the override where the two part at the override of the treatment window: it takes the exception out of
        force in one of them and not in the other. Everywhere else it is the rule of the limit.

        Args:
            check: The limit, which is one of this protocol's.
            row: The facts of the record.
            reading: What the Actor believes of the protocol.
            read: The facts as the Actor takes them.
        """
        if check.error_type == WINDOW and self.overriding(row) != reading.overriding(read):
            return OVERRIDE
        return check.error_type

    def overriding(self, row: Facts) -> frozenset[str]:
        """Numbers of the clauses that take an exception to the treatment window, which one record meets, out of force.

        Amendments that do so are not among them.
        """
        found = []
        for exception in self._acting.get(None, ()):
            if exception.parameter == "window_days" and all(condition.holds(row) for condition in exception.when):
                acting = self._acting.get(exception.number, ())
                overrides = [clause for clause in acting if clause.value is None and clause.in_force is None]
                found += [clause.number for clause in overrides if self._effect(clause, row)[0]]
        return frozenset(found)

    @property
    def checks(self) -> tuple[tuple[tuple[str, ...], Passes], ...]:
        """Every check as (record fields it reads, what passes it), for whole cohorts at a time.

        A record is compliant when it passes all of them: this is `judge(...).verdict` without the trace.
        """
        return tuple((self._fields(check), partial(self._passing, check)) for check in self.limits)

    def _fields(self, check: LimitCheck) -> tuple[str, ...]:
        asked = [c.field for clause in self.clauses if clause.parameter == check.parameter for c in clause.when]
        return tuple(
            dict.fromkeys(field for quantity in (check.quantity, *asked) for field in quantity_fields(quantity))
        )

    def _passing(self, check: LimitCheck, cohort: Columns) -> Mask:
        """Where a cohort keeps to a limit."""
        quantity = quantity_of(check.quantity, cohort)
        within: Mask = OPERATORS[check.op](quantity, self.limit(check.parameter, cohort))
        return within | np.isnan(quantity) if check.blank_passes else within

    def revise(self, number: str, **changes: Any) -> Protocol:
        """A copy in which that clause is changed; the arguments are fields of `Clause`."""
        old = self.clause(number)
        return Protocol(tuple([replace(c, **changes) if c is old else c for c in self.clauses]), self.limits)

    def without(self, number: str) -> Protocol:
        """A copy that never had that clause, nor what acts on it."""
        gone = {number}
        for clause in self.clauses:
            if clause.acts_on in gone:
                gone.add(clause.number)
        return Protocol(tuple([c for c in self.clauses if c.number not in gone]), self.limits)


def _chosen(applies: Any, value: Any, otherwise: Any) -> Any:
    """A value where something applies, and another one elsewhere; `applies` is a bool or a mask."""
    if isinstance(applies, bool):
        return value if applies else otherwise
    return np.where(applies, value, otherwise)


_DAYS = frozenset(name for name, quantity in QUANTITIES.items() if quantity.fields)
"""Quantities that are a number of days."""


def quantity_fields(quantity: str) -> tuple[str, ...]:
    """The fields of a record that a quantity is read off."""
    if quantity == EARLIER_AT_SITE:
        return ("enrolment_date",)
    if quantity == CONSENTED:
        return ("consent_date", "enrolment_date")
    return QUANTITIES[quantity].fields if quantity in _DAYS else (quantity,)


def quantity_of(quantity: str, row: Any) -> Any:
    """A field of the record, its days (`Quantity.fields`) or the day CONSENTED; of one record or of whole columns."""
    if quantity not in _DAYS:
        return row[quantity] if quantity != CONSENTED else row["enrolment_date"] + row["consent_date"]
    if quantity == "delay":
        return row["treatment_start"]
    if quantity == "consent_lead":
        # Not its negation, which of 0 is -0.0, and would be told as such.
        return 0.0 - row["consent_date"]
    return row["last_contact"] - row["treatment_start" if quantity == "follow_up" else "death_date"]
