"""Why a determination is right or wrong, in a few sentences made from the protocol's trace.

    explain(trial, brief, wrong=True, record=record, judgement=judgement)
    # "The delay of 39 days is above 32 (§4.1, Amendment 1). §4.2 does not apply: the comorbidity index ... The Actor
    # applied §4.2 (Stage IV exception) and never read §4.3 (comorbidity override)."

What it says is told when the episode is over, of right proposals as of wrong ones.
"""

from __future__ import annotations

from .actor_agent import Brief
from .protocol import COMPLIANT, DATES, EQUITY, STATISTIC, Clause, Finding, Judgement, TraceStep
from .protocol_text import (
    EVENTS,
    QUANTITIES,
    cite,
    condition_text,
    days_text,
    named,
    number_text,
)
from .record import PatientRecord, facts
from .trial import Trial


def explain(trial: Trial, brief: Brief, wrong: bool, record: PatientRecord | None, judgement: Judgement | None) -> str:
    """What is true of a proposal, then what the Actor did and whether it mattered."""
    said = [_evidence(trial, brief, record, judgement)]
    if brief.cited is not None:
        listed = "is" if brief.cited.number in trial.listed else "is not"
        said.append(f"{cite(brief.cited.number)}, which the note leans on, {listed} in the protocol.")
    ending = "." if wrong else ", which made no difference here."
    return " ".join([*said, f"The Actor {deed(trial, brief, judgement)}{ending}"])


def deed(trial: Trial, brief: Brief, judgement: Judgement | None) -> str:
    """What the Actor did, with the clauses that it turns on.

    "applied §4.2 (Stage IV exception) and never read §4.3 (comorbidity override)".
    """
    numbers = dict(trial.numbers)
    if judgement is not None and "{window}" in brief.flaw.summary:
        window = _window(trial, judgement)
        numbers |= {} if window is None else {"window": window}
    sections = {role: named(trial, number) for role, number in numbers.items()}
    if brief.cited is not None:
        sections["cited"] = cite(brief.cited.number)
    return brief.flaw.summary.format_map(sections)


def _window(trial: Trial, judgement: Judgement) -> str | None:
    """The clause that gives the record its window, by the trace; None where the protocol has no window."""
    setting = [c.number for c in trial.protocol.clauses if c.parameter == "window_days" and c.acts_on is None]
    steps = [step for number in setting if (step := judgement.step(number)) is not None]
    return next((step.number for step in reversed(steps) if step.applies), None)


def _evidence(trial: Trial, brief: Brief, record: PatientRecord | None, judgement: Judgement | None) -> str:
    figure = brief.figure
    if brief.flaw.error_type == EQUITY and figure is not None:
        return (
            f"The stage-adjusted gap for {figure.feature} ({figure.subject}) is {figure.true} percentage points; "
            f"{cite(trial.numbers['equity'])} allows {number_text(trial.equity_gap)}."
        )
    if brief.flaw.error_type == STATISTIC and figure is not None:
        return f"The note gives {figure.text} for {figure.subject}; the cohort gives {figure.true}."
    assert record is not None
    assert judgement is not None
    if judgement.verdict == COMPLIANT:
        return _compliant(judgement)
    return " ".join(_finding(trial, record, judgement, finding) for finding in judgement.findings[:2])


def _compliant(judgement: Judgement) -> str:
    window = judgement.parameters.get("window_days")
    ages = f"ages {number_text(judgement.parameters['age_min'])} to {number_text(judgement.parameters['age_max'])}"
    limits = ages if window is None else f"{ages}, window {days_text(window)}"
    return f"The record is compliant under the limits that apply to it ({limits})."


def _finding(trial: Trial, record: PatientRecord, judgement: Judgement, finding: Finding) -> str:
    order = [clause.number for clause in trial.protocol.clauses]
    clauses = ", ".join(cite(n) for n in sorted(finding.numbers, key=lambda n: order.index(n) if n in order else -1))
    if finding.observed is None:
        return f"The {QUANTITIES[finding.quantity]} is blank ({clauses})."
    if finding.error_type == DATES:
        later, earlier = (EVENTS[field] for field in finding.fields)
        return f"The {later} is {days_text(finding.observed)} before the {earlier} ({clauses})."
    quantity = QUANTITIES[finding.quantity]
    side = "above" if finding.observed > finding.limit else "below"
    shown = days_text(finding.observed) if finding.quantity == "delay" else number_text(finding.observed)
    said = f"The {quantity} of {shown} is {side} {number_text(finding.limit)} ({clauses})."
    revoked = [step for step in judgement.trace if step.met and step.revoked_by and step.value is not None]
    mine = [step for step in revoked if step.number in finding.numbers]
    return " ".join([said, *(f"{_revocation(trial, record, judgement, step)}." for step in mine)])


def _revocation(trial: Trial, record: PatientRecord, judgement: Judgement, step: TraceStep) -> str:
    """Why a clause does not apply, and what would have restored it but does not."""
    by = step.revoked_by[0]
    said = f"{cite(step.number)} does not apply: {_because(trial.protocol.clause(by), record)} ({cite(by)})"
    for clause in trial.protocol.clauses:
        if clause.acts_on != by or clause.value is not None:
            continue
        said += f"; {cite(clause.number)} does not change that"
        met = judgement.step(clause.number)
        if met is not None and met.met and met.revoked_by:
            said += f", since {_revocation(trial, record, judgement, met)}"
        elif clause.in_force is None:
            conditions = " and ".join(condition_text(condition) for condition in clause.when)
            said += f", since it asks that {conditions}, which is {_reads(clause, record)}"
    return said


def _because(clause: Clause, record: PatientRecord) -> str:
    conditions = " and ".join(condition_text(condition) for condition in clause.when)
    return f"{conditions}, at {_reads(clause, record)}"


def _reads(clause: Clause, record: PatientRecord) -> str:
    row = facts(record)
    return ", ".join(
        record.enrolment_date.isoformat() if c.field == "enrolment_date" else number_text(row[c.field])
        for c in clause.when
    )
