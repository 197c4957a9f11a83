"""Finds the clauses that a text names, by number or by what they are called, and the fields of the record.

    for mention in mentions(claims, trial):
        mention.numbers, mention.how     # {"5.3"}, "name": of "the comorbidity override"

A clause is called what the protocol calls it (`protocol_text.clause_name`) or what people make of that: "the override",
"upper age limit", "the longer window". Nothing here knows a record or an Actor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from synth_audit_env.server.protocol import Clause, Protocol
from synth_audit_env.server.reasons.claim_tokens import Token
from synth_audit_env.server.reasons.claims import Claims
from synth_audit_env.server.trial import Trial

How = Literal["number", "name", "field"]


class Mention(NamedTuple):
    """Where a text names one clause, or several that go by one name."""

    numbers: frozenset[str]
    how: How
    """number: as cited; name: as it is called; field: by what it is about, such as "the age"."""
    first: int
    last: int
    """Its first and last token."""


_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "stage": ("stage iv", "stage 4", "stage-iv", "metastatic", "stage"),
    "comorbidity_index": ("comorbidity", "comorbidities", "index", "charlson", "cci"),
    "haemoglobin": ("haemoglobin", "hemoglobin", "hb", "hgb"),
    "ecog": ("performance status", "ecog"),
    "ldh": ("ldh",),
    "bmi": ("bmi",),
}
"""What the condition of a clause is about, in words."""
_KINDS: Mapping[str, tuple[str, ...]] = {
    "exception": ("exception", "extension", "longer window", "long window", "extended window", "longer limit"),
    "override": ("override",),
    "waiver": ("waiver",),
    "exclusion": ("exclusion", "restriction"),
}
_SUFFIXES = ("exception", "extension", "window", "allowance", "limit", "rule", "clause", "scheduling exception")
_AGE_MIN = ("minimum age", "age minimum", "lower age limit", "min age", "age floor", "lower age bound", "lower limit")
_AGE_MAX = ("maximum age", "age maximum", "upper age limit", "max age", "age cap", "age ceiling", "upper limit")
_AGES = ("limit", "limits", "range", "rule", "criterion", "criteria", "bounds", "requirement", "check", "test", "band")
_BASE = ("treatment window", "base window", "standard window", "general window", "ordinary window", "default window")
_ORDER = ("order of dates", "date order", "order of the dates", "chronology", "sequence of dates", "order of events")
_DATES = ("dates", "sequence", "timeline", "milestones", "chronological", "order")
_EQUITY = ("equity features", "equity rule", "equity clause", "equity section")
Phrase = tuple[str, ...]
Names = Mapping[str, Sequence[tuple[Phrase, How, frozenset[str]]]]
"""What can be named, by its first word, the longest names first."""


def mentions(claims: Claims, names: Names) -> list[Mention]:
    """All of them, in order; the longest name that begins at a place counts."""
    found = [
        Mention(frozenset({claim.clause}), "number", claim.first, claim.last)
        for claim in claims.items
        if claim.kind == "clause"
    ]
    taken = {at for one in found for at in range(one.first, one.last + 1)}
    found += [one for one in _named(claims.tokens, names) if one.first not in taken]
    return sorted(found, key=lambda mention: mention.first)


def _named(tokens: Sequence[Token], named: Names) -> Iterator[Mention]:
    texts = [token.text for token in tokens]
    at = 0
    while at < len(texts):
        for phrase, how, numbers in named.get(texts[at], ()):
            if tuple(texts[at : at + len(phrase)]) == phrase:
                yield Mention(numbers, how, at, at + len(phrase) - 1)
                at += len(phrase) - 1
                break
        at += 1


def names_in(trial: Trial) -> Names:
    """What can be named in a trial."""
    protocol, equity = trial.protocol, trial.numbers.get("equity", "")
    called: dict[tuple[Phrase, How], set[str]] = {}

    def call(words: str, how: How, *numbers: str) -> None:
        if numbers:
            called.setdefault((tuple(words.casefold().replace("-", " - ").split()), how), set()).update(numbers)

    for clause in protocol.clauses:
        for words, how in _names_of(clause, protocol):
            call(words, how, clause.number)
    windows = [c.number for c in protocol.clauses if c.parameter == "window_days"]
    for words in ("window", "windows", "window rule", "scheduling rule", "delay", "timing", "scheduling"):
        call(words, "field", *windows)
    for order in protocol.orders:
        for words in _ORDER:
            call(words, "name", order.number)
        for words in _DATES:
            call(words, "field", order.number)
    for words in _EQUITY if equity else ():
        call(words, "name", equity)
    for provision in (*trial.provisions, *trial.invented_provisions):
        call(provision.title, "name", provision.number)
    by_first: dict[str, list[tuple[Phrase, How, frozenset[str]]]] = {}
    for (phrase, how), numbers in sorted(called.items(), key=lambda item: -len(item[0][0])):
        by_first.setdefault(phrase[0], []).append((phrase, how, frozenset(numbers)))
    return by_first


def _names_of(clause: Clause, protocol: Protocol) -> Iterator[tuple[str, How]]:
    """What a clause can be called, and what it is about."""
    if clause.parameter in ("age_min", "age_max") and clause.in_force is None:
        yield from ((words, "name") for words in (_AGE_MIN if clause.parameter == "age_min" else _AGE_MAX))
        yield from ((f"age {words}", "name") for words in _AGES)
        yield from (("age", "field"), ("ages", "field"))
    if clause.parameter == "window_days" and clause.in_force is None:
        if not clause.when:
            yield from ((words, "name") for words in _BASE)
            return
        kind = _kind(clause, protocol)
        yield from ((words, "name") for words in _KINDS[kind])
        for subject in _SUBJECTS.get(clause.when[0].field, ()):
            suffixes = (
                *_KINDS[kind],
                *(_SUFFIXES if kind == "exception" else ("rule", "clause", "threshold", "check")),
            )
            yield from ((f"{subject} {words}", "name") for words in suffixes)
            yield subject, "field"
    if clause.parameter.endswith("_min") or clause.parameter.endswith("_max"):
        yield f"{clause.parameter.rpartition('_')[0]} limit", "name"


def _kind(clause: Clause, protocol: Protocol) -> str:
    """Exception, override, waiver or exclusion: by how many clauses it acts on, one through the other."""
    depth, below = 0, clause
    while below.acts_on is not None:
        below = protocol.clause(below.acts_on)
        depth += 1
    return "exception" if clause.value is not None else tuple(_KINDS)[min(depth, len(_KINDS) - 1)]
