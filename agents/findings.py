"""Puts a finding into words: the reason of a flag, and the report that lists the flags.

    explain(finding, record, protocol)   # "Age 81 is above the maximum of 79 (§3.3)."

It names the value that decides, the limit that it breaks and the section that sets it. What the Actor did is put into
words by `actor_fault.py`, or here where the finding is of what the Actor leans on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..models import CohortResult, ErrorType, PatientResult
from .case_rules import Finding, Limit, Ruling, facts_of, lost_extension
from .note_checks import Misquote
from .protocol_reader import Clause, EquityRule, ReadProtocol

EVENTS = {
    "consent_date": "consent",
    "enrolment_date": "enrolment",
    "treatment_start": "treatment start",
    "last_contact": "last contact",
    "death_date": "death",
}
_FIELDS = {"comorbidity_index": "comorbidity index", "ecog": "ECOG", "stage": "stage"}


def explain(finding: Finding, record: PatientResult, protocol: ReadProtocol) -> str:
    """Why a record deviates."""
    if finding.dates is not None:
        assert finding.observed is not None, "dates that are out of order are so many days apart"
        assert protocol.order is not None, "and some section orders them"
        earlier, later = finding.dates
        return (
            f"{EVENTS[later].capitalize()} {getattr(record, later)} is {_days(finding.observed)} before "
            f"{EVENTS[earlier]} {getattr(record, earlier)} (§{protocol.order.number})."
        )
    limit = finding.limit
    assert limit is not None, "a finding is of dates or of a limit"
    if limit.quantity == "delay":
        assert finding.observed is not None, "every record has the dates of a delay"
        return _late(limit, record, finding.observed)
    name = _FIELDS.get(limit.quantity, limit.quantity).capitalize()
    if finding.observed is None:
        return f"{name} is blank, and {_source(limit)} requires {limit.bound} {limit.value:g}."
    side, end = ("above", "maximum") if limit.bound == "at most" else ("below", "minimum")
    return f"{name} {finding.observed:g} is {side} the {end} of {limit.value:g} ({_source(limit)})."


def decisive(finding: Finding, protocol: ReadProtocol) -> list[str]:
    """Numbers of the clauses that a finding turns on."""
    if finding.dates is not None:
        return [protocol.order.number] if protocol.order else []
    assert finding.limit is not None, "a finding is of dates or of a limit"
    lost = lost_extension(finding.limit, finding.observed)
    return [finding.limit.clause.number if lost is None else lost.by.number]


def misjudged(error_type: ErrorType, ruling: Ruling) -> list[str]:
    """Numbers of the clauses that an Actor who was too strict did not apply."""
    if error_type == "age_boundary_error":
        return [limit.clause.number for bound in ("at least", "at most") if (limit := ruling.limit("age", bound))]
    limit = ruling.limit("delay", "at most")
    if limit is None:
        return []
    waived = waived_override(limit)
    return [limit.clause.number if waived is None else waived[1].number]


def _late(limit: Limit, record: PatientResult, observed: float) -> str:
    late = f"Treatment started {_days(observed)} after enrolment, past the window of {_days(limit.value)}"
    lost = lost_extension(limit, observed)
    if lost is None:
        return f"{late} ({_source(limit)})."
    return f"{late} ({_source(limit)}): {_ground(lost.by, record)}, so {_cited(lost.by)} revokes {_cited(lost.clause)}."


def explain_compliance(error_type: ErrorType, ruling: Ruling, record: PatientResult) -> str:
    """Why a record that was called a deviation is none, on the rule that was misapplied."""
    if error_type == "age_boundary_error":
        low, high = ruling.limit("age", "at least"), ruling.limit("age", "at most")
        bounds = [limit for limit in (low, high) if limit is not None]
        within = " to ".join(f"{limit.value:g}" for limit in bounds)
        return f"Age {record.age} is within {within} ({', '.join(_source(limit) for limit in bounds)})."
    limit = ruling.limit("delay", "at most")
    if limit is None:
        return "No treatment window applies."
    delay = facts_of(record)["delay"]
    assert delay is not None, "every record has the dates of a delay"
    kept = f"Treatment started {_days(delay)} after enrolment, within the window of {_days(limit.value)}"
    waived = waived_override(limit)
    if waived is not None:
        override, waiver = waived
        return f"{kept} ({_source(limit)}): {_ground(waiver, record)}, so {_cited(waiver)} revokes {_cited(override)}."
    stage = f" for Stage {record.stage}" if any(c.field == "stage" for c in limit.clause.when) else ""
    return f"{kept}{stage} ({_source(limit)})."


def waived_override(limit: Limit) -> tuple[Clause, Clause] | None:
    """The clause that would take the deciding one out of force, and the one that revokes it in turn."""
    for revocation in limit.revocations:
        if revocation.clause.acts_on == limit.clause.number:
            return revocation.clause, revocation.by
    return None


def explain_misquote(misquote: Misquote) -> str:
    """Why a quoted figure is wrong."""
    return f"Mortality of {misquote.subject} is {misquote.actual}: the Actor misquoted it as {misquote.quoted}."


def explain_inequity(rule: EquityRule, table: CohortResult) -> str:
    """Why a feature is not clear, or is when it was said not to be."""
    assert table.adjusted_gap is not None, "a table without the gap decides nothing"
    side = "past" if abs(table.adjusted_gap) > rule.gap else "within"
    return (
        f"The stage-adjusted mortality gap by {table.feature} is {table.adjusted_gap:+.1f} percentage points, {side} "
        f"the limit of {rule.gap:g} (§{rule.number}). The Actor went by the crude gap."
    )


def explain_missing(authority: str) -> str:
    """Why a citation is wrong."""
    return f"The Actor leans on {authority}, which is not in the protocol."


def report(proposal_ids: Iterable[str], errors: Mapping[str, tuple[ErrorType, str]], unseen: Collection[str]) -> str:
    """The audit report: a line per error, in order, then what was found right, then what was not looked at."""
    lines = [f"{proposal_id}: {error_type}, {why}" for proposal_id, (error_type, why) in errors.items()]
    sound = [proposal_id for proposal_id in proposal_ids if proposal_id not in errors and proposal_id not in unseen]
    if sound:
        lines.append(f"No error found: {', '.join(sound)}.")
    if unseen:
        lines.append(f"Not looked at: {', '.join(unseen)}.")
    return "\n".join(lines)


def _days(count: float) -> str:
    return f"{count:g} day{'' if abs(count) == 1 else 's'}"


def _source(limit: Limit) -> str:
    own = _cited(limit.clause)
    return own if limit.amended_by is None else f"{own}, {_cited(limit.amended_by)}"


def _cited(clause: Clause) -> str:
    return clause.number if clause.number.startswith("Amendment") else f"§{clause.number}"


def _ground(clause: Clause, record: PatientResult) -> str:
    """The facts on which a clause applies."""
    if clause.number.startswith("Amendment"):
        return f"enrolment was on {record.enrolment_date}"
    grounds = []
    for condition in clause.when:
        name = _FIELDS.get(condition.field, condition.field)
        value = record.stage if condition.field == "stage" else f"{facts_of(record)[condition.field]:g}"
        grounds.append(f"{name} {value} is {condition.comparison} {condition.value:g}")
    return " and ".join(grounds)
