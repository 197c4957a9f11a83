"""Applies a protocol, as read from its text, to a record, as an auditor was shown it.

    ruling = judge(protocol, record)
    ruling.verdict, ruling.findings

A clause applies when its conditions hold and no clause that applies takes it out of force, to whatever depth clauses
act on one another. A finding keeps what decided it, since a reason has to name that. Nothing here knows an Actor.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..models import ErrorType, PatientResult
from .protocol_reader import STAGES, Clause, Condition, ReadProtocol

Verdict = Literal["compliant", "deviation"]
Facts = Mapping[str, float | None]
"""Field to number; None for a blank."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "at least": operator.ge,
    "below": operator.lt,
    "at most": operator.le,
    "exactly": operator.eq,
}
_NUMBERS = ("age", "ecog", "comorbidity_index", "ldh", "haemoglobin", "creatinine", "bmi")


@dataclass(frozen=True, slots=True)
class Revocation:
    """A clause whose conditions hold, and the clause that takes it out of force."""

    clause: Clause
    value: float | None
    """What it would set."""
    by: Clause


@dataclass(frozen=True, slots=True)
class Limit:
    """What the clauses come to for one quantity of one record."""

    quantity: str
    bound: str
    value: float
    clause: Clause
    """The one that sets it: of those in force the last."""
    amended_by: Clause | None
    """The clause whose value stands in place of that one's own."""
    revocations: tuple[Revocation, ...]
    """Every revocation that was met on the way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a record deviates."""

    error_type: ErrorType | None
    """None for a limit that no error type stands for, such as performance status."""
    limit: Limit | None
    """The limit that is broken; None for dates out of order."""
    observed: float | None
    """The quantity, None when blank; for dates, by how many days they are out of order."""
    dates: tuple[str, str] | None
    """The (earlier, later) fields that should have been in that order."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the protocol says of a record."""

    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]

    @property
    def verdict(self) -> Verdict:
        """As the Actor words its own."""
        return "deviation" if self.findings else "compliant"

    def limit(self, quantity: str, bound: str) -> Limit | None:
        """What applies to that quantity, or None where nothing does."""
        return next((limit for limit in self.limits if (limit.quantity, limit.bound) == (quantity, bound)), None)


def facts_of(record: PatientResult) -> dict[str, float | None]:
    """The numbers that conditions and limits look at."""
    enrolled, started = date.fromisoformat(record.enrolment_date), date.fromisoformat(record.treatment_start)
    facts: dict[str, float | None] = {name: getattr(record, name) for name in _NUMBERS}
    facts["stage"] = float(STAGES.index(record.stage) + 1)
    facts["enrolment_date"] = float(enrolled.toordinal())
    facts["delay"] = float((started - enrolled).days)
    return facts


def judge(protocol: ReadProtocol, record: PatientResult) -> Ruling:
    """Apply every limit and the date order to a record."""
    facts = facts_of(record)
    limits = [limit for pair in protocol.limited if (limit := _limit(protocol, facts, *pair)) is not None]
    findings = [_finding(limit, facts) for limit in limits if not _kept(limit, facts)]
    return Ruling((*findings, *_out_of_order(protocol, record)), tuple(limits))


def _limit(protocol: ReadProtocol, facts: Facts, quantity: str, bound: str) -> Limit | None:
    """The last clause in force decides, since an exception stands after its rule."""
    revocations: list[Revocation] = []
    deciding: Clause | None = None
    for clause in protocol.clauses:
        if (clause.quantity, clause.bound) == (quantity, bound) and _applies(protocol, clause, facts, revocations):
            deciding = clause
    if deciding is None:
        return None
    value, amended_by = _value(protocol, deciding, facts)
    assert value is not None, "a clause that limits a quantity has a value"
    return Limit(quantity, bound, value, deciding, amended_by, tuple(revocations))


def _applies(protocol: ReadProtocol, clause: Clause, facts: Facts, revocations: list[Revocation]) -> bool:
    if not all(_holds(condition, facts) for condition in clause.when):
        return False
    revoking = [c for c in protocol.acting_on(clause.number) if c.value is None]
    in_force = [c for c in revoking if _applies(protocol, c, facts, revocations)]
    revocations += [Revocation(clause, _value(protocol, clause, facts)[0], by) for by in in_force]
    return not in_force


def _value(protocol: ReadProtocol, clause: Clause, facts: Facts) -> tuple[float | None, Clause | None]:
    """What a clause sets, and the amendment that it has this value from, if any."""
    value, amended_by = clause.value, None
    for other in protocol.acting_on(clause.number):
        if other.value is not None and _applies(protocol, other, facts, []):
            value, amended_by = _value(protocol, other, facts)[0], other
    return value, amended_by


def _holds(condition: Condition, facts: Facts) -> bool:
    value = facts[condition.field]
    return value is not None and _COMPARISONS[condition.comparison](value, condition.value)


def _kept(limit: Limit, facts: Facts) -> bool:
    """A blank is not known to keep a limit, so it does not."""
    value = facts[limit.quantity]
    return value is not None and _COMPARISONS[limit.bound](value, limit.value)


def _finding(limit: Limit, facts: Facts) -> Finding:
    observed = facts[limit.quantity]
    error_type: ErrorType | None = None
    if limit.quantity == "age":
        error_type = "age_boundary_error"
    elif limit.quantity == "delay":
        error_type = "comorbidity_override_miss" if lost_extension(limit, observed) else "protocol_window_violation"
    return Finding(error_type, limit, observed, None)


def lost_extension(limit: Limit, observed: float | None) -> Revocation | None:
    """The revocation without which the quantity would be within the limit."""
    for revocation in limit.revocations:
        given = revocation.value
        if observed is not None and given is not None and _COMPARISONS[limit.bound](observed, given):
            return revocation
    return None


def _out_of_order(protocol: ReadProtocol, record: PatientResult) -> list[Finding]:
    """Every pair of dates, not neighbours only: a blank in the middle must not hide the rest."""
    if protocol.order is None:
        return []
    found = []
    days = {name: getattr(record, name) for name in protocol.order.fields}
    known = [(name, date.fromisoformat(day)) for name, day in days.items() if day is not None]
    for position, (earlier, first) in enumerate(known):
        for later, second in known[position + 1 :]:
            if second < first:
                found.append(Finding("temporal_inconsistency", None, float((first - second).days), (earlier, later)))
    return found
