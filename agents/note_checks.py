"""Reads a note: its question and what it quotes; and checks what it leans on against the protocol and the cohort.

    note = read_note(protocol, review)
    note.quantity, note.said, note.limit, note.against   # "delay", 31.0, 38.0, "5.2"
    missing_authority(protocol, review)                  # "Amendment 4", or None
    misquoted_rate(review.reasoning, tables)             # "Mortality of the control arm is 31.7 % ...", or None

Numbers, references and comparisons are read wherever they stand; no turn of phrase of any author is known here.
Whether the note's verdict is right is another question (`case_rules.py`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from ..models import CohortResult, ReviewResult
from .case_rules import Facts
from .protocol_reader import BOUNDS, COMPARISONS, NUMBER, STAGES, WORDS, ReadClause, ReadProtocol

QUOTED_FEATURES = ("arm", "site")
"""Cohort features by which notes quote a mortality."""

_REFERENCE = re.compile(r"§(?P<section>\d+(?:\.\d+)?)(?: \((?P<title>[A-Z][^)]+)\))?|(?P<amendment>Amendment \d+)")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z§])")
_QUANTITY = re.compile(
    rf"(?:(?P<bound>{BOUNDS}) )?(?:(?<![\d.-])(?P<value>{NUMBER}) (?:(?:days?|patients?|years)\b|m?g/\w)|"
    r"grade (?P<grade>\d))"
)
_NAME = re.compile(r"(?<=\d) \([^)]*\)")
_COMPARED = rf"{COMPARISONS}|over|under|exceeds?|reach(?:es)?|falls? below"
_SAID = "is|was|reads|stands at|comes to|is recorded as|is listed at|of|at"
_GROUND = re.compile(
    rf"(?P<what>{'|'.join(map(re.escape, WORDS.values()))})(?:,? (?:{_SAID}) (?P<said>{NUMBER}),?)?(?: is)? "
    rf"(?P<negated>(?:does )?not )?(?:{_COMPARED}) "
    rf"(?:(?:its|the) (?:threshold|cut-off|cut-point)|(?P<threshold>{NUMBER}))"
    r"|disease is (?P<no>not )?Stage (?P<stage>IV|I+)\b",
    re.IGNORECASE,
)
_QUANTITY_WORDS = re.compile("|".join(map(re.escape, WORDS.values())), re.IGNORECASE)
_DAY, _CONSENT = (
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"\bconsent|\bagreed to|\bsign(?:s|ed|ature)?\b", re.IGNORECASE),
)
_RATE = re.compile(r"\d+(?:\.\d+)? % \(\d+ of \d+\)")


@dataclass(frozen=True, slots=True)
class Ground:
    """A note's statement on the condition of a clause."""

    clause: ReadClause
    met: bool
    """It says that the condition holds."""
    said: float | None
    """The value that it gives for the field, and the threshold."""
    threshold: float | None


class Dated(NamedTuple):
    """A note's statement on when an amendment counts."""

    since: float | None
    """The day that it is in force from, as an ordinal; None where the note gives none."""
    by_consent: bool
    """It counts by the day of consent."""


@dataclass(frozen=True, slots=True)
class NoteReading:
    """The statements of a note, as far as it can be held against the protocol and the record."""

    verdict: str
    cited: tuple[str, ...]
    quantity: str | None
    """The quantity that its question is about; None where it cites no clause that a verdict can depend on."""
    bound: str | None
    """Which of the limits on that it is about."""
    against: str | None
    """Number of the clause that it holds the quantity against."""
    said: float | None
    """The numbers that it gives for the quantity, and for the limit."""
    limit: float | None
    grounds: tuple[Ground, ...]
    amendments: Mapping[str, Dated]
    """By number, those that it cites."""

    def believed(self, facts: Facts) -> Facts:
        """A record as the note quotes it."""
        quoted = {ground.clause.when[0].field: ground.said for ground in self.grounds if ground.said is not None}
        if self.quantity is not None and self.said is not None:
            quoted[self.quantity] = self.said
        return {**facts, **quoted}


def read_note(protocol: ReadProtocol, review: ReviewResult) -> NoteReading:
    """Read a determination. What it does not say is None."""
    cited = tuple(citation.removeprefix("§") for citation in review.citations)
    clauses = [clause for clause in protocol.clauses if clause.number in cited]
    if not clauses:
        return NoteReading(review.verdict, cited, None, None, None, None, None, (), {})
    quantity = clauses[0].quantity
    numbers = list(_QUANTITY.finditer(review.reasoning))
    values = [float(found["value"] or found["grade"]) for found in numbers if not found["bound"]]
    limits = [float(found["value"] or found["grade"]) for found in numbers if found["bound"]]
    return NoteReading(
        verdict=review.verdict,
        cited=cited,
        quantity=quantity,
        bound=clauses[0].bound,
        against=_held_against(review.reasoning, WORDS[quantity]),
        said=values[0] if values else None,
        limit=limits[0] if limits else None,
        grounds=tuple(_grounds(clauses, review.reasoning)),
        amendments={
            clause.number: _dated(clause.number, review.reasoning) for clause in clauses if clause.is_amendment
        },
    )


