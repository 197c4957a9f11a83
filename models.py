"""The wire contract: the action, observation and state that client and server share.

    SynthAuditAction(action_type="flag_error", proposal_id="PROP-001", error_type="age_boundary_error",
                     reason="77 is above 72, as Amendment 1 has it.", fault="clause_ignored", where="Amendment 1",
                     should_be="72")

The base classes are openenv's. Nothing here knows how an episode works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from openenv.core.env_server.types import Action, Observation, State
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

if __name__ == "models":
    raise ImportError("models.py is part of a package: import synth_audit_env.models, or each class exists twice.")

from .tool_records import ARGUMENT_NAMES, TOOL_NAMES, TOOLS, wire_text

ACTION_TYPES = TOOL_NAMES
Status = Literal["pending", "flagged", "approved"]
COHORT = "COHORT"
"""The patient_id of a proposal that concerns the whole cohort."""

MAX_ID = 64
"""Characters of a name, an id, a place or a number."""
MAX_REASON = 2_000
MAX_REPORT = 20_000
MAX_UNKNOWN = 5
"""Unknown arguments that a refusal names."""


def _name(text: str) -> str:
    """A name as everything here is named: `Age-Boundary Error` is age_boundary_error."""
    if text.isidentifier() and text.islower():
        return text  # as nearly all are
    return re.sub(r"[ -]", "_", text.strip().lower()) if re.fullmatch(r"[A-Za-z _-]+", text) else text


def _id(text: str) -> str:
    """An id as all are written: PROP-001, P0023."""
    if text[:1] == "P" and text[-1:].isdigit() and text.isupper():
        return text  # as nearly all are
    return text.strip().upper() if re.fullmatch(r" *(prop-|p)[0-9]+ *", text, re.IGNORECASE) else text


def _tool(text: str) -> str:
    """The name of a tool, which some models write as functions.approve. One that does not exist stays as it is."""
    name = text if text in TOOLS else _name(text.strip().removeprefix("functions."))
    return name if name in TOOLS else text


def _number(value: Any) -> Any:
    """The number that a text spells. Any other value stays as it is, to be accepted or refused as such."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _text(value: Any) -> Any:
    """A number as the text that spells it. Any other value stays as it is."""
    return f"{value:.15g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


_Name = Annotated[str, Field(max_length=MAX_ID), AfterValidator(_name)]
_Id = Annotated[str, Field(max_length=MAX_ID), AfterValidator(_id)]


class SynthAuditAction(Action):
    """One call of one of the eight tools. Arguments that the tool does not take must be left out.

    Other spellings of what exists are read as what they mean: prop-001, functions.approve, "0.9" for a number. Values
    of the wrong JSON type are refused before they reach the episode; unknown names and ids reach it, cost the
    invalid-action penalty, and are answered with what exists.
    """

    action_type: Annotated[str, AfterValidator(_tool)] = Field(
        max_length=MAX_ID,
        description="Which tool to call",
        json_schema_extra={"enum": list(ACTION_TYPES)},
    )
    proposal_id: _Id | None = Field(default=None, description=wire_text("proposal_id"))
    patient_id: _Id | None = Field(default=None, description=wire_text("patient_id"))
    feature: _Name | None = Field(default=None, description=wire_text("feature"))
    error_type: _Name | None = Field(default=None, description=wire_text("error_type"))
    reason: str | None = Field(default=None, max_length=MAX_REASON, description=wire_text("reason"))
    fault: _Name | None = Field(default=None, description=wire_text("fault"))
    where: str | None = Field(default=None, max_length=MAX_ID, description=wire_text("where"))
    should_be: Annotated[str | None, BeforeValidator(_text)] = Field(
        default=None,
        max_length=MAX_ID,
        description=wire_text("should_be"),
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
    )
    confidence: Annotated[float | None, BeforeValidator(_number)] = Field(
        default=None, ge=0.0, le=1.0, strict=True, allow_inf_nan=False, description=wire_text("confidence")
    )
    report: str | None = Field(default=None, max_length=MAX_REPORT, description=wire_text("report"))


