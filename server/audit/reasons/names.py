"""Finds the clauses that a text names, by number or by what they are called, and the fields of the record.

    for mention in mentions(claims, names):
        mention.numbers, mention.how     # {"5.3"}, "name": of "the comorbidity override"

A clause is called what the protocol calls it (`protocol_text.clause_name`) or what people make of that: "the override",
"upper age limit", "the longer window". Nothing here knows a record or an Actor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...world.protocol import Clause, Protocol
from ...world.trial import Trial
from .claim_words import LISTS
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


Phrase = tuple[str, ...]
Key = tuple[str, ...]
"""What a name stands for, before any protocol is known: ("override", "comorbidity_index"), ("reads", "haemoglobin")."""


@dataclass(frozen=True)
class Names:
    """What can be named in a protocol."""

    numbers: Mapping[Key, frozenset[str]]
    """Of its clauses, by key."""
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
    """All of them, in order; the longest name that begins at a place counts."""
    found: list[Mention] = []
    for claim in claims.items:
        listed = claim.clause and found and LISTS.issuperset(claims.between(found[-1], claim))  # "§5.2 and 5.3"
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
        words = tuple(provision.title.casefold().replace("-", " - ").split())
        titles.setdefault(words[0], []).append((words, frozenset({provision.number})))
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
