"""A model's audit that goes on to a report when one of its chats is refused: the episode is over, and the run goes on.

    auditor = Ended(ReactAuditor(...))
    auditor.act(observation)        # a report, where the model cannot be asked on
    auditor.gave_up                 # why, in a sentence; None where nothing was refused

An endpoint that is gone, or fails, or takes the key no more, would refuse every chat, and so ends the run as ever.
"""

from __future__ import annotations

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import ContextError
from synth_audit_env.chat.endpoint import ChatRefusedError
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation

REPORT = "The model could not be asked on, so its audit was ended for it."


class Ended:
    """A ReAct agent."""

    def __init__(self, auditor: ReactAuditor) -> None:
        """Make one for an episode."""
        self.name = auditor.name
        self._auditor = auditor
        self._refused: str | None = None

    @property
    def gave_up(self) -> str | None:
        """Why the audit was ended for the model, in a sentence; None where it was not."""
        return self._refused or self._auditor.gave_up

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action; see `ReactAuditor.act`."""
        try:
            return self._auditor.act(observation)
        except (ContextError, ChatRefusedError) as problem:
            self._refused = f"{REPORT} {problem}"
            # Without the endpoint's words: a report is read for findings.
            return SynthAuditAction(action_type="submit_audit_report", report=REPORT)
