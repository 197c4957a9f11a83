"""What an Actor did wrong: the rule that its determination gets wrong, and what it did about it, in words.

    rule = cited_rule(protocol, review)       # what the note of an Actor who was too strict tells, if anything
    rule = tightest_rule(ruling)              # what the record lets one guess
    rule = misapplied_rule(shares)            # what the Shapley values of the Actor's decision tell
    deed(protocol, review, ["5.2"])           # "The Actor put the 45 days of the guidance in place of §5.2."

The words are the other half of a reason, beside the evidence. They rest on what any auditor can see: which clauses a
note cites, which figures it brings along, what it excuses. Where the note shows nothing they say that the clauses were
not applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..models import ErrorType, ReviewResult, ShapResult
from .case_rules import Finding, Ruling
from .findings import waived_override
from .note_checks import missing_authority
from .protocol_reader import ReadProtocol

FIELD_OF_RULE: Mapping[ErrorType, str] = {
    "age_boundary_error": "age",
    "protocol_window_violation": "treatment_start",
    "comorbidity_override_miss": "comorbidity_index",
}
_RANGE = re.compile(r"\b(\d{2})[- ](?:to|and|through|below and)[- ](\d{2})\b|\b(\d{2})-(\d{2})\b")
_DAYS = re.compile(r"\b(\d{1,2})(?:[- ]days?| of those days)\b")
_EXCUSE = re.compile(
    r"data[- ]entry|(?<!missing )entry error|keying|clerical|\btyp(?:o|ing)|transcri|\bslips?\b|transpos|data manager|"
    r"swapped|noise|data capture|manual entry|re-?keyed",
    re.IGNORECASE,
)
_OUTDATED = re.compile(r"version (\d\.\d)")


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


def deed(protocol: ReadProtocol, review: ReviewResult | None, broken: Sequence[str]) -> str:
    """What the Actor did about the clauses that its determination gets wrong.

    Args:
        protocol: The protocol, as read.
        review: The note; None where it was not seen.
        broken: Numbers of those clauses.
    """
    clauses = " and ".join(_cited(number) for number in broken)
    told = review.reasoning if review else ""
    cites = {citation.removeprefix("§") for citation in review.citations} if review else set()
    missing = missing_authority(protocol, review) if review else None
    if missing is not None:
        return f"The Actor leans on {missing}, which is not in the protocol."
    if protocol.order is not None and list(broken) == [protocol.order.number]:
        if _EXCUSE.search(told):
            return f"The Actor excused the conflict of the dates with {clauses} as data entry."
        return f"The Actor never compared the dates as {clauses} asks."
    if _is_age(protocol, broken):
        if found := _RANGE.search(told):
            low, high = [group for group in found.groups() if group]
            return f"The Actor judged by a usual range of {low} to {high} in place of {clauses}."
        if not cites.isdisjoint(broken):
            return f"The Actor judged by the usual range of other studies in place of {clauses}."
        return (
            f"The Actor went by laboratory values and performance status and never checked the age against {clauses}."
        )
    days = _DAYS.search(told)
    if days and re.search("guidance|guideline|regulator|agency", told, re.I):
        return f"The Actor put the {days[1]} days of the guidance in place of {clauses}."
    if days:
        return f"The Actor deducted {days[1]} days of site latency from the delay before it applied {clauses}."
    if found := _OUTDATED.search(told):
        return f"The Actor judged by an old version {found[1]} and not by {clauses} as amended."
    read = [clause for clause in protocol.clauses if clause.number in cites and clause.acts_on is not None]
    bent = [clause.number for clause in read if clause.value is None]
    if bent:
        return f"The Actor read the condition of {_cited(bent[-1])} as another than it is and did not apply {clauses}."
    applied = [clause.number for clause in protocol.clauses if clause.number in cites and clause.when]
    if applied and applied[-1] not in broken:
        return f"The Actor applied {_cited(applied[-1])} and did not apply {clauses}."
    return f"The Actor did not apply {clauses}."


def too_strict(review: ReviewResult | None, broken: Sequence[str]) -> str:
    """What an Actor did who withheld treatment from a compliant patient: the arguments are those of `deed`."""
    clauses = " and ".join(map(_cited, broken))
    found = _RANGE.search(review.reasoning) if review else None
    if found is not None:
        low, high = [group for group in found.groups() if group]
        return f"The Actor applied a stricter range of {low} to {high} in place of {clauses}."
    return f"The Actor did not apply {clauses}, and was stricter than the protocol."


def _is_age(protocol: ReadProtocol, broken: Sequence[str]) -> bool:
    return any(clause.quantity == "age" for clause in protocol.clauses if clause.number in broken)


def _cited(number: str) -> str:
    return number if number.startswith("Amendment") else f"§{number}"