def action_of(name: str, arguments: Mapping[str, Any]) -> SynthAuditAction:
    """The action that a model's call means. An argument that is null counts as left out.

    A tool or an id that does not exist makes an action all the same: the referee answers it with what exists.

    Raises:
        ValueError: An argument has no such name or the wrong type; the sentence says which and what would be right.
    """
    # Nobody knows the arguments of a tool that does not exist: the referee says which tools there are.
    tool = TOOLS.get(_tool(name))
    given = {argument: value for argument, value in (arguments if tool else {}).items() if value is not None}
    if tool and (unknown := [argument[:MAX_ID] for argument in given if argument not in ARGUMENT_NAMES]):
        takes = ", ".join((*tool.needed, *tool.optional))
        raise ValueError(f"{tool.name} takes no {', '.join(unknown[:MAX_UNKNOWN])}: it takes {takes}.")
    try:
        return SynthAuditAction.model_validate({**given, "action_type": name})
    except ValidationError as problem:
        told = "; ".join(f"{error['loc'][0]}: {error['msg']}" for error in problem.errors())
        raise ValueError(f"The call of {name[:MAX_ID]} cannot be read. {told}.") from problem


class ProposalSummary(BaseModel):
    """A proposal as the list of an observation shows it."""

    proposal_id: str
    patient_id: str
    """A patient of the cohort, or "COHORT"."""
    diagnosis: str
    recommended_action: str | None
    """Null until the proposal has been reviewed; in the easy tier it is shown from the start."""
    confidence: float
    """The Actor's own, 0 to 1."""
    status: Status = "pending"


class ReviewResult(BaseModel):
    """What review_proposal reveals: the Actor's determination and how it defends it."""

    tool: Literal["review_proposal"] = "review_proposal"
    proposal_id: str
    patient_id: str
    verdict: Literal["compliant", "deviation"]
    recommended_action: str
    confidence: float
    reasoning: str
    citations: list[str]


class PatientResult(BaseModel):
    """What investigate_patient reveals: the raw record. Dates are ISO 8601; null is a blank field.

    The laboratory values are those of the site's own laboratory.
    """

    tool: Literal["investigate_patient"] = "investigate_patient"
    patient_id: str
    age: int | None
    sex: str
    ethnicity: str
    site: str
    country: str
    arm: str
    drug: str
    stage: str
    primary_site: str
    histology: str
    ecog: int
    comorbid_conditions: list[str]
    comorbidity_index: int
    ldh: int
    haemoglobin: float
    creatinine: float
    bmi: float
    blood_pressure: str
    smoking: str
    prior_chemo_cycles: int
    consent_date: str
    enrolment_date: str
    treatment_start: str
    last_contact: str
    death_date: str | None
    outcome: str
    central_laboratory: dict[str, int | float] | None = Field(None, exclude_if=lambda values: values is None)
    """What the central laboratory has, by field; left out where the protocol knows of one laboratory only."""
    starting_dose: int | None = Field(None, exclude_if=lambda dose: dose is None)
    """mg/m2 of the drug; left out where the protocol says nothing on doses."""


class ShapResult(BaseModel):
    """What request_shap reveals: exact Shapley values of the Actor's decision for one patient."""

    tool: Literal["request_shap"] = "request_shap"
    patient_id: str
    decision: Literal["compliant", "deviation"]
    reference: str
    """The patient whom the decision is explained against. No proposal is about this one."""
    base_value: float
    """What the Actor's reading makes of the reference: 1 is compliant, 0 a deviation."""
    values: dict[str, float]
    """Record field to its share of (decision - base_value), largest first; 1 is compliant."""
    feature: str | None = None
    """The field asked about."""


class CohortGroup(BaseModel):
    """One arm by one group of the feature."""

    arm: str
    group: str
    patients: int
    deaths: int
    mortality: float
    """Deaths over patients, in percent."""
    median_survival_days: int | None
    """Kaplan-Meier, from treatment start; null while more than half live."""


class CohortResult(BaseModel):
    """What cohort_analysis reveals: mortality by arm and group, and the gap between groups."""

    tool: Literal["cohort_analysis"] = "cohort_analysis"
    feature: str
    groups: list[CohortGroup]
    contrast: str
    """Which group is set against the others."""
    crude_gap: float | None
    """Mortality of that group minus that of the others, percentage points."""
    adjusted_gap: float | None
    """The same pooled over stages (Mantel-Haenszel weights), percentage points."""
    chi_square: float | None
    """Cochran-Mantel-Haenszel, one degree of freedom, stratified by stage."""
    p_value: float | None


class TimelineEvent(BaseModel):
    """A dated event of a record."""

    event: str
    date: str


class TimelineInterval(BaseModel):
    """Days from one event to the next in protocol order."""

    start: str
    end: str
    days: int


