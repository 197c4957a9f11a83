"""The tables: every agent and tier, figures with their intervals, columns of models only where there are any."""

from dataclasses import replace

import pytest

from synth_audit_env.comparison.intervals import Interval
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.comparison.table import Column, as_markdown, page, tables
from synth_audit_env.rollouts.results_table import Table
from synth_audit_env.tests.comparison.made_up import AGE, SCORES, WINDOW, decision, episode, run_of, scored

RUN = scored(SCORES, decision(1.0, AGE, AGE), decision(1.0, WINDOW, AGE), decision(1.0, None, AGE))
ORACLE = "oracle (told the labels)"
MODELS = "Language models, means of an episode, mean of the tiers"


def cells(run, title, agent):
    """What the table of that title says of an agent, by heading."""
    (table,) = [table for table in tables(run) if table.title == title]
    (row,) = [row for row in table.rows if row[0] == agent]
    return dict(zip(table.columns, row, strict=True))


@pytest.mark.parametrize(
    ("figure", "paired", "cell"),
    [
        (None, False, "–"),
        (Interval(0.5, 0.25, 0.75), False, "0.500 [0.250, 0.750]"),
        (Interval(0.5, 0.25, 0.75), True, "+0.500 [+0.250, +0.750]"),
        (Interval(1.0, 1.0, 1.0), False, "1.000"),
        (Interval(-0.0001, -0.0002, 0.0), False, "0.000"),
    ],
)
def test_a_figure_in_a_cell(figure, paired, cell):
    figures = {"oracle": {OVERALL: {"score": figure}}}
    run = replace(RUN, figures=figures, differences=figures)
    assert Column("", "score", paired=paired).cell(run, "oracle") == cell


def test_the_same_agents_stand_in_every_table():
    for table in tables(RUN):
        agents = [ORACLE] if table.title.endswith("paired") else ["flag-all", ORACLE]
        assert [row[0] for row in table.rows] == agents, table.title
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert not {"tokens", "unreadable"} & {*table.columns}
    alone = run_of(episode(decision(1.0, AGE, AGE), tier="easy", seed=seed) for seed in (1, 2))
    assert not any("less" in table.title for table in tables(alone)), "an agent alone has no differences"


def test_what_an_agent_came_to():
    # Of three flags as one kind one is of it, one of another and one on a right proposal.
    told = {}
    for part in ("By agent", "As a monitor", "Flags and claims"):
        told |= cells(RUN, f"{part}, mean of the tiers", "flag-all")
    expected = {"score less flag-all's": "–", "AUROC": "0.500", "type right": "0.333"}
    expected |= {"fault F1": "0.250", "claims right": "–"}
    assert {heading: told[heading] for heading in expected} == expected
    assert cells(RUN, "Recall by error type, mean of the tiers", "flag-all")[WINDOW] == "1.00"
    oracle = cells(RUN, "By agent, mean of the tiers", ORACLE)
    assert oracle["score less flag-all's"].startswith("+0.200 [+0.1")
    assert cells(RUN, "Score less flag-all's by tier, paired", ORACLE)["easy"].startswith("+0.200 [+0.1")


def asked(**numbers):
    """A model, which gave up in one of four episodes, beside an agent that asks none."""
    model = [episode(agent="react:m", seed=seed, gave_up=seed == 3, settings={}, **numbers) for seed in range(4)]
    return run_of([*(episode(seed=seed) for seed in range(4)), *model])


def test_what_the_answers_of_a_model_came_to():
    tally = {"turns": 12, "unreadable_turns": 3, "repeated_lookups": 2}
    told = cells(asked(tokens=1000, cost=0.25, seconds=12.5, **tally), MODELS, "react:m")
    assert told.pop("given up").startswith("0.25 [")
    assert list(told.values()) == ["react:m", "12.0", "3.0", "2.0", "1000", "12.5", "0.2500"]


def test_the_page_says_how_it_came_to_be_and_how_models_were_asked():
    text = page(RUN)
    assert text.startswith("# Evaluation on the test split\n\n2 agents on the same 3 seeds of each tier (easy, hard).")
    made = "2026-01-02T03:04:05+00:00, synth_audit_env 0.1.0, commit 0123abc:\n\n    uv run python evaluation.py\n"
    assert text.endswith(made)
    assert "0.153" not in text, "published of the reference seeds"
    assert "asked its model with" not in text
    settings = {"tool_format": "native", "temperature": None, "endpoint": "127.0.0.1/v1"}
    told = "react:m asked its model with tool_format native, temperature not given, endpoint 127.0.0.1/v1.\n"
    assert told in page(run_of([episode(), episode(agent="react:m", settings=settings)]))


def test_a_cell_of_a_markdown_table_is_text_whatever_is_in_it():
    written = as_markdown(Table("", ("agent", "score"), (("react:a|b<img src=x>&", "0.5"),)))
    assert written.splitlines()[-1] == "| react:a&#124;b&lt;img src=x&gt;&amp; | 0.5 |"
