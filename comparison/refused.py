"""What ends a model's audit when one of its chats is refused: the episode is over, and the run goes on.

An endpoint that is gone, or fails, or takes the key no more, would refuse every chat, and so ends the run as ever.
"""

from ..models import SynthAuditAction

REPORT = "The model could not be asked on, so its audit was ended for it."
END = SynthAuditAction(action_type="submit_audit_report", report=REPORT)
"""Without the endpoint's words: a report is read for findings."""
