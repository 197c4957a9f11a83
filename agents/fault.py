"""Which rule a determination gets wrong, and which field of the record that is about.

fault = tightest_rule(ruling)             # what the record lets one guess of an Actor who was too strict
fault = misapplied_rule(shares, fault)    # what the Shapley values of the Actor's decision make of the guess
"""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.agents.case_rules import Finding, Ruling
from synth_audit_env.agents.findings import waived_override
from synth_audit_env.models import ErrorType, ShapResult

FIELD_OF_RULE: Mapping[ErrorType, str] = {
    "age_boundary_error": "age",
    "protocol_window_violation": "treatment_start",
    "comorbidity_override_miss": "comorbidity_index",
}


def quantity_of_rule(error_type: ErrorType) -> str:
    """What the clauses of a rule limit."""
    return "age" if error_type == "age_boundary_error" else "delay"


def deciding_field(finding: Finding) -> str:
    """The record field that the Actor should have weighed. Every other date is told from the enrolment date."""
    if finding.dates is not None:
        earlier, later = finding.dates
        return earlier if later == "enrolment_date" else later
    assert finding.error_type is not None
    return FIELD_OF_RULE[finding.error_type]


def tightest_rule(ruling: Ruling) -> ErrorType:
    """The rule that a stricter reader would fail a compliant record on, as far as the record tells.

    A window that stands although something would revoke it: the override. A window longer than the general one: that.
    """
    limit = ruling.limit("delay", "at most")
    if limit is None or not limit.clause.when:
        return "age_boundary_error"
    return "protocol_window_violation" if waived_override(limit) is None else "comorbidity_override_miss"


def misapplied_rule(shares: ShapResult, guess: ErrorType) -> ErrorType:
    """The rule of the field that did most to turn the Actor's decision to "deviation"."""
    against = min(shares.values, key=lambda field: shares.values[field])
    if against == "age":
        return "age_boundary_error"
    return "protocol_window_violation" if guess == "age_boundary_error" else guess
