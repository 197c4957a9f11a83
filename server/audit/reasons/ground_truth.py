"""What is true of one wrong proposal: where the Actor went wrong, and which rule and values decide.

    truth = ground_truth(scenario, proposal)
    truth.unapplied, truth.overapplied     # clauses that count for this record and not for the Actor, and the reverse
    truth.misquoted                        # the numbers that the Actor puts in place of true ones

All is worked out from the Actor's bug and from two judgements of one question: the protocol's own of the record, and
that of the Actor's reading of the record as the Actor reads it. Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

from ...world import protocol as p
from ...world.operators import Bug
from ...world.planting import as_read
from ...world.protocol import quantity_of
from ...world.record import Columns, PatientRecord, facts
from ...world.record import Facts as Row
from ...world.scenario import Proposal, Scenario
from ...world.trial import Definition, Source, Trial
from ..attribution import shapley_values_and_passing
from .claims import Claim
from .facts import PARAMETER_FIELDS, TOPICS, Facts, facts_about
from .names import Names

DENYING = ("fails", "spares", "unrestored", "earlier")
"""How the parts of a note begin that say that a clause does not apply."""


class Misquote(NamedTuple):
    """A number that the Actor puts in the place of another."""

    field: str
    """What it is of: a field of the record, or one of DERIVED."""
    said: float
    true: float


@dataclass(frozen=True)
class GroundTruth:
    """What there is to know of a wrong proposal.

    The scenario keeps it, so it must not keep the scenario: the two would stay in memory until the garbage collector
    walks through all there is.
    """

    trial: Trial
    proposal: Proposal
    record: PatientRecord | None
    """None for a proposal on the cohort."""
    row: Row
    """The facts of the record as the Actor takes them; empty for a proposal on the cohort."""
    parameter: str
    """The limit that decides; empty where none does."""
    unapplied: frozenset[str]
    """Clauses that count for this record and not for the Actor."""
    overapplied: frozenset[str]
    """Clauses that count for the Actor and not for this record."""
    counting: frozenset[str]
    """Clauses that count for this record."""
    read: frozenset[str]
    """Clauses that count for the Actor."""
    deciding: frozenset[str]
    """Numbers of all clauses of the rule that decides."""
    fields: frozenset[str]
    """Fields of the record, and quantities of DERIVED, that the verdict rests on."""
    misquoted: tuple[Misquote, ...]
    facts: Facts
    names: Names
    draw_background: Callable[[], Columns]
    """The patients that Shapley values of the Actor's decision are made against."""

    @property
    def bug(self) -> Bug | None:
        """The Actor's mistake, where it reads the protocol or the record otherwise than they are."""
        return self.proposal.brief.bug

    @cached_property
    def argued(self) -> frozenset[str]:
        """Numbers of the clauses that the note cites."""
        return frozenset(citation.removeprefix("§") for citation in self.proposal.note.citations)

    @cached_property
    def denied(self) -> frozenset[str]:
        """Numbers of the clauses that the note goes through and finds not to be met."""
        argument = self.proposal.brief.argument
        steps = argument.steps if argument is not None else ()
        return frozenset(step.number for step in steps if step.part.startswith(DENYING))

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Clauses that the Actor left out: they count, and its note does not say that their condition is not met."""
        return (self.unapplied - self.denied) | self.unread

    @cached_property
    def unread(self) -> frozenset[str]:
        """Clauses of the rule that the Actor's reading does not have, or has as they were before an amendment."""
        bug, known = self.bug, {clause.number for clause in self.proposal.brief.reading.clauses}
        outdated = {bug.clause} if bug is not None and bug.operator in ("dropped", "superseded") else set()
        return frozenset((self.deciding & self.trial.listed) - known | outdated)

    @cached_property
    def applying(self) -> frozenset[str]:
        """Clauses that count for this record, and amendments that are in force for it."""
        judgement = self.proposal.judgement
        steps = judgement.trace if judgement is not None else ()
        return self.counting | {step.number for step in steps if step.applies and step.number.startswith("Amendment")}

    @cached_property
    def attributed(self) -> Collection[float]:
        """The Shapley values of the Actor's decision; few texts give any."""
        checks = self.proposal.brief.reading.checks
        return shapley_values_and_passing(checks, self.row, self.draw_background())[0].values()

    def takes(self, claim: Claim) -> bool:
        """Whether a number is one that the Actor takes from the record or the protocol: a value, limit or threshold."""
        fields = TOPICS.keys() & {*self.row, *p.DERIVED} if self.row else ()
        found = {field: {abs(round(float(quantity_of(field, self.row)), 2))} for field in fields}
        for clause in self.proposal.brief.reading.clauses:
            if clause.value is not None:
                found[PARAMETER_FIELDS[clause.parameter]].add(clause.value)
            for condition in clause.when:
                found.setdefault(condition.field, set()).add(condition.value)
        about = self.fields | ({self.bug.field} if self.bug is not None else set())
        if claim.topic:
            about = frozenset(field for field in found if TOPICS.get(field) == claim.topic)
        return any(claim.value in found.get(field, ()) for field in about)

    @cached_property
    def apart(self) -> frozenset[float]:
        """How far the record's value is from the limits that count for it."""
        observed = self.observed
        found = (round(abs(observed - bound), 2) for bound in self.bounds if observed is not None)
        return frozenset(found) - {0}

    def is_later(self, amendment: str) -> bool:
        """Whether an amendment is in force only after this patient enrolled, or consented where it counts by that."""
        known = [clause for clause in self._dated if clause.number == amendment]
        return bool(known) and self.record is not None and not known[0].when[0].holds(facts(self.record))

    def day_of(self, amendment: str) -> str:
        """The field of the record that an amendment counts by."""
        by_consent = any(clause.by_consent for clause in self._dated if clause.number == amendment)
        return "consent_date" if by_consent else "enrolment_date"

    @cached_property
    def _dated(self) -> list[p.Clause]:
        return [one for one in (*self.trial.protocol.clauses, *self.trial.phantoms) if one.in_force is not None]

    @cached_property
    def deviates(self) -> bool:
        """Whether the truth is a deviation, which the Actor let through."""
        return self.proposal.brief.verdict == p.COMPLIANT

    @cached_property
    def acted_on(self) -> str:
        """What the amendment that the bug is about acts on; empty where it is about none."""
        clauses = (*self.trial.amendments, *self.trial.phantoms)
        own = [c for c in clauses if self.bug is not None and c.number == self.bug.clause]
        return (own[0].acts_on or "") if own else ""

    @cached_property
    def prevailing(self) -> Mapping[str, Definition | Source]:
        """What counts at this patient's site, by the number of each definition of one term, or source of one field."""
        found: dict[str, Definition | Source] = {}
        for definition in self.trial.definitions:
            found[definition.number] = self.trial.defining(definition.condition.term)[0]
        for source in self.trial.sources:
            counting = self.trial.source_of(source.field)
            assert counting is not None, "an annex has sentences only in place of others"
            found[source.number] = counting
        return found

    def source_said(self, subject: str) -> Source | None:
        """The sentence that counts here on the source of a field, or of what the sentence of that number is on."""
        by_number = {one.number: one.field for one in self.trial.sources}
        return self.trial.source_of(by_number.get(subject, subject))

    @cached_property
    def confused(self) -> frozenset[str]:
        """Numbers of the definitions of the term, or sources of the field, that the Actor read by the wrong one."""
        bug = self.bug
        if bug is not None and bug.operator == "wrong_source":
            return frozenset(one.number for one in self.trial.sources if one.field == bug.field)
        if bug is None or bug.operator != "misdefined":
            return frozenset()
        (condition,) = self.trial.protocol.clause(bug.clause).when
        return frozenset(one.number for one in self.trial.definitions if one.condition.term == condition.term)

    @cached_property
    def misjudged(self) -> frozenset[str]:
        """The clauses of the rule on whose condition the bug is: that of the clause, or all that read the field."""
        if self.bug is None:
            return frozenset()
        clauses = [one for one in self.trial.protocol.clauses if one.number in self.deciding and one.when]
        field, own = self.bug.field, self.bug.clause
        return frozenset(one.number for one in clauses if (one.when[0].field == field if field else one.number == own))

    @cached_property
    def condition_fields(self) -> frozenset[str]:
        """What these conditions ask about."""
        clauses = [self.trial.protocol.clause(number) for number in self.misjudged]
        return frozenset(one.field for clause in clauses for one in clause.when)

    @cached_property
    def base(self) -> str:
        """The clause that sets the limit for everybody; empty where no limit decides."""
        return next((c.number for c in self.trial.protocol.clauses if c.parameter == self.parameter), "")

    @cached_property
    def field(self) -> str:
        """What the limit that decides is about; empty where none decides."""
        return PARAMETER_FIELDS.get(self.parameter, "")

    @cached_property
    def limit(self) -> float | None:
        """The limit that counts for this record."""
        judgement = self.proposal.judgement
        return judgement.parameters[self.parameter] if judgement is not None and self.parameter else None

    @cached_property
    def bounds(self) -> frozenset[float]:
        """All limits of this quantity that count for this record: an age has two."""
        judgement = self.proposal.judgement
        limits = judgement.parameters.items() if judgement is not None else ()
        return frozenset(limit for name, limit in limits if PARAMETER_FIELDS[name] == self.field)

    @cached_property
    def observed(self) -> float | None:
        """What the record has for the quantity that this limit is about."""
        if self.record is None or not self.parameter:
            return None
        return float(quantity_of(self.field, facts(self.record)))