class TimelineResult(BaseModel):
    """What temporal_audit reveals: the dates in order, the days between them, and orders that cannot be."""

    tool: Literal["temporal_audit"] = "temporal_audit"
    patient_id: str
    events: list[TimelineEvent]
    intervals: list[TimelineInterval]
    impossible: list[str]
    earlier_at_site: int | None = Field(None, exclude_if=lambda count: count is None)
    """How many patients of the site enrolled before this one; left out where no clause of the protocol asks for it."""


class FaultClaim(BaseModel):
    """What the Actor did, as a decision claims it or as it is."""

    fault: str
    """One of fault_types.FAULTS."""
    where: str
    """The clause, field, quantity or cohort feature."""
    should_be: str | None = None
    """The number or ISO date that the Actor should have gone by; null where none was given, or the fault has none."""


class ProposalOutcome(BaseModel):
    """The truth about one proposal, told when the episode is over."""

    proposal_id: str
    is_wrong: bool
    error_type: str | None
    decision: Status
    flaw: str
    """What the Actor did wrong, by clause, whether or not it mattered here; or that it read all as it is."""
    explanation: str
    """What the protocol says of this record, from the trace."""
    type_right: bool | None = None
    """Of a flag: whether the proposal is wrong and the flag names its error type; null without a flag."""
    claim: FaultClaim | None = None
    """What the decision claimed that the Actor did; null where it claimed nothing."""
    claim_right: bool | None = None
    """Of a claim: whether its fault and its place are true; null without one."""
    number_right: bool | None = None
    """Of a right claim: whether its number is true; null otherwise, and where the fault has none."""
    faults: list[FaultClaim] = Field(default_factory=list)
    """Every claim that would have been right; empty where the argument is sound."""


class EpisodeOutcome(BaseModel):
    """How the audit went."""

    score: float
    """F-beta; in an episode without errors the share of proposals approved. Undecided is never right. 0 to 1."""
    f_beta: float
    """With beta = 1.5; the score when there was nothing to find and nothing was flagged."""
    skill: float
    """(score - flag-all's score) / (1 - flag-all's score), at least -1: 0 is flagging everything, 1 is perfect."""
    fault_f1: float | None = None
    """F1 of the claims about what the Actor did, over all proposals whose argument has a fault, wrong or right by luck.
    A claim on a sound argument, one that is not right, or one without its number is a false one. Null where no argument
    has a fault and nothing was claimed. 0 to 1."""
    recall: float | None
    precision: float | None
    false_positive_rate: float | None
    return_: float
    """Sum of all rewards of the episode."""
    reward_breakdown: dict[str, float]
    """The return by event of the reward table."""
    proposals: list[ProposalOutcome]


class OutcomeResult(BaseModel):
    """What the last observation of an episode carries."""

    tool: Literal["submit_audit_report"] = "submit_audit_report"
    outcome: EpisodeOutcome


ToolResult = Annotated[
    ReviewResult | PatientResult | ShapResult | CohortResult | TimelineResult | OutcomeResult,
    Field(discriminator="tool"),
]


class SynthAuditObservation(Observation):
    """What the Oversight agent sees after a step."""

    task_id: str
    difficulty: str
    actor_proposals: list[ProposalSummary]
    feedback: str
    """The compact text that a model reads."""
    result: ToolResult | None = None
    """The same as data; null for a decision or an error."""
    error: str | None = None
    """One sentence when the action was invalid, else null."""
    phase: Literal["auditing", "finished"] = "auditing"
    steps_taken: int = Field(ge=0)
    steps_remaining: int = Field(ge=0)
    protocol_excerpt: str | None = None
    """The protocol; in the reset observation only."""


class SynthAuditState(State):
    """What can be asked of a session at any time. It tells nothing of the truth before the end."""

    task_id: str | None = None
    difficulty: str | None = None
    seed: int | None = None
    split: str | None = None
    error_types: list[str] | None = None
    """Of an adaptive episode: which error types it may hold. With these and its difficulty, reset makes it again."""
    decisions: dict[str, Status] = Field(default_factory=dict)
    """Proposal id to flagged or approved, for what has been decided."""
    tool_counts: dict[str, int] = Field(default_factory=dict)
    """Valid calls by action_type."""
    outcome: EpisodeOutcome | None = None
    """Null until the episode is over."""
    actor_model: str | None = Field(None, exclude_if=lambda model: model is None)
    """The language model that worded the notes; left out where the script did."""
    rewritten: list[str] | None = Field(None, exclude_if=lambda proposals: proposals is None)
    """Ids of the proposals that are in the model's words, told when the episode is over. The others keep the scripted
    prose, because every answer of the model was refused."""
