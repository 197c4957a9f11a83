"""One wrong proposal as a reason is held against it: what is true, where the Actor went wrong, what decides.

    case = case_of(scenario, proposal)
    case.faults       # the differences on which the verdict turns
    case.deciding     # numbers of the clauses of the rule that decides

It is worked out from the traces of the protocol and of the Actor's reading. Nothing here reads a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...world import protocol as p
from ...world.hybrids import Background
from ...world.record import PatientRecord
from ...world.scenario import Proposal, Scenario
from ...world.trial import Trial
from .claim_words import DIFFERENCE
from .claims import Claim
from .differences import Difference, differences, parameters_at_issue, setter
from .facts import PARAMETER_FIELDS, TOPICS, Fact, Facts, facts_about
from .names import Names, names_in


@dataclass(frozen=True)
class Case:
    """A wrong proposal.

    The scenario keeps it, so it must not keep the scenario: the two would stay in memory until the garbage collector
    walks through all there is.
    """

    trial: Trial
    background: Background
    """What the Actor's decision is attributed against."""
    proposal: Proposal
    record: PatientRecord | None
    """None for a proposal on the cohort."""
    reading: p.Judgement | None
    """What the Actor's reading comes to on the record."""
    differences: tuple[Difference, ...]
    """All of them."""
    parameters: frozenset[str]
    """Whose limit decides."""
    faults: tuple[Difference, ...]
    """Those among the differences on which the verdict turns."""
    deciding: frozenset[str]
    """Numbers of the clauses of the rule that decides."""
    fields: frozenset[str]
    """Fields of the record that it rests on, and delay."""
    disorder: tuple[tuple[str, str], ...]
    """Pairs of dates that are out of order: (the one that is to be later, the one that is to be earlier)."""
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
        """What names nothing where it is gone through: the clauses of the treatment window, and what the note cites."""
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
        """Whether it is a limit that counts for this record, or the threshold of a clause of the rule."""
        if fact.role == "threshold":
            return fact.kind == "number" and fact.clause in self.deciding
        if fact.kind == "fraction":
            return fact.role == "limit" and fact.field in self.bounds
        return fact.role == "limit" and fact.value in self.bounds.get(fact.field, ())

    def is_distance(self, claim: Claim) -> bool:
        """Whether a number is by how much the record's value is past such a limit, or short of it."""
        values = {fact.field: fact.value for fact in self.facts.all if fact.role == "observed"}
        apart = [abs(values[f] - bound) for f, bounds in self.bounds.items() if f in values for bound in bounds]
        topics = [*(TOPICS[field] for field in self.bounds), DIFFERENCE]
        return claim.topic in topics and not claim.value_of and claim.value > 0 and claim.value in apart


def case_of(scenario: Scenario, proposal: Proposal) -> Case:
    """The case of a wrong proposal; worked out once."""
    key = ("case", proposal.note.proposal_id)
    if key not in scenario.memo:
        scenario.memo[key] = _case(scenario, proposal)
    kept: Case = scenario.memo[key]
    return kept


def _case(scenario: Scenario, proposal: Proposal) -> Case:
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
    return Case(
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


def _disorder(judgement: p.Judgement | None) -> tuple[tuple[str, str], ...]:
    found = judgement.findings if judgement is not None else ()
    return tuple((f.fields[0], f.fields[1]) for f in found if f.error_type == p.DATES)
