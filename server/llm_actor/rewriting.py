"""Has a model word the notes of a scenario: ask, check, say what was wrong, ask again, and at last keep the script.

    notes = word_notes(model, scenario)
    notes[0].text              # None where every try was refused

A model is asked with the note alone, which states all that the Actor holds. No record, no verdict of the protocol and
no label goes in, so right and wrong proposals are asked for alike. An endpoint that fails raises its EndpointError, and
no note is kept for it. Ctrl-C does not wait for the model's answers.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, as_completed
from functools import partial
from threading import Event, Semaphore

from ...chat.completion import ChatModel, spoken
from ..world.actor_agent import Note
from ..world.scenario import Proposal, Scenario
from .daemon_thread import in_daemon_thread
from .prose import WordedNote
from .slots import cut_out, faults

RETRIES = 3
"""Tries after the first, each told what was wrong with the one before."""
AT_ONCE = 8
"""Notes of an episode that are asked for at the same time."""
MOST_TOKENS = 4096
"""Tokens of a completion. A note needs a hundred; the rest is for models that think first."""
_KEPT_CHARACTERS = 2_000
"""Characters of a refused text in the chat that asks for another."""
_SYSTEM = """\
You review patients of a clinical trial and write short notes on them for the file. Write the note that you are given \
once more in your own words: other sentences, other turns of phrase, the same kind of voice.

- Numbers in square brackets are slots, such as [3]. Each stands for a term, a value or a section that is filled in \
later. Use every slot once, in the order of the note, and write no number and no section yourself.
- Say between two slots what the note says there. Where the note says "not" or "no" there, so do you, and nowhere else.
- Plain prose in one paragraph, about as long as the note. No heading, no list, no remark on the task. The \
recommendation is added after your text, so leave it out.

Answer with the note alone."""


def word_notes(model: ChatModel, scenario: Scenario) -> tuple[WordedNote, ...]:
    """Have a model word every note of a scenario, in the order of the proposals. It is asked from several threads.

    Raises:
        EndpointError: The endpoint of the model failed.
    """
    turns, stopped = Semaphore(AT_ONCE), Event()

    def word(proposal: Proposal) -> WordedNote:
        with turns:
            return _word(model, proposal.note, stopped)

    try:
        asked = [in_daemon_thread(partial(word, proposal)) for proposal in scenario.proposals]
        for future in as_completed(asked):
            future.result()  # so that the first failure is told at once
    finally:
        stopped.set()
    return tuple(future.result() for future in asked)


def _word(model: ChatModel, note: Note, stopped: Event) -> WordedNote:
    cut = cut_out(note)
    task = f"The note:\n{cut.text}\n\nThe recommendation that follows it: {note.recommended_action}."
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": task}]
    refused: tuple[str, ...] = ()
    for _ in range(1 + RETRIES):
        if stopped.is_set():
            raise CancelledError("Nobody waits for this note any more.")
        completion = model.complete(messages, max_tokens=MOST_TOKENS)
        text = " ".join(spoken(completion.text).replace("’", "'").split())
        was_cut_off = completion.finish_reason == "length"
        refused = ("It was cut off before its end.",) if was_cut_off else faults(cut, text)
        if not refused:
            return WordedNote(proposal_id=note.proposal_id, text=text)
        problems = "\n".join(f"- {fault}" for fault in refused)
        again = f"That is not yet the same note:\n{problems}\nWrite it again. Answer with the note alone."
        messages += [
            {"role": "assistant", "content": text[:_KEPT_CHARACTERS] or "(nothing)"},
            {"role": "user", "content": again},
        ]
    return WordedNote(proposal_id=note.proposal_id, text=None, refused=refused)
