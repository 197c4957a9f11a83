"""The evidence-only auditor: reads the protocol it is given, looks each record up, and reasons by the rules.

    auditor = HeuristicAuditor()
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

It believes no prose. A note is asked for its verdict, for what it cites and for the figures that it quotes, and each
of these is checked. The plan is one path from top to bottom, `_Audit.plan`.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias, TypeVar

from ..models import (
    COHORT,
    CohortResult,
    ErrorType,
    PatientResult,
    ProposalSummary,
    ReviewResult,
    ShapResult,
    SynthAuditAction,
    SynthAuditObservation,
    TimelineResult,
    ToolResult,
)
from . import findings as words
from .actor_fault import (
    FIELD_OF_RULE,
    cited_rule,
    deciding_field,
    deed,
    misapplied_rule,
    tightest_rule,
    too_strict,
)
from .case_rules import Ruling, judge
from .limits import Limits, record_of
from .note_checks import (
    QUOTED_FEATURES,
    misquoted_gap,
    misquoted_rate,
    missing_authority,
    quotes_rate,
)
from .protocol_reader import read_protocol

SURE = 0.99
UNSURE = 0.6
"""Confidence where a sentence of the protocol could not be read, or there was no step left to look."""
PRIOR = 0.3
"""Confidence of a flag on what was not looked at: about three in ten proposals are wrong."""
LIKELIEST: ErrorType = "age_boundary_error"
"""The error type of such a flag. Every tier has this one, and in none is another likelier."""
LOOKS_A_PROPOSAL = 2
"""Read the note, read the record."""
STEPS_A_PROPOSAL = LOOKS_A_PROPOSAL + 1
"""And decide. Everything beyond must be spared."""

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


UNSEEN = Decision(confidence=UNSURE)
"""What it comes to when there was nothing to go by. `Limits.unseen` says what becomes of it."""


class HeuristicAuditor:
    """The policy. It is reset by the observation that carries a protocol."""

    name = "heuristic"

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._steps: Looking[None] | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action after the reset observation, or after what the last action brought.

        Raises:
            RuntimeError: The episode was not followed from its reset observation, or is over.
        """
        if observation.protocol_excerpt is not None:
            self._steps = _Audit(observation, self.limits).plan()
            return next(self._steps)
        if self._steps is None:
            raise RuntimeError("The auditor needs the reset observation first: it carries the protocol.")
        try:
            return self._steps.send(observation)
        except StopIteration:
            raise RuntimeError("The audit is over: its report is filed.") from None


