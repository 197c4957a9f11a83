"""Bars are met or missed as they say, with and without doubt; text, JSON and exit status say so."""

import json

import pytest

from synth_audit_env.validation import certify as program
from synth_audit_env.validation.certificate import Interval, Measurement, as_json, as_markdown, at_least, at_most
from synth_audit_env.validation.estimates import auc_interval, f1_interval, least_fall

TITLES = {"shortcuts": "No shortcut", "tools": "Every tool earns its place"}


def measured(figure, bar, what="AUC, words"):
    return Measurement(what, "hard", figure, bar, "validation 0-399")


@pytest.mark.parametrize(
    ("figure", "bar", "sure", "in_doubt"),
    [
        (Interval.exact(0.55), at_most(0.55), True, True),
        (Interval.exact(0.9), at_least(0.9), True, True),
        (Interval(0.56, 0.53, 0.59), at_most(0.55), False, True),
        (Interval(0.60, 0.56, 0.64), at_most(0.55), False, False),
        (Interval(0.85, 0.80, 0.92), at_least(0.9), False, True),
        (Interval(0.70, 0.60, 0.80), at_least(0.9), False, False),
    ],
)
def test_a_bar_includes_its_limit_and_in_doubt_only_an_interval_beyond_it_misses(figure, bar, sure, in_doubt):
    assert measured(figure, bar).passed() is sure
    assert measured(figure, bar).passed(doubt=1) is in_doubt


def test_text_and_json_hold_every_figure_and_each_claims_verdict():
    rows = {
        "shortcuts": [
            measured(Interval(0.52, 0.50, 0.54), at_most(0.55), "a | b"),
            measured(Interval.exact(0.2), None),
        ],
        "tools": [measured(Interval.exact(0.0), at_least(0.1), "loss")],
    }
    told = json.loads(as_json(TITLES, rows))
    assert set(told) == {"command", "version", "interval", "claims"}
    assert [claim["passed"] for claim in told["claims"].values()] == [True, False]
    assert told["claims"]["shortcuts"]["measurements"][0]["value"] == 0.52
    assert told["claims"]["tools"]["measurements"][0]["bar"] == {"relation": "at least", "limit": 0.1}
    lines = as_markdown(TITLES, rows).splitlines()
    assert "| No shortcut | 1 of 1 | 1 |" in lines
    assert "| a \\| b | hard | 0.520 [0.500, 0.540] ≤ 0.55 | validation 0-399 |  |" in lines
    assert "| loss | hard | **0 ≥ 0.1** | validation 0-399 |  |" in lines


@pytest.mark.parametrize(
    ("rows", "status", "sentence"),
    [
        ([measured(Interval.exact(0.5), at_most(0.55))], 0, "1 of 1 bars are met"),
        ([measured(Interval.exact(0.6), at_most(0.55))], 1, "Missed: tools, AUC, words, hard: 0.6"),
    ],
)
def test_the_exit_status_follows_from_the_bars(rows, status, sentence, monkeypatch, capsys):
    monkeypatch.setattr(program, "resolve_name", lambda name: lambda scale: iter(rows))
    assert program.main(["--quick", "--claim", "tools"]) == status
    assert sentence in capsys.readouterr().out


def test_intervals_of_known_samples():
    labels, episodes = [True, False] * 20, [place // 4 for place in range(40)]
    assert auc_interval([float(label) for label in labels], labels, episodes) == Interval.exact(1.0)
    assert auc_interval([0.0] * 40, labels, episodes) == Interval.exact(0.5)
    assert f1_interval([(2, 1, 1), (0, 1, 1)]).value == pytest.approx(4 / 8)
    figure, between = least_fall({"easy": [1.0, 0.9], "medium": [0.8, 0.9], "hard": [0.8, 0.85]})
    assert (round(figure.value, 3), between) == (0.025, "From medium to hard")
