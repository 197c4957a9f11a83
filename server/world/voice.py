"""The voices that notes are written in: lists of sentences with slots, by what a sentence says.

    voice = voices_of("train")[0]
    voice.parts["kept"][0]                     # "{Fact}, and {clause} {allows} {limit}, so ..."
    voice.cohort["openers"][0]

A voice is who seems to be writing: a coordinator, a medical monitor, a statistician. Its sentences are data
(`rhetoric/train.toml`, `rhetoric/test.toml`): a note is an opener, a sentence for each step of the argument, a
finding and a closing, each drawn from its part. The voices of the `test` split are others than those of `train`.
Nothing here knows a protocol, a record or a label.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Voice(NamedTuple):
    """The sentences of one voice."""

    name: str
    parts: Mapping[str, Sequence[str]]
    """Sentences of a note on one patient, by part."""
    cohort: Mapping[str, Sequence[str]]
    """Sentences of a note on the cohort, by part."""


@cache
def voices_of(split: str) -> tuple[Voice, ...]:
    """The voices of "train" or "test"."""
    text = files(__package__).joinpath("rhetoric", f"{split}.toml").read_text(encoding="utf-8")
    return tuple(Voice(name, parts, parts.pop("cohort")) for name, parts in tomllib.loads(text).items())
