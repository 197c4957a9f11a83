"""Reads a protocol's text into rules: what an auditor knows of the protocol is what the excerpt says, nothing more.

    protocol = read_protocol(observation.protocol_excerpt)
    protocol.clause("5.2").value, protocol.acting_on("5.2")

It knows how the sentences of such protocols are built ("where ..., §5.2 does not apply"), not how many there are or
in which order they act on one another: a clause that acts on a clause that acts on a clause is three sentences. A
sentence that it cannot read is kept in `unread`, for whoever relies on the rules to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


class ProtocolTextError(ValueError):
    """The text cannot be a protocol, with the reason."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one field of the record with a constant."""

    field: str
    """A field of the record; the stage counts as 1 to 4 and the enrolment date as its day ordinal."""
    comparison: str
    """One of above, at least, below, at most, exactly."""
    value: float


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered sentence, or one amendment, that a verdict can depend on."""

    number: str
    """As cited, without the section sign: "5.2", or "Amendment 3"."""
    quantity: str | None
    """What it limits ("age", "delay", ...); None for a clause that acts on another."""
    bound: str | None
    """"at least" or "at most"; None for a clause that acts on another."""
    value: float | None
    """The limit that it sets or substitutes; None where it takes the other clause out of force."""
    when: tuple[Condition, ...]
    """All must hold for it to apply."""
    acts_on: str | None
    """Number of the clause that it changes."""


@dataclass(frozen=True, slots=True)
class DateOrder:
    """The order in which the dates of a record must run."""

    number: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EquityRule:
    """When a feature of the cohort is not clear."""

    number: str
    features: tuple[str, ...]
    gap: float
    """Stage-adjusted mortality gap, percentage points, past which it is not."""


@dataclass(frozen=True)
class ReadProtocol:
    """Everything that the text says, and what of it was not understood."""

    clauses: tuple[Clause, ...]
    order: DateOrder | None
    equity: EquityRule | None
    citable: dict[str, str]
    """Everything that can be cited, to its sentence: section and clause numbers, and amendments."""
    unread: tuple[str, ...]

    def clause(self, number: str) -> Clause:
        """The clause of that number. Raises KeyError naming it when there is none."""
        for clause in self.clauses:
            if clause.number == number:
                return clause
        raise KeyError(f"the protocol has no clause {number}")

    def acting_on(self, number: str) -> tuple[Clause, ...]:
        """The clauses that change that one, in the order of the text."""
        return tuple(clause for clause in self.clauses if clause.acts_on == number)

    @property
    def limited(self) -> tuple[tuple[str, str], ...]:
        """Every (quantity, bound) that some clause limits, in the order of the text."""
        pairs = [(clause.quantity, clause.bound) for clause in self.clauses]
        return tuple(dict.fromkeys((q, b) for q, b in pairs if q is not None and b is not None))


STAGES = ("I", "II", "III", "IV")
_QUANTITIES = {
    "age at enrolment": "age",
    "ecog performance status": "ecog",
    "haemoglobin": "haemoglobin",
    "creatinine": "creatinine",
    "the comorbidity index": "comorbidity_index",
    "ldh": "ldh",
    "bmi": "bmi",
}
_DATES = {
    "consent": "consent_date",
    "enrolment": "enrolment_date",
    "treatment start": "treatment_start",
    "last contact": "last_contact",
    "death": "death_date",
}
_NUMBER = r"(?P<value>\d+(?:\.\d+)?)"
_UNIT = r"(?: (?:years|days|g/dL|mg/dL|U/L))?"
_TARGET = r"§?(?P<target>Amendment \d+|\d+\.\d+)"
_EFFECT = rf"{_TARGET} (?:(?P<revoked>does not apply)|reads {_NUMBER}{_UNIT})\.$"

_HEADING = re.compile(r"§(?P<number>\d+) \w[\w ]*$")
_NUMBERED = re.compile(r"§(?P<number>\d+\.\d+) (?:[A-Z][a-z]+(?: [a-z]+){0,2}\. (?=[A-Z]))?(?P<sentence>.+)$")
"""The name of a limit ("Maximum age.") is left out; that of any other clause ends in a colon."""
_LIMIT = re.compile(rf"(?P<what>[A-Za-z ]+?) is (?P<bound>at least|at most) {_NUMBER}{_UNIT}\.")
_WINDOW = re.compile(rf"Treatment starts (?P<bound>at most|at least) {_NUMBER} days after enrolment\.")
_EXCEPTION = re.compile(rf"[\w ]+: where (?P<when>.+), the limit is {_NUMBER}{_UNIT} instead\.$")
_ACTING = re.compile(rf"[\w ]+: where (?P<when>.+), {_EFFECT}")
_AMENDMENT = re.compile(
    r"(?P<number>Amendment \d+) \(in force (?P<day>[\d-]+)\): for patients enrolled on or after (?P<since>[\d-]+)"
    rf"(?: where (?P<when>.+))?, {_EFFECT}"
)
_NAMED = re.compile(r"Amendment \d+")
_ORDER = re.compile(r"Dates run in the order (?P<events>[a-z, ]+);")
_EQUITY = re.compile(
    rf"Equity features: (?P<features>[\w, ]+)\. A feature whose stage-adjusted mortality gap is above {_NUMBER} "
)
_PROVISION = re.compile(r"[A-Z][\w -]+: .+\.$")
_STAGE = re.compile(r"the disease is Stage (?P<stage>I{1,3}|IV)(?P<higher> or higher)?$")
_COMPARED = re.compile(rf"(?P<what>.+?) is (?P<comparison>above|at least|below|at most) {_NUMBER}{_UNIT}$")


def read_protocol(text: str) -> ReadProtocol:
    """Read the excerpt of a reset observation.

    Raises:
        ProtocolTextError: Two clauses have one number, or clauses act on one another in a circle.
    """
    clauses: list[Clause] = []
    order: DateOrder | None = None
    equity: EquityRule | None = None
    citable: dict[str, str] = {}
    unread: list[str] = []
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            citable[heading["number"]] = line
        elif amendment := _AMENDMENT.match(line):
            citable[amendment["number"]] = line
            since = Condition("enrolment_date", "at least", float(date.fromisoformat(amendment["since"]).toordinal()))
            when = _conditions(amendment["when"])
            if when is None:
                unread.append(line)
            else:
                clauses.append(_acting(amendment["number"], amendment, (since, *when)))
        elif numbered := _NUMBERED.match(line):
            number, sentence = numbered["number"], numbered["sentence"]
            citable[number] = line
            clause = _limit(number, sentence) or _dependent(number, sentence, clauses)
            if clause is not None:
                clauses.append(clause)
            elif found := _ORDER.match(sentence):
                fields = tuple(_DATES[event.strip()] for event in found["events"].split(","))
                order = DateOrder(number, fields)
            elif found := _EQUITY.match(sentence):
                features = tuple(feature.strip() for feature in found["features"].split(","))
                equity = EquityRule(number, features, float(found["value"]))
            elif ": where " in sentence or not _PROVISION.match(sentence):
                unread.append(line)
        elif line and not line.startswith("PROTOCOL "):
            unread.append(line)
            if named := _NAMED.match(line):
                citable[named[0]] = line
    clauses = _with_targets(clauses, citable, unread)
    _check_circles(clauses)
    return ReadProtocol(tuple(clauses), order, equity, citable, tuple(unread))


def _limit(number: str, sentence: str) -> Clause | None:
    """A sentence that sets a limit for everybody."""
    if found := _WINDOW.match(sentence):
        return Clause(number, "delay", found["bound"], float(found["value"]), (), None)
    found = _LIMIT.match(sentence)
    quantity = _QUANTITIES.get(found["what"].lower()) if found else None
    if found is None or quantity is None:
        return None
    return Clause(number, quantity, found["bound"], float(found["value"]), (), None)


def _dependent(number: str, sentence: str, before: Iterable[Clause]) -> Clause | None:
    """A sentence that says "where": an exception to the limit above it, or one that acts on a clause by number."""
    found = _ACTING.match(sentence) or _EXCEPTION.match(sentence)
    when = _conditions(found["when"]) if found else None
    if found is None or when is None:
        return None
    if "target" in found.groupdict():
        return _acting(number, found, when)
    section = number.split(".")[0]
    limits = [clause for clause in before if clause.quantity and clause.number.split(".")[0] == section]
    if not limits:
        return None
    return Clause(number, limits[-1].quantity, limits[-1].bound, float(found["value"]), when, None)


def _acting(number: str, found: re.Match[str], when: tuple[Condition, ...]) -> Clause:
    value = None if found["revoked"] else float(found["value"])
    return Clause(number, None, None, value, when, found["target"])


def _conditions(text: str | None) -> tuple[Condition, ...] | None:
    """The conditions that "and" joins; None when one of them cannot be read."""
    read = [_condition(part) for part in text.split(" and ")] if text else []
    known = tuple(condition for condition in read if condition is not None)
    return known if len(known) == len(read) else None


def _condition(text: str) -> Condition | None:
    if found := _STAGE.match(text):
        comparison = "at least" if found["higher"] else "exactly"
        return Condition("stage", comparison, float(STAGES.index(found["stage"]) + 1))
    found = _COMPARED.match(text)
    field = _QUANTITIES.get(found["what"].lower()) if found else None
    return Condition(field, found["comparison"], float(found["value"])) if found and field else None


def _with_targets(clauses: list[Clause], citable: Mapping[str, str], unread: list[str]) -> list[Clause]:
    """The clauses without those that act on one that could not be read: their effect is not known either."""
    numbers = {clause.number for clause in clauses}
    if len(numbers) != len(clauses):
        raise ProtocolTextError("The protocol has two clauses of one number.")
    lost = [clause for clause in clauses if clause.acts_on is not None and clause.acts_on not in numbers]
    if not lost:
        return clauses
    unread += [citable[clause.number] for clause in lost]
    return _with_targets([clause for clause in clauses if clause not in lost], citable, unread)


def _check_circles(clauses: Iterable[Clause]) -> None:
    target = {clause.number: clause.acts_on for clause in clauses}
    for number in target:
        path = [number]
        while (after := target[path[-1]]) is not None:
            path.append(after)
            if after in path[:-1]:
                raise ProtocolTextError(f"Clauses act on one another in a circle: {', '.join(path)}.")
