"""Results stand between their marks and are those of the kept runs, and a leaderboard sets runs of models together."""

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.pages import BEGIN, END, leaderboard, with_results, with_scores
from synth_audit_env.comparison.results import read
from synth_audit_env.tests.comparison.made_up import AGE, MADE, SCORES, decision, kept, scored

ROOT = Path(__file__).parents[2]
PAGE = f"# A page\n\n{BEGIN}\nwhat was\n{END}\n\nThe end.\n"


@pytest.fixture
def runs(tmp_path):
    flagged = decision(
        0.9,
        AGE,
        AGE,
        faults=[{"fault": "limit_misread", "where": "5.2", "should_be": None}],
        claim_right=True,
        number_right=True,
    )
    return tuple(kept(scored(SCORES, flagged, split=split), tmp_path / split) for split in ("test", "reference"))


def test_what_stands_between_the_marks(runs):
    text = with_results(PAGE, *runs)
    assert text.startswith(f"# A page\n\n{BEGIN}\n\n")
    assert text.endswith(f"{END}\n\nThe end.\n")
    assert "what was" not in text
    assert "Score (F1.5) of 2 agents on 3 held-out seeds of each tier" in text
    assert text.count("Caution: 3 episodes of a tier are few, and the intervals too narrow") == 2
    assert text.count("(skill below 0, the whole 95 % interval): no agent.") == 2
    assert with_results(text, *runs) == text, "writing it again changes nothing"
    row, worth, *_ = (line for line in text.splitlines() if line.startswith("| oracle (told the labels) |"))
    assert row.startswith("| oracle (told the labels) | 0.400 | 0.400 | 0.400 [0.2")
    assert row.endswith(" | 0.25 | – | 5.0 |"), "fault F1, false positives, looks"
    assert worth.endswith(" | – | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 | – |"), "of no right proposals"
    made = "2026-01-02T03:04:05+00:00, synth_audit_env 0.1.0, commit 0123abc: `uv run python evaluation.py`"
    assert text.count(made) == 2
    # What was published stands under our figures of the reference seeds.
    assert "| trained model | 0.287 | 0.129 | 0.044 | 0.153 |" in text.partition("reference seeds")[2]


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_page_without_a_place_is_refused(page, runs):
    with pytest.raises(RequestError, match="has no place for results"):
        with_results(page, *runs)


def test_the_results_are_those_that_are_kept(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme, page = (Path(name).read_text(encoding="utf-8") for name in ("README.md", "docs/results.md"))
    runs = [read(Path("outputs") / "eval" / split) for split in ("test", "reference")]
    assert with_scores(readme, page) == readme, "uv run python evaluation.py readme"
    assert with_results(page, *runs) == page, "uv run python evaluation.py readme"
    assert len(runs[0].figures) >= 10
    assert runs[0].figures["oracle"]["hard"]["score"].value == 1.0


GOOD, WEAK = {"easy": [1.0, 0.8], "hard": [0.6, 0.8]}, {"easy": [0.1, 0.2], "hard": [0.0, 0.1]}


@pytest.fixture
def told(tmp_path):
    """A run as its folder tells it: an agent beside flag-all and approve-all."""

    def run(name, agent, scores):
        blind = {"flag-all": {"easy": [0.5, 0.5], "hard": [0.3, 0.3]}}
        blind |= {"approve-all": {"easy": [0.2, 0.2], "hard": [0.4, 0.4]}}
        return kept(scored({**blind, agent: scores}), tmp_path / name)

    return run


def agents_of(text):
    """The rows of a leaderboard, by agent in their order."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines()[2:] if line.startswith("|")]
    return {row[0]: row[1:] for row in rows}


def test_the_best_comes_first_and_who_reads_nothing_stands_between(told):
    runs = [told("a", "react:weak", WEAK), told("b", "react:good", GOOD)]
    text = leaderboard(runs)
    assert text.splitlines()[0].endswith("| US$ | audits given up |")
    scores = {agent: figures[2].split()[0] for agent, figures in agents_of(text).items()}
    assert list(scores.items()) == [
        ("react:good", "0.800"),
        ("flag-all", "0.400"),
        ("approve-all", "0.300"),
        ("react:weak", "0.100"),
    ]
    assert agents_of(text)["react:good"][:3] == ["0.900", "0.700", "0.800 [0.700, 0.900]"]
    assert "Worse than flagging everything" in text
    assert text.count(f"- `{MADE.command}` ({MADE.words})") == 2
    again = agents_of(leaderboard([runs[0], told("c", "react:weak", GOOD)]))
    assert list(again)[::3] == ["react:weak (run 2)", "react:weak"], "a model of two runs"


@pytest.mark.parametrize(
    "fields",
    [
        {"split": "validation"},
        {"made": replace(MADE, version="0.2.0")},
        {"seeds": {"easy": [0, 2], "hard": [0, 1]}},
    ],
)
def test_runs_of_other_episodes_are_refused(fields, told):
    runs = [told("a", "react:m", GOOD), replace(told("b", "react:n", GOOD), **fields)]
    with pytest.raises(RequestError, match="a and .*b are not on the same episodes: they differ in version, split or"):
        leaderboard(runs)
