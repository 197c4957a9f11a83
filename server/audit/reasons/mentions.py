"""Which clauses a text mentions, and what it says of each: who ignored what, and what applies.

    found = mentions(claims, names)
    [(m.numbers, m.how) for m in found]                       # [({"5.3"}, "name")] of "the comorbidity override"
    [(s.act, s.mention.numbers) for s in statements(claims, found)]    # [("ignored", {"5.3"})] of "It never read §5.3."

A clause is called what the protocol calls it (`protocol_text.clause_name`) or what people make of that: "the override",
"upper age limit", "the longer window". A statement is a verb of a closed list with the clauses beside it in the same
part of a sentence. Whatever else a sentence says is not read, and so never false. Nothing here knows a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...world.protocol import Clause, Protocol
from ...world.trial import Trial
from . import words
from .claims import Claims

How = Literal["number", "name", "field"]


class Mention(NamedTuple):
    """Where a text names one clause, or several that go by one name."""

    numbers: frozenset[str]
    how: How
    """number: as cited; name: as it is called; field: by what it is about, such as "the age"."""
    first: int
    last: int
    """Its first and last token."""


Act = Literal["ignored", "not applied", "read", "applied", "misread", "invented", "holds", "fails"]
_REACH = 7
"""The most words between a verb and the clause that it is said of."""
_NEAR = 5
"""The most words between a verb in the passive and the clause before it."""
Phrase = tuple[str, ...]
Key = tuple[str, ...]
"""What a name stands for, before any protocol is known: ("override", "comorbidity_index"), ("reads", "haemoglobin")."""


@dataclass(frozen=True)
class Names:
    """What can be named in a protocol."""

    numbers: Mapping[Key, frozenset[str]]
    """Numbers of its clauses, by key."""
    titles: Mapping[str, Sequence[tuple[Phrase, frozenset[str]]]]
    """The titles of its provisions with their number, by the first word."""


_SUBJECTS: Mapping[str, str] = {
    "stage": "stage iv/stage 4/stage - iv/metastatic/stage",
    "comorbidity_index": "comorbidity/comorbidities/index/charlson/cci",
    "haemoglobin": "haemoglobin/hemoglobin/hb/hgb",
    "ecog": "performance status/ecog",
    "ldh": "ldh",
    "bmi": "bmi",
}
"""What the condition of a clause is about, in words."""
_KINDS: Mapping[str, str] = {
    "exception": "exception/extension/longer window/long window/extended window/longer limit",
    "override": "override",
    "waiver": "waiver",
    "exclusion": "exclusion/restriction",
}
_RULE = "rule/clause/threshold/check"
_WINDOW = "exception/extension/window/allowance/limit/rule/clause/scheduling exception"
_PLAIN: Mapping[Key, str] = {
    ("age_min",): "minimum age/age minimum/lower age limit/min age/age floor/lower age bound/lower limit",
    ("age_max",): "maximum age/age maximum/upper age limit/max age/age cap/age ceiling/upper limit",
    (
        "ages",
    ): "age limit/age limits/age range/age rule/age criterion/age criteria/age bounds/age requirement/age check/"
    "age test/age band",
    ("base",): "treatment window/base window/standard window/general window/ordinary window/default window",
    ("order",): "order of dates/date order/order of the dates/chronology/sequence of dates/order of events",
    ("equity",): "equity features/equity rule/equity clause/equity section",
    ("ecog_max",): "performance status limit/ecog limit",
    ("haemoglobin_min",): "haemoglobin limit",
    ("creatinine_max",): "creatinine limit",
}
_FIELDS: Mapping[Key, str] = {
    ("ages",): "age/ages",
    ("windows",): "window/windows/window rule/scheduling rule/delay/timing/scheduling",
    ("order",): "dates/sequence/timeline/milestones/chronological/order",
}


def _split(names: str) -> list[Phrase]:
    return [tuple(name.split()) for name in names.split("/")]


def _all_names() -> Iterator[tuple[Phrase, How, Key]]:
    for key, names in _PLAIN.items():
        yield from ((phrase, "name", key) for phrase in _split(names))
    for key, names in _FIELDS.items():
        yield from ((phrase, "field", key) for phrase in _split(names))
    for kind, names in _KINDS.items():
        yield from ((phrase, "name", (kind,)) for phrase in _split(names))
        for field, subjects in _SUBJECTS.items():
            ends = [*_split(names), *_split(_WINDOW if kind == "exception" else _RULE)]
            yield from (((*subject, *end), "name", (kind, field)) for subject in _split(subjects) for end in ends)
    for field, subjects in _SUBJECTS.items():
        yield from ((subject, "field", ("reads", field)) for subject in _split(subjects))


def _meanings() -> Mapping[Phrase, Sequence[tuple[How, Key]]]:
    """What each name can stand for; of one that stands for several, clauses before fields."""
    called: dict[Phrase, list[tuple[How, Key]]] = {}
    for phrase, how, key in _all_names():
        called.setdefault(phrase, []).append((how, key))
    return called


def _lengths() -> Mapping[str, Sequence[int]]:
    """How many words the names have that begin with a word, the most first."""
    found: dict[str, set[int]] = {}
    for phrase in _MEANINGS:
        found.setdefault(phrase[0], set()).add(len(phrase))
    return {first: sorted(lengths, reverse=True) for first, lengths in found.items()}


_MEANINGS = _meanings()
_LENGTHS = _lengths()


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
    end = 0
    for at, text in enumerate(texts):
        if at < end or (text not in _LENGTHS and text not in names.titles):
            continue
        for length, how, numbers in _beginning_with(texts, at, names):
            # "comorbidity override miss" is the name of an error type.
            if texts[at + length : at + length + 1] != ("miss",):
                end = at + length
                yield Mention(numbers, how, at, end - 1)
                break


def _beginning_with(texts: Phrase, at: int, names: Names) -> Iterator[tuple[int, How, frozenset[str]]]:
    """The names that begin at a place, the longest first and then the titles: how many words, and what is meant."""
    for length in _LENGTHS.get(texts[at], ()):
        for how, key in _MEANINGS.get(texts[at : at + length], ()):
            if key in names.numbers:
                yield length, how, names.numbers[key]
                break
    for title, number in names.titles.get(texts[at], ()):
        if texts[at : at + len(title)] == title:
            yield len(title), "name", number


def names_in(trial: Trial) -> Names:
    """What can be named in a trial."""
    found: dict[Key, set[str]] = {}
    for clause in trial.protocol.clauses:
        for key in _keys(clause, trial.protocol):
            found.setdefault(key, set()).add(clause.number)
    for order in trial.protocol.orders:
        found.setdefault(("order",), set()).add(order.number)
    if "equity" in trial.numbers:
        found["equity",] = {trial.numbers["equity"]}
    titles: dict[str, list[tuple[Phrase, frozenset[str]]]] = {}
    for provision in (*trial.provisions, *trial.invented_provisions):
        title = tuple(provision.title.casefold().replace("-", " - ").split())
        titles.setdefault(title[0], []).append((title, frozenset({provision.number})))
    return Names({key: frozenset(numbers) for key, numbers in found.items()}, titles)


def _keys(clause: Clause, protocol: Protocol) -> Iterator[Key]:
    """What a clause can be called, and what it is about."""
    if clause.parameter == "window_days":
        yield ("windows",)
    if clause.in_force is not None:
        return
    if clause.parameter in ("age_min", "age_max"):
        yield ("ages",)
    if clause.parameter != "window_days":
        yield (clause.parameter,)
    elif not clause.when:
        yield ("base",)
    else:
        kind, field = _kind(clause, protocol), clause.when[0].field
        yield from ((kind,), (kind, field), ("reads", field))


def _kind(clause: Clause, protocol: Protocol) -> str:
    """Exception, override, waiver or exclusion: by how many clauses it acts on, one through the other."""
    depth, below = 0, clause
    while below.acts_on is not None:
        below = protocol.clause(below.acts_on)
        depth += 1
    return "exception" if clause.value is not None else tuple(_KINDS)[min(depth, len(_KINDS) - 1)]


class Statement(NamedTuple):
    """Something that is said of a clause."""

    act: Act
    """holds, fails: whether it applies; the others: what the Actor did with it."""
    mention: Mention


def statements(claims: Claims, mentioned: Sequence[Mention]) -> list[Statement]:
    """What a text says of the clauses that it mentions, in order."""
    texts = claims.texts
    at_token = {at: mention for mention in mentioned for at in range(mention.first, mention.last + 1)}
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
        if text in words.VERB_NOUNS and (not at or texts[at - 1] not in words.BEFORE_VERBS):
            continue  # "needs no closer look"
        denied = any(before in words.VERB_DENIALS for before in texts[max(start, at - 4) : at])
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
                did = any(before in words.PAST_DENIALS for before in texts[max(start, at - 3) : at])
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
