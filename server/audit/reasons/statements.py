"""Reads what a text says of the Actor and of clauses: who ignored what, what applies, who is right.

    statements = read(claims, mentions)
    [(s.act, s.mention.numbers) for s in statements]    # [("ignored", {"5.3"})] of "It never read §5.3."

A statement is a verb of a closed list with the clauses beside it in the same part of a sentence. Whatever else a
sentence says is not read, and so never false. Nothing here knows a protocol or a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from . import statement_words as words
from .claims import Claims
from .names import Mention

Act = Literal["ignored", "not applied", "read", "applied", "misread", "invented", "holds", "fails"]
_REACH = 7
"""Words between a verb and what it is said of, at most."""
_NEAR = 5
"""The same of a verb in the passive and what stands before it."""


class Statement(NamedTuple):
    """Something that is said of a clause."""

    act: Act
    """holds, fails: whether it applies; the others: what the Actor did with it."""
    mention: Mention


def read(claims: Claims, mentions: Sequence[Mention]) -> list[Statement]:
    """All statements, in order."""
    texts = claims.texts
    at_token = {at: mention for mention in mentions for at in range(mention.first, mention.last + 1)}
    found: list[Statement] = []
    for start, end in parts(texts):
        verbs = list(_verbs(texts, start, end))
        for place, (at, act) in enumerate(verbs):
            before = verbs[place - 1][0] + 1 if place else start
            after = verbs[place + 1][0] if place + 1 < len(verbs) else end
            passive = not words.PASSIVE.isdisjoint(texts[max(start, at - 2) : at])
            stops = [place for place in range(at + 1, after) if texts[place] in words.WITHOUT]
            ahead = _objects(at_token, at + 1, min([after, at + 1 + _REACH, *stops]))
            behind = _objects(at_token, max(before, at - (_NEAR if passive else _REACH)), at)
            if not passive:  # "Override missed", and not "the exception and missed what follows"
                behind = [one for one in behind if one.last >= at - 2 and texts[at - 1] != "and"]
            objects = (behind or ahead) if passive else (ahead or behind)
            if passive and act == "invented":
                objects = behind
            if act in ("holds", "fails"):
                # "§5.3 does not apply", or "the override, which does not apply".
                reach = start - 3 if start and texts[start - 1] == "which" else before
                objects = _objects(at_token, max(reach, at - 6), at)[-1:]
            found += [Statement(act, mention) for mention in objects]
    return found


def parts(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the parts of sentences begin and end that a verb does not reach across."""
    start = 0
    for at, text in enumerate(texts):
        if text in words.BREAKS:
            if at > start:
                yield start, at
            start = at + 1
    if start < len(texts):
        yield start, len(texts)


def _verbs(texts: Sequence[str], start: int, end: int) -> Iterator[tuple[int, Act]]:
    """The verbs of a part of a sentence with what each says, negations taken in."""
    if not words.SUPPOSED.isdisjoint(texts[start:end]):
        return
    for at in range(start, end):
        text = texts[at]
        if text == "missed" and not words.DUE.isdisjoint(texts[max(start, at - 8) : at]):
            continue
        if text not in words.ACTS or (at and texts[at - 1] in words.ARTICLES):
            continue
        if at + 1 < end and texts[at + 1] in words.ONWARDS:
            continue  # "did not read past §5.2"
        if text in words.NOUNS and (not at or texts[at - 1] not in words.BEFORE_VERBS):
            continue  # "needs no closer look"
        denied = any(before in words.DENIALS for before in texts[max(start, at - 4) : at])
        owed = any(before in words.OWED for before in texts[max(start, at - 4) : at])
        if text in words.IGNORING:
            if not denied:
                yield at, "ignored"
        elif text in words.READING:
            # "Did not read it as ...": it did read it.
            ignored = denied and (end == len(texts) or texts[end] != "as")
            if not owed:
                yield at, "ignored" if ignored else "read"
        elif text in words.MISREADING:
            if not denied:
                yield at, "misread"
        elif text in words.INVENTING:
            if not denied:
                yield at, "invented"
        elif text in words.APPLYING and (at + 1 == len(texts) or texts[at + 1] not in words.APPLIES_TO):
            past = text not in ("applies", "apply")
            if owed:
                if not denied:
                    yield at, "not applied"
            elif past or text == "apply":
                did = any(before in words.PAST for before in texts[max(start, at - 3) : at])
                if denied and (past or did):
                    yield at, "not applied"
                elif denied:
                    yield at, "fails"
                elif past:
                    yield at, "applied"
            else:
                yield at, "fails" if denied else "holds"


def _objects(at_token: dict[int, Mention], first: int, end: int) -> list[Mention]:
    return list(dict.fromkeys(at_token[at] for at in range(first, end) if at in at_token))