def ground_truth(scenario: Scenario, proposal: Proposal) -> GroundTruth:
    """All that is true of a wrong proposal; worked out once."""
    key = ("ground truth", proposal.note.proposal_id)
    if key not in scenario.memo:
        scenario.memo[key] = _worked_out(scenario, proposal)
    kept: GroundTruth = scenario.memo[key]
    return kept


def _worked_out(scenario: Scenario, proposal: Proposal) -> GroundTruth:
    trial, brief, judgement = proposal.trial, proposal.brief, proposal.judgement
    argument = brief.argument
    record = scenario.patient.get(proposal.note.patient_id)
    row: Row = {} if record is None else as_read(brief.bug, record)
    reading = None if record is None or argument is None else brief.reading.judge_facts(row)
    parameter = _parameter_at_issue(judgement, reading)
    clauses = [c for c in (*trial.protocol.clauses, *brief.reading.clauses) if c.parameter == parameter]
    counting, read = _counting(trial.protocol, judgement), _counting(brief.reading, reading)
    question = "" if argument is None else argument.question
    key = ("names", question, trial.site)
    if key not in scenario.memo:
        scenario.memo[key] = Names(trial, question)
    return GroundTruth(
        trial=trial,
        proposal=proposal,
        record=record,
        row=row,
        parameter=parameter,
        unapplied=counting - read,
        overapplied=read - counting,
        counting=counting,
        read=read,
        deciding=frozenset(clause.number for clause in clauses),
        fields=frozenset({*_read_by(clauses), PARAMETER_FIELDS.get(parameter, "")}),
        misquoted=tuple(_misquotes(trial, brief.bug, record, row, parameter, judgement, reading)),
        facts=facts_about(scenario, proposal, reading, row),
        names=scenario.memo[key],
        # A scenario of its own, which does not keep what it draws: request_shap, if faster for it, would tell another
        # session that somebody flagged rightly. Nor is this truth kept by what it keeps.
        draw_background=partial(replace(scenario).background, proposal.note.patient_id),
    )


