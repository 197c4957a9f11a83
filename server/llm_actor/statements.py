"""Reads a note as the set of what it states: references, dates, figures, numbers with what they are of, and names.

    stated = read("P0023, ECOG 1, Stage IV: within the 45 days of §5.2.")
    sorted(stated.quotations), sorted(map(str, stated.numbers))

Numbers, stages and the rest are read as they are read in a reason (`reasons/claims.py`). Beside that, every run of
digits counts, whatever it is part of, and numbers in words count where they could be a value. Nothing here compares two
notes (`fidelity.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..audit.reasons import words
from ..audit.reasons.claims import Claim, Claims, extract
from ..audit.reasons.tokens import Token
from ..world.trial_frame import SITES
from .vocabulary import KEPT, matching

_QUOTATION = re.compile(
    r"§\d+(?:\.\d+)?(?: \([^)]*\))?|Amendment \d+(?: \(in force [^)]*\))?|\d{4}-\d\d-\d\d|P\d{4}\b|[A-Z]{3}-\d{4}\b"
    r"|\d+(?:\.\d+)? %(?: \([^)]*\))?|[+-]\d+(?:\.\d+)? percentage points|version \d+\.\d+"
    r"|\w+ patients against the others|Stage (?:I{1,3}|IV)\b"
)
"""What stands in a note as it stands in the protocol or the cohort's tables, to be looked up as it is."""
_REFERENCE = re.compile(r"§\d+(?:\.\d+)?|Amendment \d+")
_RATE = re.compile(r"\d+(?:\.\d+)? % \(")
_GROUPS = ("the experimental arm", "the control arm", *(site for site, _ in SITES))
"""Whom a quoted mortality can be of."""
_STAGES = re.compile(r"\b(I{1,3}|IV)s\b")
"""In "for the Stage IVs"."""
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_SMALL = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {
    **{word: value for value, word in enumerate((*_SMALL, *_TEENS), start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
}
_BEFORE_UNIT = words.BEFORE_UNITS | {"-", "prior", "previous", "earlier", "more", "further"}
_RANGE = frozenset({"to", "through", "-"})
_ENDS = frozenset(".?!;:")
_AS_SAID = {
    words.AGE: "{} years",
    words.DAYS: "{} days",
    words.ECOG: "ECOG {}",
    words.LDH: "LDH {}",
    words.RATE: "{} %",
    words.CYCLES: "{} cycles",
}
_CLAIMS = ("stage", "fraction", "blank", "proposal")
_FOLDED = {words.DIFFERENCE: "", words.COUNT: ""}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a note."""

    value: str
    """As it is written, without what it is of."""
    topic: str
    """What it is of, where a unit or a noun beside it says so: age, days, ecog, ldh, rate, ..."""
    about: frozenset[str]
    """The topics that its sentence names."""
    in_words: str = ""
    """Of a number in words: how it is said, unit included."""

    def __str__(self) -> str:
        return self.in_words or _AS_SAID.get(self.topic, "{}").format(self.value)


@dataclass(frozen=True)
class Stated:
    """All that a note states."""

    text: str
    quotations: frozenset[str]
    """References, dates, ids and figures, as they are written, with the brackets behind them."""
    references: tuple[str, ...]
    """Sections and amendments, in order: what does what to what hangs on it."""
    names: Mapping[str, str]
    """What it says in words: name to the words that it was found in."""
    claims: frozenset[str]
    """Stages, fractions, blank fields and proposals, whatever they are written like."""
    numbers: tuple[Number, ...]
    digits: frozenset[str]
    """Every run of digits."""
    figure_of: tuple[str, ...]
    """For each quoted mortality: the group that is named last before it, or else first after it."""

    def topics_of(self, value: str) -> frozenset[str]:
        """What a number is said to be of; empty where it is not said."""
        return frozenset(number.topic for number in self.numbers if number.value == value and number.topic)


@lru_cache(maxsize=64)  # a note is held against several texts
def read(text: str) -> Stated:
    """Read a note. Any text will do; the time is linear in its length."""
    claims = extract(_STAGES.sub(r"\1", text))
    return Stated(
        text=text,
        quotations=frozenset(_QUOTATION.findall(text)),
        references=tuple(_REFERENCE.findall(text)),
        names=matching(KEPT, text),
        claims=frozenset(claim.text for claim in claims.items if claim.kind in _CLAIMS),
        numbers=tuple(_numbers(claims)),
        digits=frozenset(_DIGITS.findall(text)),
        figure_of=tuple(_named_nearest(text, match.start()) for match in _RATE.finditer(text)),
    )


def _numbers(claims: Claims) -> Iterator[Number]:
    """The numbers of a text, in digits and then in words."""
    spans = _sentences(claims.tokens)
    found = [claim for claim in claims.items if claim.kind == "number"]
    topics = [_FOLDED.get(claim.topic, claim.topic) for claim in found]
    for at in range(len(found) - 1):
        between = [token.text for token in claims.tokens[found[at].last + 1 : found[at + 1].first]]
        if len(between) != 1:
            continue
        if between[0] in _RANGE:  # both ends of "an interval of 18 to 90 years" are of what the unit behind them says
            topics[at : at + 2] = [topics[at + 1] or topics[at]] * 2
        elif between[0] == "and":
            topics[at] = topics[at] or topics[at + 1]
            topics[at + 1] = topics[at + 1] or topics[at]
    for claim, topic in zip(found, topics, strict=True):
        yield Number(_value(claim), topic, spans[claim.first])
    yield from _in_words(claims.tokens, spans)


def _value(claim: Claim) -> str:
    return claim.clause or f"{claim.sign}{claim.value:g}"


def _sentences(tokens: Sequence[Token]) -> list[frozenset[str]]:
    """For each token the topics that its sentence names."""
    about: list[frozenset[str]] = []
    start = 0
    for at, token in enumerate(tokens):
        if token.text in _ENDS or at + 1 == len(tokens):
            said = [one.text for one in tokens[start : at + 1]]
            named = {words.NOUNS[word] for word in said if word in words.NOUNS}
            named |= {words.UNITS[word] for word in said if word in words.UNITS and len(word) > 2}
            about += [frozenset(named)] * (at + 1 - start)
            start = at + 1
    return about


def _in_words(tokens: Sequence[Token], spans: Sequence[frozenset[str]]) -> Iterator[Number]:
    """Numbers in words: those from ten on, and smaller ones that a unit follows."""
    at = 0
    while at < len(tokens):
        value, end = _word_at(tokens, at)
        if value:
            unit = end
            while unit < len(tokens) and unit < end + 3 and tokens[unit].text in _BEFORE_UNIT:
                unit += 1
            topic = words.UNITS.get(tokens[unit].text, "") if unit < len(tokens) else ""
            if topic or value >= 10:
                said = " ".join(token.text for token in tokens[at : unit + 1 if topic else end])
                yield Number(str(value), topic, spans[at], said)
        at = max(end, at + 1)


def _word_at(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """(value, position after it) of the number in words at a position, "forty-two" being one; 0 where there is none."""
    value = _WORDS.get(tokens[at].text, 0)
    ones = at + 2 if at + 1 < len(tokens) and tokens[at + 1].text == "-" else at + 1
    if value >= 20 and ones < len(tokens):
        more = _WORDS.get(tokens[ones].text, 0)
        if 0 < more < 10:
            return value + more, ones + 1
    return value, at + 1


def _named_nearest(text: str, position: int) -> str:
    before = max((text.rfind(name, 0, position), name) for name in _GROUPS)
    after = min((start if (start := text.find(name, position)) >= 0 else len(text), name) for name in _GROUPS)
    return before[1] if before[0] >= 0 else after[1] if after[0] < len(text) else ""
