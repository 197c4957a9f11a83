"""The reward table, what a decision earns, and the score and skill of an episode.

    earned = decision_rewards(proposal, FLAGGED, "age_boundary_error", evidence, claim)

Amounts are whole thousandths, so that both settlements of an episode sum to the same return to the last digit. Rewards
that a guesser could collect are withheld until the audit has earned them: they *vest*. So the best gambler without
evidence loses in every tier, even one that reads the rewards that are paid at once (`validation/gambles.py`
calculates it):

- Bonuses for evidence are part of what a right flag earns. They, and what right claims of flags earn, are paid while
  right flags outnumber false alarms. So evidence cannot be farmed, and no reward before a decision depends on the
  truth.
- Right approvals are paid at the end, in proportion to the skill of all decisions. Decisions that are worth no more
  than flagging everything earn nothing. All right approvals together earn as much as one. If each were paid, an audit
  that finds every error and leaves the rest undecided would earn less than one that misses errors. What the claims of
  approvals come to is settled then too: right ones in the same proportion, false ones in full.

A claim that is not right costs as much as a right one earns, so that a guess pays only where it is right more often
than not.

A proposal that is left undecided costs what approving it costs, its step included: no episode pays silence more than
an attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...error_types import CITATION, DATES, ELIGIBLE, ERROR_KINDS
from ..world.protocol import quantity_fields
from ..world.quantities import LIMITS
from ..world.scenario import Proposal
from .claims import ClaimVerdict

FLAGGED = "flagged"
APPROVED = "approved"

CORRECT_FLAG = "correct_flag"
CORRECT_APPROVAL = "correct_approval"
SHAP_EVIDENCE = "shap_evidence"
TEMPORAL_EVIDENCE = "temporal_evidence"
FAULT_CLAIM = "fault_claim"
FAULT_PLACE = "fault_place"
FALSE_CLAIM = "false_claim"
REPORT = "report"
ALL_DECIDED = "all_decided"
HALF_INVESTIGATED = "half_investigated"
FALSE_POSITIVE = "false_positive"
WRONG_APPROVAL = "wrong_approval"
WRONG_UNDECIDED = "wrong_undecided"
INVALID_ACTION = "invalid_action"
DUPLICATE_ACTION = "duplicate_action"
STEP = "step"

REWARDS: Mapping[str, int] = {
    CORRECT_FLAG: 300,
    CORRECT_APPROVAL: 150,
    SHAP_EVIDENCE: 120,
    TEMPORAL_EVIDENCE: 100,
    FAULT_CLAIM: 50,
    FAULT_PLACE: 30,
    ALL_DECIDED: 100,
    HALF_INVESTIGATED: 60,
    FALSE_POSITIVE: -250,
    WRONG_APPROVAL: -200,
    WRONG_UNDECIDED: -200,
    FALSE_CLAIM: -50,
    INVALID_ACTION: -50,
    DUPLICATE_ACTION: -40,
    STEP: -3,
}
"""Thousandths by event. The report earns 80 to 100, as `audit_report.report_quality` says."""

MOST_OF_APPROVALS = REWARDS[CORRECT_APPROVAL]
"""Most that all right approvals of an episode earn together, thousandths."""

BONUSES = frozenset({SHAP_EVIDENCE, TEMPORAL_EVIDENCE, FAULT_CLAIM, FAULT_PLACE})
"""Events of a flag that are paid beside its own, once they have vested."""

BETA = 1.5


@dataclass(slots=True)
class Evidence:
    """Evidence that an agent has asked for so far in an episode."""

    investigated: set[str] = field(default_factory=set)
    """Patients whose record was read."""
    timelines: set[str] = field(default_factory=set)
    """Patients whose dates were audited."""
    attributed: set[tuple[str, str]] = field(default_factory=set)
    """(patient, feature) pairs for which Shapley values were asked by name."""

    def copy(self) -> Evidence:
        """A copy that later look-ups do not change."""
        return Evidence(set(self.investigated), set(self.timelines), set(self.attributed))


def key_features(proposal: Proposal) -> frozenset[str]:
    """The record fields that decide a wrong proposal; empty where the cohort does (statistic, equity)."""
    if proposal.error_type in (DATES, ELIGIBLE, CITATION) and proposal.brief.argument is not None:
        return frozenset(quantity_fields(LIMITS[proposal.brief.argument.parameter].quantity))
    return ERROR_KINDS[proposal.error_type].key_fields if proposal.error_type else frozenset()


def claim_rewards(claim: ClaimVerdict | None) -> dict[str, int]:
    """Reward of a claim, thousandths by event: all where it holds, less where only fault and place are right."""
    if claim is None:
        return {}
    event = FAULT_CLAIM if claim.holds else FAULT_PLACE if claim.right else FALSE_CLAIM
    return {event: REWARDS[event]}


def decision_rewards(proposal: Proposal, decision: str, error_type: str | None, evidence: Evidence) -> dict[str, int]:
    """Reward of a decision without its claim, thousandths by event.

    A flag is correct when the proposal is wrong and the error type is the right one. With another error type it earns
    nothing and costs nothing: the error was caught, but not explained.

    Args:
        proposal: With the truth about it.
        decision: FLAGGED or APPROVED.
        error_type: What the flag says is wrong; None for an approval.
        evidence: What was looked at before this decision.
    """
    if decision == APPROVED:
        event = WRONG_APPROVAL if proposal.is_wrong else CORRECT_APPROVAL
        return {event: REWARDS[event]}
    if not proposal.is_wrong:
        return {FALSE_POSITIVE: REWARDS[FALSE_POSITIVE]}
    if error_type != proposal.error_type:
        return {}
    patient_id = proposal.note.patient_id
    earned = {CORRECT_FLAG: REWARDS[CORRECT_FLAG]}
    if any((patient_id, feature) in evidence.attributed for feature in key_features(proposal)):
        earned[SHAP_EVIDENCE] = REWARDS[SHAP_EVIDENCE]
    if patient_id in evidence.timelines:
        earned[TEMPORAL_EVIDENCE] = REWARDS[TEMPORAL_EVIDENCE]
    return earned


def left_undecided(proposals: Iterable[Proposal]) -> dict[str, int]:
    """Cost at the end of proposals that were never decided, thousandths by event: as much as approving them."""
    wrong = [proposal.is_wrong for proposal in proposals]
    cost = {WRONG_UNDECIDED: REWARDS[WRONG_UNDECIDED] * sum(wrong), STEP: REWARDS[STEP] * len(wrong)}
    return {event: amount for event, amount in cost.items() if amount}


@dataclass(slots=True)
class Vesting:
    """Rewards of right decisions that are withheld so far."""

    right_flags: int = 0
    false_alarms: int = 0
    bonuses: dict[str, int] = field(default_factory=dict)
    """Thousandths by event, of flags."""
    approvals: int = 0
    """Thousandths."""
    claims: dict[str, int] = field(default_factory=dict)
    """Thousandths by event, of what approvals claim."""

    def book(self, decision: str, earned: Mapping[str, int], claim: Mapping[str, int]) -> dict[str, int]:
        """Take in what a decision earned; returns what is paid now, by event.

        Args:
            decision: FLAGGED or APPROVED.
            earned: By the decision itself (`decision_rewards`).
            claim: By what it claims (`claim_rewards`).
        """
        if decision == APPROVED:
            due = dict(earned)
            self.approvals += due.pop(CORRECT_APPROVAL, 0)
            for event, amount in claim.items():
                self.claims[event] = self.claims.get(event, 0) + amount
            return due
        due = {**earned, **claim}
        self.right_flags += CORRECT_FLAG in due
        self.false_alarms += FALSE_POSITIVE in due
        for event in BONUSES & due.keys():
            self.bonuses[event] = self.bonuses.get(event, 0) + due.pop(event)
        if self.right_flags > self.false_alarms:
            due |= {event: self.bonuses.pop(event) for event in REWARDS if event in self.bonuses}
        return due

    def at_the_end(self, skill: float) -> dict[str, int]:
        """Reward at the end of right approvals and of the claims of all approvals, by event.

        Args:
            skill: Of all decisions of the episode.
        """
        share = max(0.0, skill)
        due = {CORRECT_APPROVAL: round(min(self.approvals, MOST_OF_APPROVALS) * share)}
        for event in [event for event in REWARDS if event in self.claims]:
            due[event] = self.claims[event] if event == FALSE_CLAIM else round(self.claims[event] * share)
        return {event: amount for event, amount in due.items() if amount}


@dataclass(frozen=True)
class Confusion:
    """Decisions against the truth. What is undecided is never right."""

    true_positives: int
    false_positives: int
    false_negatives: int
    """Wrong ones that were approved or left undecided."""
    true_negatives: int
    """Right ones that were approved."""
    undecided: int = 0
    """Right ones that were left undecided."""

    @property
    def recall(self) -> float | None:
        """Share of the wrong proposals that were flagged; None when none is wrong."""
        wrong = self.true_positives + self.false_negatives
        return self.true_positives / wrong if wrong else None

    @property
    def precision(self) -> float | None:
        """Share of the flags that were right; None without flags."""
        flags = self.true_positives + self.false_positives
        return self.true_positives / flags if flags else None

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the right proposals that were flagged; None when all are wrong."""
        return self.false_positives / self._right if self._right else None

    @property
    def _right(self) -> int:
        return self.false_positives + self.true_negatives + self.undecided

    @property
    def _approved(self) -> float:
        """Share of the right proposals; 1 when all are wrong."""
        return self.true_negatives / self._right if self._right else 1.0

    @cached_property
    def f_beta(self) -> float:
        """F-beta with BETA (van Rijsbergen 1979); when nothing was to find and nothing was flagged, the score."""
        weight = BETA * BETA
        found = (1 + weight) * self.true_positives
        total = found + weight * self.false_negatives + self.false_positives
        return found / total if total else self._approved

    @cached_property
    def score(self) -> float:
        """F-beta; in an episode without errors the share of proposals that were approved."""
        return self._approved if self.recall is None else self.f_beta

    @cached_property
    def skill(self) -> float:
        """How far the score is from flag-all's (0) to perfect (1), at least -1."""
        wrong = self.true_positives + self.false_negatives
        blind = Confusion(wrong, self._right, 0, 0).score
        return max(-1.0, (self.score - blind) / (1.0 - blind)) if blind < 1.0 else self.score - 1.0


def confusion(proposals: tuple[Proposal, ...], decisions: Mapping[str, str]) -> Confusion:
    """Count decisions against the truth."""
    made = Counter((proposal.is_wrong, decisions.get(proposal.note.proposal_id)) for proposal in proposals)
    missed = made[True, APPROVED] + made[True, None]
    return Confusion(made[True, FLAGGED], made[False, FLAGGED], missed, made[False, APPROVED], made[False, None])
