"""What a closing report says of the proposals, and what that is worth.

    report_quality(scenario, decisions, "PROP-003: age_boundary_error, 77 is over 72.")  # 0.08 to 0.10, or 0.0

A report says that a proposal is wrong where it puts an id and an error type together (`report_reading.py`). Nothing
else of it counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...models import MAX_REPORT
from ..world.scenario import Scenario
from .reasons.report_reading import read_report

LEAST, MOST = 0.08, 0.10
FLAGGED = "flagged"


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
