"""The tables of a run: by agent, by tier and by error type, as Markdown and on a terminal.

    for table in tables(run, seconds):
        print(as_markdown(table))

A figure stands before its 95 % interval. Where nothing was counted there is a dash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from synth_audit_env.comparison.agents import label
from synth_audit_env.comparison.metrics import FALSE_ALARMS
from synth_audit_env.comparison.results import OVERALL, Figures, Run, Seconds
from synth_audit_env.server.protocol import ERROR_TYPES
from synth_audit_env.validation.certificate import Interval

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows and columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


COLUMNS: Mapping[str, tuple[str, int]] = {
    "score (F1.5)": ("score", 3),
    "skill": ("skill", 3),
    f"catch rate at {FALSE_ALARMS:.0%}": ("catch_rate", 3),
    "false positive rate": ("false_positive_rate", 3),
    "Brier score": ("brier", 3),
    "calibration error": ("calibration_error", 3),
    "reasons right": ("reason_accuracy", 3),
    "reports right": ("report_accuracy", 3),
    "return": ("return", 2),
    "steps": ("steps", 1),
    "tool calls": ("tool_calls", 1),
    "tokens": ("tokens", 0),
    "US$": ("cost", 4),
    "audits ended for the model": ("gave_up", 3),
}
"""Heading to metric and digits after the point."""
SPENT = ("tokens", "US$")
"""Left out where no agent's model counted tokens."""
ENDED = "audits ended for the model"
"""Left out where no agent's model counted tokens and no audit was ended: one that was never asked counts none."""
METRICS = ("score", "skill")
"""Told tier by tier."""
BRIEF = ("score (F1.5)", "skill", f"catch rate at {FALSE_ALARMS:.0%}", "false positive rate", "steps", "tool calls")
"""What a terminal is wide enough for, without intervals but for the score."""


def by_agent(run: Run, seconds: Seconds) -> Table:
    """Every agent over all tiers, with intervals, and the difference to the baseline's score."""
    of_models = _of_models(run)
    shown = {
        heading: column for heading, column in COLUMNS.items() if heading not in (*SPENT, ENDED) or heading in of_models
    }
    rows = []
    for agent in run.agents:
        figures, difference = run.figures[agent][OVERALL], run.differences.get(agent, {}).get(OVERALL, {})
        score, *others = (words(figures[metric], digits) for metric, digits in shown.values())
        paired = words(difference.get("score"), 3, sign="+")
        rows.append((label(agent), score, paired, *others, words(seconds.get(agent, {}).get(OVERALL), 3)))
    score_heading, *headings = shown
    columns = ("agent", score_heading, f"score less {run.baseline}'s", *headings, "seconds")
    return Table("By agent, mean of the tiers", columns, tuple(rows))


def in_brief(run: Run) -> Table:
    """The same in fewer columns."""
    shown = (*BRIEF, *_of_models(run))
    rows = []
    for agent in run.agents:
        figures = run.figures[agent][OVERALL]
        score, *others = (COLUMNS[heading] for heading in shown)
        rest = (_bare(figures[metric], digits) for metric, digits in others)
        rows.append((label(agent), words(figures[score[0]], score[1]), *rest))
    (count, *_) = (len(seeds) for seeds in run.seeds.values())
    title = f"By agent, mean of the tiers ({run.split} split, {count} episodes of each of {', '.join(run.tiers)})"
    return Table(title, ("agent", *shown), tuple(rows))


def _of_models(run: Run) -> tuple[str, ...]:
    """The headings of models that this run has something to say under."""
    played = [episode for agent in run.agents for episode in run.played(agent)]
    if any(episode.usage.prompt_tokens for episode in played):
        return (*SPENT, ENDED)
    return (ENDED,) if any(episode.gave_up for episode in played) else ()


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


def tables(run: Run, seconds: Seconds) -> list[Table]:
    """All of them."""
    return [
        by_agent(run, seconds),
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
