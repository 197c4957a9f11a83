"""Checks what a note leans on: that what it cites is in the protocol, that a figure it quotes is the cohort's.

    missing_authority(protocol, review)           # "Amendment 4", or None
    misquoted_rate(review.reasoning, tables)      # a Misquote, or None

Whether the note's verdict is right is another question (`case_rules.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..models import CohortResult, ReviewResult
from .protocol_reader import ReadProtocol

QUOTED_FEATURES = ("arm", "site")
"""What notes quote the mortality of."""

_SECTION = re.compile(r"§(?P<number>\d+(?:\.\d+)?)(?: \((?P<title>[A-Z][^)]+)\))?")
_AMENDMENT = re.compile(r"(?P<number>Amendment \d+)(?: \(in force (?P<day>[\d-]+)\))?")
_RATE = re.compile(r"(?P<percent>\d+(?:\.\d+)?) % \((?P<deaths>\d+) of (?P<patients>\d+)\)")
_GAP = re.compile(r"(?P<gap>[+-]\d+(?:\.\d+)?) percentage points")


@dataclass(frozen=True, slots=True)
class Rate:
    """Deaths in a group."""

    deaths: int
    patients: int

    def __str__(self) -> str:
        """As notes write it: "31.7 % (13 of 41)"."""
        return f"{100 * self.deaths / self.patients:.1f} % ({self.deaths} of {self.patients})"


@dataclass(frozen=True, slots=True)
class Misquote:
    """A figure that is not what the cohort gives."""

    subject: str
    quoted: str
    actual: str


def missing_authority(protocol: ReadProtocol, review: ReviewResult) -> str | None:
    """The first section or amendment, of the citations and then of the prose, that the protocol does not have.

    A number that exists under another title, or with another day in force, is not what the note says it is.
    """
    text = "\n".join([*review.citations, review.reasoning])
    for found in _SECTION.finditer(text):
        sentence, title = protocol.citable.get(found["number"]), found["title"]
        if sentence is None or (title and title.lower() not in sentence.lower()):
            return f"§{found['number']}"
    for found in _AMENDMENT.finditer(text):
        sentence, day = protocol.citable.get(found["number"]), found["day"]
        if sentence is None or (day and f"in force {day}" not in sentence):
            return found["number"]
    return None


def quotes_rate(reasoning: str) -> bool:
    """Whether a note quotes the mortality of a group."""
    return _RATE.search(reasoning) is not None


def misquoted_rate(reasoning: str, tables: Iterable[CohortResult]) -> Misquote | None:
    """The first rate in a note that is not that of the group named last before it."""
    rates = {name: rate for table in tables for name, rate in group_rates(table).items()}
    for found in _RATE.finditer(reasoning):
        subject = _nearest(reasoning, found.start(), rates)
        quoted = Rate(int(found["deaths"]), int(found["patients"]))
        if subject is None:
            continue
        actual = rates[subject]
        if quoted != actual or found["percent"] != f"{100 * actual.deaths / actual.patients:.1f}":
            return Misquote(subject, found[0], str(actual))
    return None


def misquoted_gap(reasoning: str, table: CohortResult) -> Misquote | None:
    """The crude gap of a note, where it is not the cohort's."""
    found = _GAP.search(reasoning)
    if found is None or table.crude_gap is None or float(found["gap"]) == table.crude_gap:
        return None
    subject = f"the crude gap by {table.feature}"
    return Misquote(subject, f"{found['gap']} percentage points", f"{table.crude_gap:+.1f} percentage points")


def group_rates(table: CohortResult) -> dict[str, Rate]:
    """Deaths by group of the feature over all arms, by the name that a note gives the group."""
    rates: dict[str, Rate] = {}
    for row in table.groups:
        name = f"the {row.group} arm" if table.feature == "arm" else row.group
        before = rates.get(name, Rate(0, 0))
        rates[name] = Rate(before.deaths + row.deaths, before.patients + row.patients)
    return rates


def _nearest(reasoning: str, position: int, names: Iterable[str]) -> str | None:
    """The name that ends last before a position, or else the one that begins first after it."""
    names = tuple(names)
    before = [(reasoning.rfind(name, 0, position), name) for name in names]
    after = [(start, name) for name in names if (start := reasoning.find(name, position)) >= 0]
    last = max(before, default=(-1, ""))
    if last[0] >= 0:
        return last[1]
    return min(after)[1] if after else None
