"""Which clauses a text mentions, and what it says of each: who ignored what, and what applies.

    found = mentions(claims, names)
    [(m.numbers, m.how) for m in found]                       # [({"5.3"}, "name")] of "the comorbidity override"
    [(s.act, s.mention.numbers) for s in statements(claims, found)]    # [("ignored", {"5.3"})] of "It never read §5.3."

What a clause is called is in `names.py`. A statement is a verb of a closed list with the clauses beside it in the same
part of a sentence. Whatever else a sentence says is not read, and so never false. Nothing here knows a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from . import words
from .claims import Claims
from .names import How, Names, Phrase


class Mention(NamedTuple):
    """Where a text names one clause, or several that go by one name."""

    numbers: frozenset[str]
    how: How
    """number: as cited; name: as it is called; field: by what it is about, such as "the age"."""
    first: int
    last: int
    """Its first and last token."""
    field: str = ""
    """Of a mention by field: which."""


Act = Literal["ignored", "not applied", "read", "applied", "misread", "invented", "holds", "fails"]
_OF_WHOLE = ("invented", "holds", "fails", "applied")
_STOPS = words.WITHOUT | words.PASSIVE
_REACH = 7
"""The most words between a verb and the clause that it is said of."""
_NEAR = 5
"""The most words between a verb in the passive and the clause before it."""


def mentions(claims: Claims, names: Names) -> list[Mention]:
    """All mentions of clauses in order. Of the names that begin at one place, the longest counts."""
    found: list[Mention] = []
    for claim in claims.items:
        listed = claim.clause and found and words.LISTS.issuperset(claims.between(found[-1], claim))  # "§5.2 and 5.3"
        if claim.kind == "clause" or listed:
            found.append(Mention(frozenset({claim.clause}), "number", claim.first, claim.last))
    taken = {at for one in found for at in range(one.first, one.last + 1)}
    found += [one for one in _named(claims.texts, names) if one.first not in taken]
    return sorted(found, key=lambda mention: mention.first)


def _named(texts: Phrase, names: Names) -> Iterator[Mention]:
    texts = tuple([text.removesuffix("'s") for text in texts])
    end = 0
    for at in range(len(texts)):
        if at >= end and (name := names.longest(texts, at)):
            end = at + len(name.phrase)
            yield Mention(name.numbers, name.how, at, end - 1, name.field)


class Statement(NamedTuple):
    """Something that is said of a clause."""

    act: Act
    """holds, fails: whether it applies; the others: what the Actor did with it."""
    mention: Mention


def statements(claims: Claims, mentioned: Sequence[Mention]) -> list[Statement]:
    """What a text says of the clauses that it mentions, in order."""
    at_token = {at: mention for mention in mentioned for at in range(mention.first, mention.last + 1)}
    texts = _with_names_beside(claims, mentioned)
    found: list[Statement] = []
    for start, end in parts(texts):
        verbs = list(_verbs(texts, start, end))
        for place, (at, act) in enumerate(verbs):
            before = verbs[place - 1][0] + 1 if place else start
            after = verbs[place + 1][0] if place + 1 < len(verbs) else end
            passive = not words.PASSIVE.isdisjoint(texts[max(start, at - 3) : at])
            # No object of a verb stands behind another verb: "The 42 days that it relies on were changed by ...".
            stops = [place for place in range(at + 1, after) if texts[place] in _STOPS]
            ahead = _objects(at_token, at + 1, min([after, at + 1 + _REACH, *stops]))
            behind = _objects(at_token, max(before, at - (_NEAR if passive else _REACH)), at)
            if not passive:  # "Override missed", and not "the exception and missed what follows"
                behind = [one for one in behind if one.last >= at - 2 and texts[at - 1] not in words.BEFORE_GERUNDS]
            if act == "applied" and texts[at].endswith("s") and not passive:
                behind = []  # "§5.3 uses 42 days"
            objects = (behind or ahead) if passive else (ahead or behind)
            if passive and act == "invented":
                objects = behind
            if act in ("holds", "fails"):
                # "§5.3 does not apply", or "the override, which does not apply".
                reach = start - 3 if start and texts[start - 1] == "which" else before
                objects = _objects(at_token, max(reach, at - 6), at)[-1:]
            if not objects and texts[at + 1 : at + 2] == ("it",):
                exact = [one for one in mentioned if one.how != "field" and one.last < at]
                objects = exact[-1:]
            found += [Statement(act, one) for one in objects if act in _OF_WHOLE or not _is_of_part(texts, one)]
    return found


def _with_names_beside(claims: Claims, mentioned: Sequence[Mention]) -> Phrase:
    """The texts in which "§5.3 (the comorbidity override) was never read" is one part: the brackets are commas."""
    texts = list(claims.texts)
    for one, other in pairwise(mentioned):
        opened = [text for text in claims.between(one, other) if text not in words.ARTICLES]
        if opened == ["("] and claims.after(other, 1) == (")",):
            texts[texts.index("(", one.last)] = texts[other.last + 1] = ","
    return tuple(texts)


def _is_of_part(texts: Sequence[str], mention: Mention) -> bool:
    """Whether what is said is of a part of the clause only: "the condition of §5.2", "§5.2's date"."""
    before, after = texts[max(0, mention.first - 3) : mention.first], texts[mention.last + 1 : mention.last + 4]
    if mention.how != "number" or after[:2] != ("'", "s"):
        after = after[:1] if texts[mention.last].endswith("'s") else ()
    return not words.PARTS.isdisjoint((*before, *after))


def parts(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Begin and end of the parts of sentences. A verb does not reach from one part into another."""
    start = 0
    for at, text in enumerate(texts):
        if text in words.BREAKS:
            if at > start:
                yield start, at
            start = at + 1
    if start < len(texts):
        yield start, len(texts)


