"""The tables: every agent and tier, figures with their intervals, columns of models only where there are any."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from synth_audit_env.chat.completion import Usage
from synth_audit_env.comparison.intervals import Interval
from synth_audit_env.comparison.table import (
    BUDGETS,
    FLAGS,
    MONITOR,
    Column,
    as_markdown,
    by_error_type,
    by_tier,
    figure_table,
    in_brief,
    less_baseline,
    of_models,
    page,
    show,
    tables,
    words,
)
from synth_audit_env.tests.comparison.made_up import AGE, WINDOW, decision, episode, run_of, scored

SCORES = {
    "flag-all": dict.fromkeys(("easy", "hard"), (0.1, 0.2, 0.3)),
    "oracle": dict.fromkeys(("easy", "hard"), (0.2, 0.4, 0.6)),
}
RUN = scored(SCORES, decision(1.0, AGE, AGE), decision(1.0, WINDOW, AGE), decision(1.0, None, AGE))


def cells(table, agent):
    (row,) = [row for row in table.rows if row[0] == agent]
    return dict(zip(table.columns, row, strict=True))


@pytest.mark.parametrize(
    ("one", "sign", "said"),
    [
        (None, "", "–"),
        (Interval(0.5, 0.25, 0.75), "", "0.500 [0.250, 0.750]"),
        (Interval(0.5, 0.25, 0.75), "+", "+0.500 [+0.250, +0.750]"),
        (Interval(1.0, 1.0, 1.0), "", "1.000"),
        (Interval(-0.0001, -0.0002, 0.0), "", "0.000"),
    ],
)
def test_a_figure_in_words(one, sign, said):
    assert words(one, 3, sign) == said


def test_by_agent():
    table = tables(RUN)[0]
    assert [row[0] for row in table.rows] == ["flag-all", "oracle (told the labels)"]
    oracle, flag_all = cells(table, "oracle (told the labels)"), cells(table, "flag-all")
    assert oracle["score (F1.5)"].startswith("0.400 [")
    assert oracle["score less flag-all's"].startswith("+0.200 [+0.1")
    assert flag_all["score less flag-all's"] == "–"
    assert "tokens" not in table.columns
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_same_agents_stand_in_every_table():
    for table in tables(RUN):
        agents = ["oracle (told the labels)"] if "less" in table.title else ["flag-all", "oracle (told the labels)"]
        assert [row[0] for row in table.rows] == agents, table.title


def test_what_confidences_flags_and_budgets_come_to():
    monitor, flags, budgets = (figure_table("", RUN, columns) for columns in (MONITOR, FLAGS, BUDGETS))
    told = {**cells(monitor, "flag-all"), **cells(flags, "flag-all"), **cells(budgets, "flag-all")}
    # Of three flags as one kind one is of it, one of another and one on a right proposal.
    assert (told["AUROC"], told["g-mean²"], told["type right"]) == ("0.500", "0.000", "0.333")
    assert (told["safety at 4"], told["usefulness at 32"], told["score at 8"]) == ("1.000", "0.000", "–")


def test_what_an_earlier_version_did_not_count_is_a_dash():
    columns = [Column("score", "score", 1), Column("AUROC", "auroc", 1)]
    earlier = {agent: {"overall": {"score": Interval(1, 1, 1)}} for agent in RUN.agents}
    assert figure_table("", replace(RUN, figures=earlier), columns).rows[0] == ("flag-all", "1.0", "–")


def asked(**fields):
    """Four episodes of a model beside four of flag-all; the model gives the first up."""
    rows = [episode(seed=seed) for seed in (1, 2, 3, 4)]
    rows += [
        episode(agent="react:m", seed=seed, gave_up=seed == 1, settings={"temperature": None}, **fields)
        for seed in (1, 2, 3, 4)
    ]
    return run_of(rows)


def test_models_have_a_table_of_their_own():
    tally = {"turns": 8, "unreadable_turns": 2, "repeated_lookups": 3, "native_calls": 9, "text_calls": 0}
    (table,) = of_models(asked(usage=Usage(900, 100, 0.25, seconds=12.5), tally=tally), bare=True)
    assert [row[0] for row in table.rows] == ["react:m"], "no row of an agent that asks none"
    assert cells(table, "react:m") == {
        "agent": "react:m",
        "answers": "8.0",
        "unreadable": "2.0",
        "repeats": "3.0",
        "given up": "0.25",
        "tokens": "1000",
        "seconds": "12.5",
        "US$": "0.2500",
    }
    assert table.title in {one.title for one in tables(asked())}
    assert of_models(RUN) == []


def test_what_is_not_known_of_a_model_is_a_dash():
    """As of a log of an earlier version, or an endpoint that does not say what it costs."""
    (table,) = of_models(asked(usage=Usage(900, 100, None, seconds=None)))
    told = cells(table, "react:m")
    assert {heading for heading, cell in told.items() if cell == "–"} == {
        "answers",
        "unreadable",
        "repeats",
        "seconds",
        "US$",
    }
    assert told["given up"].startswith("0.25 [")


def test_the_table_of_models_fits_a_terminal():
    name = "react:organisation/Some-Model-7B-Instruct"
    tally = {"turns": 23, "unreadable_turns": 12, "repeated_lookups": 10}
    usage = Usage(1_234_567, 7_890, 12.3456, seconds=12_345.6)
    rows = [episode(agent=name, seed=seed, settings={}, usage=usage, tally=tally) for seed in (1, 2)]
    (table,) = of_models(run_of(rows, baseline=name), bare=True)
    out = io.StringIO()
    show(table, Console(file=out, width=120, force_terminal=True, color_system=None))
    printed = [line for line in out.getvalue().splitlines()[2:] if line.strip()]
    assert [line.split()[0] for line in printed[::2]] == ["agent", name], "no row is broken"
    assert all(heading in printed[0] for heading in table.columns)


def test_a_narrow_terminal_shows_every_word():
    out = io.StringIO()
    show(in_brief(RUN), Console(file=out, width=80, force_terminal=True, color_system=None))
    printed = out.getvalue().partition("hard)\n")[2]
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    for heading in in_brief(RUN).columns:
        assert all(word in printed for word in heading.split()), heading


def test_by_error_type():
    recall, precision = (by_error_type(RUN, metric) for metric in ("recall", "precision"))
    assert recall.title == "Recall by error type, mean of the tiers"
    assert recall.columns == precision.columns == ("agent", AGE, WINDOW)
    assert recall.rows[0] == ("flag-all", "1.00", "1.00")
    assert precision.rows[0] == ("flag-all", "0.33", "–")


def test_markdown_and_terminal_say_the_same():
    table = by_tier(RUN, "skill")
    markdown = as_markdown(table).splitlines()
    assert markdown[1] == "|---|--:|--:|--:|"
    assert len(markdown) == 4
    assert f"## Skill by tier\n\n{as_markdown(table)}\n" in page(RUN)
    out = io.StringIO()
    show(table, Console(file=out, width=140))
    printed = out.getvalue()
    assert "\x1b" not in printed
    for row in table.rows:
        assert row[0] in printed
        assert f"| {' | '.join(row)} |" in markdown


def test_the_page_says_how_it_came_to_be():
    text = page(RUN)
    assert text.startswith("# Evaluation on the test split\n\n2 agents on the same 3 seeds of each tier (easy, hard).")
    assert text.endswith(
        "2026-01-02T03:04:05+00:00, synth_audit_env 0.1.0, commit 0123abc:\n\n    uv run python evaluation.py\n"
    )
    assert "0.153" not in text


def test_the_page_says_how_models_were_asked():
    settings = {"tool_format": "native", "temperature": None, "endpoint": "127.0.0.1/v1"}
    run = run_of([episode(), episode(agent="react:m", settings=settings)])
    told = "react:m asked its model with tool_format native, temperature not given, endpoint 127.0.0.1/v1.\n"
    assert told in page(run)
    assert "asked its model with" not in page(RUN)


def test_the_text_only_agent_has_seen_episodes_of_its_own_lessons():
    told = "text-only has learnt from the first episodes of this split."
    learnt = run_of([episode(agent="text-only")], baseline="text-only", split="train")
    assert told in page(learnt)
    assert told not in page(replace(learnt, split="validation"))


def test_differences_by_tier_are_of_all_but_the_baseline():
    table = less_baseline(RUN, "score")
    assert table.columns == ("agent", "easy", "hard", "overall")
    assert [row[0] for row in table.rows] == ["oracle (told the labels)"]
    assert cells(table, "oracle (told the labels)")["easy"].startswith("+0.200 [+0.1")
    assert table.title in {one.title for one in tables(RUN)}


def test_an_agent_alone_has_no_differences():
    alone = run_of(episode(decision(1.0, AGE, AGE), agent="flag-all", tier="easy", seed=seed) for seed in (1, 2))
    assert less_baseline(alone, "score").rows == ()
    assert not any("less" in table.title for table in tables(alone))
