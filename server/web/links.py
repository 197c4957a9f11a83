"""The part of the page's address that names an audit, so that it can be shared.

    link(Place("oversight_easy", "validation", 900_123))    # "?task=oversight_easy&split=validation&seed=900123"
    read_link("?task=oversight_easy&seed=900123")           # the same place: a seed is of one split

    link(Place("oversight_adaptive", "train", 7, "easy", ("age_boundary_error",)))   # names what it is made of as well

What an adaptive episode is made of depends on the session that plays it, so its link names that too. Where it does not,
the session that opens it decides. What the query has besides is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ..reset_options import SCRIPTED, read_options
from ..world.errors import EpisodeError
from ..world.tasks import MAX_SEED

LONGEST = 2_000
"""Characters of a query."""
_NAMES = ("task", "split", "seed", "level", "error_types")
_SHOWN = 40


class LinkError(ValueError):
    """A link that names no audit, with the reason in one sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """An audit by name."""

    task_id: str
    split: str
    seed: int
    level: str | None = None
    """Of an adaptive audit, as reset takes it; so is the next. None leaves it to the session that plays it."""
    error_types: tuple[str, ...] | None = None


def link(place: Place) -> str:
    """The query that names a place, question mark included."""
    named = {"task": place.task_id, "split": place.split, "seed": place.seed}
    if place.level is not None:
        named["level"] = place.level
    if place.error_types is not None:
        named["error_types"] = ",".join(place.error_types)
    return f"?{urlencode(named, safe=',')}"


def read_link(query: str) -> Place | None:
    """The place that a query names; None where it names none.

    Args:
        query: Of the page's address, with or without its question mark. Task and split may be left out: they then are
            those of the seed.

    Raises:
        LinkError: It names one that does not exist.
    """
    if len(query) > LONGEST:
        raise LinkError(f"The link has {len(query)} characters after its question mark; {LONGEST} is the limit.")
    named: dict[str, str] = {}
    for name, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if name in named:
            raise LinkError(f"The link names the {name} twice.")
        if name in _NAMES:
            named[name] = value
    if not named:
        return None
    if "seed" not in named:
        raise LinkError("The link names no seed, so there is no telling which audit is meant.")
    try:
        asked = read_options(_seed(named["seed"]), None, _options(named), SCRIPTED)
    except EpisodeError as refusal:
        raise LinkError(f"The link leads nowhere. {refusal}") from refusal
    task, pinned = asked.task, asked.pinned
    made_of = () if pinned is None else (pinned.level, pinned.error_types)
    return Place(task.task_id, task.split, task.seed, *made_of)


def _options(named: dict[str, str]) -> dict[str, Any]:
    kinds = named["error_types"].split(",") if "error_types" in named else None
    return {
        "task_id": named.get("task"),
        "split": named.get("split"),
        "level": named.get("level"),
        "error_types": kinds,
    }


def _seed(text: str) -> int:
    # Not int(): it takes signs, blanks, underscores and the digits of every script.
    if not re.fullmatch(r"[0-9]{1,19}", text):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise LinkError(f"The link's seed must be a whole number from 0 to {MAX_SEED}, not {shown!r}.")
    return int(text)
