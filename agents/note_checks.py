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

from ..models import CohortResult, ReviewResult
from .case_rules import Facts
from .protocol_reader import BOUNDS, NUMBER, WORDS, ReadClause, ReadProtocol

_REFERENCE = re.compile(r"§(?P<section>\d+(?:\.\d+)?)(?: \((?P<title>[A-Z][^)]+)\))?|(?P<amendment>Amendment \d+)")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z§])")
_QUANTITY = re.compile(
    rf"(?:(?P<bound>{BOUNDS}|fewer than) )?(?:(?<![\d.-])(?P<value>{NUMBER}) (?:(?:days?|patients?|years)\b|m?g/\w)|"
    r"grade (?P<grade>\d))"
)
_NAME = re.compile(r"(?<=\d) \([^)]*\)")
_GROUND = re.compile(
    rf"(?P<what>{'|'.join(map(re.escape, WORDS.values()))}) (?P<said>{NUMBER})(?: [a-zA-Z]+/[a-zA-Z]+)?, "
    rf"threshold (?P<threshold>{NUMBER})",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not?|cannot|never)\b|n't\b", re.IGNORECASE)
_QUANTITY_WORDS = re.compile("|".join(map(re.escape, WORDS.values())), re.IGNORECASE)
_CONSENT = re.compile(r"\bconsent|\bagreed to|\bsign(?:s|ed|ature)?\b", re.IGNORECASE)
_RATE = re.compile(r"\d+(?:\.\d+)? % \(\d+ of \d+\)")
_GAP = re.compile(r"[+-]\d+\.\d")


@dataclass(frozen=True, slots=True)
class Ground:
    """A note's statement on the condition of a clause."""

    clause: ReadClause
    met: bool
    """It says that the condition holds."""
    said: float | None
    """The value that it gives for the field, and the threshold; None where it gives neither."""
    threshold: float | None


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
    amendments: Mapping[str, bool]
    """By number, those that it cites: True if it says that one counts by the day of consent."""

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
    numbers = list(_QUANTITY.finditer(_GROUND.sub("", review.reasoning)))
    values = [float(found["value"] or found["grade"]) for found in numbers if not found["bound"]]
    limits = [float(found["value"] or found["grade"]) for found in numbers if found["bound"]]
    return NoteReading(
        verdict=review.verdict,
        cited=cited,
        quantity=quantity,
        bound=clauses[0].bound,
        against=_held_against(review.reasoning),
        said=values[0] if values else None,
        limit=limits[0] if limits else None,
        grounds=tuple(_grounds(clauses, review.reasoning)),
        amendments={
            clause.number: _by_consent(clause.number, review.reasoning) for clause in clauses if clause.is_amendment
        },
    )


def _held_against(reasoning: str) -> str | None:
    """The clause that is cited last: after all that it goes through, a note says what it holds the value against."""
    references = list(_REFERENCE.finditer(reasoning))
    return (references[-1]["section"] or references[-1]["amendment"]) if references else None


def _by_consent(amendment: str, reasoning: str) -> bool:
    """True if the first sentence on an amendment speaks of consent. Names of quantities and clauses do so as well."""
    about = next((said for said in _SENTENCES.split(reasoning) if re.search(rf"{amendment}\b", said)), "")
    return _CONSENT.search(_QUANTITY_WORDS.sub("", _NAME.sub("", about))) is not None


def _grounds(clauses: list[ReadClause], reasoning: str) -> Iterable[Ground]:
    """Statements on each cited clause with a condition. In one cascade no two conditions are on one field."""
    numbers = {
        found["what"].lower(): (float(found["said"]), float(found["threshold"]))
        for found in _GROUND.finditer(reasoning)
    }
    for clause in clauses:
        denied = _is_denied(clause.number, reasoning)
        if clause.when and not clause.is_amendment and denied is not None:
            said, threshold = numbers.get(WORDS.get(clause.when[0].field, "").lower(), (None, None))
            yield Ground(clause, not denied, said, threshold)


def _is_denied(number: str, reasoning: str) -> bool | None:
    """True if the words before a clause deny it, in the sentence that mentions it first; None where none does."""
    first = next((found for found in _REFERENCE.finditer(reasoning) if found["section"] == number), None)
    if first is None:
        return None
    *_, before = _SENTENCES.split(reasoning[: first.start()])
    return _DENIED.search(re.sub(r"\([^)]*\)", "", before)) is not None


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
