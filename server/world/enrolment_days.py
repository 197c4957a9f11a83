"""Draws when the patient of a case enrolled: near the day from which an amendment counts, or as it came.

    days = EnrolmentDays(stream, trial)
    days.draw(row, "window", bug, suits)      # moves the day in the row until it suits; False where it does not

Where all amendments count by enrolment, patients enrolled when they did: there are enough on either side of each. An
amendment by consent or approval leaves only a few days on which an Actor can mistake it. No patient is moved past the
last day on which a condition on the order of enrolment holds, nor past a patient whose determination is about that
order, or the others would have another place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from .operators import OPERATORS, Bug
from .protocol import Clause
from .record import EARLIER_AT_SITE, Facts, PatientRecord, move_course
from .seeding import Stream
from .trial import Trial

MOST_MOVED, NEAR = 120, (-6, 12)
"""Days by which enrolment is moved at most, and how near the day of an amendment it is then."""
MOVED = 0.7
"""How often it is moved."""
LOOKS = 6
"""For a day that suits, or a patient."""


def untied(patients: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The patients, no two of whom enrolled at one site on one day: later ones are moved to the next free day.

    So exactly as many as a rank says enrolled up to its last day, whoever is moved on either side of it.
    """
    taken: set[tuple[str, date]] = set()
    found = []
    for patient in patients:
        free = patient
        while (free.site, free.enrolment_date) in taken:
            free = move_course(free, timedelta(days=1))
        taken.add((free.site, free.enrolment_date))
        found.append(free)
    return found


class EnrolmentDays:
    """The days of one episode under one protocol."""

    def __init__(self, stream: Stream, trial: Trial, days: Sequence[int] = ()) -> None:
        """Begin with the trial as its protocol holds for the patients of a site, and the days on which they enrolled.

        The days are needed where conditions ask for their order: no patient is moved to the other side of one.
        """
        self._stream = stream
        self._protocol = trial.protocol
        dated = [clause for clause in (*trial.protocol.clauses, *trial.phantoms) if clause.in_force is not None]
        self.since = {clause.number: clause.when[0] for clause in dated}
        """Number of each amendment, invented ones too, to the condition on its day."""
        self._of_clause: dict[str | None, list[Clause]] = {}
        for clause in trial.protocol.clauses:
            if clause.in_force is not None:
                self._of_clause.setdefault(clause.acts_on, []).append(clause)
        asked = [
            condition
            for clause in trial.protocol.clauses
            for condition in clause.when
            if condition.field == EARLIER_AT_SITE
        ]
        ranks = {int(condition.value) for condition in asked if condition.value < len(days)}
        self._cutoffs = {sum(sorted(days)[rank - 1 : rank + 1]) / 2 for rank in ranks}
        self._days: dict[str, list[float]] = {}

    def keep(self, record: PatientRecord) -> None:
        """See to it that as many go on to enrol at the site before this patient, whose determination is about that."""
        self._cutoffs.add(record.enrolment_date.toordinal() - 0.5)

    def of(self, question: str) -> list[float]:
        """From when the amendments of a question count; none where all of them count by enrolment, from one day."""
        if question not in self._days:
            amendments = [c for c in self._protocol.asked(question).clauses if c.in_force is not None]
            some = any(clause.by_consent or clause.issued for clause in amendments)
            self._days[question] = [clause.when[0].value for clause in amendments if some]
        return self._days[question]

    def in_force(self, bug: Bug, row: Facts) -> list[str]:
        """The amendments that are in force for a patient, of the clause that an invented one acts on."""
        dated = self._of_clause.get(bug.reading.clause(bug.clause).acts_on, [])
        return [clause.number for clause in dated if clause.when[0].holds(row)]

    def can_be_on_side(self, bug: Bug, row: Facts, moved: bool) -> bool:
        """True if a patient is on the side of the amendment that a bug is about, or can be moved there."""
        since = self.since[bug.clause]
        if moved:
            return abs(row["enrolment_date"] - since.value) <= MOST_MOVED
        return bool(since.holds(row)) != OPERATORS[bug.operator].too_early

    def draw(self, row: dict[str, float], question: str, bug: Bug | None, suits: Callable[[Facts], bool]) -> bool:
        """Draw the day of enrolment into a row, where the question has days; False where none was found that suits.

        For a bug that is about an amendment and is to matter it is near the day of that one.
        """
        days, apart = self.of(question), NEAR
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
