"""Works out how far into a cascade a record has to go for a bug to matter, without a look at any record.

    cascades = Cascades(trial)
    reaches = cascades.reaches(bug, "comorbidity_override_miss", COMPLIANT)      # [2, 4]
    cascades.aim(bug, 2).wants(3)                                                # False

A cascade is a limit and what hangs on it, a hop after the other: an exception, its override, the waiver of that. Its
*reach* in a record is the number of hops that the record meets, from the limit upwards. What is met next puts a clause
out of force, and what is met after that restores it. So a clause counts where the reach is its own hop, or two more, or
four more. A bug matters where what it is about counts, in the record or in what the Actor takes for the record.
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from ...error_types import CITATION, OVERRIDE, WINDOW
from .argument import NOT_QUOTED
from .operators import OPERATORS, Bug
from .protocol import COMPLIANT, Clause, Condition, Protocol
from .quantities import LIMITS
from .tasks import ALL_TIERS
from .trial import Trial

OVERRIDING = 2
"""The hop of the window's override. Whoever errs there, or about what acts on it, errs about the override."""


class Aim(NamedTuple):
    """A bug, and the reach of its cascade in a record for which it matters."""

    bug: Bug
    parameter: str
    reach: int
    own: int
    """The hop that the bug is about."""

    def wants(self, hop: int) -> bool | None:
        """True if the record is to meet a hop; None: as it comes."""
        if hop <= self.reach:
            return True
        # What the Actor alone takes for met must not be put out of force by the next hop.
        return False if hop == self.reach + 1 or hop == self.own + 1 == self.reach + 2 else None


