"""Two runs side by side: paired differences, the seeds that differ most, and runs that cannot be compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.comparison.compare import MOST, compare
from synth_audit_env.comparison.results_file import ResultsError, Told
from synth_audit_env.tests.comparison.made_up import MADE


def told(name, agents, seeds=None):
    """Agents to tier to scores."""
    by_seed = {
        agent: {
            tier: dict.fromkeys(("score", "skill", "return", "steps", "tool_calls"), scores)
            for tier, scores in tiers.items()
        }
        for agent, tiers in agents.items()
    }
    counts = {tier: len(scores) for tiers in agents.values() for tier, scores in tiers.items()}
    return Told(
        Path(name), MADE, "test", {}, seeds or {tier: list(range(100, 100 + n)) for tier, n in counts.items()}, by_seed
    )


BEFORE = {"easy": [0.1, 0.9, 0.5, 0.3], "hard": [0.2, 0.2, 0.2, 0.2]}
AFTER = {"easy": [0.3, 1.0, 0.5, 0.6], "hard": [0.3, 0.3, 0.3, 0.3]}
FIRST, SECOND = told("a", {"x": BEFORE, "y": BEFORE}), told("b", {"x": AFTER, "z": AFTER})


def rows(table):
    return {row[:2]: row[2:] for row in table.rows}


def test_means_and_their_paired_difference():
    table, _ = compare(FIRST, SECOND, ())
    score = rows(table)
    assert table.title.startswith("x: ")
    assert score["score", "easy"][2].startswith("+0.150 [+0.0")
    # Every seed gains the same, so there is no doubt about the gain.
    assert score["score", "hard"] == ("0.200", "0.300", "+0.100")
    assert score["score", "overall"][2].startswith("+0.125 [")
    assert {metric for metric, _ in score} == {"score", "skill", "return", "steps", "tool_calls"}


def test_the_episodes_that_differ_most_come_first():
    _, table = compare(FIRST, SECOND, ())
    assert table.rows[:2] == (("easy", "103", "0.300", "0.600"), ("easy", "100", "0.100", "0.300"))
    assert ("easy", "102", "0.500", "0.500") not in table.rows


def test_no_more_than_so_many_are_listed():
    many = told("a", {"x": {"easy": [0.0] * 30}}), told("b", {"x": {"easy": [0.5] * 30}})
    assert [row[1] for row in compare(*many, ())[1].rows] == [str(100 + number) for number in range(MOST)]


def test_an_agent_can_be_named():
    both = told("a", {"x": BEFORE, "y": BEFORE}), told("b", {"x": AFTER, "y": AFTER})
    assert [table.title[0] for table in compare(*both, [("y", "y")])] == ["y", "y"]
    assert [table.title[0] for table in compare(*both, ())] == ["x", "x", "y", "y"]


def test_an_agent_is_set_against_another():
    """As a model before and after its training, whose names differ."""
    means, differing = compare(FIRST, SECOND, [("y", "z")])
    assert means.title.startswith("y and z: ")
    assert rows(means)["score", "hard"] == ("0.200", "0.300", "+0.100")
    assert differing.rows[0] == ("easy", "103", "0.300", "0.600")


def test_where_nothing_differs_nothing_is_listed():
    means, differing = compare(FIRST, FIRST, [("x", "y")])
    assert {row[-1] for row in means.rows} == {"+0.000"}
    assert (differing.title, differing.rows) == ("x and y: no episode's scores differ", ())


@pytest.mark.parametrize(
    ("second", "pairs", "words"),
    [
        (
            replace(SECOND, seeds={**SECOND.seeds, "hard": [1, 2, 3, 4]}),
            (),
            "not played on the same seeds of tier",
        ),
        (told("b", {"x": {"easy": AFTER["easy"]}}), (), "not played on the same seeds of tier"),
        (SECOND, [("y", "y")], "There is no agent 'y' in b: it has x, z"),
        (SECOND, [("z", "x")], "There is no agent 'z' in a: it has x, y"),
        (told("b", {"z": AFTER}), (), "a and b have no agent in common"),
    ],
)
def test_runs_that_cannot_be_compared(second, pairs, words):
    with pytest.raises(ResultsError, match=words):
        compare(FIRST, second, pairs)
