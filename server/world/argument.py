"""Argues a determination: which clauses it goes through, what it quotes, and what it concludes.

    argument = argue(trial, "window", reading, row, "window_days", manner)
    argument.verdict, argument.said, argument.steps
    argument.shape              # equal for arguments that read alike, whatever the numbers of the trial are

An argument is made from the reading of the Actor and the record as the Actor reads it, so it is consistent with its own
conclusion, true or not. It has two shapes at once: what a reader of the note sees, which the scenario draws before it
draws whether the note is right, and the trace that a good auditor checks. Nothing here draws or knows a label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .protocol import COMPLIANT, DEVIATION, Clause, Condition, Protocol, TraceStep, quantity_of
from .quantities import LIMITS
from .record import EARLIER_AT_SITE, Facts
from .trial import Trial

Trace = Mapping[str, TraceStep]
"""Clause number to how the clause is met."""
NOT_QUOTED = frozenset({"stage", EARLIER_AT_SITE})
"""Fields of conditions whose value a note does not give, since it says all of the condition."""
MET, UNMET, AMENDED = "met", "unmet", "amended"
"""What a note says of a clause: its condition is met, or not; an amendment gives the limit."""


class Manner(NamedTuple):
    """How a note is written. It is drawn before anything else."""

    quotes_limit: bool
    """It gives the number of the limit."""
    quotes_conditions: bool
    """It gives the values that the conditions ask about, beside their thresholds."""
    thorough: bool
    """It mentions the clauses that it looked at and that do not apply."""


class Step(NamedTuple):
    """One clause that the note goes through, and what it says of it."""

    number: str
    part: str
    """MET or UNMET of a condition; AMENDED, "earlier" or "lifted" of an amendment."""
    condition: Condition | None
    """The condition of the clause; None for an amendment."""
    said: float | None
    """The value of the condition's field, as the Actor reads it; None where the note does not give it."""
    target: str = ""
    """For an amendment: the clause that it acts on."""
    by_consent: bool = False
    """For an amendment: it counts by the day of consent."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument of a note about one patient."""

    question: str
    parameter: str
    """The limit on which it turns."""
    verdict: str
    base: str
    """Number of the clause that sets the limit for everybody."""
    clause: str
    """Number of the clause whose limit counts."""
    said: float
    """The value that the limit is about, as the Actor reads it."""
    limit: float
    steps: tuple[Step, ...]
    manner: Manner

    @property
    def shape(self) -> tuple[object, ...]:
        """All that a reader of the note sees but for the numbers of this trial: distances in place of values."""
        steps = []
        for step in self.steps:
            apart = None
            if step.said is not None and step.condition is not None:
                apart = round(step.said - step.condition.value, 2)
            # Two amendments of one clause read alike but for their number and date.
            steps.append((step.target or step.number, step.part, apart))
        apart = round(self.said - self.limit, 2) if self.manner.quotes_limit else None
        return self.parameter, self.verdict, tuple(steps), apart

    @property
    def told(self) -> tuple[object, ...]:
        """All that the note says: equal for two arguments that would be written alike."""
        thresholds = [step.condition.value if step.condition and step.said is not None else None for step in self.steps]
        said = [(step.number, step.part, step.said, step.by_consent) for step in self.steps]
        limit = self.limit if self.manner.quotes_limit else None
        return self.verdict, self.clause, tuple(zip(said, thresholds, strict=True)), self.said, limit

    @property
    def cited(self) -> tuple[str, ...]:
        """Numbers of the clauses that it goes through, the limit's own among them, in order of the protocol."""
        numbers = {self.base, self.clause, *(step.number for step in self.steps)}
        return tuple(sorted(numbers, key=_place))


def _place(number: str) -> tuple[int, list[int]]:
    if number.startswith("Amendment"):
        return 1, [int(number.split()[1])]
    return 0, [int(part) for part in number.split(".")]


