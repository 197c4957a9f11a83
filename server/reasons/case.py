"""One wrong proposal as a reason is held against it: what is true, where the Actor went wrong, what decides.

    case = case_of(scenario, proposal)
    case.faults       # the differences on which the verdict turns
    case.deciding     # numbers of the clauses of the rule that decides

It is worked out from the traces of the protocol and of the Actor's reading. Nothing here reads a text.
"""

from __future__ import annotations

from dataclasses import dataclass

from synth_audit_env.server import protocol as p
from synth_audit_env.server.reasons.differences import Difference, differences, parameters_at_issue
from synth_audit_env.server.reasons.facts import PARAMETER_FIELDS, Facts, facts_about
from synth_audit_env.server.reasons.names import Names, names_in
from synth_audit_env.server.record import PatientRecord
from synth_audit_env.server.scenario import Proposal, Scenario


@dataclass(frozen=True)
class Case:
    """A wrong proposal."""

    scenario: Scenario
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

    def limits_at_issue(self) -> dict[str, tuple[float, float]]:
        """For each field of the rule that decides, what the record must keep between."""
        judgement = self.proposal.judgement
        found: dict[str, tuple[float, float]] = {}
        for check in self.scenario.trial.protocol.limits if judgement else ():
            field = PARAMETER_FIELDS[check.parameter]
            if judgement and field in {PARAMETER_FIELDS[name] for name in self.parameters}:
                low, high = found.get(field, (float("-inf"), float("inf")))
                limit = judgement.parameters[check.parameter]
                found[field] = (limit, high) if check.op == ">=" else (low, limit)
        return found


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
        scenario=scenario,
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
