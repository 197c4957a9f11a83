"""The error types: one record each. Schemas, tiers, briefing, page, rewards, metrics and tables follow from it.

    ERROR_KINDS["age_boundary_error"].rule     # "the age limits, as amended; a blank age is a deviation"

`docs/how-to/add-an-error-type.md` adds one. Nothing here knows how an episode works.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

AGE = "age_boundary_error"
DATES = "temporal_inconsistency"
WINDOW = "protocol_window_violation"
OVERRIDE = "comorbidity_override_miss"
CITATION = "citation_fabrication"
STATISTIC = "statistical_hallucination"
EQUITY = "bias_blind_spot"
ELIGIBLE = "eligibility_violation"
DOSE = "dosing_error"
COHORT_RULE = "cohort_rule_violation"


class ErrorKind(NamedTuple):
    """What is known of an error type beside its name."""

    rule: str
    """The rule that a determination of this type gets wrong."""
    since: str
    """The first tier that has it. The harder tiers have it too."""
    key_fields: frozenset[str] = frozenset()
    """The record fields that decide it. Shapley values that were asked of one of them count as evidence for a flag.

    Empty where no field decides (statistic, equity), or where the case tells which ones (dates, eligibility, citation).
    """


ERROR_KINDS: Mapping[str, ErrorKind] = {
    AGE: ErrorKind("the age limits, as amended; a blank age is a deviation", "easy", frozenset({"age"})),
    DATES: ErrorKind("the limits on the dates: consent, follow-up, registry lag", "medium"),
    WINDOW: ErrorKind(
        "the treatment window, anywhere but at the comorbidity override",
        "medium",
        frozenset({"treatment_start", "stage"}),
    ),
    OVERRIDE: ErrorKind(
        "the treatment window at the comorbidity override: the clause, its condition, its threshold or what revokes it",
        "hard",
        frozenset({"comorbidity_index", "haemoglobin"}),
    ),
    CITATION: ErrorKind("the limit that decides is from an amendment that is not in the protocol", "expert"),
    STATISTIC: ErrorKind("the limit on the mortality of a group of the cohort", "expert"),
    EQUITY: ErrorKind("the limit on the stage-adjusted mortality gap of the cohort", "expert"),
    ELIGIBLE: ErrorKind("the limits on performance status, haemoglobin and creatinine, as amended", "frontier"),
    DOSE: ErrorKind("the limit on the starting dose, as amended", "frontier", frozenset({"starting_dose"})),
    COHORT_RULE: ErrorKind(
        "the site cap: how many enrolled at the site before the patient", "frontier", frozenset({"enrolment_date"})
    ),
}
"""By name, in the order of every list of them."""
ERROR_TYPES = tuple(ERROR_KINDS)
