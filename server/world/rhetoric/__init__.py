"""The Actor's prose, as data. It knows flaws by name, but no protocol, no record, and no label.

    voice = voices_of("train")[0]
    argument = ARGUMENTS["guidance_window"][voice.name][0]
    note = " ".join((voice.openers[0], argument, voice.closers["compliant"][0])).format(**slots)

A note is an opener, an argument and a closer. The argument of a flaw is one text for the patients for whom the flaw
matters and for those for whom it does not: it never states the value that decides. The voices of the `test` split
share no phrase of five words with those of `train`.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import age, authority, dates, override, strict, window
from .slots import (
    ARGUMENT_SLOTS,
    CARRIES,
    COHORT_SLOTS,
    NOTE_CHARACTERS,
    PROFILE_SLOTS,
    slots_of,
)
from .unstated import UNSTATED
from .voices import VOICES, Voice, voices_of

ARGUMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **age.ARGUMENTS,
    **dates.ARGUMENTS,
    **window.ARGUMENTS,
    **override.ARGUMENTS,
    **authority.ARGUMENTS,
    **strict.ARGUMENTS,
}
"""Flaw name to voice name to the templates of an argument."""

__all__ = [
    "ARGUMENTS",
    "ARGUMENT_SLOTS",
    "CARRIES",
    "COHORT_SLOTS",
    "NOTE_CHARACTERS",
    "PROFILE_SLOTS",
    "UNSTATED",
    "VOICES",
    "Voice",
    "slots_of",
    "voices_of",
]
