"""Why a determination is right or wrong, in one or two sentences made from the protocol's trace."""

from __future__ import annotations

from datetime import date
from math import isnan

from synth_audit_env.server.protocol import COMPLIANT, DATES, Finding, Judgement
from synth_audit_env.server.protocol_text import cite, number_text
from synth_audit_env.server.trial import Trial

_NAMES = {
    "consent_date": "consent",
    "enrolment_date": "enrolment",
    "treatment_start": "treatment start",
    "last_contact": "last contact",
    "death_date": "death",
}


def explain_record(trial: Trial, judgement: Judgement) -> str:
    """What the protocol says of a record."""
    if judgement.verdict == COMPLIANT:
        return _compliant(judgement)
    return " ".join(_finding(finding, judgement) for finding in judgement.findings[:2])


def _compliant(judgement: Judgement) -> str:
    window = judgement.parameters.get("window_days")
    ages = f"ages {number_text(judgement.parameters['age_min'])} to {number_text(judgement.parameters['age_max'])}"
    limits = ages if window is None else f"{ages}, window {number_text(window)} days"
    return f"The record is compliant under the limits that apply to it ({limits})."


def _finding(finding: Finding, judgement: Judgement) -> str:
    clauses = ", ".join(cite(number) for number in finding.numbers)
    if finding.error_type == DATES:
        later, earlier = (_NAMES[field] for field in finding.fields)
        return f"The {later} is {number_text(finding.observed)} days before the {earlier} ({clauses})."
    if isnan(finding.observed):
        return f"The {finding.quantity} is blank ({clauses})."
    side = "above" if finding.observed > finding.limit else "below"
    unit = " days" if finding.quantity == "delay" else ""
    text = f"The {finding.quantity} of {number_text(finding.observed)}{unit} is {side} "
    text += f"{number_text(finding.limit)} ({clauses})"
    revoked = [step for step in judgement.trace if step.met and step.revoked_by and step.number in finding.numbers]
    for step in revoked:
        by = judgement.step(step.revoked_by[0])
        if by is not None and by.reads:
            field, value = by.reads[0]
            shown = date.fromordinal(int(value)).isoformat() if field.endswith("date") else number_text(value)
            text += f"; {cite(step.number)} is revoked by {cite(by.number)}, {field} {shown}"
    return f"{text}."
