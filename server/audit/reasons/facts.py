"""Every checkable fact about a proposal: numbers, dates and references. A claim that matches none of them is false.

    facts = facts_about(scenario, proposal, reading)
    facts.stated_by(claim)      # those that a claim of a text (claims.py) can be about

A fact has a role, which says what it is of: the patient's own value, a limit, what the Actor's reading has. Nothing
here reads a text but the Actor's own, and nothing knows what a reason is worth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import Literal, NamedTuple

from ....models import COHORT
from ...world.cohort_facts import gaps, mortality_figures
from ...world.cohort_statistics import group_table
from ...world.laboratories import reports
from ...world.protocol import DERIVED, LIMITS, Clause, Judgement, Protocol, quantity_of
from ...world.record import DATE_FIELDS, EARLIER_AT_SITE, STAGES, PatientRecord, facts
from ...world.record import Facts as Row
from ...world.scenario import Proposal, Scenario
from . import words as topics
from .claims import Claim, extract

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
PARAMETER_FIELDS = {name: check.quantity for name, check in LIMITS.items()}
"""What a parameter limits: a field of the record, or days of DERIVED."""
TOPICS = {**FIELD_TOPICS, "starting_dose": topics.DOSE, **dict.fromkeys(DERIVED, topics.DAYS), EARLIER_AT_SITE: ""}
ISSUED = "issued"
"""The field of the day on which an amendment was issued that sites approve later."""
GAP_SLACK = 0.15
"""Percentage points by which a stated gap may be off, beside rounding to fewer decimals."""

_DATE_OR_NUMBER = re.compile(
    r"\d(?<!\w\d)(?:\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b(?P<day>)"
    r"|(?<![§.]\d)\d{0,5}(?:\.\d+)?(?![\w.]\d))"
)
"""It begins with a digit, which is quick to look for."""
_SHARE = re.compile(r"\b(\d{1,3}) of (\d{1,3})\b")

Role = Literal[
    "observed", "reported", "limit", "text", "threshold", "actor", "interval", "quoted", "true", "group", "other"
]


class Fact(NamedTuple):
    """One number, date, fraction, stage or blank that is so."""

    role: Role
    """What it is of.

    observed: the record; reported: one of two laboratories, which `clause` names; limit: what a clause sets for this
    record; text: what a clause or amendment says, in force or not; threshold: a condition of a clause; actor: what only
    the Actor's reading or note has; interval: days between two dates of the record; quoted, true and group: the figure
    of the note, that of its group in truth, and those of other groups.
    """
    kind: str
    """As of a claim: number, fraction, date, stage or blank."""
    value: float = 0.0
    topic: str = ""
    field: str = ""
    """Of the record, or one of DERIVED."""
    clause: str = ""
    """Number of the clause that a limit or threshold is of, or the laboratory that reported a value."""
    slack: float = 0.0
    """How far off a statement may be, beside rounding; at most 0.5."""
    pair: tuple[int, int] = (0, 0)
    day: date | None = None


class Facts:
    """Facts by what a claim about them can look like."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """Sort them."""
        self.all = tuple(facts)
        self._apart: dict[str, set[float]] = {}
        self._numbers: dict[float, list[Fact]] = {}
        self._rough: list[Fact] = []
        self._others: dict[str, list[Fact]] = {}
        for fact in self.all:
            if fact.kind != "number":
                self._others.setdefault(fact.kind, []).append(fact)
            elif fact.slack or fact.topic == topics.RATE:
                self._rough.append(fact)
            else:
                self._numbers.setdefault(abs(fact.value), []).append(fact)

    def has(self, value: float) -> bool:
        """Whether a number is a fact, about whatever; shares and gaps are not looked at."""
        return value in self._numbers

    def stated_by(self, claim: Claim) -> list[Fact]:
        """The facts that a claim states, with the precision that it states them in."""
        if claim.kind == "number":
            topic = "" if claim.topic == topics.DIFFERENCE else claim.topic
            same = self._numbers.get(round(claim.value, 9), ())  # 1.4 weeks are 9.8 days
            found = [fact for fact in same if not topic or fact.topic in ("", topic)]
            if topic in ("", topics.RATE):
                found += [fact for fact in self._rough if _is_about(fact, claim)]
            return found
        others = self._others.get(claim.kind, ())
        if claim.kind == "date":
            return [
                fact
                for fact in others
                if fact.day
                and any((m, d) == (fact.day.month, fact.day.day) and y in (0, fact.day.year) for y, m, d in claim.dates)
            ]
        if claim.kind == "fraction":
            return [fact for fact in others if fact.pair == claim.pair]
        return [fact for fact in others if fact.value == claim.value]

    def are_differences(self, claim: Claim) -> bool:
        """Whether a number of days, years, points or the like lies between two values of that topic."""
        slack = 0.5 * 10.0**-claim.decimals + 2 * GAP_SLACK if claim.topic == topics.RATE else 1e-9
        return any(abs(difference - claim.value) <= slack for difference in self._differences(claim.topic))

    def _differences(self, topic: str) -> set[float]:
        """Between values of the record, or any figures, and all that is of the topic; worked out once."""
        if topic not in self._apart:
            of_topic = [fact for fact in self.all if fact.kind == "number" and fact.topic == topic]
            if topic == topics.RATE:
                of_topic = [fact for fact in of_topic if fact.role in ("true", "quoted", "limit")]
            values = {abs(fact.value) for fact in of_topic if fact.role == "observed" or topic == topics.RATE}
            self._apart[topic] = {abs(one - abs(other.value)) for one in values for other in of_topic}
        return self._apart[topic]


def _is_about(fact: Fact, claim: Claim) -> bool:
    """Equal in size, as far as it is stated, and in sign where a gap is stated with one."""
    is_gap = fact.slack > 0
    stated = -claim.value if claim.sign == "-" else claim.value
    off = abs(stated - fact.value) if claim.sign and is_gap else abs(claim.value - abs(fact.value))
    return off <= max(fact.slack, 0.5 * 10.0**-claim.decimals) + 1e-9


def facts_about(scenario: Scenario, proposal: Proposal, reading: Judgement | None, row: Row) -> Facts:
    """All facts about a proposal.

    Args:
        scenario: The episode.
        proposal: The proposal, with the protocol's own judgement.
        reading: What the Actor's reading comes to on the record as the Actor reads it; None where it reads none.
        row: The facts of the record as the Actor reads it; empty for a proposal on the cohort.
    """
    key = ("facts", proposal.trial.site)
    if key not in scenario.memo:
        scenario.memo[key] = tuple(_protocol(scenario, proposal.trial.protocol))
    found = [*scenario.memo[key], *_reading(proposal, proposal.trial.protocol)]
    if proposal.note.patient_id != COHORT:
        record = scenario.patient[proposal.note.patient_id]
        found += [*_record(record, proposal.trial.amendments), *_in_force(proposal, record, reading)]
        for laboratory, values in reports(proposal.trial, record).items():
            for field, value in values.items():
                found.append(Fact("reported", "number", float(value), FIELD_TOPICS[field], field, laboratory))
        found += _misread(proposal, row)
    if proposal.brief.figure is not None:
        found += [*_figures(scenario, proposal), *_gap(scenario, proposal)]
    return Facts([*found, *_said_in_note(proposal)])


def _misread(proposal: Proposal, row: Row) -> Iterator[Fact]:
    """The value that the Actor takes for that of the record."""
    bug = proposal.brief.bug
    if bug is not None and bug.field:
        yield Fact("actor", "number", float(quantity_of(bug.field, row)), TOPICS[bug.field], bug.field)


def _record(record: PatientRecord, amendments: Iterable[Clause]) -> Iterator[Fact]:
    row = facts(record)
    for name, topic in FIELD_TOPICS.items():
        value = getattr(record, name)
        if value is None:
            yield Fact("observed", "blank", field=name)
        else:
            yield Fact("observed", "number", float(value), topic, name)
    if record.starting_dose is not None:
        yield Fact("observed", "number", float(record.starting_dose), topics.DOSE, "starting_dose")
    if record.earlier_at_site is not None:
        yield Fact("observed", "number", float(record.earlier_at_site), field=EARLIER_AT_SITE)
    yield Fact("observed", "stage", STAGES.index(record.stage) + 1.0, field="stage")
    days = {name: day for name in DATE_FIELDS if (day := getattr(record, name)) is not None}
    for name, day in days.items():
        yield Fact("observed", "date", field=name, day=day)
    for quantity, read in DERIVED.items():
        if days.keys() >= set(read):
            yield Fact("observed", "number", float(quantity_of(quantity, row)), topics.DAYS, quantity)
    for one, other in combinations(days, 2):
        yield Fact("interval", "number", float((days[other] - days[one]).days), topics.DAYS, f"{other} {one}")
    for clause in amendments:
        assert clause.in_force is not None
        joined = record.consent_date if clause.by_consent else record.enrolment_date
        apart = [joined - clause.in_force]
        if clause.issued is not None:
            apart += [joined - clause.issued, clause.in_force - clause.issued]
        yield from (Fact("interval", "number", float(span.days), topics.DAYS) for span in apart)


def _protocol(scenario: Scenario, protocol: Protocol) -> Iterator[Fact]:
    for clause in protocol.clauses:
        yield from _clause(clause, "text", "threshold")
    for one in scenario.trial.definitions:
        topic, field = FIELD_TOPICS[one.condition.field], one.condition.field
        yield Fact("threshold", "number", one.condition.value, topic, field, one.number)
    if equity := scenario.trial.equity_number:
        yield Fact("limit", "number", scenario.trial.equity_gap, topics.RATE, clause=equity)
    yield from (Fact("other", "number", float(n)) for n in (len(scenario.patients), len(scenario.proposals)))


def _clause(clause: Clause, sets: Role, asks: Role) -> Iterator[Fact]:
    """What a clause says: its value, its conditions, the day it came into force."""
    if clause.value is not None:
        field = PARAMETER_FIELDS[clause.parameter]
        yield Fact(sets, "number", clause.value, TOPICS[field], field, clause.number)
    if clause.in_force is not None:
        yield Fact(asks, "date", clause=clause.number, day=clause.in_force)
    if clause.issued is not None:
        yield Fact(asks, "date", field=ISSUED, clause=clause.number, day=clause.issued)
    for condition in clause.when:
        if condition.field == "stage":
            yield Fact(asks, "stage", condition.value, clause=clause.number)
        elif condition.field in TOPICS:
            yield Fact(asks, "number", condition.value, TOPICS[condition.field], condition.field, clause.number)


def _in_force(proposal: Proposal, record: PatientRecord, reading: Judgement | None) -> Iterator[Fact]:
    """What each clause comes to for this record, amendments applied, and the last day of each window."""
    assert proposal.judgement is not None or reading is None
    row = facts(record)
    for name, limit in proposal.judgement.parameters.items() if proposal.judgement is not None else ():
        value = float(quantity_of(PARAMETER_FIELDS[name], row))
        if value.is_integer():
            yield Fact("limit", "fraction", limit, field=PARAMETER_FIELDS[name], pair=(int(value), int(limit)))
    judged: tuple[tuple[Role, Judgement | None], ...] = (("limit", proposal.judgement), ("actor", reading))
    for role, judgement in judged:
        for step in judgement.trace if judgement is not None else ():
            assert judgement is not None
            assert proposal.judgement is not None
            if step.value is None or (role == "actor" and step.value != judgement.parameters[step.parameter]):
                continue
            own_role: Role = "text" if step.number.startswith("Amendment") and not step.applies else role
            field = PARAMETER_FIELDS[step.parameter]
            if role == "actor" and step.value == proposal.judgement.parameters.get(step.parameter):
                continue
            yield Fact(own_role, "number", step.value, TOPICS[field], field, step.number)
            if field == "delay":
                last = record.enrolment_date + timedelta(days=step.value)
                yield Fact(own_role, "date", field="deadline", clause=step.number, day=last)


def _reading(proposal: Proposal, protocol: Protocol) -> Iterator[Fact]:
    """What the Actor put in the protocol's place: its reading, and what it cites."""
    for clause in proposal.brief.reading.clauses:
        if clause not in protocol.clauses:
            yield from _clause(clause, "actor", "actor")


