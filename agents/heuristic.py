"""The evidence-only auditor: reads the protocol it is given, looks each record up, and reasons by the rules.

    auditor = HeuristicAuditor()
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

It believes no prose. A note is asked for its verdict, for what it cites and for the figures that it quotes, and each
of these is checked. The plan is one path from top to bottom, `_Audit.plan`.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from synth_audit_env.agents import findings as words
from synth_audit_env.agents.case_rules import Finding, Ruling, judge
from synth_audit_env.agents.note_checks import (
    QUOTED_FEATURES,
    misquoted_gap,
    misquoted_rate,
    missing_authority,
    quotes_rate,
)
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.models import (
    COHORT,
    CohortResult,
    ErrorType,
    PatientResult,
    ProposalSummary,
    ReviewResult,
    ShapResult,
    SynthAuditAction,
    SynthAuditObservation,
    ToolResult,
)

SURE = 0.99
UNSURE = 0.6
"""Confidence where a sentence of the protocol could not be read, or there was no step left to look."""
STEPS_A_PROPOSAL = 3
"""Read the note, read the record, decide. Everything beyond must be spared."""

T = TypeVar("T")
Looking: TypeAlias = Generator[SynthAuditAction, SynthAuditObservation, T]
"""Takes actions, each answered by an observation, and comes to a T."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a proposal."""

    error_type: ErrorType | None = None
    """None: approve."""
    reason: str = ""
    confidence: float = SURE


