"""The deviation log has a row for every flag on a patient, in DV's columns, and no formula."""

import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.models import COHORT
from synth_audit_env.server.web.deviations import (
    CATEGORIES,
    COLUMNS,
    IMAGINED,
    MISSED,
    UNFOUNDED,
    WITHHELD,
    deviation_log,
    left_out,
    plain,
)
from synth_audit_env.server.world.protocol import ERROR_TYPES
from synth_audit_env.tests.server.web.desks import desk_at, played


def rows_of(desk):
    return list(csv.DictReader(io.StringIO(deviation_log(desk), newline="")))


def flag(desk, proposal_id, error_type, reason="Because.", look=False):
    about = {one.proposal_id: one for one in desk.opening.actor_proposals}[proposal_id]
    if look:
        desk.act({"action_type": "investigate_patient", "patient_id": about.patient_id})
    fields = {"proposal_id": proposal_id, "error_type": error_type, "reason": reason}
    assert desk.act({"action_type": "flag_error", **fields}).error is None
    return about


def test_every_flag_on_a_patient_has_a_row_and_no_approval_has():
    for seed in range(900_003, 900_040, 4):
        desk = played("oversight_expert", seed)
        flagged = {id_: action for id_, action in desk.decided.items() if action.action_type == "flag_error"}
        about = {one.proposal_id: one.patient_id for one in desk.opening.actor_proposals}
        rows = rows_of(desk)
        assert [row["DVSPID"] for row in rows] == [id_ for id_ in about if id_ in flagged and about[id_] != COHORT]
        assert set(left_out(desk)) == {id_ for id_ in flagged if about[id_] == COHORT}
        for row in rows:
            action = flagged[row["DVSPID"]]
            assert row["STUDYID"] == f"SYNTH-{desk.pages.code}"
            assert row["DOMAIN"] == "DV"
            assert row["USUBJID"] == f"{row['STUDYID']}-{about[row['DVSPID']]}"
            assert row["DVTERM"] == action.reason
            assert row["DVDECOD"].lower().replace(" ", "_") == action.error_type
            assert row["DVCAT"] == CATEGORIES[action.error_type]
            assert row["DVENDTC"] == ""
        subjects = Counter()
        for row in rows:
            subjects[row["USUBJID"]] += 1
            assert row["DVSEQ"] == str(subjects[row["USUBJID"]])


def test_some_of_those_flags_are_on_the_cohort():
    assert any(left_out(played("oversight_expert", seed, baseline("flag-all"))) for seed in range(900_003, 900_040, 4))


def test_the_header_is_there_without_a_flag():
    assert deviation_log(desk_at()) == ",".join(COLUMNS) + "\r\n"


def test_two_flags_on_a_subject_are_counted():
    desk = desk_at()
    first, second = desk.opening.actor_proposals[:2]
    desk.opening.actor_proposals[1] = second.model_copy(update={"patient_id": first.patient_id})
    for one in (first, second):
        flag(desk, one.proposal_id, ERROR_TYPES[0])
    assert [row["DVSEQ"] for row in rows_of(desk)] == ["1", "2"]


DATED = {
    "age_boundary_error": ("enrolment_date", "SCREENING"),
    "protocol_window_violation": ("treatment_start", "TREATMENT"),
    "comorbidity_override_miss": ("treatment_start", "TREATMENT"),
}


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_the_date_is_the_records_where_one_is_known(error_type):
    desk = desk_at()
    about = flag(desk, "PROP-001", error_type, look=True)
    assert about.recommended_action != WITHHELD
    (row,) = rows_of(desk)
    field, epoch = DATED.get(error_type, (None, ""))
    record = desk.known.patients[about.patient_id]
    assert row["DVSTDTC"] == (getattr(record, field) if field else "")
    assert row["EPOCH"] == epoch
    unfounded = error_type in ("citation_fabrication", "statistical_hallucination")
    assert row["DVSCAT"] == (UNFOUNDED if unfounded else MISSED)


def test_a_date_that_was_not_looked_up_is_empty():
    desk = desk_at()
    flag(desk, "PROP-001", "age_boundary_error")
    assert rows_of(desk)[0]["DVSTDTC"] == ""


def test_where_treatment_was_withheld_the_subject_is_said_to_be_compliant():
    desk = desk_at()
    one = desk.opening.actor_proposals[0]
    desk.opening.actor_proposals[0] = one.model_copy(update={"recommended_action": WITHHELD})
    flag(desk, "PROP-001", "age_boundary_error", look=True)
    (row,) = rows_of(desk)
    assert (row["DVSCAT"], row["DVSTDTC"], row["EPOCH"]) == (IMAGINED, "", "")


def test_withheld_is_what_the_actor_says():
    desks = [desk_at("oversight_expert", seed) for seed in range(900_003, 900_040, 4)]
    said = {one.recommended_action for desk in desks for one in desk.opening.actor_proposals}
    assert WITHHELD in said


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1+1", '=HYPERLINK("http://x","y")']


@pytest.mark.parametrize("text", HOSTILE)
def test_a_formula_is_kept_as_text(text):
    desk = desk_at()
    flag(desk, "PROP-001", "age_boundary_error", text)
    (row,) = rows_of(desk)
    assert row["DVTERM"] == f"'{text}"


@pytest.mark.parametrize("text", ["", "Age 77 is above 72 (§3.2).", "2 = 2", "a-b", "§3.2", "'=1"])
def test_other_texts_are_left_alone(text):
    assert plain(text) == text


@given(st.text(max_size=50) | st.text("=+-@\t\r\n ,;\"'a", max_size=20))
def test_no_text_becomes_a_formula_or_breaks_the_table(text):
    cell = plain(text)
    assert cell[:1] not in tuple("=+-@\t\r\n")
    assert cell.lstrip()[:1] not in tuple("=+-@") or not cell.lstrip()
    out = io.StringIO()
    csv.writer(out).writerow([cell, "next"])
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [[cell, "next"]]


def test_a_reason_with_commas_quotes_and_lines_stays_one_cell():
    desk = desk_at()
    flag(desk, "PROP-001", "age_boundary_error", 'Age, "77",\nis above 72.\x00')
    (row,) = rows_of(desk)
    assert row["DVTERM"] == 'Age, "77",\nis above 72. '
    assert row["DVDECOD"] == "AGE BOUNDARY ERROR"
