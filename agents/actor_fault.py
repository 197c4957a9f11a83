"""Names what an Actor did wrong, as a claim, from what its note says against what the protocol and the record say.

    fault(protocol.asked(note.quantity), note, facts)
    # Claim("clause_ignored", "5.3", "6"); None where the argument is sound

What a note quotes is held against its source first. Where all of that is right, and the protocol's own argument is not
what the note says, the Actor has read something otherwise. Each clause is left out, or its condition taken for met or
for unmet, each value and limit taken for another. Of the readings that lead to this very note, what differs in most of
them from the protocol's own is the claim.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from math import inf
from typing import NamedTuple

from ..fault_types import BOUNDARY, CONDITION, FAULT_KINDS, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from .case_rules import ERROR_TYPES, OVERRIDE, Facts, Limit, judge_facts, meets
from .note_checks import NoteReading
from .protocol_reader import OTHER_END, STAGES, ReadClause, ReadProtocol


class Claim(NamedTuple):
    """The fields of an action that claim what the Actor did."""

    fault: str
    """One of FAULTS."""
    where: str
    should_be: str | None = None

    @property
    def sentence(self) -> str:
        """The claim for people."""
        kind = FAULT_KINDS[self.fault]
        number = f" ({kind.should_be} is {self.should_be})" if self.should_be else ""
        return f"The Actor's fault, at {self.where}: {kind.words}{number}."


class _Reading(NamedTuple):
    """A protocol and a record as an Actor may have read them."""

    protocol: ReadProtocol
    facts: Facts
    bound: str = ""
    """The bound that it reads in place of the limit's own; empty where it reads that right."""


def fault(protocol: ReadProtocol, note: NoteReading, facts: Facts) -> Claim | None:
    """Name the Actor's fault; None where its argument is that of the protocol, or none that is known.

    Args:
        protocol: What of it is about the question.
        note: The note on that question.
        facts: The record.
    """
    against = (*_against_dates(protocol, note, facts), *_against_record(note, facts))
    quoted = against_protocol(protocol, note) or next(iter(against), None)
    if quoted or _explains(_Reading(protocol, facts), note):
        return quoted
    votes = Counter[Claim]()
    for reading in _readings(protocol, note, facts):
        if _explains(reading, note):
            votes.update(list(dict.fromkeys(_differences(protocol, facts, reading))))
    return max(votes, key=votes.__getitem__, default=None)


def error_type(limit: Limit, protocol: ReadProtocol, note: NoteReading | None) -> str:
    """The error type of a wrong determination: that of its limit, or the override's where note and record part at it.

    They do where one has the exception to a treatment window out of force, and the other has not. Without a note the
    Actor is taken to know no override.
    """
    kept: frozenset[str] = frozenset()
    if note is not None:
        counting = [clause for clause in protocol.clauses if clause.number == note.against]
        met = {ground.clause.number for ground in note.grounds if ground.met and ground.clause.acts_on is None}
        counted = {number for clause in counting for number in (clause.number, clause.acts_on)}
        # It may count by an amendment that the protocol does not have: then it errs there.
        kept = frozenset(met - counted) if counting else limit.overridden
    return OVERRIDE if limit.quantity == "delay" and kept != limit.overridden else ERROR_TYPES[limit.quantity]


def against_protocol(protocol: ReadProtocol, note: NoteReading) -> Claim | None:
    """The first statement of a note on the protocol that is not so, as a claim; None where all are."""
    for number in note.cited:
        if number not in protocol.citable:
            return Claim(NOT_THERE, number)
    known = {clause.number: clause for clause in protocol.clauses}
    for ground in note.grounds:
        # At a site that defines a term otherwise the clause has another threshold than the note was read with.
        (condition,) = known.get(ground.clause.number, ground.clause).when
        if ground.threshold not in (None, condition.value):
            return Claim(CONDITION, ground.clause.number, _text(condition.field, condition.value))
    source = next((clause for clause in protocol.clauses if clause.number == note.against), None)
    if source is not None and source.value is not None and note.limit not in (None, source.value):
        return Claim(LIMIT, source.number, number_text(source.value))
    return None


def _against_dates(protocol: ReadProtocol, note: NoteReading, facts: Facts) -> Iterator[Claim]:
    """Statements on the day by which an amendment counts that are not so."""
    for clause in protocol.clauses:
        if note.amendments.get(clause.number, clause.by_consent) != clause.by_consent:
            yield _where_met(CONDITION, clause, facts)


def _where_met(kind: str, clause: ReadClause, facts: Facts) -> Claim:
    """A claim on a clause whose number is what the record has for its condition."""
    field = clause.when[0].field
    return Claim(kind, clause.number, _text(field, facts[field]))


def _text(field: str, value: float | None) -> str | None:
    """A value of a field as a claim gives it: a number, a stage or an ISO date; None for a blank."""
    if value is not None and field == "stage":
        return STAGES[int(value) - 1]
    is_day = field in ("enrolment_date", "consent_date")
    return date.fromordinal(int(value)).isoformat() if value is not None and is_day else number_text(value)


def _against_record(note: NoteReading, facts: Facts) -> Iterator[Claim]:
    """Statements on the record that are not so."""
    for field, stated in note.believed(facts).items():
        if stated is not None and stated != facts[field]:
            yield Claim(RECORD, field, number_text(facts[field]))


def number_text(value: float | None) -> str | None:
    """A number as a claim gives it; None for a blank."""
    return None if value is None else f"{value:g}"


