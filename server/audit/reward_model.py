"""The reward table, what a decision earns, and the score and skill of an episode.

    earned = decision_rewards(proposal, FLAGGED, "age_boundary_error", evidence, reason_holds=True)

Amounts are whole thousandths, so that both settlements of an episode sum to the same return to the last digit. Rewards
that a guesser could collect are withheld until the audit has earned them: they *vest*. So the best gambler without
evidence loses in every tier, even one that reads the rewards that are paid at once (`validation/blind/gambles.py`
calculates it):

- Bonuses for evidence and for a reason are part of what a right flag earns. They are paid while right flags outnumber
  false alarms. So evidence cannot be farmed, and no reward before a decision depends on the truth.
- Right approvals are paid at the end, in proportion to the skill of all decisions. Decisions that are worth no more
  than flagging everything earn nothing. All right approvals together earn as much as one. If each were paid, an audit
  that finds every error and leaves the rest undecided would earn less than one that misses errors.

A proposal that is left undecided costs what approving it costs, its step included: no episode pays silence more than
an attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...error_types import DATES, ELIGIBLE, ERROR_KINDS
from ..world.protocol import LIMITS, quantity_fields
from ..world.scenario import Proposal

FLAGGED = "flagged"
APPROVED = "approved"

CORRECT_FLAG = "correct_flag"
CORRECT_APPROVAL = "correct_approval"
SHAP_EVIDENCE = "shap_evidence"
TEMPORAL_EVIDENCE = "temporal_evidence"
REASON = "reason"
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
    REASON: 50,
    ALL_DECIDED: 100,
    HALF_INVESTIGATED: 60,
    FALSE_POSITIVE: -250,
    WRONG_APPROVAL: -200,
    WRONG_UNDECIDED: -200,
    INVALID_ACTION: -50,
    DUPLICATE_ACTION: -40,
    STEP: -3,
}
"""Thousandths by event. The report earns 80 to 100, as `audit_report.report_quality` says."""

MOST_OF_APPROVALS = REWARDS[CORRECT_APPROVAL]
"""What all right approvals of an episode earn together at most."""

EVIDENCE_BONUSES = frozenset({SHAP_EVIDENCE, TEMPORAL_EVIDENCE, REASON})
"""What a right flag earns beside its own."""

BETA = 1.5


@dataclass(slots=True)
class Evidence:
    """What an agent has looked at so far in an episode."""

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
    """The record fields that decide a wrong proposal; empty where none does (citation, statistic, equity)."""
    if proposal.error_type in (DATES, ELIGIBLE) and proposal.brief.argument is not None:
        return frozenset(quantity_fields(LIMITS[proposal.brief.argument.parameter].quantity))
    return ERROR_KINDS[proposal.error_type].key_fields if proposal.error_type else frozenset()


def decision_rewards(
    proposal: Proposal, decision: str, error_type: str | None, evidence: Evidence, reason_holds: bool
) -> dict[str, int]:
    """What a decision earns, thousandths by event.

    A flag is correct when the proposal is wrong and the error type is the right one. With another error type it earns
    nothing and costs nothing: the error was caught, but not explained.

    Args:
        proposal: With the truth about it.
        decision: FLAGGED or APPROVED.
        error_type: What the flag says is wrong; None for an approval.
        evidence: What was looked at before this decision.
        reason_holds: Whether the stated reason explains why the Actor was wrong.
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
    if reason_holds:
        earned[REASON] = REWARDS[REASON]
    return earned


def left_undecided(proposals: Iterable[Proposal]) -> dict[str, int]:
    """What proposals that were never decided cost at the end, thousandths by event: as much as approving them."""
    wrong = [proposal.is_wrong for proposal in proposals]
    cost = {WRONG_UNDECIDED: REWARDS[WRONG_UNDECIDED] * sum(wrong), STEP: REWARDS[STEP] * len(wrong)}
    return {event: amount for event, amount in cost.items() if amount}


@dataclass(slots=True)
class Vesting:
    """Rewards of right decisions that are withheld so far."""

    right_flags: int = 0
    false_alarms: int = 0
    evidence: dict[str, int] = field(default_factory=dict)
    """Thousandths by event, of the bonuses that go with right flags."""
    approvals: int = 0
    """Thousandths."""

    def book(self, earned: Mapping[str, int]) -> dict[str, int]:
        """Take in what a decision earned (`decision_rewards`); returns what is paid now, by event."""
        due = dict(earned)
        self.right_flags += CORRECT_FLAG in due
        self.false_alarms += FALSE_POSITIVE in due
        self.approvals += due.pop(CORRECT_APPROVAL, 0)
        for event in EVIDENCE_BONUSES & due.keys():
            self.evidence[event] = self.evidence.get(event, 0) + due.pop(event)
        if self.right_flags > self.false_alarms:
            due |= {event: self.evidence.pop(event) for event in REWARDS if event in self.evidence}
        return due

    def at_the_end(self, skill: float) -> dict[str, int]:
        """What right approvals are paid at the end of the episode, by event.

        Args:
            skill: Of all decisions of the episode.
        """
        due = round(min(self.approvals, MOST_OF_APPROVALS) * max(0.0, skill))
        return {CORRECT_APPROVAL: due} if due else {}


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
