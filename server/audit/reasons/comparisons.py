"""Checks the comparisons that a text makes between two numbers, or two dates, that stand next to each other.

    [c.is_true for c in comparisons(extract("A delay of 31 days is within the 24 days of §5.2."))]    # [False]

The grammar is small and closed: a number, words that link ("is", "days", "which"), one phrase of comparison, words that
name a limit ("the", "maximum of"), a number. Anything else between the two is no comparison, so it is not checked:
"77, and nobody above 72 may enrol" claims two numbers and no relation. Nothing here knows a protocol or a record.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from . import words
from .claims import Claim, Claims
from .tokens import Token, WrittenDate

STOPS = (".", ";")
"""What ends a sentence."""
_REFERENCES = words.SECTIONS | words.AMENDMENTS | {"§"}
_BOUNDS = ("the", "a", "maximum", "upper", "limit", "of", "bound", "max")
_LONGEST_GAP = 24
_OPENING = {phrase[0] for phrase in (*words.NUMBER_RELATIONS, *words.DATE_RELATIONS)}
"""Words that a phrase of comparison begins with."""


class Comparison(NamedTuple):
    """Two values and how a text says they compare."""

    subjects: tuple[Claim, ...]
    """What may be its subject, the nearest first. In "7 days over the 24" it may be a difference, of which the
    comparison says nothing."""
    limit: Claim
    """What they are compared with."""
    text: str
    is_true: bool
    """Whether the comparison is true of one of the subjects."""


def comparisons(claims: Claims, *, years: bool = False) -> list[Comparison]:
    """All comparisons that a text makes of numbers or dates.

    Args:
        claims: The text.
        years: Whether a date without a year is of that of the date before it. It need not be.
    """
    numbers = [claim for claim in claims.items if claim.kind == "number"]
    dates = [claim for claim in claims.items if claim.kind == "date"]
    if years:
        dates = _with_years(dates)
    dates = [claim for claim in dates if all(0 not in d for d in claim.dates)]
    covered = _covered(claims)
    return [
        *_made(claims, numbers, covered, words.NUMBER_RELATIONS, _numbers, _parse),
        *_made(claims, dates, covered, words.DATE_RELATIONS, lambda claim: claim.dates, _parse_dates),
    ]


def _numbers(claim: Claim) -> tuple[float, ...]:
    """What a number may be in a comparison: a gap of -20 points is above 15, and a lead of -1 day is below 1."""
    return (claim.value, -claim.value) if claim.sign == "-" else (claim.value,)


def _with_years(dates: Sequence[Claim]) -> list[Claim]:
    dated: list[Claim] = []
    year = 0
    for claim in dates:
        dated.append(claim._replace(dates=tuple(WrittenDate(y or year, m, d) for y, m, d in claim.dates)))
        year = dated[-1].dates[0][0]
    return dated


def _covered(claims: Claims) -> set[int]:
    """Tokens that belong to some claim: within a gap they neither link nor separate."""
    return {at for claim in claims.items for at in range(claim.first, claim.last + 1)}


def _made(
    text: Claims,
    claims: Sequence[Claim],
    covered: set[int],
    phrases: Mapping[tuple[str, ...], words.Relation],
    values: Callable[[Claim], tuple[Any, ...]],
    parse: Callable[[Sequence[str], Mapping[tuple[str, ...], words.Relation]], _Parsed | None],
) -> list[Comparison]:
    found = []
    subjects: list[Claim] = []
    for position, (left, right) in enumerate(pairwise(claims)):
        between = text.between(left, right)
        parsed = None
        if len(between) < _LONGEST_GAP and not _OPENING.isdisjoint(between) and not _cites(text.tokens, left, right):
            parsed = (
                None
                if _is_ruled(text, left, right)
                else parse([text.texts[at] for at in range(left.last + 1, right.first) if at not in covered], phrases)
            )
        if parsed is None:
            subjects = []
            continue
        relation, negated, phrase, elliptic = parsed
        upper = _range_end(text.tokens, claims, position + 1) if relation is operator.le else None
        # "77 is above 72 but below 80": what follows "but" is about 77. "77 (4.3) is above 72": 4.3 is a clause.
        takes_older = elliptic or left.clause
        candidates = [
            left,
            *(subjects if takes_older else []),
            *(claims[position - 1 : position] if left.clause else []),
        ]
        is_true = any(
            _holds(relation, negated, first, second, upper and values(upper)[0])
            for candidate in candidates
            for first in values(candidate)
            for second in values(right)
        )
        found.append(
            Comparison(tuple(candidates), right, f"{left.text} {'not ' * negated}{phrase} {right.text}", is_true)
        )
        subjects = [*subjects[-1:], left]
    return found


def _is_ruled(text: Claims, left: Claim, right: Claim) -> bool:
    """Whether two numbers are two limits, or a value and what is ruled.

    "More than 10.5, not more than 10", and "it is 9.8, and more than 10.5 is needed".
    """
    limits = text.before(left, 2) in words.BOUNDING or text.before(left, 1) in words.SIDES
    contrasted = limits and text.between(left, right)[:2] == (",", "not")
    after = text.after(right, 2)
    ruled = after[:1] in (("is",), ("are",)) or text.before(right, 2) in words.BOUNDING
    return contrasted or (ruled and not words.RULING.isdisjoint(after))


def _cites(tokens: Sequence[Token], left: Claim, right: Claim) -> bool:
    """Whether "17 days under Amendment 1" or "35 days between two dates" stands there, which compares nothing."""
    texts = [token.text for token in tokens[left.last + 1 : right.first]]
    dated = any(token.kind == "date" for token in tokens[left.last + 1 : right.first])
    return ("between" in texts and dated) or any(
        one == "under" and other in _REFERENCES for one, other in pairwise(texts)
    )


def _holds(relation: words.Relation, negated: bool, first: Any, second: Any, upper: Any) -> bool:
    held = second <= first <= upper if upper is not None else relation(first, second)
    return bool(held) != negated


_Parsed = tuple[words.Relation, bool, str, bool]
"""(relation, negated, phrase, whether its subject is left out)."""


def _parse(gap: Sequence[str], phrases: Mapping[tuple[str, ...], words.Relation]) -> _Parsed | None:
    """What the words between two values say of them, or None."""
    at, phrase = _find(gap, phrases)
    if phrase is None:
        return None
    left, right = list(gap[:at]), gap[at + len(phrase) :]
    if phrase == ("exceeded",) and left and left[-1] in words.AUXILIARIES:
        return None  # "the limit of 42 was exceeded": the value comes behind
    negated = (bool(left) and left[-1] in words.NEGATIONS) != (phrase[0] == "outside")
    if left and left[-1] in words.NEGATIONS:
        left.pop()
    while left and left[-1] in words.AUXILIARIES:
        left.pop()
    if not all(word in words.LINKS for word in left) or not all(word in words.LIMITS for word in right):
        return None
    elliptic = bool(gap) and gap[0] in ("but", "and", "yet", "though", "or", ",")
    return phrases[phrase], negated, " ".join(phrase), elliptic


def _parse_dates(gap: Sequence[str], phrases: Mapping[tuple[str, ...], words.Relation]) -> _Parsed | None:
    """What the words between two dates say of them. Only words that say what should be make it no comparison."""
    at, phrase = _find(gap, phrases)
    if phrase is None or not words.NORMATIVE.isdisjoint(gap) or _find(gap[at + 1 :], phrases)[1] is not None:
        return None
    return phrases[phrase], False, " ".join(phrase), False


def _find(gap: Sequence[str], phrases: Mapping[tuple[str, ...], words.Relation]) -> tuple[int, tuple[str, ...] | None]:
    for at in range(len(gap)):
        if gap[at] in STOPS:
            return 0, None
        if gap[at] in _OPENING:
            for length in (3, 2, 1):
                phrase = tuple(gap[at : at + length])
                if phrase in phrases:
                    return at, phrase
    return 0, None


def _range_end(tokens: Sequence[Token], claims: Sequence[Claim], position: int) -> Claim | None:
    """The 79 of "within 44 to 79"."""
    if position + 1 >= len(claims):
        return None
    lower, upper = claims[position], claims[position + 1]
    between = [token.text for token in tokens[lower.last + 1 : upper.first]]
    if between == [","] and lower.first and tokens[lower.first - 1].text == "[":
        return upper
    joined = between and between[0] in ("to", "-", "and", "through")
    return upper if joined and all(text in _BOUNDS for text in between[1:]) else None
