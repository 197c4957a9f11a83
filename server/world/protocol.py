"""The trial protocol as data: clauses that cascade, checks that read them, and the judgement with its trace.

    judgement = protocol.judge(record)
    judgement.verdict, judgement.findings, judgement.trace

A clause either sets a parameter (`window_days`), or acts on another clause: it revokes it, or replaces its value. What
acts on a clause can be acted on in turn, to any depth, so a third hop is one more row. The Actor's misreadings are
other protocols made from this one (`misreadings.py`); the text an auditor reads is rendered from the same rows
(`protocol_text.py`). Nothing here draws at random or knows what an Actor is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache, reduce
from itertools import combinations
from math import isnan, nan
from operator import and_, or_
from typing import Any

import numpy as np
import numpy.typing as npt

# What judges a record names its error type, so those who import a judgement find the names beside it.
from ...error_types import AGE as AGE
from ...error_types import CITATION as CITATION
from ...error_types import DATES as DATES
from ...error_types import EQUITY as EQUITY
from ...error_types import ERROR_KINDS as ERROR_KINDS
from ...error_types import ERROR_TYPES as ERROR_TYPES
from ...error_types import OVERRIDE as OVERRIDE
from ...error_types import STATISTIC as STATISTIC
from ...error_types import WINDOW as WINDOW
from .record import Columns, Facts, PatientRecord, facts

COMPLIANT = "compliant"
DEVIATION = "deviation"

ELIGIBILITY = "other_eligibility"
"""A finding of the protocol's that no error type stands for (performance status, organ function)."""


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
Mask = npt.NDArray[np.bool_]
Passes = Callable[[Columns], Mask]
"""Which records of a cohort pass a check."""
Known = dict[Passes, Mask]


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one field of the record with a constant, such as ``comorbidity_index > 4.5``."""

    field: str
    op: str
    value: float

    def holds(self, row: Facts) -> bool:
        """Whether it is true of one record. A blank field (NaN) makes every comparison false."""
        return bool(OPERATORS[self.op](row[self.field], self.value))

    def mask(self, cohort: Columns) -> Mask:
        """The same for every record of a cohort."""
        result: Mask = OPERATORS[self.op](cohort[self.field], self.value)
        return result


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered sentence of the protocol, or one amendment."""

    number: str
    """As cited: "5.2", or "Amendment 3"."""
    parameter: str
    """What it governs: age_min, age_max, window_days, ecog_max, haemoglobin_min or creatinine_max."""
    value: float | None = None
    """What it sets or substitutes; None: it revokes the clause that it acts on."""
    when: tuple[Condition, ...] = ()
    """All must hold for the clause to apply."""
    acts_on: str | None = None
    """Number of the clause that it revokes or whose value it replaces; None: it sets the parameter itself."""
    in_force: date | None = None
    """For an amendment: it applies to patients enrolled on or after this day (also among `when`)."""


