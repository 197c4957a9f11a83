"""The tables of a run: by agent, by tier and by error type, as Markdown and on a terminal.

    for table in tables(run):
        print(as_markdown(table))

A figure stands before its 95 % interval. Where nothing was counted there is a dash.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from ..server.world.protocol import ERROR_TYPES
from ..validation.certificate import Interval
from .agents import label
from .metrics import FALSE_ALARMS, FEWER_FALSE_ALARMS
from .results import LOOKS, OVERALL, Figures, Run

NOTHING = "–"
WIDE = 1_000
"""Letters, for tables where there is no terminal: more than any takes."""


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows and columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    """Paragraphs under it, on a terminal."""


Columns = dict[str, tuple[str, int]]
"""Heading to metric and digits after the point."""
AUDIT: Columns = {
    "score (F1.5)": ("score", 3),
    "skill": ("skill", 3),
    "return": ("return", 2),
    "steps": ("steps", 1),
    "looks": ("tool_calls", 1),
}
MODEL: Columns = {
    "answers": ("turns", 1),
    "unreadable": ("unreadable_turns", 1),
    "repeats": ("repeated_lookups", 1),
    "given up": ("gave_up", 2),
    "tokens": ("tokens", 0),
    "seconds": ("seconds", 1),
    "US$": ("cost", 4),
}
"""Of language models only: unreadable answers, repeated look-ups, and the share of audits that were given up."""
MONITOR: Columns = {
    "AUROC": ("auroc", 3),
    f"catch rate at {FALSE_ALARMS:.0%}": ("catch_rate", 3),
    f"catch rate at {FEWER_FALSE_ALARMS:.0%}": ("catch_rate_1_percent", 3),
    "g-mean²": ("g_mean_squared", 3),
    "false positive rate": ("false_positive_rate", 3),
    "Brier score": ("brier", 3),
    "calibration error": ("calibration_error", 3),
}
FLAGS: Columns = {
    "type right": ("type_right", 3),
    "fault named": ("fault_named", 3),
    "evidence stated": ("evidence_stated", 3),
    "reasons right": ("reason_accuracy", 3),
    "reports right": ("report_accuracy", 3),
}
BUDGETS: Columns = {
    f"{what} at {looks}": (f"{what}_{looks}_looks", 3) for what in ("score", "safety", "usefulness") for looks in LOOKS
}
METRICS = ("score", "skill")
"""Told tier by tier."""
BRIEF: Columns = {
    heading: (AUDIT | MONITOR)[heading]
    for heading in ("score (F1.5)", "skill", "AUROC", "catch rate at 5%", "catch rate at 1%", "g-mean²", "looks")
}
"""What a terminal is wide enough for, without intervals but for the score."""


def by_agent(run: Run) -> Table:
    """Every agent over all tiers, with intervals, and the difference to the baseline's score."""
    table = over_all("By agent, mean of the tiers", run.figures, AUDIT)
    paired = [words(run.differences.get(agent, {}).get(OVERALL, {}).get("score"), 3, "+") for agent in run.agents]
    columns = (*table.columns[:2], f"score less {run.baseline}'s", *table.columns[2:])
    rows = ((*row[:2], less, *row[2:]) for row, less in zip(table.rows, paired, strict=True))
    return replace(table, columns=columns, rows=tuple(rows))


def over_all(title: str, figures: Figures, shown: Columns, bare: bool = False) -> Table:
    """Every agent over all tiers, in these columns; a dash where a run of an earlier version has not counted it."""
    rows = []
    for agent, of in figures.items():
        first, *others = ((of[OVERALL].get(metric), digits) for metric, digits in shown.values())
        told = [_bare(*one) if bare else words(*one) for one in others]
        rows.append((label(agent), words(*first), *told))
    return Table(title, ("agent", *shown), tuple(rows))


def cut_off(run: Run) -> Table:
    """What is left of the score where audits are cut off."""
    scores = {heading: column for heading, column in BUDGETS.items() if heading.startswith("score")}
    return over_all("Cut off after so many looks, mean of the tiers", run.figures, scores, bare=True)


def in_brief(run: Run) -> Table:
    """The most asked for, without intervals but for the score."""
    (count, *_) = (len(seeds) for seeds in run.seeds.values())
    title = f"By agent, mean of the tiers ({run.split} split, {count} episodes of each of {', '.join(run.tiers)})"
    return over_all(title, run.figures, BRIEF, bare=True)


