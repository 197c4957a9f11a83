"""Why a determination is right or wrong, in a few sentences made from the protocol's trace.

    mistake = flaw(trial, brief)
    # "applied §4.2 (Stage IV exception) without its condition"
    explain(trial, brief, mistake, wrong=True, record=record, judgement=judgement)
    # "Treatment window: deviation. The treatment delay of 39 days is above 32 (§4.1, Amendment 1). The Actor ..."

What it says is told when the episode is over, of right proposals as of wrong ones.
"""

from __future__ import annotations

from math import isnan

from ...error_types import EQUITY, OVERRIDE
from .actor_agent import FOUND, Brief
from .operators import mistake_text
from .protocol import COMPLIANT, CONSENTED, Clause, Finding, Judgement, TraceStep, quantity_of
from .protocol_text import cite, condition_text, days_text, number_text
from .quantities import LIMITS, PARAMETERS, QUANTITIES, question_name
from .record import PatientRecord, facts
from .trial import Trial

SOUND = "read the protocol and the record as they are"


def explain(
    trial: Trial, brief: Brief, mistake: str, wrong: bool, record: PatientRecord | None, judgement: Judgement | None
) -> str:
    """Say what is true of a proposal, then what the Actor did (`flaw`) and whether it mattered."""
    ending = "." if wrong or mistake == SOUND else "; this makes no difference here."
    parted = " The two readings part at the override." if wrong and brief.error_type == OVERRIDE else ""
    return f"{_evidence(trial, brief, record, judgement)}{parted} The Actor {mistake}{ending}"


def flaw(trial: Trial, brief: Brief) -> str:
    """The Actor's mistake in words: the operator and the clause. `SOUND` where it made no mistake."""
    if brief.bug is not None:
        return mistake_text(trial, brief.bug)
    figure = brief.figure
    if figure is None or figure.text == figure.true:
        return SOUND
    if brief.error_type == EQUITY:
        return f"went by the crude gap of {figure.text}, not by stage"
    return f"quoted {figure.text} for {figure.subject}, which is not the cohort's figure"


def _evidence(trial: Trial, brief: Brief, record: PatientRecord | None, judgement: Judgement | None) -> str:
    figure = brief.figure
    if figure is not None:
        rule = trial.rule_on(brief.error_type)
        limit = f"{cite(rule.number)} pauses enrolment above {number_text(rule.limit)}"
        if brief.error_type == EQUITY:
            return f"The stage-adjusted gap of {figure.subject} is {figure.true} percentage points; {limit}."
        return f"The mortality of {figure.subject} is {figure.true}; {limit} %."
    assert record is not None
    assert judgement is not None
    question = PARAMETERS[next(iter(judgement.parameters))].question
    told = f"{question_name(question).capitalize()}: {FOUND[judgement.verdict]}."
    if judgement.verdict == COMPLIANT:
        return f"{told} {_compliant(trial, record, judgement)}"
    return " ".join([told, *(_finding(trial, record, judgement, finding) for finding in judgement.findings[:2])])


def _compliant(trial: Trial, record: PatientRecord, judgement: Judgement) -> str:
    """Values of the record and the limits that it keeps to."""
    asked: dict[str, list[str]] = {}
    for parameter, limit in judgement.parameters.items():
        check = trial.protocol.check(parameter)
        clauses = " with ".join(map(cite, _setting(trial, judgement, parameter)))
        wants = f"{clauses} asks for {check.words} {_shown(check.quantity, limit)}"
        asked.setdefault(check.quantity, []).append(wants)
    row = facts(record)
    text = "; ".join(
        f"the {QUANTITIES[quantity].words.name} is {_shown(quantity, quantity_of(quantity, row))}, and "
        f"{' and '.join(wants)}"
        for quantity, wants in asked.items()
        if not isnan(quantity_of(quantity, row))  # nobody who lives has a lag after death
    )
    return f"{text[:1].upper()}{text[1:]}."


def _shown(quantity: str, value: float) -> str:
    return days_text(value) if QUANTITIES[quantity].fields else number_text(value)


def _setting(trial: Trial, judgement: Judgement, parameter: str) -> list[str]:
    """Numbers of the clause that sets the limit that counts, and of the amendment whose value stands in its place."""
    applying = [trial.protocol.clause(step.number) for step in judgement.trace if step.applies]
    own = [clause for clause in applying if clause.parameter == parameter and clause.value is not None]
    setter = [clause.number for clause in own if clause.acts_on is None][-1]
    return [setter, *[clause.number for clause in own if clause.acts_on == setter][-1:]]


def _finding(trial: Trial, record: PatientRecord, judgement: Judgement, finding: Finding) -> str:
    past = {name for name, limit in judgement.parameters.items() if limit == finding.limit}
    parameter = next(name for name in past if LIMITS[name].quantity == finding.quantity)
    # The others are named where it is said why they do not count.
    clauses = ", ".join(map(cite, _setting(trial, judgement, parameter)))
    quantity = QUANTITIES[finding.quantity].words.name
    if finding.observed is None:
        return f"The {quantity} is blank ({clauses})."
    at = f"not {trial.protocol.check(parameter).words}"  # of an exclusive limit
    side = "above" if finding.observed > finding.limit else "below" if finding.observed < finding.limit else at
    shown = _shown(finding.quantity, finding.observed)
    text = f"The {quantity} of {shown} is {side} {number_text(finding.limit)} ({clauses})."
    revoked = [step for step in judgement.trace if step.met and step.revoked_by and step.value is not None]
    mine = [step for step in revoked if step.number in finding.numbers]
    return " ".join([text, *(f"{_revocation(trial, record, judgement, step)}." for step in mine)])


def _revocation(trial: Trial, record: PatientRecord, judgement: Judgement, step: TraceStep) -> str:
    """Why a clause does not apply, and what would have restored it but does not."""
    by = step.revoked_by[0]
    text = f"{cite(step.number)} does not apply, since {_reads(trial, trial.protocol.clause(by), record)} ({cite(by)})"
    for clause in trial.protocol.clauses:
        if clause.acts_on != by or clause.value is not None:
            continue
        met = judgement.step(clause.number)
        text += f"; {cite(clause.number)} does not change that"
        if met is not None and met.met and met.revoked_by:
            text += f": {_revocation(trial, record, judgement, met)}"
        elif clause.in_force is None:
            text += f", since {_reads(trial, clause, record, met=False)}"
    return text


def _reads(trial: Trial, clause: Clause, record: PatientRecord, *, met: bool = True) -> str:
    """The conditions of a clause with what the record has: "the comorbidity index is 6, above 4.5"."""
    row, texts = facts(record), []
    for condition in clause.when:
        if condition.field == "enrolment_date":
            texts.append(f"enrolment was on {record.enrolment_date.isoformat()}")
        elif condition.field == CONSENTED:
            texts.append(f"consent was on {record.consent_date.isoformat()}")
        elif condition.field == "stage":
            texts.append(f"the disease is Stage {record.stage}")
        else:
            value = number_text(row[condition.field])
            source = f" by {cite(trial.defining(condition.term)[0].number)}" if condition.term else ""
            words = condition_text(condition)
            texts.append(words.replace(" is ", f" is {value}, {'' if met else 'not '}", 1) + source)
    return " and ".join(texts)
