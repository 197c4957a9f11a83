"""Where the Actor's reading and the protocol part on one record: what an Actor did wrong, as data.

    for difference in differences(trial, brief, judgement, reading_of_it):
        difference.kind, difference.clause, difference.values    # "dropped", "5.3", ()

It compares the clauses of the two and the traces of the two judgements, and knows no list of misreadings: a new one
needs nothing here. Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...world.actor_agent import Brief
from ...world.protocol import (
    CITATION,
    COMPLIANT,
    DATES,
    EQUITY,
    Clause,
    Judgement,
    Protocol,
    TraceStep,
)
from ...world.trial import Trial

Kind = Literal["dropped", "replaced", "added", "altered", "misapplied", "assumed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the Actor's reading is not the protocol."""

    kind: Kind
    """What became of the clause in the reading.

    dropped: it is not there, or no check reads it; replaced: the same, and another limit stands in its place; added:
    only the reading has it; altered: it says something else; misapplied: it says the same and applies otherwise, since
    something else differs; assumed: no clause at all, but something that the Actor takes for granted.
    """
    clause: str
    """Its number; empty for what is assumed."""
    values: tuple[float, ...] = ()
    """Numbers that the reading has and the protocol has not: a limit, a threshold."""
    stricter: bool | None = None
    """Whether what the reading says is harder to keep to than what the protocol says; None where that does not show."""


def parameters_at_issue(trial: Trial, judgement: Judgement, reading: Judgement) -> frozenset[str]:
    """The parameters whose limit decides: the record is past it, by the protocol, or else by the Actor's reading."""
    past = judgement if judgement.verdict != COMPLIANT else reading
    found = {(finding.quantity, finding.limit) for finding in past.findings if finding.error_type != DATES}
    blank = {finding.quantity for finding in past.findings if finding.observed is None}
    checks = trial.protocol.limits
    return frozenset(
        check.parameter
        for check in checks
        if check.quantity in blank or (check.quantity, past.parameters[check.parameter]) in found
    )


def differences(
    trial: Trial, brief: Brief, judgement: Judgement | None, reading: Judgement | None
) -> tuple[Difference, ...]:
    """All of them, on one record; those on which the verdict does not turn as well.

    Args:
        trial: The trial, with its protocol.
        brief: The Actor's reading, and what it leans on.
        judgement: The protocol's judgement of the record; None for a proposal on the cohort.
        reading: The same of the Actor's reading.
    """
    found: list[Difference] = []
    if judgement is not None and reading is not None:
        found += _of_clauses(trial.protocol, brief.reading, judgement, reading)
        found += [Difference("dropped", o.number) for o in trial.protocol.orders if o not in brief.reading.orders]
    if brief.cited is not None and brief.flaw.error_type == CITATION and brief.cited.number not in trial.listed:
        found.append(Difference("added", brief.cited.number))
    if brief.flaw.error_type == EQUITY:
        found.append(Difference("dropped", trial.numbers["equity"]))
    if brief.flaw.premise:
        found.append(Difference("assumed", ""))
    return tuple(found)


def _of_clauses(true: Protocol, read: Protocol, judgement: Judgement, reading: Judgement) -> Iterator[Difference]:
    ours = {clause.number: clause for clause in true.clauses}
    theirs = {clause.number: clause for clause in read.clauses}
    added = [clause for clause in read.clauses if clause.number not in ours]
    touched = {clause.parameter for clause in added}
    instead = {clause.parameter for clause in added if clause.acts_on is None}
    checked = {check.parameter for check in read.limits}
    truly, as_read = setters(judgement), setters(reading)
    for number, clause in ours.items():
        other, parameter = theirs.get(number), clause.parameter
        if parameter not in checked:
            yield Difference("dropped", number)
        elif other is None:
            yield Difference("replaced" if parameter in instead else "dropped", number)
        elif other != clause:
            values = tuple(sorted(_numbers(other) - _numbers(clause)))
            yield Difference("altered", number, values, _stricter(clause, other))
        else:
            # It may apply in both, and give the limit in one of the two only.
            sets = clause.acts_on is None and parameter not in touched
            decides = sets and (truly.get(parameter) == number) != (as_read.get(parameter) == number)
            if decides or _told(judgement.step(number)) != _told(reading.step(number)):
                yield Difference("misapplied", number)
    for clause in added:
        limit = judgement.parameters.get(clause.parameter)
        stricter = None if limit is None or clause.value is None else _is_stricter(clause, clause.value, limit)
        yield Difference("added", clause.number, tuple(sorted(_numbers(clause))), stricter)


def setters(judgement: Judgement) -> dict[str, str]:
    """The clause that gives each parameter its value: the last that applies and has that value."""
    values = judgement.parameters
    return {
        step.parameter: step.number for step in judgement.trace if step.applies and step.value == values[step.parameter]
    }


def setter(judgement: Judgement, number: str) -> str | None:
    """The same of the parameter that a clause is about; None where there is no such clause."""
    about = judgement.step(number)
    return None if about is None else setters(judgement).get(about.parameter)


def _told(step: TraceStep | None) -> tuple[bool, float | None]:
    return (False, None) if step is None else (step.applies, step.value)


def _numbers(clause: Clause) -> set[float]:
    own = {c.value for c in clause.when if c.field not in ("stage", "enrolment_date")}
    return own if clause.value is None else own | {clause.value}


def _stricter(clause: Clause, other: Clause) -> bool | None:
    """Of a clause whose limit is another: whether that is harder to keep. Of conditions the direction does not show."""
    if clause.value is None or other.value is None or clause.value == other.value:
        return None
    return _is_stricter(clause, other.value, clause.value)


def _is_stricter(clause: Clause, read: float, true: float) -> bool:
    return read > true if clause.parameter.endswith("_min") else read < true
