"""Finds the patients of cases: of whom a question can be asked, for whom a bug can matter, or who are like another.

    subjects = Subjects(stream, trial, patients, places, cascades)
    place = subjects.whom_it_matters_for("window", aim)
    place = subjects.another_like("window", like)
    subjects.enrol(row, "window", bug, suits)     # moves the day of enrolment until it suits; False where it does not

Each patient is the subject of one case at most. A place is that of a patient in the cohort.

Where all amendments count by enrolment, patients enrolled when they did: there are enough on either side of each. An
amendment by consent or approval leaves only a few days on which an Actor can mistake it. No patient is moved past the
last day on which a condition on the order of enrolment holds, nor past a patient whose determination is about that
order, or the others would have another place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import isnan

from .argument import AMENDED, MET, NOT_QUOTED, Argument
from .cascades import Aim, Cascades
from .operators import OPERATORS, Bug
from .planting import as_read
from .protocol import Condition, Protocol
from .quantities import OF_THE_DEAD
from .record import DECEASED, EARLIER_AT_SITE, Facts, PatientRecord, facts
from .seeding import Stream
from .trial import Trial

STAGE_IV = 4.0
MOST_MOVED, NEAR = 120, (-6, 12)
"""Days by which enrolment is moved at most, and how near the day of an amendment it is then."""
MOVED = 0.7
"""How often it is moved."""
LOOKS = 6
"""For a day that suits, or a patient."""


@dataclass(frozen=True, slots=True)
class Like:
    """A case that others have to look like."""

    place: int
    row: Mapping[str, float]
    """The facts of the patient, with the values that the case has put in."""
    argument: Argument
    shape: tuple[object, ...]
    """Shape of the argument."""
    fits: Callable[[Facts], bool]
    """True if stage and enrolment of a patient are what the argument says of them, by the true protocol."""
    of_source: str
    """The clause for whose condition the Actor of the case took the value of the wrong laboratory; "" for none."""
    read: Mapping[str, float]
    """The facts of the patient as that Actor takes them."""

    @property
    def parameter(self) -> str:
        """The limit on which the argument turns."""
        return self.argument.parameter

    @property
    def in_stage_iv(self) -> bool:
        """True if the argument says so of the patient."""
        met = [step.condition for step in self.argument.steps if step.part == MET]
        return any(condition is not None and condition.field == "stage" for condition in met)


def looks_like(protocol: Protocol, place: int, row: Mapping[str, float], argument: Argument, bug: Bug | None) -> Like:
    """The pattern of a case of the patient at a place; with the true protocol, as far as the question goes."""
    of_source = bug.clause if bug is not None and OPERATORS[bug.operator].of_source else ""
    return Like(
        place,
        row,
        argument,
        argument.shape,
        _fitting(protocol, argument),
        of_source,
        as_read(bug if of_source else None, row),
    )


def _fitting(protocol: Protocol, argument: Argument) -> Callable[[Facts], bool]:
    shown = {step.number: step.part for step in argument.steps}
    changed = [step for step in argument.steps if step.part in (AMENDED, "lifted")]
    amended = {step.target: step.by_consent for step in changed}
    counting = next((step.target for step in changed if step.part == AMENDED), argument.clause)
    dated, fixed = [], []
    for clause in protocol.clauses:
        below = clause.acts_on or ""
        if clause.in_force is not None:
            # Of the limit that counts a note tells the amendment, and of a clause that it goes through the end.
            if below == counting if clause.value is not None else shown.get(below) == MET:
                dated.append((clause.when[0], below, clause.by_consent))
        elif clause.parameter == argument.parameter and clause.when and (not below or shown.get(below) == MET):
            asks = clause.when[0]
            if asks.field in NOT_QUOTED:
                fixed.append((asks, shown.get(clause.number) == MET))

    def fits(row: Facts) -> bool:
        if any(asks.holds(row) != expected for asks, expected in fixed):
            return False
        # The last one of a clause counts.
        return {below: by_consent for since, below, by_consent in dated if since.holds(row)} == amended

    return fits


class Subjects:
    """The patients of one episode under one protocol."""

    def __init__(
        self, stream: Stream, trial: Trial, patients: Sequence[PatientRecord], places: Sequence[int], cascades: Cascades
    ) -> None:
        """Begin with a cohort and the places of the patients that can be chosen; see `Cases`."""
        self._stream, self._protocol = stream, trial.protocol
        self._cascades = cascades
        self._patients = patients
        self.rows = {place: facts(patients[place]) for place in places}
        """The facts of the patients as they came."""
        self.free = list(places)
        """Places of the patients that have not been chosen yet."""
        self.since = {clause.number: clause.when[0] for clause in cascades.dated}
        """Number of each amendment, invented ones too, to the condition on its day."""
        asked = [c for clause in trial.protocol.clauses for c in clause.when if c.field == EARLIER_AT_SITE]
        days = sorted(row["enrolment_date"] for row in self.rows.values())
        ranks = {int(condition.value) for condition in asked if condition.value < len(days)}
        self._cutoffs = {sum(days[rank - 1 : rank + 1]) / 2 for rank in ranks}
        """No patient is moved to the other side of one."""
        self.days = cache(partial(_days, trial.protocol))
        """By question the days from which its amendments count."""
        self._meeting = cache(partial(_meeting, self.rows))
        self._pools: dict[tuple[str, bool], list[int]] = {}
        self._sides: dict[tuple[str, str], frozenset[int]] = {}  # by operator and clause, which is of one question

    def take(self, place: int) -> None:
        """Choose a patient."""
        self.free.remove(place)
        for pool in self._pools.values():
            if place in pool:
                pool.remove(place)

    def pool(self, question: str, in_stage_iv: bool = False) -> list[int]:
        """The patients who have not been chosen yet of whom the question can be asked.

        Of a blank age nothing is asked. What is asked of the dead alone is asked about them as often as anything else.
        """
        kind = question, in_stage_iv
        if kind not in self._pools:
            if in_stage_iv:
                pool = [place for place in self.pool(question) if self.rows[place]["stage"] == STAGE_IV]
            else:
                pool = self._able(question) if self._protocol.asked(question).clauses else []
            self._pools[kind] = pool
        return self._pools[kind]

    def _able(self, question: str) -> list[int]:
        able = [place for place in self.free if not isnan(self.rows[place]["age"])]
        if question == OF_THE_DEAD:
            able = [place for place in able if self._patients[place].outcome == DECEASED]
        return able

    def enrolled_as(self, question: str, earlier: float) -> int | None:
        """The patient of the pool before whom so many enrolled at the site; None where there is none."""
        return next((place for place in self.pool(question) if self.rows[place][EARLIER_AT_SITE] == earlier), None)

    def whom_it_matters_for(self, question: str, aim: Aim) -> int | None:
        """A patient for whom a bug can matter, and no amendment lifts the last clause reached; None: there is none."""
        pool = self.pool(question)
        if aim.bug.clause in self._cascades.target_of:
            able = self._on_side(aim.bug, question)
            pool = [place for place in pool if place in able]
        elif aim.parameter == "window_days" and aim.reach in self._cascades.lifted:
            lifted = frozenset[int]().union(*map(self._meeting, self._cascades.lifted[aim.reach]))
            pool = [place for place in pool if place not in lifted]
        for hop, condition in self._cascades.fixed(aim.parameter):
            wanted = aim.wants(hop)
            if wanted is not None:
                meeting = self._meeting(condition)
                pool = [place for place in pool if (place in meeting) == wanted]
        return self._stream.choice(pool) if pool else None

    def _on_side(self, bug: Bug, question: str) -> frozenset[int]:
        """The places of the patients on the side of an amendment on which a bug can matter, or who can be moved."""
        kind = bug.operator, bug.clause
        if kind not in self._sides:
            since = self.since[bug.clause]
            self._sides[kind] = frozenset(
                place
                for place, row in self.rows.items()
                if (
                    abs(row["enrolment_date"] - since.value) <= MOST_MOVED
                    if self.days(question)
                    else self.can_matter(bug, row)
                )
            )
        return self._sides[kind]

    def another_like(self, question: str, like: Like) -> int:
        """A patient of whom a note that makes no mistake can show the same: of that stage, enrolled as long ago."""
        return self.another(question, like, lambda place: like.fits(self.rows[place]))

    def concerned(self, question: str, like: Like, bug: Bug) -> int:
        """A patient on the side of an amendment on which an Actor can be mistaken about it, or who can be moved."""
        able = self._on_side(bug, question)
        pool = [place for place in self.pool(question, like.in_stage_iv) if place in able]
        return self._stream.choice(pool) if pool else like.place

    def across(self, question: str, like: Like, bug: Bug) -> int:
        """A patient for whom other amendments are in force, so that the same invented one may make no difference."""
        here, since = self._in_force(bug, like.row), self.since[bug.clause]
        return self.another(
            question,
            like,
            lambda place: self._in_force(bug, self.rows[place]) != here and since.holds(self.rows[place]),
        )

    def another(self, question: str, like: Like, suits: Callable[[int], bool], *, of_any_stage: bool = False) -> int:
        """The same patient, or one that is drawn because the ones before do not suit; the last one if none does."""
        place, pool = like.place, self.pool(question, like.in_stage_iv and not of_any_stage)
        for _ in range(2 * LOOKS):
            if suits(place):
                break
            place = self._stream.choice(pool) if pool else like.place
        return place

    def keep(self, record: PatientRecord) -> None:
        """See to it that as many go on to enrol at the site before this patient, whose determination is about that."""
        self._cutoffs.add(record.enrolment_date.toordinal() - 0.5)

    def _in_force(self, bug: Bug, row: Facts) -> list[str]:
        """The amendments that are in force for a patient, of the clause that an invented one acts on."""
        target = bug.reading.clause(bug.clause).acts_on
        dated = [c for c in self._protocol.clauses if c.in_force is not None and c.acts_on == target]
        return [clause.number for clause in dated if clause.when[0].holds(row)]

    def enrol(self, row: dict[str, float], question: str, bug: Bug | None, suits: Callable[[Facts], bool]) -> bool:
        """Draw the day of enrolment into a row, where the question has days; False where none was found that suits.

        For a bug that is about an amendment and is to matter it is near the day of that one.
        """
        days, apart = self.days(question), NEAR
        if not days:
            return suits(row)
        if bug is not None and bug.clause in self.since:
            days, apart = [self.since[bug.clause].value], OPERATORS[bug.operator].apart or NEAR
        natural = row["enrolment_date"]
        near = [day for day in days if abs(natural - day) <= MOST_MOVED]
        for _ in range(LOOKS if near else 1):
            row["enrolment_date"] = natural
            if near and self._stream.chance(MOVED):
                row["enrolment_date"] = self._stream.choice(near) + self._stream.integer(*apart)
            if any((natural <= day) != (row["enrolment_date"] <= day) for day in self._cutoffs):
                row["enrolment_date"] = natural
            if suits(row):
                return True
        return False

    def can_matter(self, bug: Bug, row: Facts) -> bool:
        """True if a patient is on the side of an amendment on which a bug that is about it can matter."""
        since = self.since.get(bug.clause)
        if since is None or not OPERATORS[bug.operator].too_early:
            return since is None or since.holds(row)
        read = bug.reading.clause(bug.clause).when
        return not since.holds(row) and all(condition.holds(row) for condition in read)


def _days(protocol: Protocol, question: str) -> list[float]:
    """From when the amendments of a question count; none where all of them count by enrolment, from one day."""
    amendments = [clause for clause in protocol.asked(question).clauses if clause.in_force is not None]
    some = any(clause.by_consent or clause.issued for clause in amendments)
    return [clause.when[0].value for clause in amendments if some]


def _meeting(rows: Mapping[int, Facts], condition: Condition) -> frozenset[int]:
    """The places of the patients who meet a condition of the protocol."""
    return frozenset(place for place, row in rows.items() if condition.holds(row))
