"""Two runs side by side: paired differences, and runs that cannot be compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.compare import compare
from synth_audit_env.comparison.episodes import MEANS
from synth_audit_env.comparison.results import RATIOS, Run
from synth_audit_env.tests.comparison.made_up import MADE


def told(name, agents, seeds=None, **others):
    """Agents to tier to scores; others are the same for all agents and tiers."""
    by_seed = {
        agent: {
            tier: {
                **dict.fromkeys(MEANS, scores),
                **{name: [[score, 1] for score in scores] for name in RATIOS},
                **dict.fromkeys(("tokens", "gave_up"), [0] * len(scores)),
                **others,
            }
            for tier, scores in tiers.items()
        }
        for agent, tiers in agents.items()
    }
    counts = {tier: len(scores) for tiers in agents.values() for tier, scores in tiers.items()}
    numbers = seeds or {tier: list(range(100, 100 + n)) for tier, n in counts.items()}
    return Run("test", numbers, MADE, by_seed, folder=Path(name))


BEFORE = {"easy": [0.1, 0.9, 0.5, 0.3], "hard": [0.2, 0.2, 0.2, 0.2]}
AFTER = {"easy": [0.3, 1.0, 0.5, 0.6], "hard": [0.3, 0.3, 0.3, 0.3]}
FLAT = told("b", {"x": {"easy": [0.5] * 2}})
FIRST, SECOND = told("a", {"x": BEFORE, "y": BEFORE}), told("b", {"x": AFTER, "z": AFTER})


def rows(table):
    return {row[:2]: row[2:5] for row in table.rows}


def test_means_and_their_paired_difference():
    (table,) = compare(FIRST, SECOND, ())
    score = rows(table)
    assert table.title.startswith("x: ")
    assert score["score", "easy"][2].startswith("+0.150 [+0.0")
    # Every seed gains the same, so there is no doubt about the gain.
    assert score["score", "hard"] == ("0.200", "0.300", "+0.100")
    assert score["score", "overall"][2].startswith("+0.125 [")
    assert {metric for metric, _ in score} == {*MEANS, *RATIOS} - {"tokens", "cost", "gave_up"}
    # As a model before and after its training, whose names differ.
    (named,) = compare(FIRST, SECOND, [("y", "z")])
    assert (named.title.partition(":")[0], named.rows) == ("y and z", table.rows)


def test_a_ratio_is_one_of_sums_in_every_draw():
    """Not the mean of the ratios of episodes, some of which have nothing to be counted among."""
    few, many = [[0, 0], [1, 1], [0, 3], [1, 1]], [[0, 0], [1, 1], [3, 3], [1, 1]]
    pair = (told(name, {"x": {"easy": [0.5] * 4}}, recall=recall) for name, recall in (("a", few), ("b", many)))
    first, second, more = rows(compare(*pair, ())[0])["recall", "easy"]
    assert first.startswith("0.400 [0.0")
    assert second == "1.000"
    assert more.startswith("+0.600 [+0.0")


def test_tokens_are_compared_where_a_model_was_asked_and_audits_that_were_ended_where_it_used_none():
    fields = {"tokens": [1000, 3000], "cost": [0.01, None], "gave_up": [1, 1], "fault_f1": [[0, 0], [0, 0]]}
    asked = rows(compare(told("a", {"x": {"easy": [0.5] * 2}}, **fields), FLAT, ())[0])
    assert asked["tokens", "easy"][0].startswith("2000 [1000, 3000]")
    assert asked["cost", "easy"][0] == "–", "one unknown cost makes the mean unknown"
    assert asked["gave_up", "easy"] == ("1.000", "0.000", "-1.000")
    assert set(asked["fault_f1", "overall"]) == {"–", "0.500"}, "without anything to count there is no difference"


@pytest.mark.parametrize(
    ("counts", "on"),
    [({"easy": 2, "hard": 2}, "easy 2, hard 2"), ({"easy": 4}, "easy 4")],
    ids=["fewer episodes", "fewer tiers"],
)
def test_a_shorter_run_is_compared_on_its_seeds(counts, on):
    before, after = (
        told("few", {"x": {tier: of[tier][:count] for tier, count in counts.items()}}) for of in (BEFORE, AFTER)
    )
    (alone,) = compare(before, after, ())
    for first, second in ((FIRST, after), (before, SECOND)):
        (means,) = compare(first, second, ())
        assert means.title == f"x: means, and the second less the first, on the seeds of both ({on})"
        assert means.rows == alone.rows, "other seeds count for nothing"


def test_seeds_are_paired_by_number_and_not_by_place():
    seeds = {tier: [103, 102, 101, 100] for tier in AFTER}
    turned = told("b", {"x": {tier: of[::-1] for tier, of in AFTER.items()}}, seeds)
    assert [table.rows for table in compare(FIRST, turned, ())] == [table.rows for table in compare(FIRST, SECOND, ())]


@pytest.mark.parametrize(
    ("second", "pairs", "words"),
    [
        (replace(SECOND, seeds={tier: [1, 2, 3, 4] for tier in SECOND.seeds}), (), "have no seed in common"),
        (SECOND, [("y", "y")], "There is no agent 'y' in b: it has x, z"),
        (SECOND, [("z", "x")], "There is no agent 'z' in a: it has x, y"),
        (told("b", {"z": AFTER}), (), "a and b have no agent in common"),
        (replace(SECOND, made=replace(MADE, version="9")), (), r"a was played with version 0\.1\.0 and b with 9"),
    ],
)
def test_runs_that_cannot_be_compared(second, pairs, words):
    with pytest.raises(RequestError, match=words):
        compare(FIRST, second, pairs)
