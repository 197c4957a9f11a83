"""The fixed slots of a note: what a model may not word is cut out of the script, and put back between its words.

    cut = cut_out(note)
    cut.text                # "On the chart [1], which takes us from [2] to [3]. [4] asks for [5] and I find [6]."
    faults(cut, "[1], so that [3] holds.")      # ("The slots are [1], [3] here; ...",)
    cut.filled(answer)      # with the script's words in the slots, and its verdict at the end

Slots are clauses with their names and grounds, dates, ids, figures, and who the patient is. The
finding, with value and limit, and all that follows it stand at the end as the script has them. So what a note states of
the protocol, the record and the cohort is the script's, to the letter. What stands between the slots is the model's,
and is held to three rules: no figure of its own, a note's length, and a negation between two slots where the script has
one and nowhere else. No other reading of English is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

from ..world.actor_agent import Note
from ..world.patient_generator import HISTOLOGY_DECKS, PRIMARY_SITE_DECK
from ..world.trial_frame import COMPARATORS, DRUGS, SITES
from ..world.voice import voices_of

LEAST_CHARACTERS, MOST_CHARACTERS = 60, 1600
"""Characters of a note; every scripted one is within them."""


def _any_of(*words: str) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_NUMBER = r"-?\d+(?:\.\d+)?"
_PERSON = _any_of(
    *(site for site, _ in SITES), *DRUGS, *COMPARATORS, *PRIMARY_SITE_DECK, "experimental", "control",
    *(name.split(",")[0] for deck in HISTOLOGY_DECKS.values() for name in deck),
    *(f"{kind} smoker" for kind in ("never", "former", "current")), "man", "woman",
)  # fmt: skip
_SLOT = re.compile(
    r"§\d+(?:\.\d+)?(?: \([^)]*\))?|Amendment \d+|\d{4}-\d\d-\d\d|P\d{4}\b|[A-Z]{3}-\d{4}\b"
    r"|\d+(?:\.\d+)? %(?: \([^)]*\))?|[+-]\d+(?:\.\d+)? percentage points|\w+ patients against the others"
    rf"|(?<![\w-])(?:{_PERSON})(?![\w-])|{_NUMBER}",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[(\d+)\]")
_NEGATION = re.compile(r"\b(?:not?|never|none|neither|nor|without|cannot|nothing|hardly|fails?)\b|n't\b", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ .,;:?!'\"()%/&+–—-]*")
_REMEDY = "Use every slot once, and in the order of the note."


@dataclass(frozen=True, slots=True)
class Cut:
    """A note with its slots cut out."""

    text: str
    """The script with marks such as [3] in the place of what was cut out, without the sentences of the verdict."""
    pieces: tuple[str, ...]
    """What was cut out, in order."""
    verdict: str
    """The last sentences, from the finding on, as the script has them."""

    def filled(self, answer: str) -> str:
        """A faithful answer with the pieces in its slots, and the verdict after it."""
        body = _MARK.sub(lambda mark: self.pieces[int(mark[1]) - 1], answer)
        return f"{body} {self.verdict}".rstrip()


def cut_out(note: Note) -> Cut:
    """Cut the slots out of a scripted note."""
    found = _verdicts().search(note.reasoning)
    body = note.reasoning[: found.start()].rstrip() if found else note.reasoning
    pieces: list[str] = []

    def cut(piece: re.Match[str]) -> str:
        pieces.append(piece[0])
        return f"[{len(pieces)}]"

    return Cut(_SLOT.sub(cut, body), tuple(pieces), note.reasoning[len(body) :].strip())


def faults(cut: Cut, answer: str) -> tuple[str, ...]:
    """What keeps an answer from being the note: sentences to the model that wrote it; none for a faithful answer."""
    marks = [int(mark) for mark in _MARK.findall(answer)]
    if marks != list(range(1, len(cut.pieces) + 1)):
        used = ", ".join(f"[{mark}]" for mark in marks) or "none"
        return (f"The slots are {used} here; they should be [1] to [{len(cut.pieces)}]. {_REMEDY}",)
    return tuple(_between(cut, answer))


def _between(cut: Cut, answer: str) -> Iterator[str]:
    length = len(cut.filled(answer))
    if not LEAST_CHARACTERS <= length <= MOST_CHARACTERS:
        yield f"The whole note has {length} characters; it may have {LEAST_CHARACTERS} to {MOST_CHARACTERS}."
    if answer.casefold() == cut.text.casefold():
        yield "It is the note itself, word for word."
    scripted, own = _MARK.split(cut.text)[::2], _MARK.split(answer)[::2]
    for place, (script, words) in enumerate(zip(scripted, own, strict=True)):
        where = f"before [{place + 1}]" if place < len(cut.pieces) else "at the end"
        if not _PLAIN.fullmatch(words):
            yield f"{words.strip()!r} {where} has a figure or a sign of its own: write plain words between the slots."
        negated, due = _NEGATION.findall(words), _NEGATION.findall(script)
        if len(negated) != len(due):
            more = len(negated) > len(due)
            rule = f"leave out {negated[-1]!r}" if more else "the note says that it is not so, and you do not"
            yield f"The words {where} turn the note round: {rule}."


@cache
def _verdicts() -> re.Pattern[str]:
    """The findings of all voices, and what they say is to be done about the cohort."""
    sentences = [
        sentence
        for voice in (*voices_of("train"), *voices_of("test"))
        for sentence in (
            *chain.from_iterable(voice.parts[part] for part in ("kept", "broken", "kept_unquoted", "broken_unquoted")),
            *voice.cohort["compliant"],
            *voice.cohort["deviation"],
        )
    ]
    # A slot ends with its sentence, though a number may have a point.
    worded = [re.sub(r"\\\{\w+\\\}", lambda _: r"(?:[^.]|\.\d)+?", re.escape(sentence)) for sentence in sentences]
    return re.compile(rf"(?:^|(?<=[.?!:] ))(?:{'|'.join(worded)})")
