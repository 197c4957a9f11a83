"""Why a determination is right or wrong, in a few sentences made from the protocol's trace.

    explain(trial, brief, wrong=True, record=record, judgement=judgement)
    # "The treatment delay of 39 days is above 32 (§4.1, Amendment 1). The Actor ..."
    flaw(trial, brief)
    # "applied §4.2 (Stage IV exception) without its condition"

What it says is told when the episode is over, of right proposals as of wrong ones.
"""

from __future__ import annotations

from .actor_agent import Brief
from .operators import deed
from .protocol import CITATION, COMPLIANT, DERIVED, EQUITY, STATISTIC, Clause, Finding, Judgement, TraceStep
from .protocol_text import (
    PARAMETERS,
    QUANTITIES,
    cite,
    condition_text,
    days_text,
    number_text,
)
from .record import PatientRecord, facts
from .trial import Trial

SOUND = "read the protocol and the record as they are"


def explain(trial: Trial, brief: Brief, wrong: bool, record: PatientRecord | None, judgement: Judgement | None) -> str:
    """What is true of a proposal, then what the Actor did and whether it mattered."""
    sound = flaw(trial, brief) == SOUND
    ending = "." if wrong or sound else ", which made no difference here."
    return f"{_evidence(trial, brief, record, judgement)} The Actor {flaw(trial, brief)}{ending}"


def flaw(trial: Trial, brief: Brief) -> str:
    """What the Actor did, in words: the operator and the clause. `SOUND` where it made no mistake."""
    if brief.bug is not None:
        return deed(trial, brief.bug)
    if brief.cited is not None:
        listed = "has" if brief.cited.number in trial.listed else "does not have"
        return f"leaned on {cite(brief.cited.number)}, which the protocol {listed}"
    if brief.error_type == STATISTIC:
        return "quoted a figure of the cohort"
    if brief.error_type == EQUITY:
        return "cleared equity on pooled mortality, not by stage"
    return SOUND


def _evidence(trial: Trial, brief: Brief, record: PatientRecord | None, judgement: Judgement | None) -> str:
    figure = brief.figure
    if brief.error_type == EQUITY and figure is not None:
        return (
            f"The stage-adjusted gap for {figure.feature} ({figure.subject}) is {figure.true} percentage points; "
            f"{cite(trial.equity_number or '')} allows {number_text(trial.equity_gap)}."
        )
    if brief.error_type == STATISTIC and figure is not None:
        return f"The note gives {figure.text} for {figure.subject}; the cohort gives {figure.true}."
    if brief.error_type == CITATION:
        return "The determination stands or falls with what it cites."
    assert record is not None
    assert judgement is not None
    if judgement.verdict == COMPLIANT:
        return _compliant(judgement)
    return " ".join(_finding(trial, record, judgement, finding) for finding in judgement.findings[:2])


def _compliant(judgement: Judgement) -> str:
    limits = ", ".join(f"{PARAMETERS[name]} {number_text(value)}" for name, value in judgement.parameters.items())
    return f"The record keeps to the limits that apply to it ({limits})."


def _finding(trial: Trial, record: PatientRecord, judgement: Judgement, finding: Finding) -> str:
    # Those that set the limit. The others are named where it is said why they do not count.
    setting = {step.number for step in judgement.trace if step.applies and step.value == finding.limit}
    numbers = [c.number for c in trial.protocol.clauses if c.number in setting.intersection(finding.numbers)]
    clauses = ", ".join(map(cite, numbers))
    if finding.observed is None:
        return f"The {QUANTITIES[finding.quantity]} is blank ({clauses})."
    quantity = QUANTITIES[finding.quantity]
    side = "above" if finding.observed > finding.limit else "below"
    shown = days_text(finding.observed) if finding.quantity in DERIVED else number_text(finding.observed)
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
