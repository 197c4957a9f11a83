"""Operators of the Actor's mistakes, which turn a protocol into the reading of somebody who made one mistake.

    for bug in bugs(stream, trial, "window"):
        bug.reading.judge(record).verdict        # what an Actor with this bug concludes
        mistake_text(trial, bug)                         # "never applied §5.3 (comorbidity override)"

Each operator applies to any clause of any cascade, and makes the Actor too lax or too strict as the clause has it. An
operator is a row in OPERATORS, with its words, and a function that gives the bugs that it makes of a protocol. Nothing
here knows a patient, a label, or how a note is worded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

from .protocol import Clause, Protocol, in_order
from .protocol_text import cite, named, number_text
from .quantities import LIMITS, PARAMETERS, QUANTITIES, THRESHOLDS, LimitCheck
from .seeding import Stream
from .trial import Trial, counted_from


@dataclass(frozen=True)
class Bug:
    """One mistake of the Actor: a protocol that is not quite the true one, or a value that is not the record's."""

    operator: str
    """One of OPERATORS."""
    clause: str
    """Number of the clause that it is about; of a misquoted value that of the limit that the value is held against."""
    make_reading: Callable[[], Protocol] = dataclasses.field(repr=False, compare=False)
    """Makes `reading` when that is asked for first, as most bugs are never tried. Two bugs are equal without it."""
    field: str = ""
    """Field of a misquoted value, or name of a number of days."""
    by: float | None = None
    """By how much the Actor takes the value for more than it is; None: by as much as the record has it, which are the
    days from consent to enrolment, or what the other laboratory gives beyond the one that counts."""
    read: float | None = None
    """The limit or threshold that the Actor read."""
    second: Bug | None = None
    """Another mistake that it makes as well."""

    @cached_property
    def reading(self) -> Protocol:
        """The protocol as the Actor believes it to be, as far as the question goes."""
        return self.make_reading()

    def beside(self, other: Bug) -> Bug:
        """Both mistakes: this one is about how a limit is held against a value, the other about a clause or a value."""
        reading = partial(_of_both, other, self)
        return replace(self, clause=other.clause, make_reading=reading, field=other.field, by=other.by, second=other)


def _of_both(of_clauses: Bug, of_limits: Bug) -> Protocol:
    return Protocol(of_clauses.reading.clauses, of_limits.reading.limits)


_THRESHOLDS_APART = 4
"""A misquoted threshold is at most so many thresholds of its quantity from the true one."""
_INVERTED = {">": "<=", "<=": ">", "<": ">=", ">=": "<"}
WITH_THE_OTHER_END = {"<=": "<", "<": "<=", ">=": ">", ">": ">="}
"""An inclusive limit as an exclusive one, and the reverse."""


def bugs(stream: Stream, trial: Trial, question: str) -> list[Bug]:
    """One bug of each operator for each clause that it applies to, with how far off a misquoted number is drawn."""
    protocol = trial.protocol.asked(question)
    return [bug for operator in OPERATORS.values() for bug in operator.make(stream, trial, protocol)]


def _conditional(protocol: Protocol) -> list[Clause]:
    """The clauses of the sections that hang on a limit: each has one condition."""
    return [clause for clause in protocol.clauses if clause.in_force is None and clause.when]


def _amendments(protocol: Protocol) -> list[Clause]:
    return [clause for clause in protocol.clauses if clause.in_force is not None]


def _base(protocol: Protocol, check: LimitCheck) -> str:
    """Number of the clause that sets a limit for everybody."""
    return next(clause.number for clause in protocol.clauses if clause.parameter == check.parameter)


def _revised(operator: str, protocol: Protocol, number: str, read: float | None = None, **changes: object) -> Bug:
    """A bug of an Actor who reads one clause otherwise."""
    return Bug(operator, number, partial(protocol.revise, number, **changes), read=read)


def _as_it_is(protocol: Protocol) -> Protocol:
    return protocol


