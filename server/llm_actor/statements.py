"""Reads a note as the set of what it states: clauses, conditions, values, limits, dates, figures and names.

    stated = read("P0023: LDH is 188, not above 240, so §5.2 (LDH exception) is out; 39 days, at most 45 days by §5.1.")
    list(stated.quotations.values()), stated.references

What a note states of the protocol and of a record always has the same few forms, whatever the voice, so these are read
to the letter. Beside that, every run of digits counts, whatever it is part of. Nothing here compares two notes
(`fidelity.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from ..world.actor_agent import COMPARED, SAID, VERBS
from ..world.protocol_text import EARLIER, QUANTITIES, field_words
from ..world.record import NUMERIC_FIELDS
from ..world.trial_frame import SITES
from .vocabulary import KEPT, matching

_NUMBER = r"-?\d+(?:\.\d+)?"
_AGAINST = rf"(?:{'|'.join((*chain.from_iterable(COMPARED.values()), 'more than', 'less than'))})"
_FIELD = f"(?:{'|'.join((*map(field_words, NUMERIC_FIELDS), EARLIER.removeprefix('the ')))})"
_SAID = "|".join(form.format(subject=_FIELD, said=_NUMBER) for form in SAID)
_VERBS = "|".join(chain.from_iterable(VERBS.values()))
CONDITION = re.compile(
    rf"\b(?:(?:{_SAID}|{_FIELD} is) (?:not )?{_AGAINST}|{_FIELD} (?:{_VERBS})) (?:(?:its|the) [a-z-]+|{_NUMBER})"
    r"|disease is (?:not )?(?:above |below )?Stage (?:I{1,3}|IV)\b(?: or (?:higher|lower))?",
    re.IGNORECASE,
)
"""How a note states the condition of a clause, and whether it is met."""
_QUOTATION = re.compile(
    rf"{CONDITION.pattern}|(?:{'|'.join(QUANTITIES.values())})"
    rf"|(?:{_AGAINST} )?(?:{_NUMBER} (?:days?\b|years\b|m?g/dL|mg/m2)|grade \d)"
    r"|§\d+(?:\.\d+)? \([^)]*\)|\d{4}-\d\d-\d\d|P\d{4}\b|[A-Z]{3}-\d{4}\b|\d+(?:\.\d+)? %(?: \([^)]*\))?"
    r"|[+-]\d+(?:\.\d+)? percentage points|\w+ patients against the others|Stage (?:I{1,3}|IV)",
    re.IGNORECASE,
)
"""What stands in a note as it stands in the protocol or the cohort's tables, or as all notes have it."""
_REFERENCE = re.compile(r"§\d+(?:\.\d+)?|Amendment \d+")
_RATE = re.compile(r"\d+(?:\.\d+)? % \(")
_GROUPS = ("the experimental arm", "the control arm", *(site for site, _ in SITES))
"""Whom a quoted mortality can be of."""
_DIGITS = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Stated:
    """All that a note states."""

    quotations: Mapping[str, str]
    """Conditions, quantities, values, limits, clauses with their names, dates, ids and figures: in small letters, to
    how they are written."""
    references: tuple[str, ...]
    """Sections and amendments, in order: what does what to what hangs on it."""
    names: Mapping[str, str]
    """What it says in words: name to the words that it was found in."""
    digits: frozenset[str]
    """Every run of digits."""
    figure_of: tuple[str, ...]
    """For each quoted mortality: the group that is named last before it, or else first after it."""


@lru_cache(maxsize=64)  # a note is held against several texts
def read(text: str) -> Stated:
    """Read a note. Any text will do; the time is linear in its length."""
    return Stated(
        quotations={match[0].casefold(): match[0] for match in _QUOTATION.finditer(text)},
        references=tuple(_REFERENCE.findall(text)),
        names=matching(KEPT, text),
        digits=frozenset(_DIGITS.findall(text)),
        figure_of=tuple(_named_nearest(text, match.start()) for match in _RATE.finditer(text)),
    )


def _named_nearest(text: str, position: int) -> str:
    before = max((text.rfind(name, 0, position), name) for name in _GROUPS)
    after = min((start if (start := text.find(name, position)) >= 0 else len(text), name) for name in _GROUPS)
    return before[1] if before[0] >= 0 else after[1] if after[0] < len(text) else ""
