"""Cuts a text into the tokens that claims are made of: dates, ids, numbers, words, signs.

    [token.text for token in tokens("§5.3 allows 42 days")]  # ["§", "5.3", "allows", "42", "days"]

Case and the amount of white space never matter. The time is linear in the text. Nothing here knows what a token is
about.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_KINDS = {
    "sign": r"[-=]{1,3}>|>=|<=|=<|[^\w\s]",
    "ymd": r"(?<![0-9.])[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9])",
    "dmy": r"(?<![0-9.])[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}(?![0-9])",
    "daymonth": rf"(?<![0-9.])[0-9]{{1,2}}{_ORDINAL}(?: of)?[ -]"
    rf"(?:(?:{_MONTH})\b\.?(?:,?[ -][0-9]{{4}}(?![0-9]))?|may,?[ -][0-9]{{4}}(?![0-9])"
    r"|may(?= ?[,.;:)]| and| but| to |$))",
    "monthday": rf"\b(?:(?:{_MONTH})\.? [0-9]{{1,2}}{_ORDINAL}\b(?:,? [0-9]{{4}}(?![0-9]))?"
    rf"|may [0-9]{{1,2}}{_ORDINAL},? [0-9]{{4}}(?![0-9]))",
    "proposal": r"\bprop[- ]?[0-9]{1,9}\b",
    "patient": r"\bp[0-9]{2,9}\b",
    "name": r"[^\W\d_]+[0-9]+(?:\.[0-9]+)*\w*",
    "number": r"[0-9]+(?:\.[0-9]+)*",
    "word": r"[^\W\d_]+(?:'[^\W\d_]+)?",
}
"""Patterns by kind. Where several match, the first counts."""
_PLAIN_WORD = rf"(?!p|{'|'.join(_MONTHS)})[a-z]++(?![\w'])"
"""Most words: nothing of another kind looks like them, so that they can be tried first."""
_ANY = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in {"plain": _PLAIN_WORD, **_KINDS}.items())
_TOKEN = re.compile(f" ?(?:{_ANY})")
HYPHENS = dict.fromkeys("\u2010\u2011\u2012–−", "-")
"""The hyphens and dashes that word processors and models write for the one of the keyboard."""
_LOOKALIKES = {**HYPHENS, "—": ",", "’": "'", "‘": "'", "_": " ", "≥": ">=", "≤": "<="}

_CONTRACTIONS = {"can't": "cannot", "won't": "will not", "n't": " not"}
"""So that a denial is one of few words, however it is written."""

_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPELT_VALUES = {word: value for value, word in enumerate((*_ONES, *_TEENS), start=1)}
_SPELT_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_SPELT = re.compile(
    rf"\b(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))})"
    r"(?=(?:[- ](?:calendar|full|whole))?[- ](?:days?|weeks?|years?|points|(?:(?:earlier|prior|other) )?"
    r"(?:patients|enrolments|enrollments|cycles))\b"
    r"|(?<!\bone) (?:is|are|was|were) (?:not )?(?:less|fewer|more|at|above|below|over)\b)"
)


class WrittenDate(NamedTuple):
    """A date as a text gives it."""

    year: int
    """0 where none is given."""
    month: int
    day: int


class Token(NamedTuple):
    """A piece of the text, in lower case."""

    kind: str
    """date, proposal, patient, name, number, word or sign."""
    text: str
    glued: bool
    """Follows the token before it without white space."""
    dates: tuple[WrittenDate, ...] = ()
    """Of a date: what it can mean, so both readings of 03/04/2023."""


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens. Digits of other scripts and control characters are left out."""
    found: list[Token] = []
    end, plain = -1, plain_text(text)
    for match in _TOKEN.finditer(plain):
        kind, begin = match.lastgroup or "", match.start()
        cut, glued, end = match[kind], begin == end and plain[begin] != " ", match.end()
        dates = _DATES[kind](cut) if kind in _DATES else ()
        found.append(Token("date" if dates else "word" if kind == "plain" else kind, cut, glued, dates))
    return found


def plain_text(text: str) -> str:
    """The text as it is cut: each token is a part of it as it stands. It begins with a space where it is not empty."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    # One character after the other, since str.translate takes ten times as long over a text with a "§" in it.
    for lookalike, meant in _LOOKALIKES.items():
        plain = plain.replace(lookalike, meant)
    for short, full in _CONTRACTIONS.items():
        plain = plain.replace(short, full)
    return " ".join(["", *plain.split()])


def in_digits(plain: str) -> str:
    """A plain text whose small numbers before a unit are in digits: "three years over" is "3 years over"."""
    if not any(word in plain for word in _SPELT_VALUES):
        return plain
    return _SPELT.sub(lambda match: str(_spelt_value(match.group())), plain)


def _spelt_value(words: str) -> int:
    return sum(_SPELT_VALUES[word] for word in words.replace("-", " ").split())


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall("[0-9]+", text)]


def _year_first(text: str) -> tuple[WrittenDate, ...]:
    year, month, day = _numbers(text)
    return (WrittenDate(year, month, day),)


def _year_last(text: str) -> tuple[WrittenDate, ...]:
    first, second, year = _numbers(text)
    return WrittenDate(year, second, first), WrittenDate(year, first, second)


def _month_named(text: str) -> tuple[WrittenDate, ...]:
    day, *year = _numbers(text)
    month = next(word[:3] for word in re.findall("[a-z]{3,}", text) if word[:3] in _MONTHS)
    return (WrittenDate(year[0] if year else 0, _MONTHS.index(month) + 1, day),)


_DATES = {"ymd": _year_first, "dmy": _year_last, "daymonth": _month_named, "monthday": _month_named}