def _dropped(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _conditional(protocol):
        yield Bug("dropped", clause.number, partial(protocol.without, clause.number))


def _superseded(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _amendments(protocol):
        yield Bug("superseded", clause.number, partial(protocol.without, clause.number))


def _premature(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _amendments(protocol):
        yield _revised("premature", protocol, clause.number, when=())


def _wrong_date(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _amendments(protocol):
        if clause.by_consent:
            when = (replace(clause.when[0], field="enrolment_date"),)
            yield _revised("wrong_date", protocol, clause.number, when=when)


def _unapproved(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _amendments(protocol):
        if clause.issued is not None and clause.issued != clause.in_force:
            early = counted_from(clause, clause.issued)
            clauses = in_order(early if other is clause else other for other in protocol.clauses)
            yield Bug("unapproved", clause.number, partial(Protocol, clauses, protocol.limits))


def _invented(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for phantom in trial.phantoms:
        if any(clause.number == phantom.acts_on for clause in protocol.clauses):
            # In place of the one that there is: so neither is shown more often for being the later of the two.
            others = [c for c in protocol.clauses if c.in_force is None or c.acts_on != phantom.acts_on]
            yield Bug("invented", phantom.number, partial(Protocol, (*others, phantom), protocol.limits))


def _misquoted_limit(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in protocol.clauses:
        if clause.value is not None:
            sizes = PARAMETERS[clause.parameter].sizes
            low, high = sizes.plausible
            for by in sizes.misquoted.draw(stream):
                read = round(clause.value + by, 2)
                if low <= read <= high:
                    yield _revised("misquoted_limit", protocol, clause.number, read, value=read)


def _misquoted_threshold(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _conditional(protocol):
        (condition,) = clause.when
        # By the other definition of its term it would be `misdefined`.
        gone = {definition.condition.value for definition in trial.defining(condition.term)[1:]}
        known = THRESHOLDS.get(condition.field)
        usual = [value for value in known.values if value not in gone] if known else []
        if condition.value not in usual:
            continue  # a stage, or a place in the order of enrolment
        place = usual.index(condition.value)
        for others in (usual[max(place - _THRESHOLDS_APART, 0) : place], usual[place + 1 :][:_THRESHOLDS_APART]):
            if others:
                read = stream.choice(others)
                when = (replace(condition, value=read),)
                yield _revised("misquoted_threshold", protocol, clause.number, read, when=when)


def _misdefined(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _conditional(protocol):
        (condition,) = clause.when
        for other in trial.defining(condition.term)[1:]:
            read = other.condition.value
            yield _revised("misdefined", protocol, clause.number, read, when=(replace(condition, value=read),))


def _unconditional(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _conditional(protocol):
        # It still has the look of a condition: one that every record meets.
        (condition,) = clause.when
        yield _revised("unconditional", protocol, clause.number, when=(replace(condition, op="always"),))


def _inverted(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in _conditional(protocol):
        (condition,) = clause.when
        if condition.op in _INVERTED:
            when = (replace(condition, op=_INVERTED[condition.op]),)
            yield _revised("inverted", protocol, clause.number, when=when)


def _boundary(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for check in protocol.limits:
        limits = tuple(
            replace(limit, op=WITH_THE_OTHER_END[limit.op]) if limit is check else limit for limit in protocol.limits
        )
        yield Bug("boundary", _base(protocol, check), partial(Protocol, protocol.clauses, limits))


def _misquoted_value(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for check in protocol.limits:
        steps = QUANTITIES[check.quantity].misquoted or PARAMETERS[check.parameter].sizes.misquoted
        for by in steps.draw(stream):
            yield Bug("misquoted_value", _base(protocol, check), partial(_as_it_is, protocol), check.quantity, by)
    for clause in _conditional(protocol):
        field = clause.when[0].field
        of_field = QUANTITIES[field].misquoted if field in QUANTITIES else None
        for by in of_field.draw(stream) if of_field else ():
            yield Bug("misquoted_value", clause.number, partial(_as_it_is, protocol), field, by)


def _wrong_anchor(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for check in protocol.limits:
        if check.quantity == "delay":
            yield Bug("wrong_anchor", _base(protocol, check), partial(_as_it_is, protocol), "delay")


def _wrong_source(stream: Stream, trial: Trial, protocol: Protocol) -> Iterator[Bug]:
    for clause in protocol.clauses:
        is_base = clause.acts_on is None and not clause.when
        field = LIMITS[clause.parameter].quantity if is_base else clause.when[0].field if clause.when else ""
        if trial.source_of(field) is not None:
            yield Bug("wrong_source", clause.number, partial(_as_it_is, protocol), field)


class Operator(NamedTuple):
    """One way to be mistaken."""

    make: Callable[[Stream, Trial, Protocol], Iterator[Bug]]
    words: str
    """The mistake in words. `mistake_text` fills the braces."""
    of_limit: bool = False
    """It is about whichever clause gives the limit that counts for a patient, which only the case tells."""
    against_protocol: bool = False
    """A note shows it to whoever holds the note against the protocol, without a record."""
    against_condition: bool = False
    """A note would give it away that quotes the value and the threshold of the condition."""
    leaves_out: bool = False
    """A note would give it away that mentions the clauses that do not apply: without a mistake it has one more."""
    of_threshold: bool = False
    """It is about the number of a condition, which a note gives or does not."""
    too_early: bool = False
    """It applies an amendment to somebody whom it is not for yet."""
    of_source: bool = False
    """It takes the value of the other laboratory: for one patient more than what counts, and less for another."""
    ease: int = 2
    """How easily a case is found in which it makes no difference: 0 seldom, 3 nearly always."""
    apart: tuple[int, int] | None = None
    """Days from the amendment that it is about to enrolment, in cases where it matters; None: as they come."""


OPERATORS: Mapping[str, Operator] = {
    "dropped": Operator(_dropped, "never applied {clause}", leaves_out=True, ease=0),
    "superseded": Operator(
        _superseded, "judged by {target} as it read before {clause}", leaves_out=True, ease=0, apart=(0, 12)
    ),
    "premature": Operator(
        _premature,
        "applied {clause} to a patient who {joined} before it was in force",
        too_early=True,
        ease=0,
        apart=(-12, -1),
    ),
    "wrong_date": Operator(
        _wrong_date,
        "counted {clause} by enrolment, and it counts by consent",
        against_protocol=True,
        too_early=True,
        apart=(0, 6),
    ),
    "unapproved": Operator(
        _unapproved,
        "counted {clause} from the day of its issue, and the site approved it later",
        too_early=True,
        ease=0,
        apart=(-12, -1),
    ),
    "invented": Operator(_invented, "leaned on {clause}, which is not in the protocol", against_protocol=True),
    "misquoted_limit": Operator(
        _misquoted_limit, "took the limit of {clause} for {read} where it is {true}", against_protocol=True
    ),
    "misquoted_threshold": Operator(
        _misquoted_threshold,
        "took the threshold of {clause} for {read} where it is {true}",
        against_protocol=True,
        of_threshold=True,
        ease=0,
    ),
    "misdefined": Operator(
        _misdefined,
        "read {clause} by the definition of {other}, and that of {prevailing} prevails",
        against_protocol=True,
        of_threshold=True,
        ease=0,
    ),
    "unconditional": Operator(_unconditional, "applied {clause} without its condition", against_condition=True, ease=3),
    "inverted": Operator(
        _inverted, "read the condition of {clause} the wrong way round", against_condition=True, ease=1
    ),
    "boundary": Operator(_boundary, "took a value at the limit of {clause} for {taken}", of_limit=True, ease=3),
    "misquoted_value": Operator(_misquoted_value, "took the {quantity} for {by} than the record has", ease=3),
    "wrong_source": Operator(
        _wrong_source,
        "took the {quantity} of the {other_laboratory} laboratory, and that of the {laboratory} laboratory counts "
        "({source})",
        of_source=True,
        ease=1,
    ),
    "wrong_anchor": Operator(
        _wrong_anchor, "counted the delay from consent and not from enrolment, against {clause}", of_limit=True, ease=3
    ),
}
"""By name."""


def mistake_text(trial: Trial, bug: Bug) -> str:
    """The Actor's mistake in words: "took the limit of §5.1 (treatment window) for 36 where it is 30"."""
    clause = next(c for c in (*trial.protocol.clauses, *trial.phantoms) if c.number == bug.clause)
    true = clause.value if bug.operator == "misquoted_limit" else clause.when[0].value if clause.when else None
    by = bug.by or 0.0
    source = trial.source_of(bug.field)
    defining = trial.defining(clause.when[0].term) if bug.operator == "misdefined" else []
    also = "" if bug.second is None else f" and {mistake_text(trial, bug.second)}"
    words = OPERATORS[bug.operator].words.format(
        clause=named(trial, bug.clause) if bug.clause in trial.listed else cite(bug.clause),
        target="" if clause.acts_on is None else named(trial, clause.acts_on),
        joined="consented" if clause.by_consent else "enrolled",
        prevailing=cite(defining[0].number) if defining else "",
        other=cite(defining[-1].number) if defining else "",
        read="" if bug.read is None else number_text(bug.read),
        true="" if true is None else number_text(true),
        quantity=QUANTITIES[bug.field].words.name if bug.field else "",
        other_laboratory=source.other if source else "",
        laboratory=source.laboratory if source else "",
        source=cite(source.number) if source else "",
        taken="one that keeps to it" if trial.protocol.check(clause.parameter).exclusive else "a breach of it",
        by=f"{number_text(abs(by))} {'more' if by > 0 else 'less'}",
    )
    return words + also
