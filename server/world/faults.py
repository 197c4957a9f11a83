"""Lists every true claim about what the Actor did wrong with one record, from the difference of two traces.

    faults(trial, brief, record, judgement)
    # (Fault("clause_ignored", {"5.3"}, {"6"}), Fault("record_misread", {"comorbidity_index"}, {"6"}))

One trace is the protocol's own of the record, the other that of the Actor's reading of the record as the Actor takes
it. A clause *bears* on a record that meets its condition and comes to it: the record meets what the clause acts on. The
clauses that bear in one trace and not in the other are where the two part, whether or not that changes the verdict. The
operator that made them part is not asked: an override that was never read and one whose condition was turned round are
both a clause that was ignored.

A number belongs to a claim which has to be looked up: what was misread can be guessed, what it should have been cannot.
Of a clause it is what the record has for its condition, and of a misquoted number the true one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...fault_types import BOUNDARY, CONDITION, FIGURE, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from .actor_agent import Brief
from .planting import as_read
from .protocol import CONSENTED, Clause, Condition, Judgement, Protocol, TraceStep, quantity_fields, quantity_of
from .protocol_text import number_text
from .quantities import QUANTITIES
from .record import STAGES, PatientRecord, facts
from .trial import Trial

_FRACTION = re.compile(r"\((\d+) of (\d+)\)")


@dataclass(frozen=True, slots=True)
class Fault:
    """A true claim."""

    fault: str
    """One of FAULTS."""
    places: tuple[str, ...]
    """Names for `where`, the usual one first: a clause ("5.3", "Amendment 2"), a field, quantity or feature."""
    numbers: tuple[str, ...]
    """Values that `should_be` may give, the usual one first: numbers ("16", "4.5") or ISO dates. Empty: it has none."""

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
        judgement: The protocol's own, on the question; None for a proposal on the cohort.
    """
    if brief.figure is not None:
        return _of_figure(brief)
    if brief.bug is None or record is None or judgement is None:
        return ()
    return tuple(_of_reading(trial, brief, record, judgement))


def _of_figure(brief: Brief) -> tuple[Fault, ...]:
    figure = brief.figure
    assert figure is not None
    if figure.text == figure.true:
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
    row = facts(record)
    read = as_read(bug, row)
    true, believed = ({clause.number: clause for clause in version.clauses} for version in (protocol, reading))
    bearing, read_so = _bearing(protocol, ours), _bearing(reading, reading.judge_facts(read))
    for fault, numbers in ((IGNORED, bearing - read_so), (MISAPPLIED, read_so - bearing)):
        for number in sorted(numbers):
            clause = true.get(number) or believed[number]
            yield Fault(fault, (number,), _asked_of(clause.when[0], record))
    for number, clause in believed.items():
        if number in true:
            yield from _of_clause(trial, true[number], clause, record)
        else:
            yield Fault(NOT_THERE, (number,), ())
    for check in reading.limits:
        if check.op != protocol.check(check.parameter).op:
            limit = number_text(ours.parameters[check.parameter])
            yield Fault(BOUNDARY, tuple(dict.fromkeys((brief.argument.clause, brief.argument.base))), (limit,))
    if bug.field and quantity_of(bug.field, row) != quantity_of(bug.field, read):
        value = number_text(round(float(quantity_of(bug.field, row)), 2))
        dates = [name for name in quantity_fields(bug.field) if name != bug.field]
        words = QUANTITIES[bug.field].words.name
        days = [str(getattr(record, name)) for name in dates]
        # A quantity that no field of the record has is called what the protocol calls it.
        names = (words, bug.field) if dates else (bug.field, words)
        yield Fault(RECORD, tuple(dict.fromkeys((*names, *dates))), (value, *days))
        source = trial.source_of(bug.field)
        if source is not None:
            yield Fault(IGNORED, (source.number,), (value,))


def _of_clause(trial: Trial, true: Clause, read: Clause, record: PatientRecord) -> Iterator[Fault]:
    """Faults in the reading of one clause."""
    if true.value is not None and read.value != true.value:
        yield Fault(LIMIT, (true.number,), (number_text(true.value),))
    if read.when == true.when:
        return
    (condition,) = true.when
    numbers = _asked_of(condition, record)
    if read.when and (read.when[0].field, read.when[0].op) == (condition.field, condition.op):
        numbers = (str(true.in_force) if true.in_force else number_text(condition.value),)
    yield Fault(CONDITION, (true.number,), numbers)
    if condition.term:
        yield Fault(IGNORED, (trial.defining(condition.term)[0].number,), numbers)


def _asked_of(condition: Condition, record: PatientRecord) -> tuple[str, ...]:
    """The record's value for the field of a condition."""
    if condition.field == "stage":
        return record.stage, str(STAGES.index(record.stage) + 1)
    if condition.field in ("enrolment_date", CONSENTED):
        return (str(record.consent_date if condition.field == CONSENTED else record.enrolment_date),)
    return (number_text(getattr(record, condition.field)),)


def _bearing(protocol: Protocol, judged: Judgement) -> frozenset[str]:
    """Numbers of the clauses that bear on a record, but for those without a condition, which bear on all."""
    steps = {step.number: step for step in judged.trace}
    clauses = [protocol.clause(number) for number in steps]
    return frozenset(
        clause.number
        for clause in clauses
        if (clause.when or clause.in_force) and _is_reached(protocol, steps, clause.number)
    )


def _is_reached(protocol: Protocol, steps: Mapping[str, TraceStep], number: str) -> bool:
    """True if a record comes to a clause: it meets that clause, and what the clause acts on."""
    acts_on = protocol.clause(number).acts_on
    return steps[number].met and (acts_on is None or _is_reached(protocol, steps, acts_on))
