"""Reads a note: its question and what it quotes; or its figure, and the cohort's own figure.

    note = read_note(protocol, review)
    note.quantity, note.said, note.limit, note.against   # "delay", 31.0, 38.0, "5.2"
    quoted_figure(review.reasoning, is_gap=False)        # "31.7 % (13 of 41)"
    named_rate(review.reasoning, table)                  # ("34.1 % (14 of 41)", 34.146): the cohort's own

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

_REFERENCE = re.compile(r"§(?P<section>\d+(?:\.\d+)?)(?: \((?P<title>[A-Z][^)]+)\))?|(?P<amendment>Amendment \d+)")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z§])")
_QUANTITY = re.compile(
    rf"(?:(?P<bound>{BOUNDS}) )?(?:(?<![\d.-])(?P<value>{NUMBER}) (?:(?:days?|patients?|years)\b|m?g/\w)|"
    r"grade (?P<grade>\d))"
)
_NAME = re.compile(r"(?<=\d) \([^)]*\)")
_COMPARED = rf"{COMPARISONS}|at or (?:above|below)|over|under|exceeds?|reach(?:es)?|falls? below"
_SAID = "is|was|reads|stands at|comes to|is recorded as|is listed at|of|at"
_GROUND = re.compile(
    rf"(?P<what>{'|'.join(map(re.escape, WORDS.values()))})(?:,? (?:{_SAID}) (?P<said>{NUMBER}),?)?(?: is)? "
    rf"(?P<negated>(?:does )?not )?(?P<compared>{_COMPARED}) "
    rf"(?:(?:(?:its|the) (?:threshold|cut-off|cut-point)(?: of )?)?(?P<threshold>{NUMBER})|"
    r"(?:its|the) (?:threshold|cut-off|cut-point))"
    r"|disease is (?P<no>not )?Stage (?P<stage>IV|I+)\b",
    re.IGNORECASE,
)
_QUANTITY_WORDS = re.compile("|".join(map(re.escape, WORDS.values())), re.IGNORECASE)
_DAY, _CONSENT = (
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"\bconsent|\bagreed to|\bsign(?:s|ed|ature)?\b", re.IGNORECASE),
)
_RATE = re.compile(r"\d+(?:\.\d+)? % \(\d+ of \d+\)")
_GAP = re.compile(r"[+-]\d+\.\d")


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
            # "Below" what must be at least so much denies it without a "not".
            short = by_field[field].when[0].comparison == "at least" and found["compared"] in ("below", "under")
            yield Ground(by_field[field], not (found["negated"] or found["no"] or short), value, threshold)


def quoted_figure(reasoning: str, is_gap: bool) -> str | None:
    """The figure of the cohort that a note quotes: "31.7 % (13 of 41)", or a gap as "-2.4"; None where it has none."""
    found = (_GAP if is_gap else _RATE).search(reasoning)
    return found[0] if found else None


def named_rate(reasoning: str, table: CohortResult) -> tuple[str, float] | None:
    """The mortality of the group that a note names, as notes quote it and in percent; None where it names none."""
    counts: dict[str, tuple[int, int]] = {}
    for row in table.groups:
        deaths, patients = counts.get(row.group, (0, 0))
        counts[row.group] = (deaths + row.deaths, patients + row.patients)
    for group, (died, of) in counts.items():
        if re.search(rf"\b{group} (?:arm|smokers)\b", reasoning):
            return f"{100 * died / of:.1f} % ({died} of {of})", 100 * died / of
    return None
