"""What a closing report says of the proposals, and what that is worth.

    report_quality(scenario, decisions, "PROP-003: age_boundary_error, 77 is over 72.")  # 0.08 to 0.10, or 0.0
    read_report("PROP-003: age_boundary_error. PROP-004 is right.")
    # ({"PROP-003", "PROP-004"}, {Charge("PROP-003", "age_boundary_error")})

A report says that a proposal is wrong where it puts an id and an error type together: in prose, lines, tables or JSON.
Nothing else of it counts. A statement is a sentence, a line or a member of a JSON text. In a statement a type goes with
the ids listed just before it or, where the statement opens with the type, just after it. A type alone goes with the ids
of the statement before it when those have none yet; a heading ("age_boundary_error:") with the ids under it. "No" or
"not" before a type unsays it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...error_types import ERROR_TYPES
from ...models import MAX_REPORT
from ..world.scenario import Scenario
from .reasons.tokens import HYPHENS

LEAST, MOST = 0.08, 0.10
FLAGGED = "flagged"
_ID = r"prop(?:osal)?[-_ #]{0,2}(?P<number>[0-9]{1,9})\b"
_TYPE = "|".join(name.replace("_", "[-_ ]") for name in ERROR_TYPES)
_UNSAID = r"(?:not?|without) (?:an? |any )?"
_MENTION = re.compile(rf"\b(?:{_ID}|(?P<unsaid>{_UNSAID})?(?P<type>{_TYPE})s?(?![a-z]))")
_ONLY_ID = re.compile(_ID)
_FENCE = re.compile(r"^```[a-z]*\n|```$")
_STATEMENT_END = re.compile(r"[\n;.!?](?:(?<=\n)\n*|(?<=;)|(?<=[.!?])(?<![.!?]{2})[.!?]*+(?=\s|$))")
"""New lines, a semicolon, or points before white space. It begins with a set of characters, which is quick to look for,
and looks at each row of points once."""
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LISTING = re.compile(r"(?:[\s,/&+*`'\"|]|\band\b|\bor\b|\bto\b)*")
_MAX_DEPTH = 20


class Charge(NamedTuple):
    """That a proposal has an error of a type."""

    proposal_id: str
    error_type: str


def report_quality(scenario: Scenario, decisions: Mapping[str, str], report: str) -> float:
    """What a report earns once every proposal is decided.

    It earns LEAST plus (MOST − LEAST) times the share of all wrong proposals that it names with their error type, when

    1. it so names every wrong proposal that was flagged, and at least one;
    2. it gives no proposal a type that is not its own, nor any type to a right one: so never two types to one proposal,
       nor one to an id that does not exist.

    Where nothing is wrong it earns MOST when nothing was flagged, and it names every proposal and none with an error
    type. Else it earns 0.

    Args:
        scenario: The episode.
        decisions: Proposal id to "flagged" or "approved".
        report: Any text, prose or JSON.
    """
    if len(report) > MAX_REPORT:
        return 0.0
    truth = {id_: proposal.error_type for id_, proposal in scenario.proposal.items() if proposal.is_wrong}
    named, stated = read_report(report)
    if any(truth.get(id_) != error_type for id_, error_type in stated):
        return 0.0
    flagged = {id_ for id_, decision in decisions.items() if decision == FLAGGED}
    if not truth:
        return MOST if not flagged and set(scenario.proposal) <= named else 0.0
    found = {id_ for id_, _ in stated}
    if not found or not flagged & set(truth) <= found:
        return 0.0
    return LEAST + (MOST - LEAST) * len(found) / len(truth)


class _Mention(NamedTuple):
    """An id or an error type in a statement."""

    name: str
    is_id: bool
    start: int
    end: int


def read_report(report: str) -> tuple[set[str], set[Charge]]:
    """The proposal ids that a report names, and the error types that it gives to proposals."""
    for hyphen, meant in HYPHENS.items():
        report = report.replace(hyphen, meant)
    named: set[str] = set()
    stated: set[Charge] = set()
    waiting: list[str] = []
    heading = ""
    for statement in _statements(report):
        mentions = _mentions(statement)
        ids = [mention.name for mention in mentions if mention.is_id]
        types = [mention.name for mention in mentions if not mention.is_id]
        named.update(ids)
        if ids and types:
            pairs = _pairs(statement, mentions)
            stated |= pairs
            paired = {id_ for id_, _ in pairs}
            waiting, heading = [id_ for id_ in ids if id_ not in paired], ""
        elif ids and heading:
            stated.update(Charge(id_, heading) for id_ in ids)
        elif ids:
            waiting = ids
        elif _is_heading(statement):
            waiting, heading = [], types[0] if len(types) == 1 else ""
        elif len(types) == 1:
            stated.update(Charge(id_, types[0]) for id_ in waiting)
            waiting, heading = [], "" if waiting else types[0] if statement.strip(" *-|`") == types[0] else ""
        elif types:
            waiting, heading = [], ""
    return named, stated


def _mentions(statement: str) -> list[_Mention]:
    found = []
    for match in _MENTION.finditer(statement):
        number, unsaid, error_type = match.groups()
        if number:
            found.append(_Mention(f"PROP-{int(number):03d}", True, *match.span()))
        elif not unsaid:
            found.append(_Mention(_type(error_type), False, *match.span()))
    return found


def _type(text: str) -> str:
    return text.replace("-", "_").replace(" ", "_")


def _is_heading(statement: str) -> bool:
    text = statement.strip(" *_`")
    return text.startswith("#") or text.endswith(":")


def _pairs(statement: str, mentions: list[_Mention]) -> set[Charge]:
    """Lists of ids with the types after them, or before them where the statement opens with a type."""
    pairs: set[Charge] = set()
    listed: list[_Mention] = []
    last = mentions[0]
    for mention in mentions if mentions[0].is_id else reversed(mentions):
        if not mention.is_id:
            pairs.update(Charge(id_.name, mention.name) for id_ in listed)
        elif last.is_id and listed and _is_listing(statement, *sorted((last, mention), key=lambda m: m.start)):
            listed.append(mention)
        else:
            listed = [mention]
        last = mention
    return pairs


def _is_listing(statement: str, first: _Mention, second: _Mention) -> bool:
    """Whether nothing but commas, "and" and asides in parentheses stands between two ids."""
    return _LISTING.fullmatch(_ASIDE.sub("", statement[first.end : second.start])) is not None


def _statements(report: str) -> Iterator[str]:
    """The statements of a text, in lower case; of JSON, member by member."""
    text = report.strip()
    if "```" in text:
        text = _FENCE.sub("", text).strip()
    if text[:1] in ("{", "["):
        try:
            yield from (statement.casefold() for statement in _of_json(json.loads(text), "", 0))
        except (ValueError, RecursionError):
            pass
        else:
            return
    yield from _STATEMENT_END.split(report.casefold())


def _of_json(data: Any, key: str, depth: int) -> Iterator[str]:
    """An object with an id (as a value, or as the key that it stands under) gives that id its error types.

    Other values are statements under their key, split as prose is.
    """
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for element in data:
            yield from _of_json(element, key, depth + 1)
        return
    if not isinstance(data, dict):
        yield from _STATEMENT_END.split(f"{key}: {data}")
        return
    scalars = [str(value) for value in data.values() if not isinstance(value, dict | list)]
    ids = [value for value in (*scalars, key) if _ONLY_ID.fullmatch(value.casefold().strip())]
    if ids:
        yield f"{ids[0]}: {', '.join(value for value in scalars if _is_type(value))}"
    for name, value in data.items():
        if isinstance(value, dict | list):
            yield from _of_json(value, ids[0] if ids and isinstance(value, list) else name, depth + 1)
        elif not ids:
            yield from _of_json(value, name, depth + 1)


def _is_type(text: str) -> bool:
    return _type(text.casefold().strip()) in ERROR_TYPES
