"""Bars are met or missed as they say, with and without doubt; the certificate says so in text and JSON."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.validation.certificate import (
    Interval,
    Measurement,
    as_json,
    as_markdown,
    at_least,
    at_most,
    summary,
)

TITLES = {"shortcuts": "No shortcut", "tools": "Every tool earns its place"}
finite = st.floats(-1e6, 1e6)


def measured(figure, bar, what="AUC, words"):
    return Measurement(what, "hard", figure, bar, "validation 0-399")


@given(finite, finite)
def test_a_bar_includes_its_limit(value, limit):
    exact = Interval.exact(value)
    assert at_most(limit).met(exact, doubt=0) == (value <= limit)
    assert at_least(limit).met(exact, doubt=0) == (value >= limit)
    assert at_most(value).met(exact, doubt=1)
    assert at_least(value).met(exact, doubt=1)


@pytest.mark.parametrize(
    ("figure", "bar", "sure", "in_doubt"),
    [
        (Interval(0.56, 0.53, 0.59), at_most(0.55), False, True),
        (Interval(0.60, 0.56, 0.64), at_most(0.55), False, False),
        (Interval(0.54, 0.50, 0.58), at_most(0.55), True, True),
        (Interval(0.85, 0.80, 0.92), at_least(0.9), False, True),
        (Interval(0.70, 0.60, 0.80), at_least(0.9), False, False),
    ],
)
def test_in_doubt_only_an_interval_beyond_the_bar_misses_it(figure, bar, sure, in_doubt):
    assert bar.met(figure, doubt=0) is sure
    assert bar.met(figure, doubt=1) is in_doubt
    assert measured(figure, bar).passed() is sure
    assert measured(figure, bar).passed(doubt=1) is in_doubt


def test_a_row_says_whether_it_is_held_to_a_bar_and_met_it():
    missed = measured(Interval(0.56, 0.53, 0.59), at_most(0.55))
    assert missed.line() == "MISSED AUC, words [hard]: 0.560 [0.530, 0.590] ≤ 0.55 (validation 0-399)"
    assert missed.line(doubt=1).startswith("ok ")
    informs = measured(Interval.exact(1e9), None)
    assert informs.passed()
    assert informs.line().startswith("       AUC, words [hard]: 1e+09 (validation 0-399)")


def test_json_holds_every_figure_and_each_claims_verdict():
    rows = {
        "shortcuts": [measured(Interval(0.52, 0.50, 0.54), at_most(0.55))],
        "tools": [measured(Interval.exact(0.0), at_least(0.1), "loss")],
    }
    told = json.loads(as_json(TITLES, rows, "00ff"))["claims"]
    assert (told["shortcuts"]["passed"], told["tools"]["passed"]) == (True, False)
    assert told["shortcuts"]["measurements"][0]["value"] == 0.52
    assert told["tools"]["measurements"][0]["bar"] == {"relation": "at least", "limit": 0.1}


def test_markdown_has_a_row_for_what_was_measured_and_a_column_for_each_tier():
    rows = [
        measured(Interval.exact(0.5), at_most(0.55), what="a | b"),
        measured(Interval.exact(1.0), at_most(0.55)),
        replace(measured(Interval.exact(0.2), None), tier="expert", note="By luck."),
        replace(measured(Interval.exact(0.3), None), seeds="test 0-9", note="Both."),
        replace(measured(Interval.exact(0.4), None), seeds="test 0-9", note="Both.", tier="expert"),
    ]
    lines = as_markdown(TITLES, {"shortcuts": rows, "tools": []}).splitlines()
    assert "A bar is met by the figure itself, and its interval may cross it; with `--quick`" in lines[2]
    assert "| what | hard | expert | episodes |  |" in lines
    assert "| a \\| b | 0.5 ≤ 0.55 |  | validation 0-399 |  |" in lines
    assert "| AUC, words | **1 ≤ 0.55** | 0.2 | validation 0-399 | expert: By luck. |" in lines
    assert "| AUC, words | 0.3 | 0.4 | test 0-9 | Both. |" in lines
    assert any(line.startswith("| No shortcut | 1 of 2 |") for line in lines)


def test_the_summary_shows_the_estimate_with_the_least_room():
    rows = [
        measured(Interval(0.51, 0.49, 0.53), at_most(0.55), what="wide of it"),
        measured(Interval(0.54, 0.53, 0.55), at_most(0.55), what="close to it"),
        measured(Interval.exact(0.0), at_most(0.0), what="counted"),
    ]
    assert "close to it, hard: 0.540 [0.530, 0.550] ≤ 0.55" in summary(TITLES, {"shortcuts": rows, "tools": []})