def _verbs(texts: Sequence[str], start: int, end: int) -> Iterator[tuple[int, Act]]:
    """The verbs of a part of a sentence, and what each says with its negation."""
    if not words.SUPPOSED.isdisjoint(texts[start:end]) and "nothing" not in texts[start:end]:
        return
    for at in range(start, end):
        text = texts[at]
        if text == "missed" and not words.DUE.isdisjoint(texts[max(start, at - 8) : at]):
            continue
        if text not in words.ACTS or (at > start and texts[at - 1] in words.ARTICLES):
            continue
        if at + 1 < end and text in words.READING and texts[at + 1] in words.ONWARDS:
            continue  # "did not read past §5.2"
        if text in words.IGNORING and texts[at + 1 : at + 2] == ("out",):
            continue  # "§5.3 drops out"
        if text in ("applying", "using") and at == start:
            continue  # "Applying §5.3 gives 42 days" says what whoever does so finds
        if text in words.VERB_NOUNS and (not at or texts[at - 1] not in words.BEFORE_VERBS):
            continue  # "needs no closer look"
        subjects = [one for one in texts[max(start, at - 3) : at] if one in words.SUBJECTS]
        if subjects[-1:] in (["i"], ["we"]):
            continue  # "I checked §5.3 and it does not hold"
        held = text in ("applies", "apply")
        if held and "whether" in texts[start:at]:
            continue
        denied = any(before in words.VERB_DENIALS for before in texts[max(start, at - 4) : at])
        denied &= not (held and "without" in texts[max(start, at - 4) : at])
        owed = any(before in words.OWED for before in texts[max(start, at - 4) : at])
        barred = "cannot" in texts[max(start, at - 3) : at]
        if text in words.IGNORING or words.IGNORED.get(text, "") in texts[at + 1 : at + 3]:
            if not denied and not owed:
                yield at, "not applied" if text in words.DROPPING else "ignored"
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
        elif text in words.APPLYING and not _says_to_whom(texts, at):
            past = text not in ("applies", "apply") or texts[at - 1] in words.ACTORS
            if barred:
                yield at, "fails"  # "§5.3 cannot be used" is said of the clause
            elif owed:
                if not denied:
                    yield at, "not applied"
            elif past or text == "apply":
                did = any(before in words.PAST_DENIALS for before in texts[max(start, at - 3) : at])
                if denied and (past or did):
                    yield at, "not applied"
                elif denied:
                    yield at, "fails"
                elif past:
                    yield at, "applied"
            else:
                yield at, "fails" if denied else "holds"


def _says_to_whom(texts: Sequence[str], at: int) -> bool:
    """Whether "applies" is said of whom or when, and not whether: "applies to Stage IV", but "to this patient" is."""
    to, whom = (*texts[at + 1 : at + 3], "", "")[:2]
    return to in words.APPLIES_TO and not (to == "to" and whom in words.WHOM)


def _objects(at_token: dict[int, Mention], first: int, end: int) -> list[Mention]:
    return list(dict.fromkeys(at_token[at] for at in range(first, end) if at in at_token))
