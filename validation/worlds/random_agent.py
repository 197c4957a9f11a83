"""An agent that acts at random: mistakes, duplicates and odd texts among its actions, so that a log has errors too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models import ACTION_TYPES, SynthAuditAction, SynthAuditObservation
from ...server.audit.tools import COHORT_FEATURES
from ...server.world.protocol import ERROR_TYPES
from ...server.world.seeding import Stream


class AtRandom:
    """An agent that draws its actions, right and wrong ones, from a named stream."""

    name = "random"

    def __init__(self, *path: str | int) -> None:
        self._stream = Stream("random agent", *path)
        self._last: SynthAuditAction | None = None

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action; one in ten is the last one again, and one in sixteen ends the episode."""
        if self._last is None or not self._stream.chance(0.1):
            self._last = self._drawn(observation)
        return self._last

    def _drawn(self, observation: SynthAuditObservation) -> SynthAuditAction:
        choice, chance = self._stream.choice, self._stream.chance
        proposal = choice(observation.actor_proposals)
        patient_id = f"P{self._stream.integer(0, 80):04d}" if chance(0.3) else proposal.patient_id
        arguments: dict[str, Any] = {
            "proposal_id": "PROP-099" if chance(0.1) else proposal.proposal_id,
            "patient_id": patient_id,
            "feature": choice((*COHORT_FEATURES, "age", "treatment_start", "no such field")),
            "error_type": choice((*ERROR_TYPES, "no such error")),
            "reason": choice(_TEXTS),
            "confidence": choice((0.0, 0.1, 0.3, 1.0)),
            "report": choice(_TEXTS),
        }
        name = choice(ACTION_TYPES[:-1]) if chance(15 / 16) else choice((ACTION_TYPES[-1], "no such action"))
        wanted = _TAKES.get(name, ())
        given = {key: arguments[key] for key in wanted if not chance(0.05)}
        if chance(0.05):
            given["report"] = arguments["report"]
        return SynthAuditAction(action_type=name, **given)


_TAKES: Mapping[str, tuple[str, ...]] = {
    "review_proposal": ("proposal_id",),
    "investigate_patient": ("patient_id",),
    "request_shap": ("patient_id", "feature"),
    "cohort_analysis": ("feature",),
    "temporal_audit": ("patient_id",),
    "flag_error": ("proposal_id", "error_type", "reason", "confidence"),
    "approve": ("proposal_id", "confidence"),
    "submit_audit_report": ("report",),
}
_TEXTS = (
    "",
    "The age of 81 is above the maximum of 75 (§3.2).",
    "Délai de 43 jours — trop long ≥ 42; 日本語, \N{PILL} and a line separator:\u2028done.\x00",
    'PROP-001: age_boundary_error\n{"PROP-002": "protocol_window_violation"}\t\\',
)