def _said_in_note(proposal: Proposal) -> Iterator[Fact]:
    """What the note says in numbers and dates: true as a quotation, whatever it is of."""
    note = proposal.note
    for found in _DATE_OR_NUMBER.finditer(note.reasoning):
        if found.lastgroup:
            yield Fact("actor", "date", day=date.fromisoformat(found[0]))
        else:
            yield Fact("actor", "number", float(found[0]))
    for one, of in _SHARE.findall(note.reasoning) if " of " in note.reasoning else ():
        yield Fact("actor", "fraction", pair=(int(one), int(of)))
    yield Fact("other", "number", note.confidence)
    yield Fact("other", "number", round(100 * note.confidence), topics.RATE)


def _figures(scenario: Scenario, proposal: Proposal) -> Iterator[Fact]:
    """The mortality that the note quotes, what it is in truth in that group, and that of the others."""
    figure = proposal.brief.figure
    assert figure is not None
    if "(" not in figure.text:
        return
    for own in dict.fromkeys(own for _, own, _ in mortality_figures(scenario.patients)):
        yield from _mortality("true" if own.subject == figure.subject else "group", own.deaths, own.patients)
    for deaths, patients in (claim.pair for claim in extract(figure.text).items if claim.kind == "fraction"):
        yield from _mortality("quoted", deaths, patients)


