"""An auditor whose audit is a plan: a generator of actions that is sent what each of them brought.

class Hasty(PlannedAuditor):
    name = "hasty"

    def plan(self, opening):
        seen = yield SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")
        yield SynthAuditAction(action_type="submit_audit_report", report=seen.feedback)
"""

from collections.abc import Generator
from typing import TypeAlias

from ..models import SynthAuditAction, SynthAuditObservation

Plan: TypeAlias = Generator[SynthAuditAction, SynthAuditObservation, None]


class PlannedAuditor:
    """A policy. It is reset by the observation that carries a protocol."""

    name: str
    _steps: Plan | None = None

    def plan(self, opening: SynthAuditObservation) -> Plan:
        """The actions of an episode, from its reset observation to its report."""
        raise NotImplementedError

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action after the reset observation, or after what the last action brought.

        Raises:
            RuntimeError: The episode was not followed from its reset observation, or is over.
        """
        if observation.protocol_excerpt is not None:
            self._steps = self.plan(observation)
            return next(self._steps)
        if self._steps is None:
            raise RuntimeError("The auditor needs the reset observation first: it carries the protocol.")
        try:
            return self._steps.send(observation)
        except StopIteration:
            raise RuntimeError("The audit is over: its report is filed.") from None