def _readings(protocol: ReadProtocol, note: NoteReading, facts: Facts) -> Iterator[_Reading]:
    """All that the Actor may have taken protocol and record for, that differs in one thing from what they are."""
    for clause in [clause for clause in protocol.clauses if clause.when]:
        if meets(clause, facts):
            yield _Reading(protocol.without(clause.number), facts)
        if clause.is_amendment:
            early = replace(clause.when[0], field="enrolment_date")
            for read in ((early, *clause.when[1:]), ()):
                if read != clause.when:
                    yield _Reading(protocol.revised(clause.number, when=read), facts)
            continue
        condition = clause.when[0]
        comparison, value = ("above", inf) if meets(clause, facts) else ("at least", -inf)
        never = replace(condition, comparison=comparison, value=value)
        yield _Reading(protocol.revised(clause.number, when=(never,)), facts)
        if condition.field != "stage":
            for other in (condition.value - 1, condition.value, condition.value + 1):
                yield _Reading(protocol, {**facts, condition.field: other})
    limit = judge_facts(protocol, facts).limit(note.quantity or "", note.bound or "")
    if limit is None or limit.observed is None:
        return
    if limit.observed == limit.value:
        other_end = OTHER_END[limit.bound]
        clauses = [replace(c, bound=other_end) if c.bound == limit.bound else c for c in protocol.clauses]
        yield _Reading(replace(protocol, clauses=tuple(clauses)), facts, other_end)
    # What the note quotes is right, so only what it does not quote was taken for another.
    for value in (limit.value - 1, limit.value + 1) if note.said is None else ():
        yield _Reading(protocol, {**facts, limit.quantity: value})
    for value in (limit.observed - 1, limit.observed + 1) if note.limit is None else ():
        yield _Reading(protocol.revised(limit.source.number, value=value), facts)


def _explains(reading: _Reading, note: NoteReading) -> bool:
    """True if an Actor with this reading argues as the note does: its verdict, its clauses, all that it quotes."""
    protocol, facts = reading.protocol, reading.facts
    ruling = judge_facts(protocol, facts)
    limit = ruling.limit(note.quantity or "", reading.bound or note.bound or "")
    if limit is None or ruling.verdict != note.verdict or limit.kept != (note.verdict == "compliant"):
        return False
    if note.against not in (None, limit.source.number) or note.limit not in (None, limit.value):
        return False
    if not {clause.number for clause in protocol.clauses}.issuperset(note.cited):
        return False
    met: dict[bool, set[str]] = {True: {limit.source.number} if limit.amended_by else set(), False: set()}
    for clause, is_met in _steps(protocol, facts, limit.bound, None):
        met[is_met].add(clause.number)
    later = [
        clause for clause in protocol.acting_on(limit.clause.number) if clause.is_amendment and clause.value is not None
    ]
    if later and not limit.amended_by:
        met[False].add(later[0].number)
    stated: dict[bool, set[str]] = {True: set(), False: set()}
    for ground in note.grounds:
        stated[ground.met].add(ground.clause.number)
    for number in note.amendments:
        stated[number in met[True]].add(number)
    # Who mentions one clause that does not apply mentions all.
    return stated[True] == met[True] and stated[False] in (set(), met[False])


def _steps(protocol: ReadProtocol, facts: Facts, bound: str, below: str | None) -> Iterator[tuple[ReadClause, bool]]:
    """The clauses with a condition that a reader comes to, and whether it is met."""
    for clause in protocol.clauses:
        if (clause.acts_on, clause.bound) != (below, bound) or clause.is_amendment or not clause.when:
            continue
        met = meets(clause, facts)
        yield clause, met
        if met:
            lifting = [c for c in protocol.acting_on(clause.number) if c.is_amendment and meets(c, facts)]
            if below is not None and lifting:
                yield lifting[-1], True
            else:
                yield from _steps(protocol, facts, bound, clause.number)


def _differences(protocol: ReadProtocol, facts: Facts, reading: _Reading) -> Iterator[Claim]:
    """Claims on what a reading gets wrong: the clauses that bear, then numbers that it takes for others."""
    bearing, read_so = _bearing(protocol, facts), _bearing(reading.protocol, reading.facts)
    for kind, numbers in ((IGNORED, bearing - read_so), (MISAPPLIED, read_so - bearing)):
        yield from (_where_met(kind, protocol.clause(number), facts) for number in sorted(numbers))
    for read in reading.protocol.clauses:
        true = protocol.clause(read.number)
        if read.value != true.value:
            yield Claim(LIMIT, true.number, number_text(true.value))
        if read.when != true.when:
            yield _where_met(CONDITION, true, facts)
    for limit in judge_facts(protocol, facts).limits if reading.bound else ():
        if limit.observed == limit.value:
            yield Claim(BOUNDARY, limit.source.number, number_text(limit.value))
    for field, value in reading.facts.items():
        if value != facts[field]:
            yield Claim(RECORD, field, number_text(facts[field]))


def _bearing(protocol: ReadProtocol, facts: Facts) -> set[str]:
    """Numbers of the clauses whose condition a record meets, and that it comes to: it meets what they act on."""
    known = {clause.number: clause for clause in protocol.clauses}
    own = [clause for clause in protocol.clauses if clause.when or clause.is_amendment]
    return {clause.number for clause in own if _bears(known, clause, facts)}


def _bears(known: Mapping[str, ReadClause], clause: ReadClause, facts: Facts) -> bool:
    if not meets(clause, facts) or clause.acts_on is None:
        return meets(clause, facts)
    # An auditor that passes over some clauses comes to none that acts on them.
    return clause.acts_on in known and _bears(known, known[clause.acts_on], facts)