Acting = Mapping[str | None, list[Clause]]
"""Clauses by the number of the clause that they act on; under None those that set a parameter themselves."""


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """A record is a deviation when a quantity is past the limit that the clauses give for it."""

    quantity: str
    """A field of the record, or ``delay`` (days from enrolment to treatment start)."""
    op: str
    parameter: str
    error_type: str


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """A record is a deviation when its dates do not run in this order. Equal dates are in order, blanks are skipped."""

    number: str
    fields: tuple[str, ...]
    error_type: str = DATES


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One clause as it was met on the way to a parameter's value."""

    number: str
    parameter: str
    met: bool
    """Its own conditions hold."""
    applies: bool
    """Its conditions hold and nothing in force revokes it."""
    reads: tuple[tuple[str, float], ...]
    """Fields that its conditions looked at, with what they found."""
    revoked_by: tuple[str, ...]
    value: float | None
    """What it contributes when it applies; None for a clause that only revokes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a record deviates."""

    error_type: str
    quantity: str
    observed: float | None
    """The quantity; None when blank. For dates out of order: by how many days."""
    limit: float
    """The limit that it is past; 0 for dates out of order."""
    fields: tuple[str, ...]
    """Record fields that it rests on, the deciding one first."""
    numbers: tuple[str, ...]
    """Clauses that decide it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a protocol says of a record, and how it got there."""

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
    orders: tuple[OrderCheck, ...]

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the rows, not what was worked out from them (the checks are closures)."""
        return {"clauses": self.clauses, "limits": self.limits, "orders": self.orders}

    @cached_property
    def _acting(self) -> Acting:
        acting: dict[str | None, list[Clause]] = {}
        for clause in self.clauses:
            acting.setdefault(clause.acts_on, []).append(clause)
        return acting

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that some clause sets, in protocol order."""
        return tuple(self._setting)

    @cached_property
    def _setting(self) -> Mapping[str, list[tuple[Clause, TraceStep | None]]]:
        """Clauses that set a parameter themselves, by it, with how one is met that any record meets alike."""
        setting: dict[str, list[tuple[Clause, TraceStep | None]]] = {}
        for clause in self._acting.get(None, ()):
            alone = not clause.when and clause.number not in self._acting
            always = TraceStep(clause.number, clause.parameter, True, True, (), (), clause.value) if alone else None
            setting.setdefault(clause.parameter, []).append((clause, always))
        return setting

    def clause(self, number: str) -> Clause:
        """The clause of that number. Raises KeyError naming it when there is none."""
        for clause in self.clauses:
            if clause.number == number:
                return clause
        raise KeyError(f"the protocol has no clause {number}")

    def judge(self, record: PatientRecord) -> Judgement:
        """Judge one record and keep the trace."""
        row = facts(record)
        trace: list[TraceStep] = []
        parameters = {name: self._resolve(name, row, trace) for name in self.parameters}
        findings = [*self._limit_findings(row, parameters, trace), *self._order_findings(row)]
        return Judgement(DEVIATION if findings else COMPLIANT, tuple(findings), tuple(trace), parameters)

    def _resolve(self, parameter: str, row: Facts, trace: list[TraceStep]) -> float:
        """The parameter's value for one record: the last clause in force that sets it decides."""
        value = nan
        for clause, always in self._setting[parameter]:
            if always is None:
                step = self._meet(clause, row, trace)
            else:
                trace.append(step := always)
            if step.applies:
                assert step.value is not None, f"clause {clause.number} sets nothing"
                value = step.value
        return value

    def _meet(self, clause: Clause, row: Facts, trace: list[TraceStep]) -> TraceStep:
        """Whether a clause applies, and with what value: what acts on it is met first, and may revoke or replace it."""
        value, revoked_by = clause.value, []
        for other in self._acting.get(clause.number, ()):
            step = self._meet(other, row, trace)
            if step.applies and step.value is None:
                revoked_by.append(other.number)
            elif step.applies and value is not None:
                value = step.value
        met, reads = True, []
        for condition in clause.when:
            met = condition.holds(row) and met
            reads.append((condition.field, row[condition.field]))
        applies = met and not revoked_by
        step = TraceStep(clause.number, clause.parameter, met, applies, tuple(reads), tuple(revoked_by), value)
        trace.append(step)
        return step

    def _limit_findings(self, row: Facts, parameters: Mapping[str, float], trace: list[TraceStep]) -> list[Finding]:
        found = []
        for check in self.limits:
            observed, limit = _quantity(check.quantity, row), parameters[check.parameter]
            if OPERATORS[check.op](observed, limit):
                continue
            steps = [step for step in trace if step.parameter == check.parameter]
            error_type = check.error_type
            if error_type == WINDOW and any(
                step.met and step.revoked_by and step.value is not None and observed <= step.value for step in steps
            ):
                error_type = OVERRIDE  # it would be inside the window, had the exception not been revoked
            read = [field for step in steps for field, _ in step.reads]
            fields = tuple(dict.fromkeys([*_quantity_fields(check.quantity), *read]))
            if error_type == OVERRIDE:
                fields = tuple(dict.fromkeys([*_override_fields(steps), *fields]))
            numbers = tuple(step.number for step in steps if step.met)
            # Not NaN, which is not equal to itself, where two judgements of one record are.
            value = None if isnan(observed) else observed
            found.append(Finding(error_type, check.quantity, value, limit, fields, numbers))
        return found

    def _order_findings(self, row: Facts) -> list[Finding]:
        found = []
        for check in self.orders:
            days = [day for field in check.fields if not isnan(day := _day(field, row))]
            if days == sorted(days):
                continue
            for earlier, later in combinations(check.fields, 2):
                gap = _day(earlier, row) - _day(later, row)
                if gap > 0:
                    found.append(Finding(check.error_type, later, gap, 0.0, (later, earlier), (check.number,)))
        return found

    @cached_property
    def checks(self) -> tuple[tuple[tuple[str, ...], Passes], ...]:
        """Every check as (record fields it reads, what passes it), for whole cohorts at a time.

        A record is compliant when it passes all of them: this is `judge(...).verdict` without the trace.
        """
        limits = [(self._fields(check), self._passes(check)) for check in self.limits]
        return (*limits, *[_in_order(check.fields) for check in self.orders])

    def compliant(self, cohort: Columns, varying: Collection[str] | None = None, known: Known | None = None) -> Mask:
        """The verdict for every record of a cohort at once: true where it is compliant.

        Args:
            cohort: The records' facts.
            varying: Fields in which records differ that are otherwise known to be compliant: only the checks that read
                one of them are made. None makes all.
            known: What checks gave for this cohort before, and where what they give now is put.
        """
        checks = self.checks
        if varying is not None:
            differing = set(varying)
            checks = tuple([check for check in checks if not differing.isdisjoint(check[0])])
        known = {} if known is None else known
        known.update({passes: passes(cohort) for _, passes in checks if passes not in known})
        masks: list[Any] = [known[passes] for _, passes in checks]
        result: Mask = reduce(and_, masks or [np.True_])
        return result

    @cached_property
    def _governing(self) -> Mapping[str, list[Clause]]:
        """Clauses by the parameter that they govern."""
        governing: dict[str, list[Clause]] = {}
        for clause in self.clauses:
            governing.setdefault(clause.parameter, []).append(clause)
        return governing

    def _fields(self, check: LimitCheck) -> tuple[str, ...]:
        read = [c.field for clause in self._governing.get(check.parameter, ()) for c in clause.when]
        return tuple(dict.fromkeys([*_quantity_fields(check.quantity), *read]))

    def _passes(self, check: LimitCheck) -> Passes:
        compare = OPERATORS[check.op]
        setting = [clause for clause in self._governing.get(check.parameter, ()) if clause.acts_on is None]
        # Not the protocol itself: it keeps the check, and the two would be kept by each other for ever.
        acting = self._acting

        def passes(cohort: Columns) -> Mask:
            quantity = _quantity(check.quantity, cohort)
            within: Mask | None = None
            for clause in setting:
                applies = _applies(acting, clause, cohort)
                if applies is not False:
                    within = _where(applies, _within(acting, clause, compare, quantity, cohort), within)
            # Where nothing sets a limit nothing keeps to it.
            return compare(quantity, nan) if within is None else within

        return passes

    def revise(self, number: str, **changes: Any) -> Protocol:
        """A copy in which that clause is changed; the arguments are fields of `Clause`."""
        old = self.clause(number)
        return replace(self, clauses=tuple(replace(c, **changes) if c is old else c for c in self.clauses))

    def without(self, number: str) -> Protocol:
        """A copy that never had that clause, nor what acts on it."""
        gone = {number}
        for clause in self.clauses:
            if clause.acts_on in gone:
                gone.add(clause.number)
        self.clause(number)
        return replace(self, clauses=tuple(c for c in self.clauses if c.number not in gone))


