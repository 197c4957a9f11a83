"""Runs of many models as one: who is in the table and where, what is said under it, and which runs are refused."""

import json
from dataclasses import replace

import pytest

from synth_audit_env.comparison import RequestError, leaderboard
from synth_audit_env.comparison.leaderboard import merged, page
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.tests.comparison.made_up import MADE, WINDOW, decision, episode, kept, run_of

SETTINGS = {"tool_format": "native", "temperature": None, "endpoint": "models.test/v1"}


def run(agent, scores):
    """An agent beside flag-all, which scores 0.5 of easy and 0.3 of hard, and approve-all, 0.2 and 0.4."""
    all_ = {
        "flag-all": {"easy": [0.5, 0.5], "hard": [0.3, 0.3]},
        "approve-all": {"easy": [0.2, 0.2], "hard": [0.4, 0.4]},
        agent: scores,
    }
    episodes = [
        episode(
            decision(error_type=WINDOW, flagged_as=WINDOW if score > 0.5 else None),
            agent=name,
            tier=tier,
            seed=seed,
            score=score,
            skill=score - 0.5,
            settings=SETTINGS if name.startswith("react:") else None,
        )
        for name, of_tiers in all_.items()
        for tier, of in of_tiers.items()
        for seed, score in enumerate(of)
    ]
    return run_of(episodes)


@pytest.fixture
def told(tmp_path):
    """A run as its folder tells it."""
    return lambda name, agent, scores: kept(run(agent, scores), tmp_path / name)


GOOD = {"easy": [1.0, 0.8], "hard": [0.6, 0.8]}
WEAK = {"easy": [0.1, 0.2], "hard": [0.0, 0.1]}


def test_the_best_comes_first_and_who_reads_nothing_stands_between(told):
    board = merged([told("a", "react:weak", WEAK), told("b", "react:good", GOOD)])
    assert list(board.figures) == ["react:good", "flag-all", "approve-all", "react:weak"]
    overall = {agent: of[OVERALL]["score"].value for agent, of in board.figures.items()}
    assert overall == pytest.approx({"react:good": 0.8, "flag-all": 0.4, "approve-all": 0.3, "react:weak": 0.1})


def test_figures_are_those_of_each_run(told):
    one = told("a", "react:good", GOOD)
    board = merged([one])
    for metric in ("score", *(column.metric for column in leaderboard.SHOWN)):
        for tier in ("easy", "hard", OVERALL):
            was, now = one.figures["react:good"][tier][metric], board.figures["react:good"][tier][metric]
            if was is None:
                assert now is None
            else:
                assert (now.value, now.low, now.high) == pytest.approx((was.value, was.low, was.high), abs=1e-5)


def test_two_runs_of_one_model_stand_side_by_side_and_the_same_run_once(told):
    first, second = told("a", "react:m", GOOD), told("b", "react:m", WEAK)
    assert [agent for agent in merged([first, second, first]).figures if agent.startswith("react:")] == [
        "react:m",
        "react:m (run 2)",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"split": "validation"},
        {"made": replace(MADE, version="0.2.0")},
        {"seeds": {"easy": [0], "hard": [0, 1]}},
        {"seeds": {"easy": [0, 2], "hard": [0, 1]}},
    ],
)
def test_runs_of_other_episodes_are_refused(fields, told):
    runs = [told("a", "react:m", GOOD), replace(told("b", "react:n", GOOD), **fields)]
    with pytest.raises(RequestError, match="a and .*b are not on the same episodes: they differ in version, split or"):
        merged(runs)


def test_runs_of_another_world_are_refused(told):
    one = told("a", "react:m", GOOD)
    other = json.loads(json.dumps(one.by_seed))
    other["flag-all"]["hard"]["score"] = [0.3, 0.25]
    with pytest.raises(RequestError, match="flag-all scores otherwise in .*a than in .*a: the worlds differ"):
        merged([one, replace(one, by_seed=other)])


def test_the_page_has_the_table_who_is_below_and_how_each_run_was_made(told):
    text = page([told("a", "react:weak", WEAK), told("b", "react:good", GOOD)])
    heading, _, first, *_ = text.splitlines()
    assert heading.endswith("| US$ | audits given up |")
    assert first.startswith("| react:good | 0.900 | 0.700 | 0.800 [0.700, 0.900] |")
    assert "Below flag-all in score" in text
    assert text.count(f"- `{MADE.command}` ({MADE.words})") == 2
