"""What a text says that the Actor did beyond using a clause or not: it misquoted it, turned it round, was too early.

    [(deed.operator, deed.numbers) for deed in deeds(said)]    # [("inverted", {"4.4"})]

Each operator of `world/operators.py` has its signs (`words.SIGNS`), which are held against the clauses and fields of
the same sentence. Nothing here knows what is true.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from . import words
from .mentions import Mention
from .utterance import Utterance


class Deed(NamedTuple):
    """Something that a text says of the Actor."""

    operator: str
    """One of OPERATORS."""
    numbers: frozenset[str]
    """The clauses that the sentence names, or else the text."""
    fields: frozenset[str]
    """The fields that it mentions."""
    text: str
    """The words that say it."""
    exact: bool = True
    """Whether the sentence itself names them."""
    before: frozenset[str] = frozenset()
    """The clauses that the sentence before it names: "§5.3 asks for 4. The Actor inverted that.\""""
    beside: frozenset[str] = frozenset()
    """The fields of the sentence, or of the text where it mentions neither a field nor a clause."""


def called(operator: str) -> tuple[str, ...]:
    """What an operator may be called, its own name first: less of it is then said, and nothing false."""
    return operator, *_CALLED_AS_WELL.get(operator, ())


_CALLED_AS_WELL = {"unapproved": ("premature",), "wrong_source": ("misquoted_value",)}
_MISQUOTING = frozenset(f"misquoted_{kind}" for kind in words.MISQUOTED if kind)
_ALL = _MISQUOTING | words.SIGNS.keys()


def deeds(said: Utterance, operators: Collection[str] = _ALL) -> Iterator[Deed]:
    """All deeds of a text that are of these operators, in order."""
    before: frozenset[str] = frozenset()
    for sentence in said.sentences:
        fields = _fields(sentence.mentioned)
        beside = fields if fields or sentence.named else _fields(said.mentioned)
        for operator, match in _signs(sentence.text, operators):
            numbers = sentence.named or said.named(asked=True)
            yield Deed(operator, numbers, fields, match, bool(sentence.named), before, beside)
        before = sentence.named


def hints(said: Utterance, operator: str) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """The clauses and fields of each sentence that may speak of what an operator does: its words else say nothing."""
    for sentence in said.sentences if operator in words.HINTS else ():
        if words.HINTS[operator].search(sentence.text):
            fields = _fields(sentence.mentioned) or _fields(said.mentioned)
            yield sentence.named or said.named(asked=True), fields


def _fields(mentioned: Iterable[Mention]) -> frozenset[str]:
    return frozenset([one.field for one in mentioned if one.how == "field"])


def _signs(text: str, operators: Collection[str]) -> Iterator[tuple[str, str]]:
    for operator, sign in words.SIGNS.items():
        match = sign.search(text) if operator in operators else None
        if match and not words.NOT_SO.search(text[: match.start()]):
            yield operator, match.group().strip()
    for match in words.MISQUOTING.finditer(text) if not _MISQUOTING.isdisjoint(operators) else ():
        if words.NOT_SO.search(text[: match.start()]):
            continue
        if (kind := _misquoted(text, match)) in operators:
            yield kind, match.group().strip()


def _misquoted(text: str, match: re.Match[str]) -> str:
    """What is said to be misquoted: the nearest noun behind the verb, or else before it, that says so."""
    for piece, nearest in ((text[match.start() :], min), (text[: match.start()], max)):
        nouns = [(found.start(), kind) for kind, noun in words.MISQUOTED.items() for found in noun.finditer(piece)]
        if nouns:
            kind = nearest(nouns)[1]
            return kind and f"misquoted_{kind}"
    return ""
