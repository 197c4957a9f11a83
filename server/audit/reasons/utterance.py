"""A reason, read: its claims, the clauses that it names, and which of its words its author asserts.

    said = utterance(reason, names, note)
    said.own          # tokens that count: not those that repeat the note, are asked, or are hedged
    said.plain        # those tokens, and those that are asked, as a text

A long run of tokens that repeats the Actor's note is a quotation. Questions and either-or sentences assert nothing. All
of them can still be false. Nothing here knows what is true.
"""

from __future__ import annotations

import re
from bisect import bisect, bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from . import words
from .claims import Claim, Claims, extract
from .mentions import Mention, Statement, mentions, statements
from .names import Names
from .tokens import in_digits, plain_text, tokens

QUOTATION = 12
"""Words and signs in a row that a text shares with the note to count as repeating it."""
_QUOTED = re.compile(r'"([^"]{4,80})"|“([^”]{4,80})”|«([^»]{4,80})»')
_LISTED = (words.LISTS | {"(", ")", "the", "a"}) - {"to", "through", "-"}
_MARKS = frozenset('"“”«»')
_UNSURE = words.UNSURE | {"or", "may"}
"""A text without these words asserts all that it says."""
MAX_QUOTED = 18
"""Tokens in quotation marks that count as a short piece."""
MAX_LISTED = 5
"""Clauses that may be named in one breath; more are a list."""


class Sentence(NamedTuple):
    """A sentence of a text, or several in a row."""

    start: int
    end: int
    """Its first token and the one behind its last."""
    text: str
    """What its author asserts or asks there, as a text that begins with a space."""
    mentioned: tuple[Mention, ...]
    """The mentions that begin in it."""
    named: frozenset[str]
    """The clauses of those that are by number or name."""


@dataclass(frozen=True)
class Utterance:
    """A text with what was read in it."""

    claims: Claims
    mentioned: tuple[Mention, ...]
    """The clauses that it names."""
    statements: tuple[Statement, ...]
    """What it says of them in words that are not the note's."""
    firm: frozenset[int]
    """Positions of the tokens that its author asserts or asks about."""
    asked: frozenset[int]
    """Those of questions whether something is so. An author who asks whether the Actor looked has thought of it."""
    sentences: tuple[Sentence, ...]
    plain: str
    """The tokens of `firm`, as a text."""
    whole: str
    """The whole text in lower case."""
    quotes: bool
    """Whether the text quotes some words of the note in quotation marks."""

    @cached_property
    def own(self) -> frozenset[int]:
        """Positions of the tokens that its author asserts."""
        return self.firm - self.asked

    def claimed(self, *kinds: str) -> list[Claim]:
        """The claims of these kinds that it makes firmly, or asks about."""
        return [one for one in self.claims.items if one.kind in kinds and one.first in self.firm]

    def stated_in(self, sentence: Sentence) -> Sequence[Claim]:
        """The claims that begin in a sentence."""
        begins = self._begins
        return self.claims.items[bisect_left(begins, sentence.start) : bisect_left(begins, sentence.end)]

    @cached_property
    def _begins(self) -> list[int]:
        return [one.first for one in self.claims.items]

    def around(self, first: int, last: int) -> Sentence:
        """The sentences from one token to another."""
        several = self.sentences[bisect(self._starts, first) - 1 : bisect(self._starts, last)]
        if len(several) == 1:
            return several[0]
        mentioned = tuple(mention for sentence in several for mention in sentence.mentioned)
        text = "".join(sentence.text for sentence in several)
        return Sentence(several[0].start, several[-1].end, text, mentioned, numbers_of(mentioned))

    @cached_property
    def _starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    @cached_property
    def mention_at(self) -> Mapping[int, Mention]:
        """The mention that a token belongs to."""
        return {at: one for one in self.mentioned for at in range(one.first, one.last + 1)}

    def _is_aside(self, group: Sequence[Mention]) -> bool:
        """Whether the mentions are two numbers with a comma between: "without §5.2, §5.1 governs" lists nothing."""
        pair = len(group) == 2 and all(one.how == "number" for one in group)
        return pair and self.claims.between(*group) == (",",)

    def breaths(self, found: Sequence[Mention]) -> list[list[Mention]]:
        """Mentions with nothing between them but what stands in a list."""
        groups: list[list[Mention]] = []
        for one in found:
            if groups and _LISTED.issuperset(self.claims.between(groups[-1][-1], one)):
                groups[-1].append(one)
            else:
                groups.append([one])
        return groups

    def named(self, *rules: Collection[str], asked: bool = False) -> frozenset[str]:
        """Numbers of the clauses that it names firmly, or asks about, by number or name.

        Not those of a list, in one breath or one verb after the other, that holds all of one of these rules: whoever
        goes through a rule names none of its clauses.
        """
        said = self.firm if asked else self.own
        exact = [one for one in self.mentioned if one.how != "field" and one.first in said]
        left_out = [one.mention for one in self.statements if one.act == "ignored" and one.mention.how != "field"]
        named = numbers_of((*exact, *left_out))
        if len(named) <= MAX_LISTED and not any(len(rule) > 1 and named.issuperset(rule) for rule in rules):
            return numbers_of(exact)
        gone_through: set[Mention] = set()
        for group in (*self.breaths(exact), left_out):
            held = numbers_of(group)
            whole = rules[1:] if self._is_aside(group) else rules
            if len(held) > MAX_LISTED or any(len(rule) > 1 and held.issuperset(rule) for rule in whole):
                gone_through |= set(group)
        if gone_through:
            done = [one.mention for one in self.statements if one.act not in ("holds", "fails")]
            exact = [one for one in exact if one in done or one.how == "number"]
        return numbers_of(one for one in exact if one not in gone_through)


