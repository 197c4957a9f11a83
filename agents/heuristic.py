"""The evidence-only auditor: reads the protocol it is given, looks each record up, and reasons by the rules.

    auditor = HeuristicAuditor()
    action = auditor.act(observation)    # from the reset observation on, one action for each observation

It believes no prose. A note is asked for its question, its verdict, the clauses that it goes by and what it quotes, and
each of these is checked. The plan is one path from top to bottom, `_Audit.plan`.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias, TypeVar

from ..fault_types import FIGURE, NOT_THERE
from ..models import (
    COHORT,
    CohortResult,
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
from .actor_fault import Claim, against_protocol, error_type, fault, number_text
from .case_rules import ERROR_TYPES, OVERRIDE, Ruling, facts_of, judge_facts
from .limits import Limits, asks_for_order, record_of
from .note_checks import NoteReading, named_rate, quoted_figure, read_note
from .protocol_reader import EARLIER, INTERVALS, ReadProtocol, read_protocol

SURE = 0.99
UNSURE = 0.6
"""Confidence where a sentence of the protocol could not be read, or there was no step left to look."""
CITATION = "citation_fabrication"
LIKELIEST = "age_boundary_error"
"""The error type where none that the tier has is known. Every tier has this one."""
LOOKS_A_PROPOSAL = 2
"""Read the note, read the record."""
STEPS_A_PROPOSAL = LOOKS_A_PROPOSAL + 1
"""And decide. Everything beyond must be spared."""

T = TypeVar("T")
Looking: TypeAlias = Generator[SynthAuditAction, SynthAuditObservation, T]
"""Takes actions, each answered by an observation, and comes to a T."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a proposal."""

    error_type: str | None = None
    """None: approve."""
    reason: str = ""
    claim: Claim | None = None
    """The claim about the Actor's fault."""
    confidence: float = SURE


UNSEEN = Decision(confidence=UNSURE)
"""The decision without evidence. `Limits.undecided` says if it is made."""


class HeuristicAuditor:
    """The policy. It is reset by the observation that carries a protocol."""

    name = "heuristic"
    reads_arguments = False
    """True if it holds an argument against its own where the verdict is right too."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._steps: Looking[None] | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action after the reset observation, or after what the last action brought.

        Raises:
            RuntimeError: The episode was not followed from its reset observation, or is over.
        """
        if observation.protocol_excerpt is not None:
            self._steps = _Audit(observation, self.limits, self.reads_arguments).plan()
            return next(self._steps)
        if self._steps is None:
            raise RuntimeError("The auditor needs the reset observation first: it carries the protocol.")
        try:
            return self._steps.send(observation)
        except StopIteration:
            raise RuntimeError("The audit is over: its report is filed.") from None


class NoteReadingAuditor(HeuristicAuditor):
    """The same policy, but it also claims what is wrong with the argument for a right verdict."""

    name = "heuristic-reads-notes"
    reads_arguments = True