def _read_by(clauses: Iterable[p.Clause]) -> Iterator[str]:
    """The fields that the conditions of these clauses read."""
    return (field for clause in clauses for c in clause.when for field in (c.field, *p.quantity_fields(c.field)))


def _parameter_at_issue(judgement: p.Judgement | None, reading: p.Judgement | None) -> str:
    """The parameter whose limit decides: the record is past it, by the protocol, or else as the Actor reads it."""
    past = [(judged, one) for judged in (judgement, reading) if judged is not None for one in judged.findings[:1]]
    return past[0][0].parameter_of(past[0][1]) if past and judgement is not None else ""


def _counting(protocol: p.Protocol, judgement: p.Judgement | None) -> frozenset[str]:
    """The clauses that make the limits what they are: those that set them, amend these, and revoke what would."""
    if judgement is None:
        return frozenset()
    setters = {}
    for step in judgement.trace:
        if step.applies and protocol.clause(step.number).acts_on is None:
            setters[step.parameter] = step.number
    found = set(setters.values())
    for step in judgement.trace:
        acts_on = protocol.clause(step.number).acts_on
        if step.applies and acts_on is not None and (step.value is None or acts_on in found):
            found.add(step.number)
    return frozenset(found)


def _misquotes(
    trial: Trial,
    bug: Bug | None,
    record: PatientRecord | None,
    row: Row,
    parameter: str,
    judgement: p.Judgement | None,
    reading: p.Judgement | None,
) -> list[Misquote]:
    """The limit that the Actor goes by, and what it misreads in the protocol or in the record."""
    found = []
    if judgement is not None and reading is not None and parameter in reading.parameters:
        true, said = judgement.parameters[parameter], reading.parameters[parameter]
        if true != said:
            found.append(Misquote(PARAMETER_FIELDS[parameter], said, true))
    if bug is not None and bug.read is not None:
        clause = trial.protocol.clause(bug.clause)
        if bug.operator == "misquoted_limit":
            assert clause.value is not None, "a limit was read"
            found.append(Misquote(PARAMETER_FIELDS[clause.parameter], bug.read, clause.value))
        else:
            found.append(Misquote(clause.when[0].field, bug.read, clause.when[0].value))
    if bug is not None and bug.field and record is not None:
        said, true = (round(float(quantity_of(bug.field, one)), 2) for one in (row, facts(record)))
        found.append(Misquote(bug.field, said, true))
    return found
