"""The voices that notes are written in: lists of sentences with slots, by what a sentence says.

    voice = voices_of("train")[0]
    voice.parts["met"][0]                      # "That keeps within the protocol."
    voice.cohort["openers"][0]

A voice is who seems to be writing: an attending, a trialist, a site coordinator. Its sentences are data
(`rhetoric/train.toml`, `rhetoric/test.toml`): a note is an opener, a sentence for each step of the argument, a
conclusion and a closing, each drawn from its part. The voices of the `test` split are others than those of `train`.
Nothing here knows a protocol, a record or a label.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

PARTS: Mapping[str, frozenset[str]] = {
    name: frozenset(slots.split())
    for name, slots in {
        "openers": "patient who Who histology primary_site site arm drug smoking",
        "both": "measure Measure said limit clause",
        "value": "measure Measure said clause",
        "limit": "measure Measure limit clause",
        "neither": "measure Measure clause",
        "applies": "clause grounds base",
        "fails": "clause grounds base",
        "revokes": "clause grounds target",
        "spares": "clause grounds target",
        "restores": "clause grounds target",
        "unrestored": "clause grounds target",
        "amended": "amendment since target",
        "earlier": "amendment since target",
        "lifted": "amendment since target",
        "met": "clause",
        "missed": "clause",
        "compliant": "",
        "deviation": "",
    }.items()
}
"""The parts of a note on one patient, to the slots that their sentences may have."""
COHORT_PARTS: Mapping[str, frozenset[str]] = {
    name: frozenset(slots.split())
    for name, slots in {
        "openers": "code patients",
        "closers": "",
        "equity": "feature contrast gap equity_clause",
        "citation": "authority",
        "statistic": "group figure",
    }.items()
}
"""The parts of a note on the whole cohort, and of one that leans on a provision or on a figure of the cohort."""


class Voice(NamedTuple):
    """The sentences of one voice."""

    name: str
    parts: Mapping[str, Sequence[str]]
    """By PARTS."""
    cohort: Mapping[str, Sequence[str]]
    """By COHORT_PARTS."""


@cache
def voices_of(split: str) -> tuple[Voice, ...]:
    """The voices of "train" or "test"."""
    text = files(__package__).joinpath("rhetoric", f"{split}.toml").read_text(encoding="utf-8")
    voices = []
    for name, parts in tomllib.loads(text).items():
        cohort = parts.pop("cohort")
        voices.append(Voice(name, parts, cohort))
    return tuple(voices)