class _Audit:
    """One audit under way."""

    def __init__(self, opening: SynthAuditObservation, limits: Limits) -> None:
        self.limits = limits
        self.protocol = limits.readable(read_protocol(opening.protocol_excerpt or ""))
        self.proposals = opening.actor_proposals
        self.steps_left = opening.steps_remaining
        self.calls_left = math.inf if limits.calls is None else limits.calls
        self.undecided = len(self.proposals)
        self.leaning_counts = opening.difficulty == "expert" and not limits.believes
        """Whether a proposal is wrong for what it leans on alone, as the briefing says of this tier."""
        self.errors: dict[str, tuple[ErrorType, str]] = {}
        self.unseen: list[str] = []
        self.answers: dict[str, ToolResult | None] = {}

    def plan(self) -> Looking[None]:
        """Look at the cohort once, then go through the proposals, then report."""
        if self._can_spare():
            yield from self._look(CohortResult, "cohort_analysis", feature="arm")
        for position, proposal in enumerate(self.proposals):
            if not self._can_look(position):
                decision = UNSEEN
            elif proposal.patient_id == COHORT:
                decision = yield from self._audit_cohort(proposal)
            else:
                decision = yield from self._audit_patient(proposal)
            yield from self._decide(proposal, decision)
        ids = [proposal.proposal_id for proposal in self.proposals]
        if "submit_audit_report" in self.limits.without:
            yield from self._read_on()
        report = words.report(ids, self.errors, self.unseen)
        yield SynthAuditAction(action_type="submit_audit_report", report=report)

    def _audit_patient(self, proposal: ProposalSummary) -> Looking[Decision]:
        """Read the note and the record; where they disagree, gather what proves it."""
        review = yield from self._look(ReviewResult, "review_proposal", proposal_id=proposal.proposal_id)
        record = yield from self._record(proposal)
        if record is None:
            return UNSEEN
        ruling = judge(self.protocol, record)
        if ruling.verdict != _verdict(proposal, review):
            yield from self._prove(record)
            if ruling.verdict == "deviation":
                return (yield from self._deviation(ruling, record, review))
            return (yield from self._overstrict(ruling, record, review))
        decision = yield from self._leaning(review)
        if decision.error_type is not None:
            yield from self._prove(record)
        return decision

    def _deviation(self, ruling: Ruling, record: PatientResult, review: ReviewResult | None) -> Looking[Decision]:
        """The record deviates and the Actor passed it: name the rule, and ask what the Actor made of its field."""
        named = [finding for finding in ruling.findings if finding.error_type is not None]
        if not named:
            # No error type stands for it, so no proposal is wrong for it.
            return Decision(confidence=UNSURE)
        finding = named[0]
        yield from self._attribute(record, deciding_field(finding))
        done = deed(self.protocol, review, words.decisive(finding, self.protocol))
        why = f"{words.explain(finding, record, self.protocol)} {done}"
        return Decision(finding.error_type, why, self._confidence())

    def _overstrict(self, ruling: Ruling, record: PatientResult, review: ReviewResult | None) -> Looking[Decision]:
        """The record is compliant and the Actor failed it: its Shapley values tell on which rule."""
        guess = (cited_rule(self.protocol, review) if review else None) or tightest_rule(ruling)
        error_type = guess
        shares = yield from self._attribute(record, FIELD_OF_RULE[guess])
        if shares is not None:
            error_type = misapplied_rule(shares)
            if error_type != guess:
                yield from self._attribute(record, FIELD_OF_RULE[error_type])
        limited = "age" if error_type == "age_boundary_error" else "delay"
        if limited not in {clause.quantity for clause in self.protocol.clauses}:
            return UNSEEN
        done = too_strict(review, words.misjudged(error_type, ruling))
        why = f"{words.explain_compliance(error_type, ruling, record)} {done}"
        return Decision(error_type, why, self._confidence())

    def _leaning(self, review: ReviewResult | None) -> Looking[Decision]:
        """Where that alone can make a proposal wrong: look up what it cites, work out again what it quotes."""
        if not self.leaning_counts or review is None:
            return Decision(confidence=self._confidence())
        missing = missing_authority(self.protocol, review)
        if missing is not None:
            return Decision("citation_fabrication", words.explain_missing(missing), self._confidence())
        if quotes_rate(review.reasoning):
            tables = []
            for feature in QUOTED_FEATURES:
                if self._can_spare():
                    table = yield from self._look(CohortResult, "cohort_analysis", feature=feature)
                    tables += [table] if table is not None else []
            misquote = misquoted_rate(review.reasoning, tables)
            if misquote is not None:
                return Decision("statistical_hallucination", words.explain_misquote(misquote), self._confidence())
            if len(tables) < len(QUOTED_FEATURES):
                return UNSEEN
        return Decision(confidence=self._confidence())

    def _audit_cohort(self, proposal: ProposalSummary) -> Looking[Decision]:
        """Hold an equity all-clear against the rule, on the figure that the rule names."""
        review = yield from self._look(ReviewResult, "review_proposal", proposal_id=proposal.proposal_id)
        if self.limits.believes:
            return Decision(confidence=self._confidence())
        rule, told = self.protocol.equity, review.reasoning if review else ""
        features = rule.features if rule else ()
        feature = next((name for name in features if name in f"{proposal.diagnosis} {told}"), None)
        table = (yield from self._look(CohortResult, "cohort_analysis", feature=feature)) if feature else None
        if rule is None or table is None or table.adjusted_gap is None:
            return UNSEEN
        clear = abs(table.adjusted_gap) <= rule.gap
        if clear != (_verdict(proposal, review) == "compliant"):
            return Decision("bias_blind_spot", words.explain_inequity(rule, table), self._confidence())
        misquote = misquoted_gap(told, table)
        if misquote is not None:
            return Decision("statistical_hallucination", words.explain_misquote(misquote), self._confidence())
        return (yield from self._leaning(review))

    def _prove(self, record: PatientResult) -> Looking[None]:
        """Evidence that goes with every flag: the dates in order, so that no other deviation hides there."""
        if self._can_spare():
            yield from self._look(TimelineResult, "temporal_audit", patient_id=record.patient_id)

    def _attribute(self, record: PatientResult, field: str) -> Looking[ShapResult | None]:
        if not self._can_spare():
            return None
        return (yield from self._look(ShapResult, "request_shap", patient_id=record.patient_id, feature=field))

    def _record(self, proposal: ProposalSummary) -> Looking[PatientResult | None]:
        """The record, or what can be had of it without the tool for it; None where no rule is about that."""
        if "investigate_patient" not in self.limits.without:
            if self.limits.no_days and "temporal_audit" not in self.limits.without:
                if not self._can_spare():
                    return None
                # It counts the days for it.
                yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
            return (yield from self._look(PatientResult, "investigate_patient", patient_id=proposal.patient_id))
        if not self.protocol.limited:
            return None
        timeline = yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
        return None if timeline is None else record_of(proposal, timeline)

    def _read_on(self) -> Looking[None]:
        """Where no report can end the episode, the end of the budget does: read other records until then."""
        for number in count(1):
            for tool in ("investigate_patient", "temporal_audit"):
                yield from self._look(object, tool, patient_id=f"P{number:04d}")

    def _look(self, kind: type[T], tool: str, **arguments: str) -> Looking[T | None]:
        """Use an evidence tool, once for each question. Returns its result; None where it has none of that kind."""
        if tool in self.limits.without:
            return None
        action = SynthAuditAction.model_validate({"action_type": tool, **arguments})
        key = action.model_dump_json()
        if key not in self.answers:
            observation = yield action
            self.calls_left -= 1
            self.steps_left = observation.steps_remaining
            self.answers[key] = observation.result
        found = self.answers[key]
        return found if isinstance(found, kind) else None

    def _decide(self, proposal: ProposalSummary, decision: Decision) -> Looking[None]:
        action = self._decision(proposal, decision)
        if action is not None and action.action_type not in self.limits.without:
            observation = yield action
            self.steps_left = observation.steps_remaining
        self.undecided -= 1

    def _decision(self, proposal: ProposalSummary, decision: Decision) -> SynthAuditAction | None:
        """The action that a decision comes to; None where a proposal is left undecided."""
        if decision is UNSEEN and self.limits.unseen != "approve":
            self.unseen.append(proposal.proposal_id)
            if self.limits.unseen == "leave":
                return None
            likeliest = "bias_blind_spot" if proposal.patient_id == COHORT else LIKELIEST
            return _flag(proposal, Decision(likeliest, "Not looked at, so it cannot stand.", PRIOR))
        if decision.error_type is not None:
            self.errors[proposal.proposal_id] = (decision.error_type, decision.reason)
            return _flag(proposal, decision)
        return SynthAuditAction(action_type="approve", proposal_id=proposal.proposal_id, confidence=decision.confidence)

    def _can_look(self, position: int) -> bool:
        """Whether a proposal can be looked at, and the rest still be decided and a report filed."""
        enough = self.steps_left >= self.undecided + STEPS_A_PROPOSAL and self.calls_left >= LOOKS_A_PROPOSAL
        return enough and position < int(self.limits.share * len(self.proposals))

    def _can_spare(self) -> bool:
        """Whether a step can go into evidence and still leave enough to look at the rest, decide it, and report."""
        steps, calls = STEPS_A_PROPOSAL * self.undecided + 1, LOOKS_A_PROPOSAL * self.undecided
        return self.steps_left > steps and self.calls_left > calls

    def _confidence(self) -> float:
        return UNSURE if self.protocol.unread else SURE


def _verdict(proposal: ProposalSummary, review: ReviewResult | None) -> str:
    """The Actor's, from the list of proposals where the note was not read."""
    if review is not None:
        return review.verdict
    return "deviation" if proposal.recommended_action.startswith("withhold") else "compliant"


def _flag(proposal: ProposalSummary, decision: Decision) -> SynthAuditAction:
    return SynthAuditAction(
        action_type="flag_error",
        proposal_id=proposal.proposal_id,
        error_type=decision.error_type,
        reason=decision.reason,
        confidence=decision.confidence,
    )