def _gap(scenario: Scenario, proposal: Proposal) -> Iterator[Fact]:
    """The gap of the feature that the note is about, adjusted, crude, and the mortality of its groups."""
    figure = proposal.brief.figure
    assert figure is not None
    patients = scenario.patients
    groups = [str(getattr(patient, figure.feature)) for patient in patients]
    _, gap = gaps(patients, groups)
    if "(" not in figure.text and gap.adjusted is not None:
        yield Fact("true", "number", 100 * gap.adjusted, topics.RATE, slack=GAP_SLACK)
    if gap.crude is not None:
        yield Fact("quoted", "number", 100 * gap.crude, topics.RATE, slack=GAP_SLACK)
    died = [patient.death_date is not None for patient in patients]
    alike = [figure.feature] * len(patients)
    for strata in (alike, [patient.arm for patient in patients], [patient.stage for patient in patients]):
        for row in group_table(strata, groups, died):
            yield from _mortality("group", row.deaths, row.patients)
    yield from _mortality("other", sum(died), len(died))


def _mortality(role: Role, deaths: int, patients: int) -> Iterator[Fact]:
    """A mortality in all ways to put it."""
    if patients:
        yield Fact(role, "fraction", pair=(deaths, patients))
        yield Fact(role, "number", 100 * deaths / patients, topics.RATE)
        yield from (Fact("other", "number", float(count)) for count in (deaths, patients))
