"""What is true of one wrong proposal: where the Actor went wrong, and which rule and values decide.

    truth = ground_truth(scenario, proposal)
    truth.faults      # the differences on which the verdict turns: their kind, clause and values
    truth.deciding    # numbers of the clauses of the rule that decides

A difference is where the Actor's reading and the protocol part on one record. All are worked out from the clauses and
the traces of the two judgements: a new misreading needs nothing here. Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from ...world import protocol as p
from ...world.actor_agent import Brief
from ...world.record import Columns, PatientRecord
from ...world.scenario import Proposal, Scenario
from ...world.trial import Trial
from .claims import Claim
from .facts import PARAMETER_FIELDS, TOPICS, Fact, Facts, facts_about
from .mentions import Names, names_in
from .words import DIFFERENCE

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
    """Whether the reading is harder to keep to than the protocol; None where that cannot be seen."""


class Disorder(NamedTuple):
    """Two dates of the record that are out of order."""

    later: str
    """The field that is to be later."""
    earlier: str


@dataclass(frozen=True)
class GroundTruth:
    """What there is to know of a wrong proposal.

    The scenario keeps it, so it must not keep the scenario: the two would stay in memory until the garbage collector
    walks through all there is.
    """

    trial: Trial
    background: Columns
    """The patients that Shapley values of the Actor's decision are made against."""
    proposal: Proposal
    record: PatientRecord | None
    """None for a proposal on the cohort."""
    reading: p.Judgement | None
    """What the Actor's reading comes to on the record."""
    differences: tuple[Difference, ...]
    """Everything in which the Actor's reading and the protocol differ on this record."""
    parameters: frozenset[str]
    """The parameters whose limit decides."""
    faults: tuple[Difference, ...]
    """The differences on which the verdict turns."""
    deciding: frozenset[str]
    """Numbers of the clauses of the rule that decides."""
    fields: frozenset[str]
    """Fields of the record that the verdict rests on; "delay" is one of them."""
    disorder: tuple[Disorder, ...]
    facts: Facts
    names: Names

    @property
    def deviates(self) -> bool:
        """Whether the truth is a deviation, which the Actor let through."""
        return self.proposal.brief.flaw.stance == p.COMPLIANT

    @cached_property
    def bounds(self) -> dict[str, tuple[float, ...]]:
        """For each field that the rule limits: the limits that count for this record.

        Of a deviation those that it is past; where there is none all.
        """
        judgement = self.proposal.judgement
        found: dict[str, tuple[float, ...]] = {}
        if judgement is None:
            return found
        fields = {PARAMETER_FIELDS[name] for name in self.parameters}
        for name, limit in judgement.parameters.items():
            if name in self.parameters or (not self.deviates and PARAMETER_FIELDS[name] in fields):
                found[PARAMETER_FIELDS[name]] = (*found.get(PARAMETER_FIELDS[name], ()), limit)
        return found

    @cached_property
    def sides(self) -> frozenset[str]:
        """Numbers of the clauses that limit those fields, on either side."""
        clauses = self.trial.protocol.clauses
        return frozenset(c.number for c in clauses if PARAMETER_FIELDS[c.parameter] in self.bounds)

    @cached_property
    def in_force(self) -> frozenset[str]:
        """Numbers of the clauses of the rule that apply to this record."""
        judgement = self.proposal.judgement
        return (
            frozenset(step.number for step in judgement.trace if step.applies) & self.deciding
            if judgement
            else frozenset()
        )

    @cached_property
    def lists(self) -> tuple[frozenset[str], ...]:
        """The clauses of the treatment window, and what the note cites. Whoever lists all of one names no clause."""
        clauses = [c for c in self.trial.protocol.clauses if c.parameter == "window_days"]
        windows = [clause.number for clause in clauses if clause.in_force is None]
        cited = [citation.removeprefix("§") for citation in self.proposal.note.citations]
        ages = PARAMETER_FIELDS["age_min"] in self.bounds
        return frozenset(windows), frozenset() if ages else frozenset(cited)

    @cached_property
    def rivals(self) -> frozenset[str]:
        """Numbers of the clauses that limit those fields as well, and do not count for this record."""
        judgement = self.proposal.judgement
        clauses = [c for c in self.trial.protocol.clauses if c.number in self.sides and c.acts_on is None]
        counting = {setter(judgement, clause.number) for clause in clauses} if judgement else set()
        past = {
            c.number for c in clauses if c.number in counting and (c.parameter in self.parameters or not self.deviates)
        }
        return frozenset(clause.number for clause in clauses) - past

    def counts(self, fact: Fact) -> bool:
        """Whether a fact is a limit that counts for this record, or the threshold of a clause of the rule."""
        if fact.role == "threshold":
            return fact.kind == "number" and fact.clause in self.deciding
        if fact.kind == "fraction":
            return fact.role == "limit" and fact.field in self.bounds
        return fact.role == "limit" and fact.value in self.bounds.get(fact.field, ())

    def is_distance(self, claim: Claim) -> bool:
        """Whether a number is the distance of the record's value from a limit that counts."""
        values = {fact.field: fact.value for fact in self.facts.all if fact.role == "observed"}
        apart = [abs(values[f] - bound) for f, bounds in self.bounds.items() if f in values for bound in bounds]
        topics = [*(TOPICS[field] for field in self.bounds), DIFFERENCE]
        return claim.topic in topics and not claim.value_of and claim.value > 0 and claim.value in apart