def _held_against(reasoning: str, quantity: str) -> str | None:
    """The clause that is cited in the sentence about the quantity, or where its limit is quoted."""
    sentences = _SENTENCES.split(reasoning)
    # Names of clauses have the quantity in them as well.
    about = (sentence for sentence in sentences if quantity.lower() in _NAME.sub("", sentence).lower())
    limiting = (sentence for sentence in sentences if any(found["bound"] for found in _QUANTITY.finditer(sentence)))
    found = next((found for sentence in chain(about, limiting) if (found := _REFERENCE.search(sentence))), None)
    return (found["section"] or found["amendment"]) if found else None


def _dated(amendment: str, reasoning: str) -> Dated:
    """Read the day of an amendment from the sentences on it. Names of quantities and clauses have days in them too."""
    about = " ".join(sentence for sentence in _SENTENCES.split(reasoning) if re.search(rf"{amendment}\b", sentence))
    day, by_consent = _DAY.search(about), _CONSENT.search(_QUANTITY_WORDS.sub("", _NAME.sub("", about)))
    return Dated(float(date.fromisoformat(day[0]).toordinal()) if day else None, by_consent is not None)


def _grounds(clauses: list[ReadClause], reasoning: str) -> Iterable[Ground]:
    """Statements on each condition of the cited clauses. In one cascade no two conditions are on one field."""
    by_field = {clause.when[0].field: clause for clause in clauses if clause.when and not clause.is_amendment}
    fields = {words.lower(): field for field, words in WORDS.items()}
    for found in _GROUND.finditer(reasoning):
        field = "stage" if found["stage"] else fields[found["what"].lower()]
        if field in by_field:
            value, threshold = (None if found[name] is None else float(found[name]) for name in ("said", "threshold"))
            if found["stage"]:
                threshold = float(STAGES.index(found["stage"].upper()) + 1)
            yield Ground(by_field[field], not (found["negated"] or found["no"]), value, threshold)


def missing_authority(protocol: ReadProtocol, review: ReviewResult) -> str | None:
    """The first section or amendment, of the citations and then of the prose, that the protocol does not have.

    A number that exists under another title is not what the note says it is.
    """
    for found in _REFERENCE.finditer("\n".join([*review.citations, review.reasoning])):
        sentence = protocol.citable.get(found["section"] or found["amendment"])
        if sentence is None or (found["title"] and found["title"].lower() not in sentence.lower()):
            return found["amendment"] or f"§{found['section']}"
    return None


def quotes_rate(reasoning: str) -> bool:
    """True if a note quotes the mortality of a group."""
    return _RATE.search(reasoning) is not None


def misquoted_rate(reasoning: str, tables: Iterable[CohortResult]) -> tuple[str, str, str] | None:
    """The first rate in a note that is not that of the group named last before it.

    Returns:
        The cohort feature, the group's own rate in percent, and why the note is wrong.
    """
    rates = {name: (table.feature, rate) for table in tables for name, rate in group_rates(table).items()}
    for found in _RATE.finditer(reasoning):
        subject = _nearest(reasoning, found.start(), rates)
        if subject is not None and found[0] != rates[subject][1]:
            feature, rate = rates[subject]
            why = f"Mortality of {subject} is {rate}: the Actor misquoted it as {found[0]}."
            return feature, rate.partition(" ")[0], why
    return None


def group_rates(table: CohortResult) -> dict[str, str]:
    """Mortality by group of the feature, by the name that a note gives the group: "31.7 % (13 of 41)"."""
    counts: dict[str, tuple[int, int]] = {}
    for row in table.groups:
        name = f"the {row.group} arm" if table.feature == "arm" else row.group
        deaths, patients = counts.get(name, (0, 0))
        counts[name] = (deaths + row.deaths, patients + row.patients)
    return {name: f"{100 * died / of:.1f} % ({died} of {of})" for name, (died, of) in counts.items()}


def _nearest(reasoning: str, position: int, names: Iterable[str]) -> str | None:
    """The name that ends last before a position, or else the one that begins first after it."""
    names = tuple(names)
    before = [(reasoning.rfind(name, 0, position), name) for name in names]
    after = [(start, name) for name in names if (start := reasoning.find(name, position)) >= 0]
    last = max(before, default=(-1, ""))
    if last[0] >= 0:
        return last[1]
    return min(after)[1] if after else None
