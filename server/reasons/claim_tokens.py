"""Cuts a text into the tokens that claims are made of: dates, ids, numbers, words, signs.

    [token.text for token in tokens("§5.3 allows 42 days")]  # ["§", "5.3", "allows", "42", "days"]

Case and the amount of white space never matter. The time is linear in the text. Nothing here knows what a token is
about.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_TOKEN = re.compile(
    rf"""
      (?P<ymd>(?<![0-9.])[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?![0-9]))
    | (?P<dmy>(?<![0-9.])[0-9]{{1,2}}[/.][0-9]{{1,2}}[/.][0-9]{{4}}(?![0-9]))
    | (?P<daymonth>(?<![0-9.])[0-9]{{1,2}}{_ORDINAL}(?:\ of)?[ -]
        (?:(?:{_MONTH})\b\.?(?:,?[ -][0-9]{{4}}(?![0-9]))?|may,?[ -][0-9]{{4}}(?![0-9])))
    | (?P<monthday>\b(?:(?:{_MONTH})\.?\ [0-9]{{1,2}}{_ORDINAL}\b(?:,?\ [0-9]{{4}}(?![0-9]))?
        |may\ [0-9]{{1,2}}{_ORDINAL},?\ [0-9]{{4}}(?![0-9])))
    | (?P<proposal>\bprop[- ]?[0-9]{{1,9}}\b)
    | (?P<patient>\bp[0-9]{{2,9}}\b)
    | (?P<name>[^\W\d_]+[0-9]+(?:\.[0-9]+)*\w*)
    | (?P<number>[0-9]+(?:\.[0-9]+)*)
    | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)
    | (?P<sign>[-=]{{1,3}}>|>=|<=|=<|[^\w\s])
    """,
    re.VERBOSE,
)
HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012–−", "-"))
"""The hyphens and dashes that word processors and models write for the one of the keyboard."""
_LOOKALIKES = HYPHENS | str.maketrans({"—": ",", "’": "'", "‘": "'", "_": " ", "≥": ">=", "≤": "<="})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, in lower case."""

    kind: str
    """date, proposal, patient, name, number, word or sign."""
    text: str
    glued: bool
    """Follows the token before it without white space."""
    dates: tuple[tuple[int, int, int], ...] = ()
    """Of a date: (year, month, day), with 0 for a year that is not given; both readings of 03/04/2023."""


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens. What is none (digits of other scripts, controls) is left out."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_LOOKALIKES).split())
    found: list[Token] = []
    end = -1
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or ""
        dates = _DATES[kind](match.group()) if kind in _DATES else ()
        found.append(Token("date" if kind in _DATES else kind, match.group(), match.start() == end, dates))
        end = match.end()
    return found


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall("[0-9]+", text)]


def _year_first(text: str) -> tuple[tuple[int, int, int], ...]:
    year, month, day = _numbers(text)
    return ((year, month, day),)


def _year_last(text: str) -> tuple[tuple[int, int, int], ...]:
    first, second, year = _numbers(text)
    return ((year, second, first), (year, first, second))


def _month_named(text: str) -> tuple[tuple[int, int, int], ...]:
    day, *year = _numbers(text)
    month = next(word[:3] for word in re.findall("[a-z]{3,}", text) if word[:3] in _MONTHS)
    return ((year[0] if year else 0, _MONTHS.index(month) + 1, day),)


_DATES = {"ymd": _year_first, "dmy": _year_last, "daymonth": _month_named, "monthday": _month_named}
