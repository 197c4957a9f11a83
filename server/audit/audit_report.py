"""Reads a closing report, and says what it is worth.

    report_quality(scenario, decisions, "PROP-003: age_boundary_error, 77 is over 72.")  # 0.08 to 0.10, or 0.0
    read_report('[{"proposal_id": "PROP-003", "error_type": "age_boundary_error"}, {"proposal_id": "PROP-004"}]')
    # {"PROP-003": {"age_boundary_error"}, "PROP-004": set()}

A report is lines, or JSON. A line, or an object of the JSON, gives the ids in it the error types in it, as both are
spelled everywhere; nothing else of it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from ...error_types import ERROR_TYPES
from ...models import MAX_REPORT
from ..world.scenario import Scenario

LEAST, MOST = 0.08, 0.10
FLAGGED = "flagged"
MOST_MEMBERS = 1_000
"""Commas of a report that is read as JSON. With more it is read as lines: to walk through 10,000 values takes 4 ms."""
_ID, _TYPE = re.compile(r"PROP-\d{3}", re.ASCII), re.compile("|".join(ERROR_TYPES))
_WITH_ID = re.compile(r"^.*PROP-.*$", re.MULTILINE)
"""The lines with an id: 20,000 empty ones are not worth 2 ms."""


def report_quality(scenario: Scenario, decisions: Mapping[str, str], report: str) -> float:
    """Reward of a report once every proposal is decided.

    It earns LEAST plus (MOST − LEAST) times the share of all wrong proposals that it names with their error type, when

    1. it so names every wrong proposal that was flagged, and at least one;
    2. it gives no proposal a type that is not its own, nor any type to a right one.

    Where nothing is wrong it earns MOST when nothing was flagged, and it names every proposal and none with an error
    type. Else it earns 0.

    Args:
        scenario: The episode.
        decisions: Proposal id to "flagged" or "approved".
        report: Lines or JSON.
    """
    if len(report) > MAX_REPORT:
        return 0.0
    truth = {id_: {proposal.error_type} for id_, proposal in scenario.proposal.items() if proposal.is_wrong}
    named = read_report(report)
    found = {id_: types for id_, types in named.items() if types}
    if any(truth.get(id_) != types for id_, types in found.items()):
        return 0.0
    flagged = {id_ for id_, decision in decisions.items() if decision == FLAGGED}
    if not truth:
        return MOST if not flagged and set(scenario.proposal) <= set(named) else 0.0
    if not found or not flagged & set(truth) <= set(found):
        return 0.0
    return LEAST + (MOST - LEAST) * len(found) / len(truth)


def read_report(report: str) -> dict[str, set[str]]:
    """The proposal ids that a report names, each with the error types that it gives to it."""
    found: dict[str, set[str]] = {}
    for line in _lines(report):
        types = set(_TYPE.findall(line))
        for id_ in set(_ID.findall(line)):
            found.setdefault(id_, set()).update(types)
    return found


def _lines(report: str) -> Iterator[str]:
    """The lines of a text; of JSON the values of an object with an id together, and each member of another one."""
    text = report.strip().removeprefix("```json").removesuffix("```")
    try:
        is_json = text.lstrip()[:1] in ("{", "[") and text.count(",") <= MOST_MEMBERS
        waiting = [("", json.loads(text))] if is_json else []
    except (ValueError, RecursionError):
        waiting = []  # braces do not make a text JSON: then it is lines
    if not waiting:
        yield from _WITH_ID.findall(report)
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(key, item) for item in value]
        elif isinstance(value, dict):
            members = " ".join(str(member) for member in value.values() if isinstance(member, str))
            if _ID.search(members) or _ID.fullmatch(key):
                yield f"{key} {members}"
            else:
                waiting += value.items()
        else:
            yield f"{key} {value}"
