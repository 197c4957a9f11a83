"""What a text says that the Actor did beyond using a clause or not: it misquoted it, turned it round, was too early.

    [(deed.operator, deed.numbers) for deed in deeds(said)]    # [("inverted", {"4.4"})]

Each operator of `world/operators.py` has its signs (`words.SIGNS`), which are held against the clauses and fields of
the same sentence. Nothing here knows what is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from . import words
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


def called(operator: str) -> tuple[str, ...]:
    """What an operator may be called, its own name first: less of it is then said, and nothing false."""
    return operator, *_CALLED_AS_WELL.get(operator, ())


_CALLED_AS_WELL = {"unapproved": ("premature",), "wrong_source": ("misquoted_value",)}


def deeds(said: Utterance) -> Iterator[Deed]:
    """All deeds of a text, in order."""
    anywhere = said.named(asked=True)
    for start, end in said.sentences:
        text = said.written(start, end)
        here = said.mentions_in(start, end)
        exact = frozenset(number for one in here if one.how != "field" for number in one.numbers)
        fields = frozenset(one.field for one in here if one.how == "field")
        for operator, match in _signs(text):
            yield Deed(operator, exact or frozenset(anywhere), fields, match, bool(exact))


def hints(said: Utterance, operator: str) -> Iterator[set[str]]:
    """The clauses of each sentence that may speak of what an operator does: its words else say nothing."""
    for start, end in said.sentences if operator in words.HINTS else ():
        if words.HINTS[operator].search(said.written(start, end)):
            here = {number for one in said.mentions_in(start, end) if one.how != "field" for number in one.numbers}
            yield here or said.named(asked=True)


def _signs(text: str) -> Iterator[tuple[str, str]]:
    for operator, sign in words.SIGNS.items():
        match = sign.search(text)
        if match and not words.NOT_SO.search(text[: match.start()]):
            yield operator, match.group().strip()
    for match in words.MISQUOTING.finditer(text):
        if words.NOT_SO.search(text[: match.start()]):
            continue
        if kind := _misquoted(text, match):
            yield kind, match.group().strip()


def _misquoted(text: str, match: re.Match[str]) -> str:
    """What is said to be misquoted: the nearest noun behind the verb, or else before it, that says so."""
    for piece, nearest in ((text[match.start() :], min), (text[: match.start()], max)):
        nouns = [(found.start(), kind) for kind, noun in words.MISQUOTED.items() for found in noun.finditer(piece)]
        if nouns:
            kind = nearest(nouns)[1]
            return kind and f"misquoted_{kind}"
    return ""
