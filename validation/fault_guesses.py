"""Claims that can be guessed without a look at the record, each with what note, protocol and Shapley values show of it.

    for guess in guesses(scenario, proposal, with_protocol=True):
        guess.claim          # FaultClaim(fault="clause_ignored", where="5.3", should_be="5")
        guess.features       # numbers for a classifier of which claims hold, in the same order for every claim

The note is taken as whoever reads it without a mistake has it: what its argument tells (`Argument.told`), and nothing
of what it leaves out. The protocol is what holds at the patient's site. Nothing here sees a record or a truth; which
numbers are tried is what the operators are known to do (`operators.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import isnan, nan
from typing import NamedTuple

from ..error_types import EQUITY
from ..fault_types import BOUNDARY, CONDITION, FAULTS, FIGURE, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from ..models import FaultClaim
from ..server.audit.tools import request_shap
from ..server.world.argument import AMENDED, MET, UNMET, Argument
from ..server.world.protocol import COMPLIANT, CONSENTED, Clause, quantity_fields
from ..server.world.protocol_text import number_text
from ..server.world.quantities import LIMITED, LIMITS, OPERATORS, THRESHOLDS
from ..server.world.scenario import Proposal, Scenario

WIDTH = 48
"""Numbers of each guess; NaN where there is none."""
_PARTS = (MET, UNMET, AMENDED, "earlier", "lifted")
_UNITS = {"haemoglobin": 0.1, "creatinine": 0.01, "bmi": 0.1}
"""Units in which the values of a field are drawn; the others are whole numbers."""
_LIMIT_UNITS = {"haemoglobin_min": 0.5, "creatinine_max": 0.1, "dose_max": 5.0}
_FEW = {"comorbidity_index": range(10), "ecog": range(4), "prior_chemo_cycles": range(8), "stage": range(1, 5)}
"""All values that a record is likely to have."""
_FIELDS = (*_FEW, *_UNITS, "ldh", "age", "earlier_at_site", "enrolment_date", CONSENTED, *quantity_fields("delay"))
_NEAR, _OFF = range(-3, 4), [by for by in range(-8, 9) if by]
"""Units from a threshold or a day at which a value is tried, and from a value that the note gives."""


class Guess(NamedTuple):
    """A claim that may hold, and its features."""

    claim: FaultClaim
    features: list[float]
    """At most WIDTH numbers."""


class _ClauseInNote(NamedTuple):
    """A clause as the note has it."""

    part: str
    field: str
    threshold: float
    value: float


def guesses(scenario: Scenario, proposal: Proposal, *, with_protocol: bool) -> list[Guess]:
    """Every claim that is worth a thought for a proposal, with the protocol at hand or the note alone."""
    if proposal.brief.argument is not None:
        return list(_Determination(scenario, proposal, proposal.brief.argument, with_protocol).guesses())
    figure = proposal.brief.figure
    assert figure is not None, "a proposal that argues from no record quotes a figure of the cohort"
    features = [2.0, float(proposal.brief.error_type == EQUITY)]
    return [Guess(_claim(FIGURE, figure.feature, figure.text.split()[0]), features)]


def shapley_values(scenario: Scenario, proposal: Proposal) -> dict[str, float]:
    """Those of the Actor's decision, as request_shap shows them, by field."""
    return dict(request_shap(scenario, proposal.note.patient_id, None)[1].model.values)


def of_the_note(scenario: Scenario, proposal: Proposal, *, with_protocol: bool) -> dict[str, float]:
    """What a note shows as a whole to a careful reader, with the protocol at hand or without it, in numbers."""
    if proposal.brief.argument is None:
        return {}
    found = _Determination(scenario, proposal, proposal.brief.argument, with_protocol).of_the_note
    return {f"note {place}": value for place, value in enumerate(found) if not isnan(value)}


def _claim(fault: str, where: str, should_be: float | date | str | None) -> FaultClaim:
    text = number_text(should_be) if isinstance(should_be, float) else None if should_be is None else str(should_be)
    return FaultClaim(fault=fault, where=where, should_be=text)


