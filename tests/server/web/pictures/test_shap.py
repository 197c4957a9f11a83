"""Bars are as long as the values, to the side of their sign, largest first."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth_audit_env.models import ShapResult
from synth_audit_env.server.web.pictures import shap_chart
from synth_audit_env.tests.server.web.pictures.drawn import checked, clear

VALUES = {"age": 0.0, "stage": -0.1, "treatment_start": 0.3, "ecog": 0.0, "ldh": 0.05}


def result(values=VALUES, feature=None, base=0.75):
    return ShapResult(patient_id="P0001", decision="compliant", base_value=base, values=values, feature=feature)


def fields(told):
    """The words of the rows, from top to bottom."""
    return [box.words.lstrip("▸ ") for box in sorted(told.boxes, key=lambda box: box.top) if box.left == 4]


def test_the_largest_is_first_and_zeros_are_named_below():
    told = checked(shap_chart(result()))
    rows = fields(told)
    assert [name for name in rows if name.replace(" ", "_") in VALUES] == ["treatment start", "stage", "ldh"]
    assert "Exactly zero, so not looked at or without effect: age, ecog." in " ".join(told.words)


def test_bars_go_by_value_to_the_side_of_the_sign():
    told = checked(shap_chart(result()))
    middle = max(float(one.attrib["x1"]) for one in told.all("line"))
    start, stage, ldh = told.bars
    assert start.left == pytest.approx(middle)
    assert stage.right == pytest.approx(middle)
    assert start.width / stage.width == pytest.approx(3, abs=0.05)
    assert start.width / ldh.width == pytest.approx(6, abs=0.1)
    assert [bar.hollow for bar in (start, stage, ldh)] == [False, True, False]
    assert {"+0.300", "−0.100", "+0.050"} <= set(told.words)


def test_base_sum_and_decision_are_told():
    told = checked(shap_chart(result()))
    words = " ".join(told.words)
    for part in ("decided: compliant", "0.750", "+0.250"):
        assert part in words
        assert part in told.description


def test_the_field_that_was_asked_about_has_a_row_even_at_zero():
    told = checked(shap_chart(result(feature="age")))
    assert "▸ age" in told.words
    assert "Asked about: age." in told.description
    assert "without effect: ecog." in " ".join(told.words)


@given(
    st.dictionaries(st.text(max_size=40), st.floats() | st.floats(-1, 1), max_size=16),
    st.none() | st.text(max_size=40),
    st.floats(),
)
@example({"a": 1.7e308, "b": 1.7e308}, None, 1.7e308)
def test_no_words_meet_whatever_the_values(values, feature, base):
    told = clear(shap_chart(result(values, feature, base)))
    assert len(told.bars) <= len(values)


def test_what_is_no_number_is_called_so_and_has_no_bar():
    told = checked(shap_chart(result({"age": float("nan"), "stage": 0.5})))
    assert len(told.bars) == 1
    assert "not a number" in told.words
