"""Extracts from a text what it claims: numbers, dates, clauses, stages, counts, ids and blanks.

    claims = extract("Age 77 exceeds the maximum of 72 (§3.2).")
    [claim.text for claim in claims.items]  # ["77 age", "72", "§3.2"]

A word is read only for what it makes of the number beside it: "77 years" is an age. Words alone claim nothing. How
numbers compare is for `comparisons.py`. Nothing here knows a protocol or a record.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Protocol

from . import words
from .tokens import Token, WrittenDate, tokens

LOOK_AHEAD = 5
"""Tokens between a word such as "section" and its number, or between a number and its unit, at most."""
_CLAIMING = ("number", "date", "proposal", "patient")
"""Kinds of tokens that a claim can begin with, whatever they say."""
_INTRODUCING = words.SECTIONS | words.AMENDMENTS | {"§", "stage", "stages", "proposal", "patient", "age"}
"""The other tokens that one can begin with, but for the numerals in a list of stages."""
_SECTION_SIGNS = ("§", ".", "number", "no")
_AMENDMENT_SIGNS = (".", "-", "number", "no", "#")
_ID_SIGNS = ("#", "no", ".", "number")
_BEFORE_UNITS = words.BEFORE_UNITS | {"-"}
_BEFORE_TOTALS = ("of", "the", "its", "all", "total")


class Claim(NamedTuple):
    """One thing that a text states."""

    kind: str
    """number, year, fraction, date, clause, stage, proposal, patient or blank."""
    text: str
    """Equal for equal claims."""
    first: int
    last: int
    """Its first and last token."""
    value: float = 0.0
    """Of a number (weeks as days), a stage (1 to 4) or an id."""
    decimals: int = 0
    topic: str = ""
    """What a number is about, where a unit or the noun before it says so: age, days, index, rate, ..."""
    value_of: bool = False
    """Of a number: the noun before it says what it is the value of, as in "an age of 37", so it is no difference."""
    sign: str = ""
    pair: tuple[int, int] = (0, 0)
    """Of a fraction: 13 of 41."""
    dates: tuple[WrittenDate, ...] = ()
    """Of a date: what it can mean."""
    clause: str = ""
    """Clause number as the protocol writes it, "5.3" or "Amendment 3"; a bare number that could be one has it too."""


class Piece(Protocol):
    """What stands somewhere in a text: a claim, or the mention of a clause."""

    @property
    def first(self) -> int:
        """Its first token."""

    @property
    def last(self) -> int:
        """Its last token."""


@dataclass(frozen=True)
class Claims:
    """All that a text states, in order."""

    tokens: Sequence[Token]
    texts: tuple[str, ...]
    """The texts of the tokens."""
    items: tuple[Claim, ...]
    events: frozenset[str]
    """Dated events that it names, by record field."""

    @cached_property
    def previous(self) -> Mapping[int, Claim]:
        """The claim before each claim, by the first token of the later one."""
        return {later.first: earlier for earlier, later in pairwise(self.items)}

    @cached_property
    def _places(self) -> Mapping[float, Sequence[int]]:
        places: dict[float, list[int]] = {}
        for one in self.items:
            if one.kind == "number":
                places.setdefault(one.value, []).append(one.first)
        return places

    def has_beside(self, value: float, piece: Piece, count: int) -> bool:
        """Whether a number is stated at most so many tokens from a piece."""
        places = self._places.get(value, ())
        found = bisect_left(places, piece.first - count)
        return found < len(places) and places[found] <= piece.last + count

    def before(self, piece: Piece, count: int) -> tuple[str, ...]:
        """So many tokens before a piece, or as many as there are."""
        return self.texts[max(0, piece.first - count) : piece.first]

    def after(self, piece: Piece, count: int) -> tuple[str, ...]:
        """So many tokens after a piece, or as many as there are."""
        return self.texts[piece.last + 1 : piece.last + 1 + count]

    def between(self, one: Piece, other: Piece) -> tuple[str, ...]:
        """The tokens between two pieces."""
        return self.texts[one.last + 1 : other.first]


def extract(text: str) -> Claims:
    """Read a text. Any text will do; the time is linear in its length."""
    found = tokens(text)
    items: list[Claim] = []
    listing = ""
    position = 0
    while position < len(found):
        token = found[position]
        if not listing and token.kind not in _CLAIMING and token.text not in _INTRODUCING:
            position += 1
            continue
        claim = _claim_at(found, position, listing, items[-1].last if items else -1)
        if claim is None:
            listing = listing if token.text in words.LISTS else ""
            position += 1
            continue
        items.append(claim)
        listing = _listing_after(found, claim, listing)
        position = claim.last + 1
    texts = tuple([token.text for token in found])
    return Claims(found, texts, tuple(items), frozenset([words.EVENTS[text] for text in texts if text in words.EVENTS]))


def _claim_at(found: Sequence[Token], at: int, listing: str, last: int) -> Claim | None:
    token = found[at]
    if listing == "stage" and token.text in words.ROMAN:
        return _stage(token.text, at, at)
    if token.kind == "date":
        return Claim("date", "/".join(str(tuple(date)) for date in sorted(token.dates)), at, at, dates=token.dates)
    if token.kind in ("proposal", "patient"):
        number = int("".join(c for c in token.text if c.isdigit()))
        return Claim(token.kind, f"{token.kind} {number}", at, at, value=number)
    if token.kind == "word":
        return _after_word(found, at)
    if token.text == "§":
        return _clause(found, at, _skip(found, at, _SECTION_SIGNS))
    if token.kind != "number" or _is_no_number(found, at):
        return None
    return _fraction(found, at) or _number(found, at, listing, last)


def _after_word(found: Sequence[Token], at: int) -> Claim | None:
    word = found[at].text
    ends = len(word) > 4 and at + 1 < len(found) and found[at + 1].text == "."
    if word in words.SECTIONS:
        return None if ends else _clause(found, at, _skip(found, at, _SECTION_SIGNS))
    if word in words.AMENDMENTS and not ends:
        number = _skip(found, at, _AMENDMENT_SIGNS)
        if _is_integer(found, number):
            return _reference(f"Amendment {int(found[number].text)}", at, number)
    if word in ("stage", "stages"):
        number = _skip(found, at, ("-",))
        return None if number >= len(found) else _stage(found[number].text, at, number)
    if word in ("proposal", "patient"):
        number = _skip(found, at, _ID_SIGNS)
        if number > at + 1 and found[at + 1].text != "." and _is_integer(found, number):
            return Claim(word, f"{word} {int(found[number].text)}", at, number, value=int(found[number].text))
    if word == "age" and _says_blank(found, at):
        return Claim("blank", "blank", at, at)
    return None


def _skip(found: Sequence[Token], at: int, texts: Collection[str]) -> int:
    """The first position after `at` that holds none of these texts; it looks no further than LOOK_AHEAD."""
    for position in range(at + 1, min(len(found), at + 1 + LOOK_AHEAD)):
        if found[position].text not in texts:
            return position
    return min(len(found), at + 1 + LOOK_AHEAD)


def _is_integer(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and found[at].kind == "number" and len(found[at].text) <= 9 and "." not in found[at].text


def _clause(found: Sequence[Token], at: int, number: int) -> Claim | None:
    """A section or clause; a number after "rule" or "section" is a reference, whatever it looks like."""
    if number < len(found) and found[number].kind == "number":
        return _reference(found[number].text, at, number)
    return None


def _reference(number: str, first: int, last: int) -> Claim:
    return Claim("clause", number if " " in number else f"§{number}", first, last, clause=number)


def _stage(word: str, first: int, last: int) -> Claim | None:
    number = words.ROMAN.get(word if word in words.ROMAN else word.rstrip("abc"))
    return None if number is None else Claim("stage", f"stage {number}", first, last, value=number)


def _listing_after(found: Sequence[Token], claim: Claim, listing: str) -> str:
    """What the numbers of a list that goes on after this claim would be: "clause", "Amendment", "stage" or nothing."""
    if claim.kind == "clause":
        return "Amendment" if claim.clause.startswith("Amendment") else "clause"
    if claim.kind == "stage":
        return "stage" if listing or found[claim.first].text == "stages" else ""
    return listing if claim.clause else ""


def _is_no_number(found: Sequence[Token], at: int) -> bool:
    """Part of a name ("ONC-4127", "1st"), or the marker of a list item ("1) ...")."""
    token, before = found[at], found[at - 1] if at else None
    after = found[at + 1] if at + 1 < len(found) else None
    if after is not None and after.glued and after.text in ("st", "nd", "rd", "th"):
        return True
    if token.glued and before is not None and before.text == "-" and before.glued and at >= 2:
        word = found[at - 2]
        if word.kind in ("word", "name") and word.text not in words.NOUNS and word.text not in words.UNITS:
            return True
    return _is_list_marker(found, at, after)


def _is_list_marker(found: Sequence[Token], at: int, after: Token | None) -> bool:
    start = at - 1 if at and found[at - 1].text == "(" else at
    if start and found[start - 1].text not in (".", ";", ":"):
        return False
    if start and found[start - 1].text == ":" and start == at:
        return False
    if after is None or len(found[at].text) > 1 or at + 2 >= len(found):
        return False
    return after.text in (".", ")") and after.glued and found[at + 2].kind == "word" and not found[at + 2].glued


def _fraction(found: Sequence[Token], at: int) -> Claim | None:
    """13/41, 13 of 41, 13 out of 41, 13 deaths among the 41."""
    if not _is_integer(found, at):
        return None
    second = at + 1
    counted = second < len(found) and found[second].text in words.PEOPLE
    second += counted
    if second >= len(found) or found[second].text not in ("/", "of", "out", "among", "in", "from"):
        return None
    if found[second].text in ("in", "from") and not counted:
        return None
    second = _skip(found, second, _BEFORE_TOTALS)
    if not _is_integer(found, second) or len(found[second].text) > 3:
        return None
    pair = int(found[at].text), int(found[second].text)
    return Claim("fraction", f"{pair[0]} of {pair[1]}", at, second, pair=pair)


def _number(found: Sequence[Token], at: int, listing: str, last: int) -> Claim | None:
    text = found[at].text
    if text.count(".") > 1 or len(text) > 15:
        # "08.09.22", "ICH E6 4.5.1": no number, and no clause of this protocol unless a list of those goes on.
        return _reference(text, at, at) if listing == "clause" else None
    first, sign = _sign_before(found, at)
    topic, end, factor = _unit_after(found, at)
    noun = "" if topic else _noun_before(found, first, last)
    topic = topic or noun
    following = found[end + 1].text if end + 1 < len(found) else ""
    if not topic and (following in words.PAST or (first and found[first - 1].text == "by")):
        topic = words.DIFFERENCE
    decimals = len(text.partition(".")[2])
    if not topic and not sign and decimals == 0 and 1900 <= float(text) <= 2099:
        return Claim("year", text, at, at, value=float(text))
    clause = ""
    if listing == "Amendment" and decimals == 0 and not topic:
        clause = f"Amendment {int(text)}"
    elif "." in text and not topic:
        clause = text
    value = float(text) * factor
    name = f"{sign}{value:g} {topic}".strip()
    return Claim("number", name, first, end, value, decimals, topic, bool(noun), sign, clause=clause)


def _sign_before(found: Sequence[Token], at: int) -> tuple[int, str]:
    if not at or not found[at].glued or found[at - 1].text not in ("+", "-"):
        return at, ""
    if found[at - 1].glued and at >= 2 and found[at - 2].text not in ("(", "=", ":", "[", ","):
        return at, ""
    return at - 1, found[at - 1].text


def _unit_after(found: Sequence[Token], at: int) -> tuple[str, int, int]:
    """(topic, last token of the number with its unit, factor)."""
    unit = _skip(found, at, _BEFORE_UNITS)
    if unit >= len(found) or unit > at + 3:
        return "", at, 1
    word = found[unit].text
    if word in words.WEEKS:
        return words.DAYS, unit, 7
    if word in ("cent", "cents"):
        return words.RATE, unit, 1
    topic = words.UNITS.get(word, "")
    if not topic:
        return "", at, 1
    if topic in words.PER_VOLUME and unit + 2 < len(found) and found[unit + 1].text == "/":
        return words.DOSE if (word, found[unit + 2].text) == ("mg", "m2") else topic, unit + 2, 1
    if word in ("year", "years") and unit + 2 < len(found) and found[unit + 1].text in ("-", "of"):
        return topic, unit + 2, 1
    return topic, unit, 1


def _noun_before(found: Sequence[Token], at: int, last: int) -> str:
    """The noun that a number follows with nothing but a copula, a comparison or a sign between them."""
    for position in range(at - 1, max(last, at - 8), -1):
        word = found[position].text
        if word in words.NOUNS and (found[position - 1].text, word) != ("first", "dose"):
            # "Day 40" is of days, and "that day was 78" is not.
            return words.NOUNS[word] if position == at - 1 or words.UNITS.get(word) != words.DAYS else ""
        if word not in words.NOUN_TO_NUMBER:
            return ""
    return ""


def _says_blank(found: Sequence[Token], at: int) -> bool:
    """The age is blank, age: null, no age is recorded, missing age, age was not given."""
    before = found[at - 1].text if at else ""
    before_that = found[at - 2].text if at >= 2 else ""
    following = list(_words_after(found, at))
    end = following[-1] if following else ""
    if end in words.BLANK or (end in words.RECORDED and "not" in following[-2:]):
        return True
    lacking = before in ("a", "an", "any") and before_that in ("without", "lacks")
    blank_before = before in words.BLANK or before == "no" or lacking
    return blank_before and end not in words.NOT_THE_AGE


def _words_after(found: Sequence[Token], at: int) -> Iterator[str]:
    """The words after "age" up to the first that is not about the field, that one included."""
    for position in range(at + 1, min(len(found), at + 9)):
        if found[position].kind == "patient":
            continue
        yield found[position].text
        if found[position].text not in words.AGE_FIELD and found[position].text != "not":
            return
