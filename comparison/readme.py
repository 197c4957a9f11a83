"""The README's results, between two marks: on held-out seeds, and on those of the published figures.

path.write_text(with_results(path.read_text(), read(Path("outputs/eval/test")), read(Path("outputs/eval/reference"))))
"""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.comparison.agents import label
from synth_audit_env.comparison.metrics import FALSE_ALARMS
from synth_audit_env.comparison.page import FEW_SEEDS, PUBLISHED
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.comparison.results_file import ResultsError, Told
from synth_audit_env.comparison.table import Table, rows_in_markdown, words

BEGIN = "<!-- Results, written by `uv run python evaluation.py readme` -->"
END = "<!-- End of the results -->"
FIGURES: Mapping[str, tuple[str, int]] = {
    "skill": ("skill", 2),
    f"catch rate at {FALSE_ALARMS:.0%}": ("catch_rate", 2),
    "false positives": ("false_positive_rate", 2),
    "reasons right": ("reason_accuracy", 2),
    "tool calls": ("tool_calls", 1),
}
"""Heading to metric and digits, beside the score: what fits the width of a page."""


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


def results(test: Told, reference: Told) -> str:
    """What stands between the marks."""
    (count, *_), (few, *_) = ([len(seeds) for seeds in told.seeds.values()] for told in (test, reference))
    return "".join(
        (
            f"Score (F1.5) of {len(test.figures)} agents on {count} held-out seeds of each tier; then skill (0 is\n"
            "flagging everything, 1 a perfect audit) and the rest as means of the tiers, with 95 % intervals:\n\n",
            rows_in_markdown(_table(test, FIGURES)),
            _made(test),
            f"\nOn the {few} reference seeds of each of {', '.join(reference.seeds)}. {FEW_SEEDS}\n\n",
            rows_in_markdown(_table(reference, {})),
            _made(reference),
            PUBLISHED,
        )
    )


def _table(told: Told, beside: Mapping[str, tuple[str, int]]) -> Table:
    """Score by tier, and other figures over all tiers."""
    rows = []
    for agent, figures in told.figures.items():
        by_tier = [f"{one.value:.3f}" if (one := figures[tier]["score"]) else "" for tier in told.seeds]
        over_all = [words(figures[OVERALL][metric], digits) for metric, digits in beside.values()]
        rows.append((label(agent), *by_tier, words(figures[OVERALL]["score"], 3), *over_all))
    return Table("", ("agent", *told.seeds, OVERALL, *beside), tuple(rows))


def _made(told: Told) -> str:
    """The line under a table: when, on which commit, by which command."""
    return f"\n{told.made.words}: `{told.made.command}`; the rest is in [table.md]({told.path.as_posix()}/table.md).\n"