def numbers_of(mentioned: Iterable[Mention]) -> frozenset[str]:
    """The clauses that are mentioned by number or name."""
    return frozenset().union(*[one.numbers for one in mentioned if one.how != "field"])


def utterance(text: str, names: Names, note: str) -> Utterance:
    """Read a text.

    Args:
        text: The text.
        names: What clauses are called.
        note: The Actor's note.
    """
    whole = plain_text(text)
    claims = extract(in_digits(whole))
    mentioned = mentions(claims, names)
    texts = claims.texts
    of_note = plain_text(note)
    repeated = _repeated(texts, of_note, note)
    firm = frozenset(range(len(texts))) - repeated - _unsure(texts)
    sentences = tuple(_written(claims, mentioned, firm))
    plain = "".join([sentence.text for sentence in sentences])
    quoted = [piece for match in _QUOTED.finditer(text) for piece in match.groups() if piece]
    quotes = any(plain_text(piece).strip(" .,;…") in of_note for piece in quoted)
    own = tuple([one for one in statements(claims, mentioned) if one.mention.first not in repeated])
    return Utterance(claims, tuple(mentioned), own, firm, firm & _asked(texts), sentences, plain, whole, quotes)


def _written(claims: Claims, mentioned: Sequence[Mention], firm: Collection[int]) -> Iterator[Sentence]:
    """The sentences, as far as their tokens are firm."""
    begins = [one.first for one in mentioned]
    texts = [token.text if token.glued else f" {token.text}" for token in claims.tokens]
    for start, end in _sentences(claims.texts, ".!?;"):
        here = tuple(mentioned[bisect_left(begins, start) : bisect_left(begins, end)])
        text = "".join([texts[at] for at in range(start, end) if at in firm])
        yield Sentence(start, end, text, here, numbers_of(here))


def _repeated(texts: Sequence[str], of_note: str, note: str) -> set[int]:
    """The tokens in runs that are in the note as well."""
    last = QUOTATION - 1
    while last < len(texts):  # seldom are so many in a row all somewhere in the note, which then need not be cut
        absent = next((at for at in range(last, last - QUOTATION, -1) if texts[at] not in of_note), None)
        if absent is None:
            break
        last = absent + QUOTATION
    else:
        return set()
    said = [token.text for token in tokens(note)]
    runs = {tuple(said[at : at + QUOTATION]) for at in range(len(said) - QUOTATION + 1)}
    starts = (at for at in range(len(texts) - QUOTATION + 1) if tuple(texts[at : at + QUOTATION]) in runs)
    return {at for start in starts for at in range(start, start + QUOTATION)} - _in_quotes(texts)


def _in_quotes(texts: Sequence[str]) -> set[int]:
    """The tokens of short quotations in quotation marks. An author who quotes a sentence of the note speaks of it."""
    marks = [at for at, text in enumerate(texts) if text in _MARKS]
    pairs = [(one, other) for one, other in zip(marks[::2], marks[1::2], strict=False) if other - one <= MAX_QUOTED]
    return {at for one, other in pairs for at in range(one, other + 1)}


def _unsure(texts: Sequence[str]) -> set[int]:
    """The tokens of sentences that assert nothing: they leave open what is so."""
    if _UNSURE.isdisjoint(texts):
        return set()
    return {
        at
        for start, end in _sentences(texts, ".!?;")
        if _is_unsure(texts, start, end) or _is_either(texts, start, end)
        for at in range(start, end)
    }


def _is_unsure(texts: Sequence[str], start: int, end: int) -> bool:
    """Whether a sentence has a word such as "perhaps", but not as in "I might be missing something"."""
    return any(texts[at] in words.UNSURE and texts[max(at - 1, 0)] != "i" for at in range(start, end))


def _asked(texts: Sequence[str]) -> set[int]:
    """The tokens of questions whether something is so. A question why it is so asserts that it is so."""
    if "?" not in texts:
        return set()
    return {
        at
        for start, end in _sentences(texts, ".!?")
        if texts[end - 1] == "?"
        and words.WHY.isdisjoint(texts[start : start + 2])
        and not words.ASKING.isdisjoint(texts[start : start + 3])
        for at in range(start, end)
    }


def _is_either(texts: Sequence[str], start: int, end: int) -> bool:
    """Whether it says one thing or another of what somebody did: "applied or ignored", "..., or the Actor ...".

    "May be" is the same.
    """
    for at in range(start + 1, end - 1):
        if texts[at] == "or" and texts[at - 1] in words.ACTS and texts[at + 1] in words.ACTS:
            return True
        if texts[at] == "or" and texts[at - 1] == "," and texts[at + 1] in ("the", "it", "they"):
            return True
        if texts[at] == "may" and texts[at + 1] == "have" and texts[at - 1] in words.WHO:
            return True
        # "May be late" leaves it open, and "may be enrolled" does not.
        # So does "may be at most 1.6", which permits.
        permitted = texts[min(at + 2, end - 1)].endswith(("ed", "en")) or texts[at + 2 : at + 4] in words.BOUNDING
        if texts[at] == "may" and texts[at + 1] == "be" and not permitted:
            return True
    return False


def _sentences(texts: Sequence[str], ends: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence."""
    start = 0
    for at, text in enumerate(texts):
        if len(text) == 1 and text in ends:
            yield start, at + 1
            start = at + 1
    if start < len(texts):
        yield start, len(texts)
