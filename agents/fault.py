"""Which rule a determination gets wrong, and which field of the record that is about.

fault = cited_rule(protocol, review)      # what the note of an Actor who was too strict tells, if anything
fault = tightest_rule(ruling)             # what the record lets one guess
fault = misapplied_rule(shares)           # what the Shapley values of the Actor's decision tell
"""

from __future__ import annotations

from collections.abc import Mapping

from ..models import ErrorType, ReviewResult, ShapResult
from .case_rules import Finding, Ruling
from .findings import waived_override
from .protocol_reader import ReadProtocol

FIELD_OF_RULE: Mapping[ErrorType, str] = {
    "age_boundary_error": "age",
    "protocol_window_violation": "treatment_start",
    "comorbidity_override_miss": "comorbidity_index",
}


def deciding_field(finding: Finding) -> str:
    """The record field that the Actor should have weighed. Every other date is told from the enrolment date."""
    if finding.dates is not None:
        earlier, later = finding.dates
        return earlier if later == "enrolment_date" else later
    assert finding.error_type is not None
    return FIELD_OF_RULE[finding.error_type]


def cited_rule(protocol: ReadProtocol, review: ReviewResult) -> ErrorType | None:
    """The one rule that the clauses which a note cites belong to; None where they belong to several."""
    cited = {citation.removeprefix("§") for citation in review.citations}
    clauses = [clause for clause in protocol.clauses if clause.number in cited]
    if any(clause.value is None for clause in clauses):
        return "comorbidity_override_miss"
    quantities = {clause.quantity for clause in clauses}
    rules: Mapping[str, ErrorType] = {"age": "age_boundary_error", "delay": "protocol_window_violation"}
    return rules.get(str(quantities.pop())) if len(quantities) == 1 else None


def tightest_rule(ruling: Ruling) -> ErrorType:
    """The rule that a stricter reader would fail a compliant record on, as far as the record tells.

    A window that stands although something would revoke it: the override. A window longer than the general one: that.
    """
    limit = ruling.limit("delay", "at most")
    if limit is None or not limit.clause.when:
        return "age_boundary_error"
    return "protocol_window_violation" if waived_override(limit) is None else "comorbidity_override_miss"


def misapplied_rule(shares: ShapResult) -> ErrorType:
    """The rule of the field that did most to turn the Actor's decision to "deviation".

    Of a late start it is the override where the Actor weighed the comorbidity index, else the window.
    """
    against = min(shares.values, key=lambda field: shares.values[field])
    if against == "age":
        return "age_boundary_error"
    return "comorbidity_override_miss" if shares.values.get("comorbidity_index") else "protocol_window_violation"
