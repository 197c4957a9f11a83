"""The results in docs, their first table in the README, and the tables of trained models, each between two marks.

text = with_results(text, read(Path("outputs/eval/test")), read(Path("outputs/eval/reference")))
text = with_models(text)        # of the folders that its marks name
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .agents import label
from .blind import BLIND, in_words, with_blind
from .intervals import mean_interval
from .page import PUBLISHED
from .results import OVERALL
from .results_file import ResultsError, Told, read
from .table import (
    BUDGETS,
    FLAGS,
    METRICS,
    MONITOR,
    Columns,
    Table,
    over_all,
    rows_in_markdown,
    words,
)

BEGIN = "<!-- Results, written by `uv run python evaluation.py readme` -->"
END = "<!-- End of the results -->"
BESIDE: Columns = {"skill": ("skill", 2), "false positives": ("false_positive_rate", 2), "looks": ("tool_calls", 1)}
"""Beside the score by tier: what fits the width of a page."""
TOLD: Columns = {
    heading: (metric, 2)
    for heading, (metric, _) in (MONITOR | FLAGS).items()
    if metric not in ("false_positive_rate", "brier", "calibration_error", "report_accuracy")
}
_MODELS = re.compile(
    r"(<!-- Models of (\S+), written by `uv run python evaluation\.py readme` -->\n).*?(<!-- End of the models -->)",
    re.DOTALL,
)
BEGIN_SCORES = "<!-- Scores, written by `uv run python evaluation.py readme` -->"
END_SCORES = "<!-- End of the scores -->"


def with_scores(text: str, page: str) -> str:
    """The README's text with the first table of the page of results in it, and how that was made.

    Raises:
        ResultsError: The text has no place for it.
    """
    before, begin, rest = text.partition(BEGIN_SCORES)
    _, end, after = rest.partition(END_SCORES)
    if not (begin and end):
        raise ResultsError(
            f"The README has no place for scores, which is between the lines {BEGIN_SCORES} and {END_SCORES}."
        )
    about, table, *others = page.partition(BEGIN)[2].strip().split("\n\n")
    made = next(one for one in others if "; the rest is in " in one)
    return f"{before}{BEGIN_SCORES}\n\n{about}\n\n{table}\n\n{made}\n\n{END_SCORES}{after}"


def with_results(text: str, test: Told, reference: Told) -> str:
    """The README's text with these results in it.

    Raises:
        ResultsError: The text has no place for results, or the runs are not of the two splits.
    """
    for told, split in ((test, "test"), (reference, "reference")):
        if told.split != split:
            raise ResultsError(f"{told.path} is of the split {told.split}, not {split}.")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ResultsError(f"The README has no place for results, which is between the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{results(test, reference)}\n{END}{after}"


def with_models(text: str) -> str:
    """The text with the tables of each evaluation of models that its marks name.

    Raises:
        ResultsError: There is no such evaluation.
    """
    return _MODELS.sub(lambda found: f"{found[1]}\n{models(read(Path(found[2])))}\n{found[3]}", text)


def results(test: Told, reference: Told) -> str:
    """What stands between the marks of the results."""
    (count, *_), (few, *_) = ([len(seeds) for seeds in told.seeds.values()] for told in (test, reference))
    return "\n".join(
        (
            f"Score (F1.5) of {len(test.figures)} agents on {count} held-out seeds of each tier; then skill (0 is\n"
            "flagging everything, 1 a perfect audit) and the rest as means of the tiers, with 95 % intervals:\n",
            rows_in_markdown(score_table(test, BESIDE)),
            *_paragraphs(in_words(test)),
            "What the agents' confidences, flags and reasons are worth, as means of the tiers:\n",
            rows_in_markdown(over_all("", test.figures, TOLD)),
            "And audits that are cut off after so many looks, of which no agent is told. *Safety* is the share of the\n"
            "wrong proposals flagged by then, *usefulness* that of the right ones approved:\n",
            rows_in_markdown(over_all("", test.figures, {head: (one, 2) for head, (one, _) in BUDGETS.items()}, True)),
            _made(test),
            f"On the {few} reference seeds of each of {', '.join(reference.seeds)}:\n",
            rows_in_markdown(score_table(reference, {})),
            *_paragraphs(in_words(reference)),
            f"{_made(reference)}{PUBLISHED}",
        )
    )


def models(told: Told) -> str:
    """Trained models beside flag-all and approve-all, then what each is above the first of them, and who is below."""
    first = next(agent for agent in told.by_seed if agent not in BLIND)
    told = with_blind(told)
    by_seed = {PurePosixPath(agent).name: of for agent, of in told.by_seed.items()}
    start = by_seed[PurePosixPath(first).name]
    columns = [(metric, tier) for metric in METRICS for tier in told.seeds]

    def table(head: str, agents: Iterable[str], paired: bool) -> str:
        rows = []
        for agent in agents:
            values = ((tier, by_seed[agent][tier][metric], start[tier][metric]) for metric, tier in columns)
            less = ((tier, [a - b * paired for a, b in zip(of, base, strict=True)]) for tier, of, base in values)
            rows.append((agent, *(words(mean_interval(tier, of), 3, "+" * paired) for tier, of in less)))
        return rows_in_markdown(Table("", (head, *(f"{metric}, {tier}" for metric, tier in columns)), tuple(rows)))

    name = PurePosixPath(first).name
    return "\n".join(
        (
            table("", by_seed, paired=False),
            *_paragraphs(in_words(replace(told, by_seed=by_seed))),
            table(f"less {name}'s, paired", (agent for agent in by_seed if agent != name), paired=True),
        )
    )


def score_table(told: Told, beside: Columns) -> Table:
    """Score by tier, and other figures over all tiers."""
    rows = []
    for agent, figures in told.figures.items():
        by_tier = [f"{one.value:.3f}" if (one := figures[tier]["score"]) else "" for tier in told.seeds]
        over_all = [words(figures[OVERALL].get(metric), digits) for metric, digits in beside.values()]
        rows.append((label(agent), *by_tier, words(figures[OVERALL]["score"], 3), *over_all))
    return Table("", ("agent", *told.seeds, OVERALL, *beside), tuple(rows))


def _paragraphs(sentences: Iterable[str]) -> Iterable[str]:
    return (f"{said}\n" for said in sentences)


def _made(told: Told) -> str:
    """The line under a table: when, on which commit, by which command."""
    return f"{told.made.words}: `{told.made.command}`; the rest is in `{told.path.as_posix()}/table.md`.\n"
