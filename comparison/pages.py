"""Runs as pages in Markdown: the results in docs and README, between marks, and the leaderboard.

text = with_results(text, read(Path("outputs/eval/test")), read(Path("outputs/eval/reference")))
print(leaderboard([read(folder) for folder in folders]))
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..rollouts.results_table import Table
from . import RequestError
from .blind import BLIND, in_words
from .results import OVERALL, Run
from .table import FLAGS, MONITOR, PUBLISHED, Column, as_markdown, figure_table

BEGIN = "<!-- Results, written by `uv run python evaluation.py readme` -->"
END = "<!-- End of the results -->"
BESIDE = (
    Column("skill", "skill", 2),
    Column("fault F1", "fault_f1", 2),
    Column("false positives", "false_positive_rate", 2),
    Column("looks", "tool_calls", 1),
)
"""Beside the score by tier: what fits the width of a page."""
OF_MODELS = (*BESIDE, Column("tokens", "tokens", 0), Column("US$", "cost", 4), Column("audits given up", "gave_up", 2))
"""The same on the leaderboard, whose agents are models."""
BEGIN_SCORES = "<!-- Scores, written by `uv run python evaluation.py readme` -->"
END_SCORES = "<!-- End of the scores -->"


def with_scores(text: str, page: str) -> str:
    """The README's text with the first table of the page of results in it, and how that was made.

    Raises:
        RequestError: The text has no place for it.
    """
    about, table, *others = page.partition(BEGIN)[2].strip().split("\n\n")
    made = next(line for line in others if "; the rest is in " in line)
    where = "The README has no place for scores"
    return _between(BEGIN_SCORES, END_SCORES, text, f"{about}\n\n{table}\n\n{made}\n", where)


def with_results(text: str, test: Run, reference: Run) -> str:
    """The text of the page of results with these results in it.

    Raises:
        RequestError: The text has no place for results.
    """
    where = "docs/results.md has no place for results"
    return _between(BEGIN, END, text, _results(test, reference) + PUBLISHED, where)


def _between(begin: str, end: str, text: str, new: str, refusal: str) -> str:
    """The text with something new between two marks. Raises RequestError where it has not both of them."""
    before, began, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (began and ended):
        raise RequestError(f"{refusal}, which is between the lines {begin} and {end}.")
    return f"{before}{begin}\n\n{new}\n{end}{after}"


def score_table(run: Run, beside: Sequence[Column]) -> Table:
    """Score by tier, and other figures over all tiers."""
    tiers = (Column(tier, "score", tier=tier, bare=True) for tier in run.seeds)
    return figure_table("", run, (*tiers, Column(OVERALL, "score"), *beside))


def _results(test: Run, reference: Run) -> str:
    """The text between the marks of the results, without what others published."""
    (count, *_), (few, *_) = ([len(seeds) for seeds in run.seeds.values()] for run in (test, reference))
    worth = [replace(column, digits=2) for column in (*MONITOR[:-1], *FLAGS)]
    template = Path(__file__).with_name("readme_results.md").read_text(encoding="utf-8")
    return template.format(
        agents=len(test.figures),
        count=count,
        score=as_markdown(score_table(test, BESIDE)),
        said="\n\n".join(in_words(test)),
        worth=as_markdown(figure_table("", test, worth)),
        made=_made(test),
        few=few,
        tiers=", ".join(reference.seeds),
        reference=as_markdown(score_table(reference, ())),
        reference_said="\n\n".join(in_words(reference)),
        reference_made=_made(reference),
    )


def leaderboard(runs: Sequence[Run]) -> str:
    """The table of all runs, who is worse than flagging everything, and how each run was made.

    The best overall score comes first. An agent of several runs has the number of its run.

    Raises:
        RequestError: They are not on the same episodes.
    """
    first, figures = runs[0], dict(runs[0].figures)
    for number, run in enumerate(runs[1:], start=2):
        if (run.made.version, run.split, run.seeds) != (first.made.version, first.split, first.seeds):
            raise RequestError(
                f"{first.folder} and {run.folder} are not on the same episodes: they differ in version, split or seeds."
            )
        others = {agent: of for agent, of in run.figures.items() if agent not in BLIND}
        figures |= {f"{agent} (run {number})" if agent in figures else agent: of for agent, of in others.items()}
    scores = {agent: score.value for agent, of in figures.items() if (score := of[OVERALL]["score"])}
    board = replace(first, figures=dict(sorted(figures.items(), key=lambda row: scores[row[0]], reverse=True)))
    ran = [f"- `{run.made.command}` ({run.made.words})" for run in runs]
    return "\n".join(
        (as_markdown(score_table(board, OF_MODELS)), *(f"{sentence}\n" for sentence in in_words(board)), *ran)
    )


def _made(run: Run) -> str:
    """The line under a table: when, on which commit, by which command."""
    return f"{run.made.words}: `{run.made.command}`; the rest is in `{run.folder.as_posix()}/table.md`."
