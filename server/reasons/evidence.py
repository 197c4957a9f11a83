"""Everything that is true of a proposal, as facts with names: what a claim in a reason can be held against.

    own, shared = facts_about(scenario, proposal)
    {fact.name for fact in (*own, *shared.all)}  # "record.age", "clause.3.2", "effective.3.2", ...

A fact's name says where it is from, so that a rule can say which facts decide (`deciding.py`). Facts that the protocol,
the record and the cohort share with no one else are all here; what is not here is false. Nothing here reads a text but
the Actor's own.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from synth_audit_env.models import COHORT
from synth_audit_env.server.protocol import Clause, Condition
from synth_audit_env.server.reasons import claim_words as topics
from synth_audit_env.server.reasons.claims import Claim, extract
from synth_audit_env.server.record import DATE_FIELDS, STAGES, PatientRecord
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.server.trial import Provision

FIELD_TOPICS = {
    "age": topics.AGE,
    "comorbidity_index": topics.INDEX,
    "haemoglobin": topics.HAEMOGLOBIN,
    "creatinine": topics.CREATININE,
    "ldh": topics.LDH,
    "ecog": topics.ECOG,
    "bmi": topics.BMI,
    "prior_chemo_cycles": topics.CYCLES,
}
PARAMETER_TOPICS = {
    "age_min": topics.AGE,
    "age_max": topics.AGE,
    "window_days": topics.DAYS,
    "ecog_max": topics.ECOG,
    "haemoglobin_min": topics.HAEMOGLOBIN,
    "creatinine_max": topics.CREATININE,
}


class Fact(NamedTuple):
    """One true thing."""

    name: str
    """Where it is from: "record.FIELD", "date.FIELD", "delay", "clause.NUMBER", "value.NUMBER", "when.NUMBER", ..."""
    kind: str
    """As of a claim: number, fraction, date, clause, stage, proposal, patient or blank."""
    value: float = 0.0
    topic: str = ""
    rounded: bool = False
    """May be stated with fewer decimals; without this a number must be stated as it is."""
    slack: float = 0.0
    """How far off a statement may be; no more than 0.5, as for one that is rounded to a whole number."""
    derived: bool = False
    """A difference, which is stated as such only with its unit, or after "by"."""
    pair: tuple[int, int] = (0, 0)
    day: date | None = None
    clause: str = ""


class Facts:
    """Facts, sorted by what a claim about them can look like."""

    def __init__(self, facts: Iterable[Fact], beside: Facts | None = None) -> None:
        """Sort these facts, and take over those that are sorted already."""
        new = tuple(facts)
        self.all: tuple[Fact, ...] = (*beside.all, *new) if beside else new
        self._dates: list[tuple[date, Fact]] = [*beside._dates] if beside else []
        self._numbers: dict[int, tuple[Fact, ...]] = {**beside._numbers} if beside else {}
        """By the whole number below their size."""
        self._others: dict[tuple[str, object], tuple[Fact, ...]] = {**beside._others} if beside else {}
        """By kind and by what must be the same."""
        for fact in new:
            if fact.kind == "number":
                whole = int(abs(fact.value))
                self._numbers[whole] = (*self._numbers.get(whole, ()), fact)
            elif fact.day is not None:
                self._dates.append((fact.day, fact))
            else:
                key = _key(fact)
                self._others[key] = (*self._others.get(key, ()), fact)

    def stated_by(self, claim: Claim) -> Sequence[Fact]:
        """The facts that a claim states, with the precision that it states them in."""
        if claim.kind == "date":
            days = [((day.month, day.day), (0, day.year), fact) for day, fact in self._dates]
            return [fact for y, m, d in claim.dates for at, years, fact in days if (m, d) == at and y in years]
        if claim.kind not in ("number", "year"):
            return self._others.get(_key(claim), ())
        # No fact may be stated more than 0.5 off: those that this claim can state are with its own size, or next to it.
        whole = int(claim.value)
        near = [fact for size in (whole - 1, whole, whole + 1) for fact in self._numbers.get(size, ())]
        equal = [fact for fact in near if _equal(fact, claim)]
        if claim.kind == "year":
            return [*equal, *(fact for day, fact in self._dates if day.year == claim.value)]
        stated = [fact for fact in equal if _same_topic(fact, claim)]
        return [*stated, *self._others.get(("clause", claim.clause), ())] if claim.clause else stated

    def names(self, claim: Claim) -> frozenset[str]:
        """Names of the facts that a claim states."""
        return frozenset([fact.name for fact in self.stated_by(claim)])


def _key(one: Fact | Claim) -> tuple[str, object]:
    """What is the same in a claim and the facts that it states, where that is no matter of precision."""
    if one.kind == "clause":
        return "clause", one.clause
    return (one.kind, one.pair) if one.kind == "fraction" else (one.kind, one.value)


def _same_topic(fact: Fact, claim: Claim) -> bool:
    if fact.derived:
        return claim.topic in (fact.topic, topics.DIFFERENCE) and not claim.value_of
    return not claim.topic or claim.topic == topics.DIFFERENCE or not fact.topic or claim.topic == fact.topic


def _equal(fact: Fact, claim: Claim) -> bool:
    """Equal in size, and in sign where a gap is stated with one."""
    stated = -claim.value if claim.sign == "-" else claim.value
    off = abs(stated - fact.value) if claim.sign and fact.rounded else abs(claim.value - abs(fact.value))
    rounding = 0.5 * 10.0**-claim.decimals if fact.rounded else 0.0
    return off <= max(fact.slack, rounding) + 1e-9


def facts_about(scenario: Scenario, proposal: Proposal) -> tuple[tuple[Fact, ...], Facts]:
    """The facts about a proposal, and those about every proposal of its episode.

    Not the cohort figures that some quote, nor what only its note says: for these `cohort_evidence.py` and `said_in`.
    """
    key = ("facts", "of every proposal")
    if key not in scenario.memo:
        scenario.memo[key] = Facts([*_protocol(scenario), *_cohort_size(scenario)])
    note = proposal.note
    found = [
        Fact("own", "proposal", float(note.proposal_id.removeprefix("PROP-"))),
        Fact("confidence", "number", note.confidence, topics.COUNT),
        Fact("confidence", "number", round(100 * note.confidence), topics.RATE),
        *_leaned_on(scenario, proposal),
    ]
    if note.patient_id != COHORT:
        record = scenario.patient[note.patient_id]
        found += [Fact("own", "patient", float(note.patient_id.removeprefix("P"))), *_record(record)]
        found += _effective(proposal)
    return tuple(found), scenario.memo[key]


def said_in(note: str, known: Facts) -> Iterator[Fact]:
    """What a note says and nothing else accounts for: true as a quotation."""
    for claim in extract(note).items:
        if claim.kind == "blank" or known.stated_by(claim):
            continue
        if claim.kind == "date":
            yield from (Fact("note", "date", day=day) for day in _days(claim))
            continue
        yield Fact("note", claim.kind, claim.value, claim.topic, pair=claim.pair, clause=claim.clause)


def _days(claim: Claim) -> Iterator[date]:
    """The days that a date can mean: none where it names no year, or is in no calendar, as a model may write it."""
    for year, month, day in claim.dates:
        if 1 <= month <= 12 and year and 1 <= day <= monthrange(year, month)[1]:
            yield date(year, month, day)


def _record(record: PatientRecord) -> Iterator[Fact]:
    for name, topic in FIELD_TOPICS.items():
        value = getattr(record, name)
        yield (
            Fact(f"record.{name}", "blank") if value is None else Fact(f"record.{name}", "number", float(value), topic)
        )
    yield Fact("record.stage", "stage", STAGES.index(record.stage) + 1.0)
    systolic, _, diastolic = record.blood_pressure.partition("/")
    yield Fact("record.blood_pressure", "fraction", pair=(int(systolic), int(diastolic)))
    days = {name: day for name in DATE_FIELDS if (day := getattr(record, name)) is not None}
    for name, day in days.items():
        yield Fact(f"date.{name}", "date", day=day)
    for earlier, later in combinations(days, 2):
        span = float((days[later] - days[earlier]).days)
        derived = (later, earlier) != ("treatment_start", "enrolment_date")
        yield Fact(f"interval.{later}.{earlier}" if derived else "delay", "number", span, topics.DAYS, derived=derived)


def _protocol(scenario: Scenario) -> Iterator[Fact]:
    trial = scenario.trial
    for clause in trial.protocol.clauses:
        yield from _clause(clause)
    for order in trial.protocol.orders:
        yield Fact(f"clause.{order.number}", "clause", clause=order.number)
    for title, number in trial.sections.items():
        yield Fact(f"section.{title}", "clause", clause=str(number))
    for provision in trial.provisions:
        yield Fact(f"clause.{provision.number}", "clause", clause=provision.number)
    if "equity" in trial.numbers:
        yield Fact("clause.equity", "clause", clause=trial.numbers["equity"])
        yield Fact("equity.limit", "number", trial.equity_gap, topics.RATE)


def _clause(clause: Clause) -> Iterator[Fact]:
    yield Fact(f"clause.{clause.number}", "clause", clause=clause.number)
    yield from _content(clause, clause.number)


def _content(clause: Clause, name: str) -> Iterator[Fact]:
    """What a clause says: its value, its conditions, the day it came into force."""
    if clause.value is not None:
        yield Fact(f"value.{name}", "number", clause.value, PARAMETER_TOPICS[clause.parameter])
    if clause.in_force is not None:
        yield Fact(f"when.{name}", "date", day=clause.in_force)
    yield from (_condition(f"when.{name}", c) for c in clause.when if c.field not in DATE_FIELDS)


def _condition(name: str, condition: Condition) -> Fact:
    if condition.field == "stage":
        return Fact(name, "stage", condition.value)
    return Fact(name, "number", condition.value, FIELD_TOPICS[condition.field])


def _effective(proposal: Proposal) -> Iterator[Fact]:
    """What each clause came to for this record, amendments applied."""
    assert proposal.judgement is not None
    for step in proposal.judgement.trace:
        if step.value is not None:
            yield Fact(f"effective.{step.number}", "number", step.value, PARAMETER_TOPICS[step.parameter])


def _cohort_size(scenario: Scenario) -> Iterator[Fact]:
    yield Fact("cohort", "number", float(len(scenario.patients)), topics.COUNT)
    yield Fact("cohort", "number", float(len(scenario.proposals)), topics.COUNT)


def _leaned_on(scenario: Scenario, proposal: Proposal) -> Iterator[Fact]:
    """What the Actor put in the protocol's place: its reading, what it cites, and the figures of its flaw."""
    brief = proposal.brief
    known = {id(clause) for clause in scenario.trial.protocol.clauses}
    for clause in brief.reading.clauses:
        if id(clause) not in known:
            yield from _content(clause, "misread")
    if isinstance(brief.cited, Clause) and id(brief.cited) not in known:
        yield from _content(brief.cited, "misread")
    if isinstance(brief.cited, Clause | Provision):
        yield Fact("cited", "clause", clause=brief.cited.number)
    if brief.flaw.name == "site_latency":
        record, latency = scenario.patient[proposal.note.patient_id], scenario.trial.latency_days
        net = (record.treatment_start - record.enrolment_date).days - latency
        yield from (Fact("latency", "number", float(days), topics.DAYS) for days in (latency, net))
    for number in proposal.note.citations:
        yield Fact("note", "clause", clause=number.removeprefix("§"))
