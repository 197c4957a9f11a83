"""What a desk writes down: every action with its time and cost, and the newest answer of every tool.

    entry.number, entry.offset_s, entry.action, entry.feedback, entry.cost
    known.patients["P0003"].age, known.cohorts["sex"].adjusted_gap

All of it is what the person was shown; nothing here knows more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...models import (
    CohortResult,
    PatientResult,
    ReviewResult,
    ShapResult,
    SynthAuditAction,
    TimelineResult,
    ToolResult,
)
from ...rollouts.rollout import Turn


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has written of a proposal and not sent."""

    error_type: str | None
    reason: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of the trail."""

    offset_s: float
    """Seconds since the audit was started."""
    turn: Turn
    cost: float
    """What it cost whatever is true of the proposals: the step, and the penalty for a repeated or refused action."""

    @property
    def number(self) -> int:
        """From 1."""
        return self.turn.number

    @property
    def action(self) -> SynthAuditAction:
        """What was done."""
        return self.turn.action

    @property
    def feedback(self) -> str:
        """What came of it, as text."""
        return self.turn.observation.feedback

    @property
    def reward(self) -> float:
        """What was paid: 0 before the last action, which is paid for all."""
        return self.turn.reward

    @property
    def error(self) -> str | None:
        """Why it was refused; None where it was not."""
        return self.turn.observation.error


@dataclass(slots=True)
class Known:
    """What the tools have told so far, the newest answer of each kind."""

    reviews: dict[str, ReviewResult] = field(default_factory=dict)
    """By proposal, as are no others."""
    patients: dict[str, PatientResult] = field(default_factory=dict)
    timelines: dict[str, TimelineResult] = field(default_factory=dict)
    attributions: dict[str, ShapResult] = field(default_factory=dict)
    """By patient, as the two before."""
    cohorts: dict[str, CohortResult] = field(default_factory=dict)
    """By feature."""

    def learn(self, result: ToolResult | None) -> None:
        """Keep an answer."""
        match result:
            case ReviewResult():
                self.reviews[result.proposal_id] = result
            case PatientResult():
                self.patients[result.patient_id] = result
            case TimelineResult():
                self.timelines[result.patient_id] = result
            case ShapResult():
                self.attributions[result.patient_id] = result
            case CohortResult():
                self.cohorts[result.feature] = result
            case _:
                """A decision or a refusal tells nothing, and the outcome is the last entry's."""