class _Audit:
    """One audit under way."""

    def __init__(self, opening: SynthAuditObservation, limits: Limits, reads_arguments: bool) -> None:
        self.limits, self.reads_arguments = limits, reads_arguments
        self.full = read_protocol(opening.protocol_excerpt or "")
        self.protocol = limits.readable(self.full)
        self.proposals = opening.actor_proposals
        self.steps_left = opening.steps_remaining
        self.calls_left = math.inf if limits.calls is None else limits.calls
        self.undecided = len(self.proposals)
        self.sure = UNSURE if self.full.unread else SURE
        kinds = set(ERROR_TYPES.values())
        self.kinds = {kind for kind in kinds if f"- {kind}:" in (opening.feedback or "")} or kinds
        """The errors that a limit can stand for in this tier, as the briefing lists them."""
        self.cites = f"- {CITATION}:" in (opening.feedback or "")
        """True if the tier has an error type of its own for what rests on an amendment that there is not."""
        self.errors: dict[str, tuple[str, str]] = {}
        self.unseen: list[str] = []
        self.answers: dict[tuple[str, ...], ToolResult | None] = {}

    def plan(self) -> Looking[None]:
        """Go through the proposals, then report."""
        for proposal in self.proposals:
            decision = UNSEEN
            if self._can_look():
                decision = yield from self._audit(proposal)
            if decision.error_type is not None and proposal.patient_id != COHORT and self._can_spare():
                # Evidence that goes with every flag.
                yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
            yield from self._decide(proposal, decision)
        ids = [proposal.proposal_id for proposal in self.proposals]
        if "submit_audit_report" in self.limits.lacks:
            # No report can end the episode, so the end of the budget does: other records are read until then.
            for number in count(1):
                for tool in ("investigate_patient", "temporal_audit"):
                    yield from self._look(object, tool, patient_id=f"P{number:04d}")
        report = words.report(ids, self.errors, self.unseen)
        yield SynthAuditAction(action_type="submit_audit_report", report=report)

    def _audit(self, proposal: ProposalSummary) -> Looking[Decision]:
        """Judge by the record, or by the cohort, what the note is about.

        Without a note the whole record is judged, and taken to have been passed.
        """
        review = yield from self._look(ReviewResult, "review_proposal", proposal_id=proposal.proposal_id)
        verdict = review.verdict if review else "compliant"
        if proposal.patient_id == COHORT:
            return (yield from self._cohort(proposal, review))
        note = read_note(self.full, review) if review and not self.limits.verdict_only else None
        record = yield from self._record(proposal)
        if record is None:
            claim = against_protocol(self.full.asked(note.quantity), note) if note and note.quantity else None
            kind = self._kind(claim, ERROR_TYPES[note.quantity]) if note and note.quantity else ""
            return self._error(kind, "", claim) if claim else UNSEEN
        holding = self.protocol.at(record.site)
        asked = holding.asked(note.quantity) if note and note.quantity else holding
        timeline = None
        if any(map(asks_for_order, asked.clauses)):
            if self._can_spare():
                timeline = yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
            if timeline is None:
                return UNSEEN
        facts = facts_of(record, holding, timeline)
        ruling = judge_facts(asked, note.believed(facts) if note and self.limits.believes else facts)
        claim = None
        if note is not None and (self.reads_arguments or ruling.verdict != verdict):
            claim = fault(asked, note, facts)
        if ruling.verdict == verdict:
            return Decision(claim=claim, confidence=self.sure)
        return (yield from self._wrong(ruling, note, record.patient_id, asked, claim))

    def _wrong(
        self,
        ruling: Ruling,
        note: NoteReading | None,
        patient_id: str,
        protocol: ReadProtocol,
        claim: Claim | None,
    ) -> Looking[Decision]:
        """Say what decides, and what the Actor made of it."""
        known = [limit for limit in ruling.findings or ruling.limits if ERROR_TYPES[limit.quantity] in self.kinds]
        limits = known or ruling.limits
        if not limits:
            return UNSEEN
        limit = next((limit for limit in limits if note and limit.bound == note.bound), limits[0])
        kind = self._kind(claim, error_type(limit, protocol, note))
        why = words.explain(limit)
        if note is not None and note.quantity is not None and self._can_spare():
            dates = INTERVALS.get(limit.quantity, (limit.quantity,))
            field = next((field for field in dates if field not in ("enrolment_date", EARLIER)), "enrolment_date")
            field = "comorbidity_index" if kind == OVERRIDE else field
            yield from self._look(ShapResult, "request_shap", patient_id=patient_id, feature=field)
        return self._error(kind if known else LIKELIEST, why, claim)

    def _cohort(self, proposal: ProposalSummary, review: ReviewResult | None) -> Looking[Decision]:
        """Hold a determination on the cohort against its rule, on the figure that the rule names."""
        if review is None or self.limits.believes:
            return Decision(confidence=self.sure) if review else UNSEEN
        cited = [rule for rule in self.full.cohort_rules if f"§{rule.number}" in review.citations]
        asked = [(rule, name) for rule in cited for name in rule.features if proposal.diagnosis.endswith(f" {name}")]
        table = None
        for _, feature in asked[:1]:
            table = yield from self._look(CohortResult, "cohort_analysis", feature=feature)
        if table is None:
            return UNSEEN
        (rule, feature), *_ = asked
        gap = None if table.adjusted_gap is None else (f"{table.adjusted_gap:+.1f}", table.adjusted_gap)
        figure = gap if rule.is_gap else named_rate(review.reasoning, table)
        if figure is None:
            return UNSEEN
        is_false = quoted_figure(review.reasoning, rule.is_gap) != figure[0]
        claim = Claim(FIGURE, feature, number_text(float(figure[0].split()[0]))) if is_false else None
        if (abs(figure[1]) <= rule.limit) == (review.verdict == "compliant"):
            return Decision(claim=claim if self.reads_arguments else None, confidence=self.sure)
        kind = "bias_blind_spot" if rule.is_gap else "statistical_hallucination"
        return self._error(kind, words.explain_figure(rule, feature, figure[1]), claim)

    def _kind(self, claim: Claim | None, of_rule: str) -> str:
        """The error type of a determination: of its rule, or of what rests on an amendment that there is not."""
        return CITATION if self.cites and claim is not None and claim.fault == NOT_THERE else of_rule

    def _error(self, error_type: str, why: str, claim: Claim | None) -> Decision:
        return Decision(error_type, f"{why} {claim.sentence if claim else ''}".strip(), claim, self.sure)

    def _record(self, proposal: ProposalSummary) -> Looking[PatientResult | None]:
        """The record, or what can be had of it without the tool for it; None where no rule is about that."""
        if "investigate_patient" not in self.limits.lacks:
            if self.limits.no_days and "temporal_audit" not in self.limits.lacks:
                if not self._can_spare():
                    return None
                # It counts the days for it.
                yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
            return (yield from self._look(PatientResult, "investigate_patient", patient_id=proposal.patient_id))
        if not self.protocol.clauses:
            return None
        timeline = yield from self._look(TimelineResult, "temporal_audit", patient_id=proposal.patient_id)
        return None if timeline is None else record_of(timeline)

    def _look(self, kind: type[T], tool: str, **arguments: str) -> Looking[T | None]:
        """Use an evidence tool, once for each question. Returns its result; None where it has none of that kind."""
        if tool in self.limits.lacks:
            return None
        key = (tool, *arguments.values())
        if key not in self.answers:
            observation = yield SynthAuditAction.model_validate({"action_type": tool, **arguments})
            self.calls_left -= 1
            self.steps_left = observation.steps_remaining
            self.answers[key] = observation.result
        found = self.answers[key]
        return found if isinstance(found, kind) else None

    def _decide(self, proposal: ProposalSummary, decision: Decision) -> Looking[None]:
        """Say what a decision comes to; nothing where a proposal is left undecided."""
        identity, tool, fields = proposal.proposal_id, "approve", dict[str, object]()
        if decision.error_type is not None:
            self.errors[identity] = (decision.error_type, decision.reason)
            tool, fields = "flag_error", {"error_type": decision.error_type, "reason": decision.reason}
        if decision is UNSEEN and self.limits.undecided:
            self.unseen.append(identity)
        elif tool not in self.limits.lacks:
            fields |= decision.claim._asdict() if decision.claim else {}
            action = {"action_type": tool, "proposal_id": identity, "confidence": decision.confidence, **fields}
            observation = yield SynthAuditAction.model_validate(action)
            self.steps_left = observation.steps_remaining
        self.undecided -= 1

    def _can_look(self) -> bool:
        """True if a proposal can be looked at, and the rest still be decided and a report filed."""
        return self.steps_left >= self.undecided + STEPS_A_PROPOSAL and self.calls_left >= LOOKS_A_PROPOSAL

    def _can_spare(self) -> bool:
        """True if a step can go into evidence and still leave enough to look at the rest, decide it, and report."""
        steps, calls = STEPS_A_PROPOSAL * self.undecided + 1, LOOKS_A_PROPOSAL * self.undecided
        return self.steps_left > steps and self.calls_left > calls