def argue(trial: Trial, question: str, reading: Protocol, row: Facts, parameter: str, manner: Manner) -> Argument:
    """Argue from a reading and a record as it is read.

    Args:
        trial: The trial, whose own clauses say what a condition is called.
        question: One of QUESTIONS.
        reading: What the Actor believes of the protocol, as far as the question goes.
        row: The facts of the record, as the Actor takes them.
        parameter: The limit that the note is about where the record keeps to both limits of the question.
        manner: How the note is written.
    """
    met: dict[str, TraceStep] = {}
    limits = {check.parameter: reading.resolve(check.parameter, row, met) for check in reading.limits}
    broken = [
        check.parameter
        for check in reading.limits
        if not check.keeps(quantity_of(check.quantity, row), limits[check.parameter])
    ]
    parameter = broken[0] if broken else parameter
    clauses = [clause for clause in reading.clauses if clause.parameter == parameter]
    base = clauses[0]
    setting = [clause for clause in clauses if clause.acts_on is None and met[clause.number].applies]
    counting = setting[-1].number
    conditions = _conditions(trial, clauses, None, met, row, manner)
    steps = (*conditions, *_amendments(trial, clauses, counting, met, manner))
    amending = [step.number for step in steps if step.part == AMENDED]
    return Argument(
        question=question,
        parameter=parameter,
        verdict=DEVIATION if broken else COMPLIANT,
        base=base.number,
        clause=amending[0] if amending else counting,
        said=float(quantity_of(LIMITS[parameter].quantity, row)),
        limit=limits[parameter],
        steps=steps,
        manner=manner,
    )


def _conditions(
    trial: Trial, clauses: list[Clause], below: str | None, met: Trace, row: Facts, manner: Manner
) -> Iterator[Step]:
    """The conditions in the order in which a reader comes to them: of exceptions, and of what acts on what is met."""
    for clause in [c for c in clauses if c.acts_on == below and c.when and c.in_force is None]:
        is_met = met[clause.number].met
        if is_met or manner.thorough:
            yield _condition(trial, clause, is_met, row, manner)
        lifting = [c for c in clauses if c.acts_on == clause.number and c.in_force is not None and c.value is None]
        lifted = [c for c in lifting if met[c.number].applies]
        if is_met and lifted:
            # What a section says against the clause is beside the point then.
            yield _dated(trial, lifted[-1], "lifted")
        elif is_met:
            yield from _conditions(trial, clauses, clause.number, met, row, manner)


def _amendments(trial: Trial, clauses: list[Clause], counting: str, met: Trace, manner: Manner) -> Iterator[Step]:
    """The amendment that gives the limit that counts its number, or, for the thorough, one that came later."""
    amendments = [c for c in clauses if c.acts_on == counting and c.in_force is not None and c.value is not None]
    applying = [c for c in amendments if met[c.number].applies]
    if applying:
        yield _dated(trial, applying[-1], "amended")
    elif manner.thorough and amendments:
        yield _dated(trial, amendments[0], "earlier")


def _dated(trial: Trial, amendment: Clause, part: str) -> Step:
    # Whoever is too early has left the date out, but knows what it is of.
    own = amendment if amendment.when else trial.protocol.clause(amendment.number)
    assert amendment.acts_on is not None
    return Step(amendment.number, part, None, None, amendment.acts_on, own.by_consent)


def _condition(trial: Trial, clause: Clause, is_met: bool, row: Facts, manner: Manner) -> Step:
    # As the Actor reads it: a threshold may be misquoted. But a condition that is passed over is called what it is.
    condition = clause.when[0]
    true = trial.protocol.clause(clause.number).when[0]
    if condition.term or condition.op != true.op:
        condition = Condition(true.field, true.op, condition.value)
    quoted = row[condition.field] if manner.quotes_conditions and condition.field not in NOT_QUOTED else None
    return Step(clause.number, MET if is_met else UNMET, condition, quoted)