def ground_truth(scenario: Scenario, proposal: Proposal) -> GroundTruth:
    """All that is true of a wrong proposal; worked out once."""
    key = ("ground truth", proposal.note.proposal_id)
    if key not in scenario.memo:
        scenario.memo[key] = _worked_out(scenario, proposal)
    kept: GroundTruth = scenario.memo[key]
    return kept


def _worked_out(scenario: Scenario, proposal: Proposal) -> GroundTruth:
    trial, brief, judgement = scenario.trial, proposal.brief, proposal.judgement
    record = scenario.patient.get(proposal.note.patient_id)
    reading = None if record is None else brief.reading.judge(record)
    found = differences(trial, brief, judgement, reading)
    parameters = frozenset[str]()
    if judgement is not None and reading is not None and judgement.verdict != reading.verdict:
        parameters = parameters_at_issue(trial, judgement, reading)
    clauses = [*trial.protocol.clauses, *brief.reading.clauses]
    governing = frozenset(clause.number for clause in clauses if clause.parameter in parameters)
    orders = frozenset(order.number for order in trial.protocol.orders)
    disorder = _disorder(judgement)
    fields = {c.field for clause in clauses if clause.number in governing for c in clause.when}
    fields |= {PARAMETER_FIELDS[name] for name in parameters}
    faults = [d for d in found if _turns_on(d, governing, orders if disorder else frozenset(), brief.flaw.error_type)]
    if ("names", None) not in scenario.memo:
        scenario.memo["names", None] = names_in(trial)
    return GroundTruth(
        trial=trial,
        background=scenario.background,
        proposal=proposal,
        record=record,
        reading=reading,
        differences=found,
        parameters=parameters,
        faults=tuple(faults),
        deciding=frozenset({d.clause for d in faults if d.clause}) | governing | (orders if disorder else frozenset()),
        fields=frozenset(fields - {"enrolment_date"}),
        disorder=disorder,
        facts=facts_about(scenario, proposal, reading),
        names=scenario.memo["names", None],
    )


def _turns_on(difference: Difference, governing: frozenset[str], orders: frozenset[str], error_type: str) -> bool:
    if error_type in (p.CITATION, p.STATISTIC, p.EQUITY):
        return True
    return difference.kind == "assumed" or difference.clause in governing | orders


def _disorder(judgement: p.Judgement | None) -> tuple[Disorder, ...]:
    found = judgement.findings if judgement is not None else ()
    return tuple(Disorder(f.fields[0], f.fields[1]) for f in found if f.error_type == p.DATES)


def parameters_at_issue(trial: Trial, judgement: p.Judgement, reading: p.Judgement) -> frozenset[str]:
    """The parameters whose limit decides: the record is past it, by the protocol, or else by the Actor's reading."""
    past = judgement if judgement.verdict != p.COMPLIANT else reading
    found = {(finding.quantity, finding.limit) for finding in past.findings if finding.error_type != p.DATES}
    blank = {finding.quantity for finding in past.findings if finding.observed is None}
    checks = trial.protocol.limits
    return frozenset(
        check.parameter
        for check in checks
        if check.quantity in blank or (check.quantity, past.parameters[check.parameter]) in found
    )


def differences(
    trial: Trial, brief: Brief, judgement: p.Judgement | None, reading: p.Judgement | None
) -> tuple[Difference, ...]:
    """All differences on one record, also those on which the verdict does not turn.

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
    if brief.cited is not None and brief.flaw.error_type == p.CITATION and brief.cited.number not in trial.listed:
        found.append(Difference("added", brief.cited.number))
    if brief.flaw.error_type == p.EQUITY:
        found.append(Difference("dropped", trial.numbers["equity"]))
    if brief.flaw.premise:
        found.append(Difference("assumed", ""))
    return tuple(found)


def _of_clauses(
    true: p.Protocol, read: p.Protocol, judgement: p.Judgement, reading: p.Judgement
) -> Iterator[Difference]:
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
            if decides or _outcome(judgement.step(number)) != _outcome(reading.step(number)):
                yield Difference("misapplied", number)
    for clause in added:
        limit = judgement.parameters.get(clause.parameter)
        stricter = None if limit is None or clause.value is None else _is_stricter(clause, clause.value, limit)
        yield Difference("added", clause.number, tuple(sorted(_numbers(clause))), stricter)


def setters(judgement: p.Judgement) -> dict[str, str]:
    """The clause that gives each parameter its value: the last that applies and has that value."""
    values = judgement.parameters
    return {
        step.parameter: step.number for step in judgement.trace if step.applies and step.value == values[step.parameter]
    }


def setter(judgement: p.Judgement, number: str) -> str | None:
    """The clause that gives a clause's parameter its value; None where there is no such clause."""
    about = judgement.step(number)
    return None if about is None else setters(judgement).get(about.parameter)


def _outcome(step: p.TraceStep | None) -> tuple[bool, float | None]:
    return (False, None) if step is None else (step.applies, step.value)


def _numbers(clause: p.Clause) -> set[float]:
    own = {c.value for c in clause.when if c.field not in ("stage", "enrolment_date")}
    return own if clause.value is None else own | {clause.value}


def _stricter(clause: p.Clause, other: p.Clause) -> bool | None:
    """Whether the limit that was read is harder to keep. None where the limits are equal or only conditions differ."""
    if clause.value is None or other.value is None or clause.value == other.value:
        return None
    return _is_stricter(clause, other.value, clause.value)


def _is_stricter(clause: p.Clause, read: float, true: float) -> bool:
    return read > true if clause.parameter.endswith("_min") else read < true