def of_models(run: Run, bare: bool = False) -> list[Table]:
    """How well the answers of models could be read, and what they took; no table where no model plays."""
    figures = {agent: of for agent, of in run.figures.items() if agent in run.settings}
    title = "Language models, means of an episode, mean of the tiers"
    return [over_all(title, figures, MODEL, bare)] if figures else []


def by_tier(run: Run, metric: str) -> Table:
    """One metric of every agent, tier by tier."""
    return _by_tier(f"{metric.capitalize()} by tier", run, run.figures, metric)


def less_baseline(run: Run, metric: str) -> Table:
    """By how much every other agent is above the baseline on the same seeds, tier by tier; no row where it is alone."""
    title = f"{metric.capitalize()} less {run.baseline}'s by tier, paired"
    return _by_tier(title, run, run.differences, metric, sign="+")


def _by_tier(title: str, run: Run, figures: Figures, metric: str, sign: str = "") -> Table:
    tiers = (*run.tiers, OVERALL)
    rows = [(label(agent), *(words(of[tier][metric], 3, sign) for tier in tiers)) for agent, of in figures.items()]
    return Table(title, ("agent", *tiers), tuple(rows))


def by_error_type(run: Run, metric: str) -> Table:
    """Recall or precision for each kind of error that there was."""
    kinds = [kind for kind in ERROR_TYPES if run.figures[run.agents[0]][OVERALL][f"recall {kind}"] is not None]
    rows = tuple(
        (label(agent), *(words(run.figures[agent][OVERALL][f"{metric} {kind}"], 2) for kind in kinds))
        for agent in run.agents
    )
    return Table(f"{metric.capitalize()} by error type, mean of the tiers", ("agent", *kinds), rows)


def tables(run: Run) -> list[Table]:
    """All of them."""
    return [
        by_agent(run),
        *of_models(run),
        over_all("As a monitor, mean of the tiers", run.figures, MONITOR),
        over_all("Flags and reasons, mean of the tiers", run.figures, FLAGS),
        over_all("Cut off after so many looks, mean of the tiers", run.figures, BUDGETS),
        *(by_tier(run, metric) for metric in METRICS),
        *(less_baseline(run, metric) for metric in METRICS if run.differences),
        *(by_error_type(run, metric) for metric in ("recall", "precision")),
    ]


def words(one: Interval | None, digits: int, sign: str = "") -> str:
    """A figure and its interval; a dash for None. `sign` as in format specifications."""
    if one is None:
        return NOTHING
    value, low, high = (f"{number:{sign}z.{digits}f}" for number in (one.value, one.low, one.high))
    return value if low == high == value else f"{value} [{low}, {high}]"


def _bare(one: Interval | None, digits: int) -> str:
    return NOTHING if one is None else f"{one.value:z.{digits}f}"


def as_markdown(table: Table) -> str:
    """A heading, a table, and a blank line after it."""
    return f"## {table.title}\n\n{rows_in_markdown(table)}\n"


def rows_in_markdown(table: Table) -> str:
    """The table without its title, to the end of its last line."""
    ruler = "|---" + "|--:" * (len(table.columns) - 1) + "|"
    rows = [f"| {' | '.join(row)} |" for row in (table.columns, *table.rows)]
    return "\n".join((rows[0], ruler, *rows[1:], ""))


def plain_console(stderr: bool = False) -> Console:
    """A console that shows names as they are, whatever rich would make of them: react:[bold]m, react:apple:7b."""
    console = Console(stderr=stderr, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def show(table: Table, console: Console) -> None:
    """Print a table: rich on a terminal, plain text elsewhere. One without rows is its title."""
    console.print()
    # Not as the drawn table's own title, which is broken where the table is narrow.
    console.print(table.title, style="italic", highlight=False, soft_wrap=True)
    if not table.rows:
        return
    drawn = RichTable(box=box.SIMPLE_HEAD if console.is_terminal else None, collapse_padding=True, pad_edge=False)
    whole = not console.is_terminal
    drawn.add_column(table.columns[0], no_wrap=whole, overflow="fold")
    for column in table.columns[1:]:
        drawn.add_column(column, justify="right", no_wrap=whole, overflow="fold")
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)
    for note in table.notes:
        say(note, console)


def say(text: str, console: Console) -> None:
    """Print a paragraph, after an empty line."""
    console.print(f"\n{textwrap.fill(text, min(console.width, 120))}", highlight=False, soft_wrap=True)
