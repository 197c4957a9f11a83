"""Applies a protocol, as read from its text, to a record, as an auditor was shown it.

    facts = facts_of(record, protocol)
    ruling = judge_facts(protocol, facts)                    # of all that it asks of a record
    ruling = judge_facts(protocol.asked("delay"), facts)     # of one question
    ruling.verdict, ruling.findings

A clause applies when its conditions hold and no clause that applies takes it out of force, to whatever depth clauses
act on one another. A limit keeps what decided it, since a reason has to name that. Nothing here knows an Actor.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..models import PatientResult, TimelineResult
from .protocol_reader import EARLIER, INTERVALS, STAGES, WORDS, ReadClause, ReadCondition, ReadProtocol

Verdict = Literal["compliant", "deviation"]
Facts = Mapping[str, float | None]
"""Field to number; None for a blank."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "more than": operator.gt,
    "at least": operator.ge,
    "below": operator.lt,
    "less than": operator.lt,
    "at most": operator.le,
    "exactly": operator.eq,
}

OVERRIDE = "comorbidity_override_miss"
ERROR_TYPES: Mapping[str, str] = {
    "age": "age_boundary_error",
    "delay": "protocol_window_violation",
    "consent_lead": "temporal_inconsistency",
    "follow_up": "temporal_inconsistency",
    "registry_gap": "temporal_inconsistency",
    "ecog": "eligibility_violation",
    "haemoglobin": "eligibility_violation",
    "creatinine": "eligibility_violation",
    "starting_dose": "dosing_error",
    EARLIER: "cohort_rule_violation",
}
"""Quantity to the error type of a wrong determination on its limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that the clauses give for one quantity of one record."""

    quantity: str
    bound: str
    value: float
    observed: float | None
    """The quantity; None when blank."""
    kept: bool
    clause: ReadClause
    """The one that sets it: of those in force the last."""
    amended_by: ReadClause | None
    """The clause whose value stands in place of that one's own."""
    overridden: frozenset[str]
    """Numbers of the exceptions that the record meets and a clause of their section takes out of force."""

    @property
    def source(self) -> ReadClause:
        """The clause that its number stands in."""
        return self.amended_by or self.clause


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict of the protocol on a record, with its limits."""

    limits: tuple[Limit, ...]

    @property
    def findings(self) -> tuple[Limit, ...]:
        """The limits that the record does not keep to."""
        return tuple(limit for limit in self.limits if not limit.kept)

    @property
    def verdict(self) -> Verdict:
        """As the Actor words its own."""
        return "deviation" if self.findings else "compliant"

    def limit(self, quantity: str, bound: str) -> Limit | None:
        """The limit on that quantity, or None where there is none."""
        return next((limit for limit in self.limits if (limit.quantity, limit.bound) == (quantity, bound)), None)


def facts_of(
    record: PatientResult, protocol: ReadProtocol, timeline: TimelineResult | None = None
) -> dict[str, float | None]:
    """The numbers that conditions and limits look at, of the laboratory that the protocol says counts.

    How many enrolled earlier only a timeline tells.
    """
    known = [name for name in WORDS if name not in INTERVALS and name != EARLIER]
    facts: dict[str, float | None] = {name: getattr(record, name) for name in known}
    for name, central in (record.central_laboratory or {}).items():
        source = protocol.source_of(name)
        facts[name] = central if source is not None and source.laboratory == "central" else facts[name]
    facts[EARLIER] = timeline.earlier_at_site if timeline else None
    facts["stage"] = float(STAGES.index(record.stage) + 1) if record.stage else None
    facts |= {name: float(_day(getattr(record, name)) or 0) for name in ("enrolment_date", "consent_date")}
    for name, (start, end) in INTERVALS.items():
        first, last = _day(getattr(record, start)), _day(getattr(record, end))
        facts[name] = None if first is None or last is None else float(last - first)
    return facts


def _day(written: str | None) -> int | None:
    return date.fromisoformat(written).toordinal() if written else None


def judge_facts(protocol: ReadProtocol, facts: Facts) -> Ruling:
    """Apply every limit to the numbers of a record."""
    found = [_limit(protocol, facts, *pair) for pair in protocol.limited]
    return Ruling(tuple(limit for limit in found if limit is not None))


def _limit(protocol: ReadProtocol, facts: Facts, quantity: str, bound: str) -> Limit | None:
    """The last clause in force decides, since an exception stands after its rule."""
    setting = [c for c in protocol.clauses if (c.quantity, c.bound, c.acts_on) == (quantity, bound, None)]
    met = [(clause, _revoking(protocol, clause, facts)) for clause in setting if meets(clause, facts)]
    in_force = [clause for clause, revoking in met if not revoking]
    if not in_force:
        return None
    value, amended_by = _value(protocol, in_force[-1], facts)
    assert value is not None, "a clause that limits a quantity has a value"
    observed = facts[quantity]
    # A blank keeps to no limit; but what has not happened, such as a death, is not late.
    kept = quantity in INTERVALS if observed is None else _COMPARISONS[bound](observed, value)
    overridden = {clause.number for clause, revoking in met if not all(other.is_amendment for other in revoking)}
    return Limit(quantity, bound, value, observed, kept, in_force[-1], amended_by, frozenset(overridden))


def _applies(protocol: ReadProtocol, clause: ReadClause, facts: Facts) -> bool:
    return meets(clause, facts) and not _revoking(protocol, clause, facts)


def _revoking(protocol: ReadProtocol, clause: ReadClause, facts: Facts) -> list[ReadClause]:
    """The clauses that apply and take that one out of force."""
    return [c for c in protocol.acting_on(clause.number) if c.value is None and _applies(protocol, c, facts)]


def _value(protocol: ReadProtocol, clause: ReadClause, facts: Facts) -> tuple[float | None, ReadClause | None]:
    """The value that a clause sets, and the amendment that it has this value from, if any."""
    value, amended_by = clause.value, None
    for other in protocol.acting_on(clause.number):
        if other.value is not None and _applies(protocol, other, facts):
            value, amended_by = _value(protocol, other, facts)[0], other
    return value, amended_by


def meets(clause: ReadClause, facts: Facts) -> bool:
    """True if a record meets the conditions of a clause."""
    return all(holds(condition, facts[condition.field]) for condition in clause.when)


def holds(condition: ReadCondition, value: float | None) -> bool:
    """True if a value meets a condition. A blank meets none."""
    return value is not None and _COMPARISONS[condition.comparison](value, condition.value)
