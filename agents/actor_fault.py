"""What an Actor did wrong, in words: what its note says against what the protocol and the record say.

    fault(protocol.asked(note.quantity), note, facts)
    # "The Actor never applied §5.3 (comorbidity override)."

What a note quotes is held against its source first. Where all of that is right, the Actor has passed over something:
each clause in turn is left out, or applied without its condition, and what the Actor would then have concluded, and by
which clauses, is held against the note. So no mistake is known here by name, beside what can be done to any clause.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from math import inf

from ..models import ErrorType
from .case_rules import ERROR_TYPES, OVERRIDE, Facts, Limit, holds, judge_facts, meets
from .findings import cited, explain_missing, named, number, number_of, subject
from .note_checks import NoteReading
from .protocol_reader import WORDS, Clause, ReadProtocol

FROM_CONSENT = "counted the delay from consent and not from enrolment"


def fault(protocol: ReadProtocol, note: NoteReading, facts: Facts, others: Mapping[str, float]) -> str:
    """What the Actor did, as a sentence.

    Args:
        protocol: What of it is about the question.
        note: The note on that question.
        facts: The record.
        others: By field, the value of the laboratory that does not count, where two have one.
    """
    shown = against_protocol(protocol, note) or next(_of_another_laboratory(protocol, note, facts, others), None)
    shown = shown or next(_against_record(note, facts), None)
    if shown:
        return shown
    possible = (deed for reading, deed in _readings(protocol, note, facts) if _explains(reading, note, facts))
    return f"The Actor {next(possible, None) or _misread(protocol, note, facts)}."


def error_type(limit: Limit, protocol: ReadProtocol, note: NoteReading | None) -> ErrorType:
    """The error type of a wrong determination: that of its limit, or the override's where note and record part at it.

    They do where one has the exception to a treatment window out of force, and the other has not. Without a note the
    Actor is taken to know no override.
    """
    told: frozenset[str] = frozenset()
    if note is not None:
        counting = [clause for clause in protocol.clauses if clause.number == note.against]
        met = {ground.clause.number for ground in note.grounds if ground.met and ground.clause.acts_on is None}
        counted = {number for clause in counting for number in (clause.number, clause.acts_on)}
        # It may count by an amendment that the protocol does not have: then it errs there.
        told = frozenset(met - counted) if counting else limit.overridden
    return OVERRIDE if limit.quantity == "delay" and told != limit.overridden else ERROR_TYPES[limit.quantity]


def against_protocol(protocol: ReadProtocol, note: NoteReading) -> str | None:
    """What a note says of the protocol that is not so; None where all of it is."""
    for number_cited in note.cited:
        if number_cited not in protocol.citable:
            return explain_missing(number_cited if " " in number_cited else f"§{number_cited}")
    quoted = [("threshold", one.clause, one.threshold, one.clause.when[0].value) for one in note.grounds]
    source = next((clause for clause in protocol.clauses if clause.number == note.against), None)
    if source is not None and source.value is not None:
        quoted.append(("limit", source, note.limit, source.value))
    for what, clause, said, true in quoted:
        if said not in (None, true):
            return f"The Actor took the {what} of {named(clause)} for {number(said)} where it is {number(true)}."
    return None


def _of_another_laboratory(
    protocol: ReadProtocol, note: NoteReading, facts: Facts, others: Mapping[str, float]
) -> Iterator[str]:
    """The value that it takes from the laboratory that does not count: it quotes it, or argues as if it had it."""
    believed = note.believed(facts)
    for field, value in others.items():
        source = protocol.source_of(field)
        if source is None or value == facts[field]:
            continue
        if believed[field] == value or _explains(protocol, note, {**facts, field: value}):
            yield (
                f"The Actor took the {WORDS[field]} of the {source.other} laboratory, {number(value)}, and that of the "
                f"{source.laboratory} laboratory counts, {number(facts[field])} (§{source.number})."
            )


def _against_record(note: NoteReading, facts: Facts) -> Iterator[str]:
    """What it says of the record that is not so."""
    for field, said in note.believed(facts).items():
        if said is not None and said != facts[field]:
            if field == "delay" and said == _from_consent(facts):
                yield f"The Actor {FROM_CONSENT}."
            yield f"The Actor took the {WORDS[field]} for {number(said)} where the record has {number(facts[field])}."


def _from_consent(facts: Facts) -> float:
    """Days from consent to treatment start."""
    return (facts["delay"] or 0) + (facts["consent_lead"] or 0)


def _readings(protocol: ReadProtocol, note: NoteReading, facts: Facts) -> Iterator[tuple[ReadProtocol, str]]:
    """Protocols that the Actor may have gone by, with what it then did.

    Every clause whose conditions hold is left out in turn, and every other one applied without them.
    """
    denied = {ground.clause.number for ground in note.grounds if not ground.met}
    for clause in [clause for clause in protocol.clauses if clause.when]:
        if clause.is_amendment and not meets(clause, facts) and clause.number not in note.cited:
            continue  # Whoever counts on an amendment says so.
        if not meets(clause, facts):
            deed = f"applied {cited(clause)} although its condition is not met"
            yield protocol.revised(clause.number, when=()), _too_early(clause, facts) if clause.is_amendment else deed
        elif clause.number in denied:
            never = replace(clause.when[0], comparison="above", value=inf)
            deed = f"read the condition of {named(clause)} the wrong way round"
            yield protocol.revised(clause.number, when=(never,)), deed
        else:
            yield protocol.without(clause.number), f"never applied {named(clause)}"


def _too_early(amendment: Clause, facts: Facts) -> str:
    counted, joined = amendment.when[0], "consented" if amendment.by_consent else "enrolled"
    since, on = (date.fromordinal(int(day or 1)) for day in (counted.value, facts[counted.field]))
    if holds(replace(counted, field="enrolment_date"), facts["enrolment_date"]):
        return f"counted {cited(amendment)} by enrolment, and it counts by consent: that was on {on}, before {since}"
    return f"applied {cited(amendment)}, in force from {since}, to a patient who {joined} before it, on {on}"


def _explains(reading: ReadProtocol, note: NoteReading, facts: Facts) -> bool:
    """Whether an Actor with this reading concludes what the note does, by the clauses that the note goes through."""
    ruling = judge_facts(reading, facts)
    limit = ruling.limit(note.quantity or "", note.bound or "")
    if limit is None or ruling.verdict != note.verdict or limit.kept != (note.verdict == "compliant"):
        return False
    if note.against not in (None, limit.source.number) or note.limit not in (None, limit.value):
        return False
    if not {clause.number for clause in reading.clauses}.issuperset(note.cited):
        return False
    looked = dict(_looked_at(reading, note, facts, None))
    told = {ground.clause.number: ground.met for ground in note.grounds}
    met = {clause for clause, holds in looked.items() if holds}
    return met.issubset(note.cited) and all(looked.get(clause) == holds for clause, holds in told.items())


def _looked_at(reading: ReadProtocol, note: NoteReading, facts: Facts, below: str | None) -> Iterator[tuple[str, bool]]:
    """The sections' clauses on a limit that a reader comes to, and whether their conditions are met."""
    for clause in reading.clauses:
        if (clause.acts_on, clause.bound) == (below, note.bound) and not clause.is_amendment:
            met = meets(clause, facts)
            yield clause.number, met
            if met:
                yield from _looked_at(reading, note, facts, clause.number)


def _misread(protocol: ReadProtocol, note: NoteReading, facts: Facts) -> str:
    """What is left: a value or a limit that the note does not quote was taken for another than it is."""
    limit = judge_facts(protocol, facts).limit(note.quantity or "", note.bound or "")
    assert limit is not None, "the note is about a limit of the protocol"
    if limit.observed == limit.value:
        taken = "a breach of it" if limit.kept else "one that keeps to it"
        return f"took a value at the limit of {named(limit.source)} for {taken}"
    if note.said is not None:
        return f"misread the limit of {named(limit.source)}, which is {number_of(limit.quantity, limit.value)}"
    if limit.quantity == "delay" and limit.keeps(_from_consent(facts)) == (note.verdict == "compliant"):
        return FROM_CONSENT
    observed = "blank" if limit.observed is None else number_of(limit.quantity, limit.observed)
    return f"misread {subject(limit.quantity)}, which is {observed} in the record"
