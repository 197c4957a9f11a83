"""Where the Actor's reading and the protocol part on one record: what an Actor did wrong, as data.

    for difference in differences(trial, brief, judgement, reading_of_it):
        difference.kind, difference.clause, difference.values    # "dropped", "5.3", ()

It compares the clauses of the two and the traces of the two judgements, and knows no list of misreadings: a new one
needs nothing here. Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from synth_audit_env.server.actor_agent import Brief
from synth_audit_env.server.protocol import CITATION, COMPLIANT, DATES, EQUITY, Clause, Judgement, Protocol, TraceStep
from synth_audit_env.server.trial import Trial

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
    if brief.cited is not None and brief.flaw.error_type == CITATION and not is_listed(trial, brief.cited.number):
        found.append(Difference("added", brief.cited.number))
    if brief.flaw.error_type == EQUITY:
        found.append(Difference("dropped", trial.numbers["equity"]))
    if brief.flaw.premise:
        found.append(Difference("assumed", ""))
    return tuple(found)


def is_listed(trial: Trial, number: str) -> bool:
    """Whether the protocol has a section, clause, provision or amendment of that number."""
    rules = {one.number for one in trial.protocol.clauses} | {one.number for one in trial.protocol.orders}
    rules |= {one.number for one in trial.provisions} | {str(section) for section in trial.sections.values()}
    return number in rules or number == trial.numbers.get("equity")


def _of_clauses(true: Protocol, read: Protocol, judgement: Judgement, reading: Judgement) -> Iterator[Difference]:
    ours = {clause.number: clause for clause in true.clauses}
    theirs = {clause.number: clause for clause in read.clauses}
    added = [clause for clause in read.clauses if clause.number not in ours]
    instead = {clause.parameter for clause in added if clause.acts_on is None}
    checked = {check.parameter for check in read.limits}
    for number, clause in ours.items():
        other = theirs.get(number)
        if clause.parameter not in checked:
            yield Difference("dropped", number)
        elif other is None:
            yield Difference("replaced" if clause.parameter in instead else "dropped", number)
        elif other != clause:
            yield Difference(
                "altered", number, tuple(sorted(_numbers(other) - _numbers(clause))), _stricter(clause, other)
            )
        elif _told(judgement.step(number)) != _told(reading.step(number)) or _parts(
            clause, judgement, reading, {c.parameter for c in added}
        ):
            yield Difference("misapplied", number)
    for clause in added:
        limit = judgement.parameters.get(clause.parameter)
        stricter = None if limit is None or clause.value is None else _is_stricter(clause, clause.value, limit)
        yield Difference("added", clause.number, tuple(sorted(_numbers(clause))), stricter)


def _parts(clause: Clause, judgement: Judgement, reading: Judgement, touched: Collection[str]) -> bool:
    """Whether it gives the limit in one of the two and not in the other, though it applies in both."""
    if clause.acts_on is not None or clause.parameter in touched:
        return False
    return (setter(judgement, clause.number) == clause.number) != (setter(reading, clause.number) == clause.number)


def setter(judgement: Judgement, number: str) -> str | None:
    """The clause that gives the parameter which that clause is about: the last that applies with its value."""
    about = judgement.step(number)
    if about is None:
        return None
    steps = [s for s in judgement.trace if s.parameter == about.parameter and s.applies and s.value is not None]
    return next((s.number for s in reversed(steps) if s.value == judgement.parameters[about.parameter]), None)


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