@dataclass(frozen=True)
class _Determination:
    """A determination on a record, as its note and the protocol have it."""

    scenario: Scenario
    proposal: Proposal
    argument: Argument
    with_protocol: bool

    @cached_property
    def in_note(self) -> dict[str, _ClauseInNote]:
        """Clauses of the note by number."""
        noted = {}
        for step in self.argument.steps:
            field, threshold = (CONSENTED if step.by_consent else "enrolment_date"), nan
            if step.condition is not None:
                field = step.condition.field
                threshold = nan if step.said is None else step.condition.value
            value = nan if step.said is None else step.said
            noted[step.number] = _ClauseInNote(step.part, field, threshold, value)
        return noted

    @cached_property
    def value(self) -> float:
        """The value that the limit is about."""
        return self.argument.said

    @cached_property
    def limit(self) -> float:
        """The limit that it is held against; NaN where the note does not give it."""
        return self.argument.limit if self.argument.manner.quotes_limit else nan

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """The clauses that answer the question; none without the protocol."""
        asked = self.proposal.trial.protocol.asked(self.argument.question)
        return {clause.number: clause for clause in asked.clauses} if self.with_protocol else {}

    @cached_property
    def met(self) -> frozenset[str]:
        """The clauses whose conditions are met, as the note has it."""
        return frozenset(number for number, noted in self.in_note.items() if noted.part in (MET, AMENDED, "lifted"))

    def limit_if(self, met: Iterable[str]) -> float:
        """The limit that the protocol sets where these conditions are met and no others."""
        met, own = set(met), [c for c in self.clauses.values() if c.parameter == self.argument.parameter]

        def counts(number: str) -> bool:
            return not any(
                c.acts_on == number and c.value is None and c.number in met and counts(c.number) for c in own
            )

        setting = [c for c in own if c.acts_on is None and (not c.when or (c.number in met and counts(c.number)))]
        amending = [c for c in own if setting and c.acts_on == setting[-1].number and c.number in met]
        values = [c.value for c in (*setting[-1:], *amending) if c.value is not None]
        return values[-1] if values else nan

    @cached_property
    def shares(self) -> dict[str, float]:
        """The Shapley values of the Actor's decision."""
        return shapley_values(self.scenario, self.proposal)

    @cached_property
    def of_the_note(self) -> list[float]:
        """Features that all claims about this proposal share."""
        argument, due = self.argument, self.limit_if(self.met)
        keeps = self.proposal.trial.protocol.check(argument.parameter).keeps
        kept = nan if isnan(self.value - due) else float(keeps(self.value, due) == (argument.verdict == COMPLIANT))
        parts = [noted.part for noted in self.in_note.values()]
        return [
            *(list(LIMITS).index(argument.parameter), argument.verdict == COMPLIANT, self.value - self.limit),
            *(self.limit - due, self.value - due, kept, *(parts.count(part) for part in _PARTS)),
            self.proposal.note.confidence,
            *(len(set(argument.cited) - set(self.clauses)), len(set(self.clauses) - set(argument.cited))),
        ]

    def _threshold(self, number: str) -> float:
        clause = self.clauses.get(number)
        if clause is not None:
            return clause.when[0].value if clause.when and clause.in_force is None else nan
        return self.in_note[number].threshold if number in self.in_note else nan

    def guesses(self) -> Iterator[Guess]:
        """The claims about clauses, then those about values that the note gives."""
        argument = self.argument
        section, _, last = argument.base.partition(".")
        # Without the protocol the next numbers are likely to be those of the same cascade.
        after = [f"{section}.{int(last) + by}" for by in (1, 2, 3)]
        for number in dict.fromkeys((*argument.cited, *(self.clauses if self.with_protocol else after))):
            for fault, should_be in self._about(number):
                yield self._guess(fault, number, number, should_be)
        check = LIMITS[argument.parameter]
        quoted = {check.quantity: (argument.base, self.value)}
        quoted |= {noted.field: (number, noted.value) for number, noted in self.in_note.items()}
        for field, (number, value) in quoted.items():
            for by in _OFF if not isnan(value) else ():
                yield self._guess(RECORD, field, number, round(value + by * _UNITS.get(field, 1.0), 2))
        for number in self.in_note if self.with_protocol else ():
            term = self.clauses[number].when[0].term if number in self.clauses and self.clauses[number].when else ""
            for definition in self.proposal.trial.defining(term)[:1]:
                for should_be in (definition.condition.value, *self._on_record(number)):
                    yield self._guess(IGNORED, definition.number, number, should_be)

    def _about(self, number: str) -> Iterator[tuple[str, float | date | None]]:
        """Faults that a clause may have, with the numbers that may be right."""
        clause, noted = self.clauses.get(number), self.in_note.get(number)
        limits = [clause.value] if clause is not None and clause.value is not None else []
        if not self.with_protocol and number == self.argument.clause and not isnan(self.limit):
            unit = _LIMIT_UNITS.get(self.argument.parameter, 1.0)
            limits = [round(self.limit + by * unit, 2) for by in _NEAR if by]
        yield from ((LIMIT, value) for value in limits)
        due = self.limit_if(self.met) if self.with_protocol else self.limit
        if number in (self.argument.base, self.argument.clause) and not isnan(due):
            yield BOUNDARY, due
        if number in self.argument.cited and clause is None:
            yield NOT_THERE, None
        for fault in (IGNORED, MISAPPLIED, CONDITION):
            yield from ((fault, value) for value in self._on_record(number))
        threshold = self._threshold(number)
        if not isnan(threshold):
            known = THRESHOLDS.get(noted.field if noted else "")
            others = (threshold,) if self.with_protocol else known.values if known else ()
            yield from ((CONDITION, value) for value in others)

    def _on_record(self, number: str) -> list[float | date]:
        """Values that the record may have for what a clause asks about, those near its threshold or its day."""
        clause, noted, threshold = self.clauses.get(number), self.in_note.get(number), self._threshold(number)
        field = noted.field if noted else clause.when[0].field if clause is not None and clause.when else ""
        since = clause.in_force if clause is not None else None
        if since is not None:
            return [since + timedelta(days=by) for by in _NEAR]
        near = [] if isnan(threshold) else [threshold + by * _UNITS.get(field, 1.0) for by in _NEAR]
        given = [noted.value] if noted and not isnan(noted.value) else []
        return [*dict.fromkeys(round(float(value), 2) for value in (*given, *_FEW.get(field, near)))]

    def _guess(self, fault: str, where: str, number: str, should_be: float | date | None) -> Guess:
        argument, clause = self.argument, self.clauses.get(number)
        noted = self.in_note.get(number, _ClauseInNote("", "", nan, nan))
        condition = clause.when[0] if clause is not None and clause.when else None
        field = where if fault == RECORD else noted.field or (condition.field if condition else "")
        since = clause.in_force if clause is not None else None
        value = float(should_be) if isinstance(should_be, (int, float)) else nan
        days = (should_be - since).days if isinstance(should_be, date) and since is not None else nan
        features = [
            *(0.0, FAULTS.index(fault), _PARTS.index(noted.part) if noted.part else -1),
            *(number == argument.base, number == argument.clause, number in argument.cited, since is not None),
            *(_FIELDS.index(field) if field in _FIELDS else -1, noted.value - noted.threshold),
            self.shares.get(quantity_fields(field)[0] if field in LIMITED else field, nan),
            *(value, days, value - self.limit, value - self.value, value - noted.value),
            *(value - self._threshold(number), sum(map(bool, self.shares.values())), *self.of_the_note),
        ]
        if clause is not None:
            turned, due = self.limit_if(self.met ^ {number}), self.limit_if(self.met)
            holds = condition is not None and not isnan(value) and OPERATORS[condition.op](value, condition.value)
            features += [
                *(turned - due, turned - self.value, clause.value is None, holds, clause.by_consent),
                self.limit - clause.value if clause.value is not None and number == argument.clause else nan,
                *(noted.threshold - self._threshold(number), clause.acts_on in self.met),
                clause.parameter == argument.parameter,
            ]
        return Guess(_claim(fault, where, should_be), list(map(float, features)))
