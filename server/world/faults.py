"""What the Actor did wrong with one record: every claim about it that is true, from the difference of two traces.

    faults(trial, brief, record, judgement)
    # (Fault("clause_ignored", {"5.3"}, {"16"}), Fault("record_misread", {"comorbidity_index"}, {"6"}))

One trace is the protocol's own of the record, the other that of the Actor's reading of the record as the Actor takes
it. What differs between them is wrong with the argument, whether or not it changes the verdict; the operator that made
the difference is not asked. An override that was never applied and one whose condition was turned round are both a
clause that was ignored where it should have counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...fault_types import BOUNDARY, CONDITION, FIGURE, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from .actor_agent import Brief
from .planting import as_read
from .protocol import EQUITY, Clause, Judgement, Protocol, TraceStep, quantity_fields, quantity_of
from .protocol_text import QUANTITIES, field_words, number_text
from .record import PatientRecord, facts
from .trial import Trial

_FRACTION = re.compile(r"\((\d+) of (\d+)\)")


@dataclass(frozen=True, slots=True)
class Fault:
    """A true claim."""

    fault: str
    """One of FAULTS."""
    places: tuple[str, ...]
    """What `where` may name, the usual name first: a clause ("5.3", "Amendment 2"), a field, quantity or feature."""
    numbers: tuple[str, ...]
    """What `should_be` may give, the usual one first: numbers ("16", "4.5") or ISO dates. Empty: it has none."""

    @property
    def claim(self) -> dict[str, str | None]:
        """The claim as a decision makes it, with the usual place and number."""
        return {"fault": self.fault, "where": self.places[0], "should_be": self.numbers[0] if self.numbers else None}


def faults(trial: Trial, brief: Brief, record: PatientRecord | None, judgement: Judgement | None) -> tuple[Fault, ...]:
    """Every true claim about a proposal; none where the Actor read all as it is.

    Args:
        trial: The trial as its protocol holds for the patient.
        brief: What the Actor worked from.
        record: The patient's; None for a proposal on the cohort.
        judgement: The protocol's own, on the question; None for a proposal that argues from no record.
    """
    if brief.cited is not None:
        return () if brief.cited.number in trial.listed else (Fault(NOT_THERE, (brief.cited.number,), ()),)
    if brief.figure is not None:
        return _of_figure(brief)
    if brief.bug is None or record is None or judgement is None:
        return ()
    return tuple(_of_reading(trial, brief, record, judgement))


def _of_figure(brief: Brief) -> tuple[Fault, ...]:
    figure = brief.figure
    assert figure is not None
    if brief.error_type != EQUITY and figure.text == figure.true:
        return ()
    if fraction := _FRACTION.search(figure.true):
        died, patients = map(int, fraction.groups())
        numbers = tuple(number_text(round(100 * died / patients, digits)) for digits in (1, 2))
        return (Fault(FIGURE, (figure.feature, figure.subject.removeprefix("the ")), numbers),)
    gap = float(figure.true)
    return (Fault(FIGURE, (figure.feature,), (number_text(gap), number_text(abs(gap)))),)


def _of_reading(trial: Trial, brief: Brief, record: PatientRecord, ours: Judgement) -> Iterator[Fault]:
    assert brief.bug is not None
    assert brief.argument is not None
    protocol, reading, bug = trial.protocol.asked(brief.argument.question), brief.reading, brief.bug
    row, read = facts(record), as_read(bug, record)
    theirs = reading.judge_facts(read)
    clauses = {clause.number: clause for clause in (*reading.clauses, *protocol.clauses)}
    counting, read_so = _counting(protocol, ours), _counting(reading, theirs)
    for fault, numbers in ((IGNORED, counting - read_so), (MISAPPLIED, read_so - counting)):
        for number in sorted(numbers):
            yield Fault(fault, (number,), (number_text(ours.parameters[clauses[number].parameter]),))
    known = {clause.number for clause in protocol.clauses}
    yield from (Fault(NOT_THERE, (number,), ()) for number in sorted({one.number for one in reading.clauses} - known))
    for clause in reading.clauses:
        if clause.number in known:
            yield from _of_clause(trial, protocol.clause(clause.number), clause, record)
    for check in reading.limits:
        if check.op != protocol.check(check.parameter).op:
            limit = number_text(ours.parameters[check.parameter])
            yield Fault(BOUNDARY, tuple(dict.fromkeys((brief.argument.clause, brief.argument.base))), (limit,))
    for field in sorted({bug.field} - {""}):
        true, said = (round(float(quantity_of(field, one)), 2) for one in (row, read))
        if true != said:
            dates = [name for name in quantity_fields(field) if name != field]
            words = QUANTITIES.get(field) or field_words(field)
            days = [str(getattr(record, name)) for name in dates]
            yield Fault(RECORD, tuple(dict.fromkeys((field, words, *dates))), (number_text(true), *days))
            source = trial.source_of(field)
            if source is not None:
                yield Fault(IGNORED, (source.number,), (number_text(true),))


def _of_clause(trial: Trial, true: Clause, read: Clause, record: PatientRecord) -> Iterator[Fault]:
    """What was read of one clause that the protocol does not say there."""
    if true.value is not None and read.value != true.value:
        yield Fault(LIMIT, (true.number,), (number_text(true.value),))
    if read.when == true.when:
        return
    (condition,) = true.when
    if true.in_force is not None:
        on = record.consent_date if true.by_consent else record.enrolment_date
        days = (true.in_force, on)
        yield Fault(CONDITION, (true.number,), tuple(day.isoformat() for day in days))
        return
    numbers = () if condition.field == "stage" else (number_text(condition.value),)
    yield Fault(CONDITION, (true.number,), numbers)
    if condition.term:
        yield Fault(IGNORED, (trial.defining(condition.term)[0].number,), numbers)


def _counting(protocol: Protocol, judged: Judgement) -> frozenset[str]:
    """The clauses that make the limits what they are: what sets them, gives their number, or takes others out of force.

    A clause that would act on one which the record does not meet makes no limit.
    """
    steps = {step.number: step for step in judged.trace}
    setting: dict[str, str] = {}
    amending: dict[str, str] = {}
    found: set[str] = set()
    for step in judged.trace:
        acts_on = protocol.clause(step.number).acts_on
        if step.applies and acts_on is None:
            setting[step.parameter] = step.number
        elif step.applies and acts_on is not None and step.value is not None:
            amending[acts_on] = step.number
        elif step.applies and acts_on is not None and _is_reached(protocol, steps, acts_on):
            found.add(step.number)
    counting = set(setting.values())
    return frozenset(found | counting | {amending[number] for number in counting & amending.keys()})


def _is_reached(protocol: Protocol, steps: Mapping[str, TraceStep], number: str) -> bool:
    """Whether a record comes to a clause: it meets that clause, and what the clause acts on."""
    acts_on = protocol.clause(number).acts_on
    return steps[number].met and (acts_on is None or _is_reached(protocol, steps, acts_on))
