"""What the fields and buttons of the audit tab mean: an action, what it costs, and a sentence when one is missing.

    fields = Fields("PROP-001", "P0023", EVERY_FIELD, "sex", None, "", 0.8, "")
    fields.action("approve")          # {"action_type": "approve", "proposal_id": "PROP-001", "confidence": 0.8}
    label(desk, "approve", fields)    # "Approve PROP-001 · −0.003"

A field that is empty, or names no patient, is told before anything is sent, since a refused action costs. Knows no web
framework.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...models import COHORT, MAX_REPORT
from .desk import DUPLICATE_COST, STEP_COST, Desk, DeskError
from .markup import signed, words

EVERY_FIELD = "every field"
"""Of request_shap: none in particular."""
TOOLS: Mapping[str, str] = {
    "review_proposal": "Read the reasoning",
    "investigate_patient": "Open the record",
    "temporal_audit": "Count the days",
    "request_shap": "What moved the Actor",
    "cohort_analysis": "Compare in the cohort",
    "approve": "Approve",
    "flag_error": "Flag as wrong",
    "submit_audit_report": "File the report and end the audit",
}
"""What the button of each action says, where it names nothing."""


_PATIENT = re.compile("P[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Fields:
    """What is written in the fields of the page, in the order in which Gradio hands it over."""

    proposal_id: str | None
    patient_id: str | None
    shap_field: str | None
    feature: str | None
    error_type: str | None
    reason: str | None
    confidence: float | None
    report: str | None

    @property
    def patient(self) -> str:
        """The patient who is meant, by an id as the server writes them if it is one at all."""
        return (self.patient_id or "").strip().upper()

    def action(self, action_type: str) -> dict[str, Any]:
        """The action that a button means. Raises DeskError where a field is empty that it needs: nothing was paid."""
        made: dict[str, Any] = {"action_type": action_type}
        match action_type:
            case "review_proposal":
                made["proposal_id"] = _needed(self.proposal_id, "Choose a proposal first.")
            case "investigate_patient" | "temporal_audit":
                made["patient_id"] = self._named_patient()
            case "request_shap":
                made["patient_id"] = self._named_patient()
                if self.shap_field not in (None, EVERY_FIELD):
                    made["feature"] = self.shap_field
            case "cohort_analysis":
                made["feature"] = _needed(self.feature, "Choose what to compare first.")
            case "approve" | "flag_error":
                made["proposal_id"] = _needed(self.proposal_id, "Choose a proposal first.")
                made["confidence"] = None if self.confidence is None else float(self.confidence)
            case _:
                made["report"] = _needed(
                    self.report, "Write the report first: a line for each error, or that there is none."
                )
        if action_type == "flag_error":
            made["error_type"] = _needed(self.error_type, "Choose what kind of error it is first.")
            made["reason"] = _needed(self.reason, "Say first why it is wrong.")
        return made

    def _named_patient(self) -> str:
        """An id that a patient may have; whether one has it is for the server to say."""
        named = _needed(self.patient, "Name a patient first.")
        if named == COHORT:
            raise DeskError(f'{COHORT} is no patient: "{TOOLS["cohort_analysis"]}" is for a proposal on all of them.')
        if not _PATIENT.fullmatch(named):
            raise DeskError(f"{(self.patient_id or '').strip()!r} is no patient's id, which looks like P0001.")
        return named


def _needed(value: str | None, otherwise: str) -> str:
    if not (value or "").strip():
        raise DeskError(otherwise)
    return value or ""


def label(desk: Desk, action_type: str, fields: Fields) -> str:
    """What a button does, and what that costs now."""
    try:
        cost = desk.cost_of(fields.action(action_type))
    except DeskError:
        # A field is still empty: filled in, it would cost a step, and more where the proposal is decided.
        decided = action_type == "flag_error" and fields.proposal_id in desk.decided
        cost = STEP_COST + (DUPLICATE_COST if decided else 0.0)
    return f"{_named(action_type, fields)}{' again' if cost < STEP_COST else ''} · {signed(cost)}"


def _named(action_type: str, fields: Fields) -> str:
    """What a button does. One that decides says on what, since that is final."""
    if fields.proposal_id and action_type == "approve":
        return f"Approve {fields.proposal_id}"
    if fields.proposal_id and action_type == "flag_error":
        return f"Flag {fields.proposal_id} as wrong"
    return TOOLS[action_type]


def told_of(action: Mapping[str, Any]) -> str:
    """What was done, in a few words."""
    cohort = f"Cohort by {words(action.get('feature') or '')}"
    about = action.get("proposal_id") or action.get("patient_id") or cohort
    done = {"approve": "approved", "flag_error": "flagged", "review_proposal": "its reasoning is below"}
    return f"{about}: {done.get(action['action_type'], 'looked up')}."


def reported(report: str, flag: Mapping[str, Any]) -> tuple[str, str]:
    """A report with the line of a flag, whole or not at all, and a sentence where not all of the line fits.

    Args:
        report: What is written so far.
        flag: The action.
    """
    named = f"{flag['proposal_id']}: {flag['error_type']}"
    whole = f"{named}, {' '.join(flag['reason'].split())}"
    for line, told in ((whole, ""), (named, "Its line in the report is without its reason, which does not fit.")):
        longer = "\n".join(part for part in (report.rstrip(), line) if part)
        if len(longer) <= MAX_REPORT:
            return longer, told
    return report, "The report is full, and has no line for it: make room and write one."


def seed_of(text: str) -> int | None:
    """A seed as somebody types it; None for none. Whether it can be played is for the server to say."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise DeskError("The seed must be a whole number of at most 19 digits, or empty for a surprise.")
    return int(text)
