"""A button of the audit tab sends what its fields say, and says what it costs."""

from dataclasses import replace

import pytest

from synth_audit_env.models import ACTION_TYPES, MAX_REPORT
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


def test_a_patient_is_meant_in_small_letters_too():
    for typed in ("p0003", " P0003\t"):
        fields = replace(FULL, patient_id=typed)
        assert fields.patient == "P0003"
        assert fields.action("investigate_patient")["patient_id"] == "P0003"


@pytest.mark.parametrize(
    "typed", ["3", "P003", "P00003", "P 003", "P\u0660\u0660\u0660\u0663", "PROP-001", "P0003\nP0004", "<b>P0003</b>"]
)
@pytest.mark.parametrize("action_type", ["investigate_patient", "temporal_audit", "request_shap"])
def test_what_is_no_patients_id_is_refused_before_it_costs_and_told_what_one_looks_like(typed, action_type):
    desk, fields = desk_at(), replace(FULL, patient_id=typed)
    with pytest.raises(DeskError, match="like P0001"):
        fields.action(action_type)
    assert audit_fields.label(desk, action_type, fields).endswith(" · −0.003")


@pytest.mark.parametrize("typed", ["COHORT", "cohort"])
def test_the_cohort_is_no_patient_and_where_to_look_instead_is_told_for_nothing(typed):
    with pytest.raises(DeskError, match="Compare in the cohort"):
        replace(FULL, patient_id=typed).action("investigate_patient")


def flag(reason):
    return {"proposal_id": "PROP-011", "error_type": "age_boundary_error", "reason": reason}


def test_a_flag_adds_its_line_to_the_report():
    assert audit_fields.reported(" \n", flag("too\nold")) == ("PROP-011: age_boundary_error, too old", "")
    assert audit_fields.reported("One.\n", flag("old")) == ("One.\nPROP-011: age_boundary_error, old", "")


def test_a_line_that_does_not_fit_is_there_without_its_reason_or_not_at_all_and_that_is_said():
    named = "\nPROP-011: age_boundary_error"
    long = "x" * (MAX_REPORT - len(named) - len(", why"))
    assert audit_fields.reported(long, flag("why")) == (f"{long}{named}, why", "")
    report, remark = audit_fields.reported(long, flag("whys"))
    assert (report, "without its reason" in remark) == (long + named, True)
    report, remark = audit_fields.reported(long + "x" * 6, flag("why"))
    assert (report, "no line" in remark) == (long + "x" * 6, True)


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
