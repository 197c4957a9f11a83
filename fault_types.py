"""The faults that an Actor can be said to have: one record each. Schemas, prompts, docs and tables follow from it.

    FAULT_KINDS["clause_ignored"].words        # "it did not apply a clause that counts for this patient"

A fault is what the Actor *did*; an error type (`error_types.py`) is the rule that its determination gets wrong. Nothing
here knows how an episode works.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

IGNORED = "clause_ignored"
MISAPPLIED = "clause_misapplied"
CONDITION = "condition_misread"
LIMIT = "limit_misread"
BOUNDARY = "boundary_misjudged"
RECORD = "record_misread"
NOT_THERE = "not_in_protocol"
FIGURE = "figure_misstated"


class FaultKind(NamedTuple):
    """What is known of a fault beside its name."""

    words: str
    """What the Actor did."""
    where: str
    """What `where` names."""
    should_be: str
    """The number that `should_be` gives; empty where the fault has none."""


FAULT_KINDS: Mapping[str, FaultKind] = {
    IGNORED: FaultKind(
        "it did not apply a clause whose condition this patient meets", "the clause", "what the record has for it"
    ),
    MISAPPLIED: FaultKind(
        "it applied a clause whose condition this patient does not meet", "the clause", "what the record has for it"
    ),
    CONDITION: FaultKind(
        "it read the condition of a clause otherwise than it is",
        "the clause",
        "the true threshold, or what the record has for it where no threshold is misquoted",
    ),
    LIMIT: FaultKind("it took the limit of a clause for another number", "the clause", "the true limit"),
    BOUNDARY: FaultKind("it misjudged a value that is exactly at the limit", "the clause", "the limit"),
    RECORD: FaultKind("it took a value of the record for another", "the field or quantity", "the record's value"),
    NOT_THERE: FaultKind("it leaned on a clause that the protocol does not have", "that clause", ""),
    FIGURE: FaultKind(
        "its figure is not the cohort's, or not the stage-adjusted one", "the cohort feature", "the cohort's figure"
    ),
}
"""By name, in the order of every list of them."""
FAULTS = tuple(FAULT_KINDS)