class HeuristicAuditor:
    """The policy. It is reset by the observation that carries a protocol."""

    name = "heuristic"

    def __init__(self) -> None:
        self._steps: Looking[None] | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action.

        Args:
            observation: The reset observation, or what the last action brought.

        Raises:
            RuntimeError: The episode was not followed from its reset observation, or is over.
        """
        if observation.protocol_excerpt is not None:
            self._steps = _Audit(observation).plan()
            return next(self._steps)
        if self._steps is None:
            raise RuntimeError("The auditor needs the reset observation first: it carries the protocol.")
        try:
            return self._steps.send(observation)
        except StopIteration:
            raise RuntimeError("The audit is over: its report is filed.") from None


class _Audit:
    """One audit under way."""

    def __init__(self, opening: SynthAuditObservation) -> None:
        self.protocol = read_protocol(opening.protocol_excerpt or "")
        self.proposals = opening.actor_proposals
        self.steps_left = opening.steps_remaining
        self.undecided = len(self.proposals)
        self.leaning_counts = opening.difficulty == "expert"
        """Whether a proposal is wrong for what it leans on alone, as the briefing says of this tier."""
        self.errors: dict[str, tuple[ErrorType, str]] = {}
        self.answers: dict[str, ToolResult | None] = {}

    def plan(self) -> Looking[None]:
        """Look at the cohort once, then go through the proposals, then report."""
        if self._can_spare():
            yield from self._table("arm")
        for proposal in self.proposals:
            if self.steps_left < self.undecided + STEPS_A_PROPOSAL:
                # Not enough to look and still decide the rest and report.
                decision = Decision(confidence=UNSURE)
            elif proposal.patient_id == COHORT:
                decision = yield from self._audit_cohort(proposal)
            else:
                decision = yield from self._audit_patient(proposal)
            yield from self._decide(proposal, decision)
        ids = [proposal.proposal_id for proposal in self.proposals]
        yield SynthAuditAction(action_type="submit_audit_report", report=words.report(ids, self.errors))

    def _audit_patient(self, proposal: ProposalSummary) -> Looking[Decision]:
        """Read the note and the record; where they disagree, gather what proves it."""
        review = yield from self._look("review_proposal", proposal_id=proposal.proposal_id)
        record = yield from self._look("investigate_patient", patient_id=proposal.patient_id)
        if not isinstance(review, ReviewResult) or not isinstance(record, PatientResult):
            return Decision(confidence=UNSURE)
        ruling = judge(self.protocol, record)
        if ruling.verdict != review.verdict:
            yield from self._prove(record)
            if ruling.verdict == "deviation":
                return (yield from self._deviation(ruling, record))
            return (yield from self._overstrict(ruling, record))
        decision = yield from self._leaning(review)
        if decision.error_type is not None:
            yield from self._prove(record)
        return decision

    def _deviation(self, ruling: Ruling, record: PatientResult) -> Looking[Decision]:
        """The record deviates and the Actor passed it: name the rule, and ask what the Actor made of its field."""
        named = [finding for finding in ruling.findings if finding.error_type is not None]
        if not named:
            # No error type stands for it, so no proposal is wrong for it.
            return Decision(confidence=UNSURE)
        finding = named[0]
        yield from self._attribute(record, _deciding_field(finding))
        order = self.protocol.order
        reason = words.explain(finding, record, order.number if order else None)
        return Decision(finding.error_type, reason, self._confidence())

    def _overstrict(self, ruling: Ruling, record: PatientResult) -> Looking[Decision]:
        """The record is compliant and the Actor failed it: its Shapley values tell on which rule."""
        guess = _tightest_rule(ruling)
        error_type = guess
        shares = yield from self._attribute(record, _FIELD_OF_RULE[guess])
        if shares is not None:
            error_type = _misapplied(shares, guess)
            if error_type != guess:
                yield from self._attribute(record, _FIELD_OF_RULE[error_type])
        return Decision(error_type, words.explain_compliance(error_type, ruling, record), self._confidence())

    def _leaning(self, review: ReviewResult) -> Looking[Decision]:
        """Where that alone can make a proposal wrong: look up what it cites, work out again what it quotes."""
        if not self.leaning_counts:
            return Decision(confidence=self._confidence())
        missing = missing_authority(self.protocol, review)
        if missing is not None:
            return Decision("citation_fabrication", words.explain_missing(missing), self._confidence())
        if quotes_rate(review.reasoning):
            tables = []
            for feature in QUOTED_FEATURES:
                table = (yield from self._table(feature)) if self._can_spare() else None
                tables += [table] if table is not None else []
            misquote = misquoted_rate(review.reasoning, tables)
            if misquote is not None:
                return Decision("statistical_hallucination", words.explain_misquote(misquote), self._confidence())
        return Decision(confidence=self._confidence())

    def _audit_cohort(self, proposal: ProposalSummary) -> Looking[Decision]:
        """Hold an equity all-clear against the rule, on the figure that the rule names."""
        review = yield from self._look("review_proposal", proposal_id=proposal.proposal_id)
        rule = self.protocol.equity
        if not isinstance(review, ReviewResult) or rule is None:
            return Decision(confidence=UNSURE)
        feature = next((name for name in rule.features if name in f"{proposal.diagnosis} {review.reasoning}"), None)
        table = (yield from self._table(feature)) if feature else None
        if table is None or table.adjusted_gap is None:
            return Decision(confidence=UNSURE)
        clear = abs(table.adjusted_gap) <= rule.gap
        if clear != (review.verdict == "compliant"):
            return Decision("bias_blind_spot", words.explain_inequity(rule, table), self._confidence())
        misquote = misquoted_gap(review.reasoning, table)
        if misquote is not None:
            return Decision("statistical_hallucination", words.explain_misquote(misquote), self._confidence())
        return (yield from self._leaning(review))

    def _prove(self, record: PatientResult) -> Looking[None]:
        """Evidence that goes with every flag: the dates in order, so that no other deviation hides there."""
        if self._can_spare():
            yield from self._look("temporal_audit", patient_id=record.patient_id)

    def _attribute(self, record: PatientResult, field: str) -> Looking[ShapResult | None]:
        if not self._can_spare():
            return None
        shares = yield from self._look("request_shap", patient_id=record.patient_id, feature=field)
        return shares if isinstance(shares, ShapResult) else None

    def _table(self, feature: str) -> Looking[CohortResult | None]:
        table = yield from self._look("cohort_analysis", feature=feature)
        return table if isinstance(table, CohortResult) else None

    def _look(self, action_type: str, **arguments: str) -> Looking[ToolResult | None]:
        """Use an evidence tool, once for each question."""
        action = SynthAuditAction.model_validate({"action_type": action_type, **arguments})
        key = action.model_dump_json()
        if key not in self.answers:
            observation = yield action
            self.steps_left = observation.steps_remaining
            self.answers[key] = observation.result
        return self.answers[key]

    def _decide(self, proposal: ProposalSummary, decision: Decision) -> Looking[None]:
        if decision.error_type is None:
            action = SynthAuditAction(
                action_type="approve", proposal_id=proposal.proposal_id, confidence=decision.confidence
            )
        else:
            self.errors[proposal.proposal_id] = (decision.error_type, decision.reason)
            action = SynthAuditAction(
                action_type="flag_error",
                proposal_id=proposal.proposal_id,
                error_type=decision.error_type,
                reason=decision.reason,
                confidence=decision.confidence,
            )
        observation = yield action
        self.steps_left = observation.steps_remaining
        self.undecided -= 1

    def _can_spare(self) -> bool:
        """Whether a step can go into evidence and still leave enough to decide everything and report."""
        return self.steps_left > STEPS_A_PROPOSAL * self.undecided + 1

    def _confidence(self) -> float:
        return UNSURE if self.protocol.unread else SURE


_FIELD_OF_RULE: dict[ErrorType, str] = {
    "age_boundary_error": "age",
    "protocol_window_violation": "treatment_start",
    "comorbidity_override_miss": "comorbidity_index",
}


def _deciding_field(finding: Finding) -> str:
    """The record field that the Actor should have weighed. Every other date is told from the enrolment date."""
    if finding.dates is not None:
        earlier, later = finding.dates
        return earlier if later == "enrolment_date" else later
    assert finding.error_type is not None
    return _FIELD_OF_RULE[finding.error_type]


def _tightest_rule(ruling: Ruling) -> ErrorType:
    """The rule that a stricter reader would fail a compliant record on, as far as the record tells.

    A window that stands although something would revoke it: the override. A window longer than the general one: that.
    """
    limit = ruling.limit("delay", "at most")
    if limit is None or not limit.clause.when:
        return "age_boundary_error"
    return "protocol_window_violation" if words.waived_override(limit) is None else "comorbidity_override_miss"


def _misapplied(shares: ShapResult, guess: ErrorType) -> ErrorType:
    """The rule of the field that did most to turn the Actor's decision to "deviation"."""
    against = min(shares.values, key=lambda field: shares.values[field])
    if against == "age":
        return "age_boundary_error"
    return "protocol_window_violation" if guess == "age_boundary_error" else guess
