"""Checks the comparisons that a text makes between two numbers, or two dates, that stand next to each other.

    contradictions(extract("A delay of 31 days is within the 24 days of §5.2."))  # ["31 days within 24 days"]

The grammar is small and closed: a number, words that link ("is", "days", "which"), one phrase of comparison, words that
name a limit ("the", "maximum of"), a number. Anything else between the two is no comparison, so it is not checked:
"77, and nobody above 72 may enrol" claims two numbers and no relation. Nothing here knows a protocol or a record.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synth_audit_env.server.claim_tokens import Token
from synth_audit_env.server.claims import Claim, Claims

_Relation = Callable[[Any, Any], bool]
_NUMBERS: Mapping[tuple[str, ...], _Relation] = {
    ("exceeded", "by"): operator.lt,
    **{(word, "than"): operator.gt for word in ("greater", "more", "higher", "larger", "longer", "older", "bigger")},
    **{(word, "than"): operator.lt for word in ("less", "fewer", "lower", "smaller", "shorter", "younger")},
    ("in", "excess", "of"): operator.gt,
    **{(word,): operator.gt for word in ("exceeds", "exceed", "exceeded", "exceeding", "above", "over", "past")},
    **{(word,): operator.gt for word in ("beyond", "surpasses", "surpassing", "overshoots", ">")},
    **{(word,): operator.lt for word in ("below", "under", "beneath", "<")},
    **{(word,): operator.le for word in ("within", "inside", "<=", "=<")},
    **{(word,): operator.ge for word in (">=", "=>")},
}
_DATES: Mapping[tuple[str, ...], _Relation] = {
    ("earlier", "than"): operator.lt,
    ("later", "than"): operator.gt,
    ("prior", "to"): operator.lt,
    **{(word,): operator.lt for word in ("before", "precedes", "preceding", "predates", "predating", "precede", "<")},
    **{(word,): operator.gt for word in ("after", "follows", "following", "postdates", ">")},
}
_LINKS = frozenset(
    "is are was were being be been which that this it , ( ) : - = and but yet though or clearly well far still also "
    "therefore thus already just only so hence by days day years year old yr yrs yo of age delay delays index comorbidity "
    "charlson haemoglobin hemoglobin hb g dl score value points percentage percent % cmh from to after since enrolment "
    "enrollment treatment start starts started began begins dosing death died consent last contact on the a an patient "
    "patient's his her their lies comes came falls fell recorded dated occurred occurs happened took place date entered "
    "given".split()
)
_LIMITS = frozenset(
    "the a an its their his her protocol protocol's maximum max minimum min upper lower limit limits bound boundary age "
    "window threshold cutoff cut off of allowed permitted in force base extended extension extension's stage index value "
    "score day days year years set waiver waiver's override override's rule rule's required haemoglobin hemoglobin g dl "
    "( ) , : = - that which is was for this patient patient's applicable actual true real own amended equity mortality "
    "gap comorbidity on death died treatment start started starts began begin enrolment enrollment consent last contact "
    "dosing date recorded dated even and first dose permitted allowable § both only".split()
)
_NEGATIONS = ("not", "isn't", "wasn't", "doesn't", "didn't", "aren't")
_AUXILIARIES = ("does", "do", "did", "is", "was", "are", "were")
_STOPS = (".", ";")
_LONGEST_GAP = 24


def contradictions(claims: Claims) -> list[str]:
    """The comparisons that are false of the very numbers or dates that they name."""
    numbers = [claim for claim in claims.items if claim.kind == "number"]
    dates = [claim for claim in claims.items if claim.kind == "date" and all(0 not in d for d in claim.dates)]
    covered = _covered(claims)
    return [
        *_false_ones(claims.tokens, numbers, covered, _NUMBERS, lambda claim: (claim.value,)),
        *_false_ones(claims.tokens, dates, covered, _DATES, lambda claim: claim.dates),
    ]


def _covered(claims: Claims) -> frozenset[int]:
    """Tokens that belong to some claim: within a gap they neither link nor separate."""
    return frozenset(at for claim in claims.items for at in range(claim.first, claim.last + 1))


def _false_ones(
    tokens: Sequence[Token],
    claims: Sequence[Claim],
    covered: frozenset[int],
    phrases: Mapping[tuple[str, ...], _Relation],
    values: Callable[[Claim], tuple[Any, ...]],
) -> list[str]:
    found = []
    subjects: list[Claim] = []
    for position, (left, right) in enumerate(zip(claims, claims[1:], strict=False)):
        gap = [tokens[at].text for at in range(left.last + 1, right.first) if at not in covered]
        parsed = _parse(gap, phrases) if right.first - left.last <= _LONGEST_GAP else None
        if parsed is None:
            subjects = []
            continue
        relation, negated, phrase, elliptic = parsed
        upper = _range_end(tokens, claims, position + 1) if relation is operator.le else None
        # "77 is above 72 but below 80": what follows "but" is about 77. "77 (4.3) is above 72": 4.3 is a clause.
        takes_older = elliptic or left.clause
        candidates = [
            left,
            *(subjects if takes_older else []),
            *(claims[position - 1 : position] if left.clause else []),
        ]
        if not any(
            _holds(relation, negated, first, second, upper and values(upper)[0])
            for candidate in candidates
            for first in values(candidate)
            for second in values(right)
        ):
            found.append(f"{left.text} {phrase} {right.text}")
        subjects = [*subjects[-1:], left]
    return found


def _holds(relation: _Relation, negated: bool, first: Any, second: Any, upper: Any) -> bool:
    held = second <= first <= upper if upper is not None else relation(first, second)
    return bool(held) != negated


def _parse(
    gap: Sequence[str], phrases: Mapping[tuple[str, ...], _Relation]
) -> tuple[_Relation, bool, str, bool] | None:
    """(relation, negated, phrase, whether its subject is left out) of the words between two values, or None."""
    at, phrase = _find(gap, phrases)
    if phrase is None:
        return None
    left, right = list(gap[:at]), gap[at + len(phrase) :]
    negated = bool(left) and left[-1] in _NEGATIONS
    if negated:
        left.pop()
    while left and left[-1] in _AUXILIARIES:
        left.pop()
    if not all(word in _LINKS for word in left) or not all(word in _LIMITS for word in right):
        return None
    elliptic = bool(gap) and gap[0] in ("but", "and", "yet", "though", "or", ",")
    return phrases[phrase], negated, " ".join(phrase), elliptic


def _find(gap: Sequence[str], phrases: Mapping[tuple[str, ...], _Relation]) -> tuple[int, tuple[str, ...] | None]:
    for at in range(len(gap)):
        if gap[at] in _STOPS:
            return 0, None
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
    return upper if between in (["to"], ["-"], ["and"], ["through"]) else None
