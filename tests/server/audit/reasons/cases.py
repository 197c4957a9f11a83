"""Cases of the trial of tests/server/conftest.py, by what the Actor did, and how a text is read in one."""

from datetime import date

from synth_audit_env.server.audit.reasons.ground_truth import GroundTruth
from synth_audit_env.server.audit.reasons.utterance import Utterance, utterance

OVERRIDDEN = {"stage": "IV", "comorbidity_index": 6, "delay": 30}
"""A delay of 30 days, of which §5.1 allows 24; without the override it would be the 42 of §5.2."""
CASES = {
    "dropped": ("5.3", OVERRIDDEN),
    "superseded": ("Amendment 3", {"stage": "IV", "delay": 40, "enrolment_date": date(2021, 12, 1)}),
    "premature": ("Amendment 1", {"age": 77}),
    "invented": ("Amendment 2", {"delay": 27, "enrolment_date": date(2021, 7, 5)}),
    "misquoted_limit": ("3.2", {"age": 77, "read": 79.0}),
    "misquoted_threshold": ("5.3", {**OVERRIDDEN, "read": 6.5}),
    "unconditional": ("5.2", {"stage": "III", "delay": 30}),
    "inverted": ("5.3", OVERRIDDEN),
    "boundary": ("3.2", {"age": 75}),
    "misquoted_value": ("3.2", {"age": 77, "field": "age", "by": -3.0}),
    "wrong_anchor": ("5.1", {"delay": 20}),
}
"""The clause that the Actor misreads and the record, by operator."""


def said(made: GroundTruth, text: str) -> Utterance:
    """What the author of a text says of a case."""
    return utterance(text, made.names, made.proposal.note.reasoning)
