"""A button of the audit tab sends what its fields say, and says what it costs."""

import pytest

from synth_audit_env.models import ACTION_TYPES
from synth_audit_env.server.web import audit_fields
from synth_audit_env.server.web.desk import DeskError
from synth_audit_env.tests.server.web.desks import desk_at

FULL = audit_fields.Fields("PROP-001", " P0003 ", "age", "sex", "age_boundary_error", "too old", 0.7, "none")
EMPTY = audit_fields.Fields(None, " ", None, None, None, " ", None, "\n")


@pytest.mark.parametrize(
    ("action_type", "arguments"),
    [
        ("review_proposal", {"proposal_id": "PROP-001"}),
        ("investigate_patient", {"patient_id": "P0003"}),
        ("temporal_audit", {"patient_id": "P0003"}),
        ("request_shap", {"patient_id": "P0003", "feature": "age"}),
        ("cohort_analysis", {"feature": "sex"}),
        ("approve", {"proposal_id": "PROP-001", "confidence": 0.7}),
        (
            "flag_error",
            {"proposal_id": "PROP-001", "confidence": 0.7, "error_type": "age_boundary_error", "reason": "too old"},
        ),
        ("submit_audit_report", {"report": "none"}),
    ],
)
def test_a_button_sends_its_fields_and_nothing_while_one_is_empty(action_type, arguments):
    assert FULL.action(action_type) == {"action_type": action_type, **arguments}
    with pytest.raises(DeskError, match="first"):
        EMPTY.action(action_type)


def test_every_action_has_a_button():
    assert set(audit_fields.TOOLS) == set(ACTION_TYPES)


@pytest.mark.parametrize(("text", "seed"), [("", None), ("  ", None), (" 42 ", 42), ("9" * 19, 10**19 - 1)])
def test_a_seed_is_read_as_it_is_typed(text, seed):
    assert audit_fields.seed_of(text) == seed


@pytest.mark.parametrize("text", ["-1", "1.5", "1_000", "٤٢", "9" * 20, "<b>"])
def test_what_is_no_seed_is_refused(text):
    with pytest.raises(DeskError, match="whole number"):
        audit_fields.seed_of(text)


def test_what_was_done_is_told_in_a_sentence():
    for action, said in (
        ({"action_type": "cohort_analysis", "feature": "sex"}, "Cohort by sex: looked up."),
        ({"action_type": "request_shap", "patient_id": "P0003", "feature": "stage"}, "P0003: looked up."),
        ({"action_type": "approve", "proposal_id": "PROP-001"}, "PROP-001: approved."),
    ):
        assert audit_fields.told_of(action) == said


def test_a_label_tells_what_the_button_costs_now():
    desk = desk_at()
    assert audit_fields.label(desk, "review_proposal", FULL) == "Read the reasoning · −0.003"
    assert audit_fields.label(desk, "flag_error", EMPTY) == "Flag as wrong · −0.003"
    assert audit_fields.label(desk, "approve", FULL) == "Approve PROP-001 · −0.003"
    desk.act({"action_type": "review_proposal", "proposal_id": "PROP-001"})
    desk.act({"action_type": "approve", "proposal_id": "PROP-001"})
    assert audit_fields.label(desk, "review_proposal", FULL) == "Read the reasoning again · −0.043"
    undecided = audit_fields.Fields("PROP-001", *("",) * 5, 0.5, "")
    assert audit_fields.label(desk, "flag_error", undecided) == "Flag PROP-001 as wrong again · −0.043"
