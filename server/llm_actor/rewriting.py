"""Has a model word the notes of a scenario: ask, check, say what was wrong, ask again, and at last keep the script.

    notes = word_notes(model, scenario)
    notes[0].text              # None where the checker refused every try

Whether a note is kept hangs on its words alone: the checker sees the scripted note and the text, nothing else. An
endpoint that fails is another matter: its EndpointError goes through, and no note is kept for it. Who is stopped while
the model is asked (Ctrl-C) does not wait for its answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import CancelledError, as_completed
from functools import partial
from threading import Event, Semaphore
from typing import Protocol

from ...chat.completion import ChatModel, Completion, spoken
from ..world.actor_agent import Note
from ..world.scenario import Proposal, Scenario
from .brief import HEADING, answer_of, correction, opening
from .daemon_thread import in_daemon_thread
from .fidelity import faults
from .prose import WordedNote

RETRIES = 3
"""Tries after the first, each told what was wrong with the one before."""
AT_ONCE = 8
"""Notes of an episode that are asked for at the same time."""
MOST_TOKENS = 4096
"""Of a completion. A note needs a hundred; the rest is for models that think first."""
_LEAST_SHARE = 0.6
"""Of the words of the script."""
_KEPT_CHARACTERS = 2_000
"""Of a text, in the chat that asks for another."""
_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "\u2011": "-", "−": "-"}
)
_WRAPPINGS = ('"', "'", "```", "**", "*", "`")


class Writer(ChatModel, Protocol):
    """A chat model that can be asked whether it is there, before much hangs on it."""

    def check(self) -> None:
        """Raises `chat.errors.EndpointError`, soon, where it is not."""


def word_notes(
    model: ChatModel, scenario: Scenario, at_once: int = AT_ONCE, max_tokens: int = MOST_TOKENS
) -> tuple[WordedNote, ...]:
    """Have a model word every note of a scenario: what came of each, in the order of the proposals.

    The model is asked from several threads, for so many notes at once.

    Raises:
        EndpointError: The endpoint of the model failed.
    """
    turns, stopped = Semaphore(at_once), Event()

    def word(proposal: Proposal) -> WordedNote:
        with turns:
            return _word(model, max_tokens, proposal.note, stopped)

    try:
        asked = [in_daemon_thread(partial(word, proposal)) for proposal in scenario.proposals]
        for future in as_completed(asked):
            future.result()  # so that the first failure is told at once
    finally:
        stopped.set()
    return tuple(future.result() for future in asked)


def _word(model: ChatModel, max_tokens: int, note: Note, stopped: Event) -> WordedNote:
    messages = opening(note)
    refused: tuple[str, ...] = ()
    for _ in range(1 + RETRIES):
        if stopped.is_set():
            raise CancelledError("Nobody waits for this note any more.")
        completion = model.complete(messages, max_tokens=max_tokens)
        text = plain(completion.text)
        refused = _refused(note, text, completion)
        if not refused:
            return WordedNote(proposal_id=note.proposal_id, text=text)
        messages += [answer_of(text[:_KEPT_CHARACTERS] or "(nothing)"), correction(refused)]
    return WordedNote(proposal_id=note.proposal_id, text=None, refused=refused)


def _refused(note: Note, text: str, completion: Completion) -> tuple[str, ...]:
    """What is wrong with a try: what the checker says, and what weak models do, who hand back what they were given."""
    if completion.finish_reason == "length":
        return ("It was cut off before its end.",)
    if text.casefold() == note.reasoning.casefold():
        return ("It is the note itself, word for word.",)
    return (*_handed_back(note, text), *faults(note, text))


def _handed_back(note: Note, text: str) -> Iterator[str]:
    """Pieces of the task in the note, or little more than the items that must stay."""
    said = _words(text)
    if f" {_words(HEADING)} " in f" {said} ":
        yield f"It repeats {HEADING!r}, which is of the task and not of the note."
    if len(said.split()) < _LEAST_SHARE * len(_words(note.reasoning).split()):
        yield "It leaves out too much: it should be about as long as the note."


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def plain(answer: str) -> str:
    """The text of an answer on one line: without thoughts before it, wrappings around it, and print shop quotes."""
    text = " ".join(spoken(answer).translate(_TYPOGRAPHY).split())
    for mark in _WRAPPINGS:
        if text.startswith(mark) and text.endswith(mark) and text.count(mark) == 2:
            text = text.removeprefix(mark).removesuffix(mark).strip()
    return text
