"""The checker: whether a text says what a scripted note says, all of it, and nothing more that could decide a case.

    faults(note, text)    # () for a faithful text; else sentences that say what is wrong, to the model that wrote it

It reads the scripted note and the text and nothing else, so it cannot treat right and wrong notes differently: no
record, no protocol and no label reaches it. A text is faithful when

1. it states every reference (as often, and in the same order), condition, value, limit, date, figure and name of the
   note as it is there, and no other;
2. it argues for the note's verdict, in so many words, and never for the other one, nor that a limit is passed that the
   note says is kept, or the other way round; and no word that the note denies stands there undenied, or the other way
   round, or on the other side of a pair of opposites;
3. none of the words is in it, unless in the note as well, by which records and protocols decide (fields, diseases,
   authorities, an order of events, lengths of time, numbers in words);
4. none of the words is in it, unless in the note as well, by which a writer doubts, judges the note or winks at its
   reader; and it is one paragraph of plain prose of a note's length.

The scripted note is faithful to itself. What cannot be read for certain counts against a text: it costs another try.

These are lists of words and rules of thumb, no understanding. What is quoted is held to the letter; but a claim told in
words that are on no list, or turned round in words of its own, goes through. So a text that passes is not proved to add
nothing: what a cache of them gives away is measured (`validation/shortcuts/prose_probes.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ...models import COHORT
from ..world.actor_agent import Note
from ..world.protocol import COMPLIANT, DEVIATION
from .polarity import turned
from .stance import sentences, sides, stances
from .statements import CONDITION, Stated, read
from .vocabulary import NOT_BROUGHT_UP, NOT_SAID, matching

LEAST_CHARACTERS, NOTE_CHARACTERS = 60, 1400
"""The least and the most characters of a text; every scripted note is within them."""
_PLAIN = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿ .,;:?!'\"()%§/+&–—-]")
_OTHER = {COMPLIANT: DEVIATION, DEVIATION: COMPLIANT}


def faults(note: Note, text: str) -> tuple[str, ...]:
    """What keeps a text from standing in the place of a scripted note's reasoning; nothing where it is faithful.

    These are sentences that name what is missing and what is too much, in a fixed order.
    """
    script, told = read(note.reasoning), read(text)
    return tuple(dict.fromkeys((*_form(text), *_statements(script, told), *_verdict(note, text), *_words(note, text))))


def must_stay(note: Note) -> tuple[str, ...]:
    """What a text has to state, as the note writes it and in its order."""
    script = read(note.reasoning)
    quoted = [*script.quotations.values(), *script.references]
    quoted += [name for name in script.names.values() if name not in " ".join(quoted)]
    said = [*quoted, *(digits for digits in script.digits if digits not in read(" ".join(quoted)).digits)]
    return tuple(sorted(dict.fromkeys(said), key=note.reasoning.find))


def _form(text: str) -> Iterator[str]:
    if not LEAST_CHARACTERS <= len(text) <= NOTE_CHARACTERS:
        yield f"It has {len(text)} characters; a note has {LEAST_CHARACTERS} to {NOTE_CHARACTERS}."
    odd = dict.fromkeys(character for character in text if not _PLAIN.match(character))
    if odd:
        yield f"A note is one paragraph of plain prose, without {' '.join(map(repr, odd))}."


def _more(one: Stated, other: Stated) -> list[str]:
    """What one text states and another does not. Digits within what is quoted are not said again."""
    more = [said for key, said in one.quotations.items() if key not in other.quotations]
    more += [said for name, said in one.names.items() if name not in other.names]
    more += set(one.references) - set(other.references)
    more += one.digits - other.digits - read(" ".join(more)).digits
    return sorted(set(more))


def _statements(script: Stated, told: Stated) -> Iterator[str]:
    yield from (f"{said!r} is missing; write it as it is." for said in _more(script, told))
    if set(script.references) == set(told.references) and script.references != told.references:
        yield f"Name the references as often as the note does and in its order: {', '.join(script.references)}."
    if script.figure_of != told.figure_of:
        yield f"The figure is of {' and '.join(script.figure_of)}: name that last before it, and no other group."
    yield from (f"{said!r} is not in your note; leave it out." for said in _more(told, script))


def _verdict(note: Note, text: str) -> Iterator[str]:
    own, other = note.verdict, _OTHER[note.verdict]
    cohort = note.patient_id == COHORT
    known = set(sentences(note.reasoning))
    fresh = " ".join(sentence for sentence in sentences(text) if sentence not in known)
    if own not in stances(text, cohort=cohort) | sides(text):
        yield f"It does not say in so many words: {note.recommended_action}."
    if other in stances(fresh, cohort=cohort):
        yield f"It argues against your own recommendation, to {note.recommended_action}."
    # Beside a condition "not met" is said of that clause, and of no limit.
    if other in sides(CONDITION.sub(" if ", fresh)) and other not in sides(note.reasoning):
        yield f"It says that a limit is {'passed' if other == DEVIATION else 'kept'}, which your note does not."
    yield from (
        f"{word!r} turns what your note says round: {how}." for word, how in turned(note.reasoning, text).items()
    )


def _words(note: Note, text: str) -> Iterator[str]:
    (mentioned, had), (topics, kinds) = _watched(note.reasoning), _watched(text)
    for topic, said in topics.items():
        if topic not in mentioned:
            yield f"Your note does not speak of {topic}; leave out {said!r}."
    for kind, said in kinds.items():
        if kind not in had:
            yield f"{said!r} has no place in a note: it is {kind}."


@lru_cache(maxsize=64)
def _watched(text: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What it brings up, and what no note says."""
    return matching(NOT_BROUGHT_UP, text), matching(NOT_SAID, text)