class Cascades:
    """The cascades of the protocol that holds for some patients."""

    def __init__(self, trial: Trial) -> None:
        """Begin with the trial as its protocol holds for these patients (`Trial.at`)."""
        self._protocol = trial.protocol
        self._cites = CITATION in ALL_TIERS[trial.tier].error_types
        self.dated = [c for c in (*trial.protocol.clauses, *trial.phantoms) if c.in_force is not None]
        """The amendments, and those that the protocol does not have."""
        sections = [clause for clause in trial.protocol.clauses if clause.in_force is None]
        self.parameter_of = {clause.number: clause.parameter for clause in (*sections, *self.dated)}
        self.target_of = {clause.number: clause.acts_on or "" for clause in self.dated}
        """Each amendment, and each that the protocol does not have, to the clause that it acts on."""
        self._before = {c.number: self._value_before(c) for c in self.dated}
        self.hops = {clause.number: _hop(clause, trial.protocol) for clause in sections}
        """Each clause of the sections to how many hops it is away from the limit that holds for everybody."""
        self.deepest = {clause.parameter: self.hops[clause.number] for clause in sections}
        """The hops of a cascade, by its limit."""
        self._amended_hops = {(clause.parameter, self.hops.get(clause.acts_on or "", -1)) for clause in self.dated}
        self.lifted: dict[int, list[Condition]] = {}
        """The hops of the window's cascade that an amendment puts out of force, with the days from when on."""
        for clause in trial.protocol.clauses:
            if clause.in_force is not None and clause.value is None and clause.parameter == "window_days":
                self.lifted.setdefault(self.hops[clause.acts_on or ""], []).append(clause.when[0])
        self._setting = {(c.parameter, self.hops[c.number]): c.value for c in sections if c.acts_on is None}
        self._fixed: dict[str, list[tuple[int, Condition]]] = {}
        for clause in sections:
            for condition in clause.when:
                if condition.field in NOT_QUOTED:
                    self._fixed.setdefault(clause.parameter, []).append((self.hops[clause.number], condition))

    def aim(self, bug: Bug, reach: int) -> Aim:
        """Aim for a case of such a reach in which a bug matters."""
        return Aim(bug, self.parameter_of[bug.clause], reach, self.hop_of(bug))

    def reaches(self, bug: Bug, error_type: str, verdict: str) -> list[int]:
        """For which reaches a bug can lead to a wrong verdict that is of an error type."""
        if (error_type == CITATION) != (self._cites and bug.operator == "invented"):
            return []
        if error_type in (WINDOW, OVERRIDE) and (self.hop_of(bug) >= OVERRIDING) != (error_type == OVERRIDE):
            return []
        own, deepest = self.hop_of(bug), self.deepest[self.parameter_of[bug.clause]]
        of_limit = OPERATORS[bug.operator].of_limit
        turned, reaches = self.turned(bug), [*range(own, deepest + 1, 2)]
        if turned is not None:
            true, read = turned
            if read.op != true.op:
                reaches = [own - 1] if read.op == "always" else [own - 1, *reaches]
            elif OPERATORS[bug.operator].of_source:
                reaches = [own - 1, *reaches]
            elif read.holds({true.field: (true.value + (bug.by or 0) + read.value) / 2}):
                reaches = [own - 1]
        elif bug.field or of_limit:
            reaches = [*range(deepest + 1)]
        return [reach for reach in reaches if self._goes_the_way(bug, reach, verdict)]

    def on_amended(self, bug: Bug, reaches: list[int]) -> list[int]:
        """Those of the reaches for which a clause counts whose limit has amendments."""
        # The exception counts for an odd reach, and for an even one the limit itself.
        return [reach for reach in reaches if (self.parameter_of[bug.clause], reach % 2) in self._amended_hops]

    def turned(self, bug: Bug) -> tuple[Condition, Condition] | None:
        """The condition that a bug is about, and what the Actor takes it for, or its value; None for other bugs."""
        when = None if bug.clause in self.target_of else self._protocol.clause(bug.clause).when
        read = bug.reading.conditions.get(bug.clause)
        if not when or read is None or (read == when[0] and bug.field != when[0].field):
            return None
        return when[0], read

    def requoted(self, bug: Bug) -> tuple[float, float] | None:
        """The limit that a clause gives, and the one that the Actor reads there; None where these are the same."""
        true, read = self._protocol.values.get(bug.clause), bug.reading.values.get(bug.clause)
        return None if true is None or read is None or true == read else (true, read)

    def fixed(self, parameter: str) -> list[tuple[int, Condition]]:
        """The hops of a cascade that ask for the stage or the order of enrolment, which are not set in a record."""
        return self._fixed.get(parameter, [])

    def hop_of(self, bug: Bug) -> int:
        """The hop that a bug is about, or that the amendment is on which it is about."""
        return self.hops[self.target_of.get(bug.clause, bug.clause)]

    def _goes_the_way(self, bug: Bug, reach: int, verdict: str) -> bool:
        """True if what a bug does to the limit speaks for the verdict, as far as that can be said without a record."""
        if bug.operator == "boundary":  # whoever passes a value at an inclusive limit is right
            return (verdict == COMPLIANT) == self._protocol.check(self.parameter_of[bug.clause]).exclusive
        limits = self._limits(bug, reach)
        if limits is None or limits[0] == limits[1]:
            return True
        return ((limits[1] > limits[0]) == LIMITS[self.parameter_of[bug.clause]].upper) == (verdict == COMPLIANT)

    def changed(self, bug: Bug) -> tuple[float | None, float | None]:
        """The limit that the amendment of a bug gives, and the one that it replaces."""
        return self._protocol.values.get(bug.clause), self._before[bug.clause]

    def _value_before(self, amendment: Clause) -> float | None:
        """The limit that an amendment replaces: the clause's own, or that of the amendment before it."""
        earlier = [c for c in self.dated if c.acts_on == amendment.acts_on and c.number in self._protocol.values]
        dated = [c for c in earlier if c.in_force and amendment.in_force and c.in_force < amendment.in_force]
        last = max(dated, key=attrgetter("in_force"), default=None)
        return self._protocol.values.get(amendment.acts_on or "") if last is None else last.value

    def _limits(self, bug: Bug, reach: int) -> tuple[float, float] | None:
        """The limit that counts, and the one of the Actor; None where that takes to know which amendments count."""
        target, values, requoted = self.target_of.get(bug.clause), self._protocol.values, self.requoted(bug)
        if requoted is not None:
            return requoted
        if bug.field and self.turned(bug) is None:
            # Held against a larger value, a limit is as good as a smaller one.
            return None if OPERATORS[bug.operator].of_source else (bug.by or 1, 0)
        if target is None:
            counts, read = (self._setting.get((self.parameter_of[bug.clause], hop % 2)) for hop in (reach, reach + 1))
        else:
            counts, read = self._before[bug.clause], values.get(bug.clause)
            if not OPERATORS[bug.operator].too_early:
                counts, read = read, counts
        return None if counts is None or read is None else (counts, read)


def _hop(clause: Clause, protocol: Protocol) -> int:
    if clause.acts_on is not None:
        return 1 + _hop(protocol.clause(clause.acts_on), protocol)
    return 1 if clause.when else 0