def _applies(acting: Acting, clause: Clause, cohort: Columns) -> Any:
    """Where a clause applies; True for everywhere, False for nowhere."""
    applies: Any = True
    for condition in clause.when:
        applies = _both(applies, condition.mask(cohort))
    for other in acting.get(clause.number, ()):
        if other.value is None and applies is not False:
            revoked: Any = _applies(acting, other, cohort)
            applies = _both(applies, not revoked if isinstance(revoked, bool) else ~revoked)
    return applies


def _both(one: Any, other: Any) -> Any:
    """Where both are true. What is alike for all records, as a plain bool, costs nothing."""
    if one is True or other is False:
        return other
    return one if other is True or one is False else one & other


def _within(
    acting: Acting, clause: Clause, compare: Callable[[Any, Any], Mask], quantity: Any, cohort: Columns
) -> Mask:
    """Where the quantity keeps to the value that a clause sets."""
    assert clause.value is not None, f"clause {clause.number} sets nothing"
    within = compare(quantity, clause.value)
    for other in acting.get(clause.number, ()):
        if other.value is not None and (applies := _applies(acting, other, cohort)) is not False:
            within = _where(applies, _within(acting, other, compare, quantity, cohort), within)
    return within


def _quantity_fields(quantity: str) -> tuple[str, ...]:
    return ("treatment_start",) if quantity == "delay" else (quantity,)


def _quantity(quantity: str, row: Any) -> Any:
    """A record field, or the delay from enrolment to treatment; of one record or of whole columns."""
    return row["treatment_start"] if quantity == "delay" else row[quantity]


def _day(field: str, row: Any) -> Any:
    """A date in days from enrolment, which is day 0 itself."""
    return 0.0 if field == "enrolment_date" else row[field]


def _override_fields(steps: list[TraceStep]) -> list[str]:
    """Fields that the revoking clauses read: what a reader of the exception alone would never look at."""
    revoking = {number for step in steps for number in step.revoked_by}
    return [field for step in steps if step.number in revoking for field, _ in step.reads if field != "enrolment_date"]


@lru_cache(maxsize=16)
def _in_order(fields: tuple[str, ...]) -> tuple[tuple[str, ...], Passes]:
    """The check of an order: one for all protocols, so that what it gives is known to others of them."""

    def passes(cohort: Columns) -> Mask:
        # Out of order rather than in order, since a comparison with a blank is false.
        wrong = [_day(later, cohort) < _day(earlier, cohort) for earlier, later in combinations(fields, 2)]
        result: Mask = ~reduce(or_, [mask for mask in wrong if mask is not False])
        return result

    return tuple(field for field in fields if field != "enrolment_date"), passes


def _where(mask: Mask | bool, value: Mask, otherwise: Mask | None) -> Mask:
    """`value` where the mask is true (True: everywhere), else `otherwise` (None: false)."""
    if isinstance(mask, bool):
        return value
    return value & mask if otherwise is None else value & mask | otherwise & ~mask
