"""The tables of a run: columns of figures as data, as Markdown, and all together as table.md.

    show(figure_table("By agent", run, AUDIT), plain_console())
    path.write_text(page(run))

A figure stands before its 95 % interval. Where nothing was counted there is a dash.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..error_types import ERROR_TYPES
from ..fault_types import FAULTS
from ..rollouts.results_table import Table
from .agents import label
from .blind import in_words
from .intervals import RESAMPLES
from .metrics import FALSE_ALARMS
from .results import OVERALL, Run

NOTHING = "–"
PUBLISHED = Path(__file__).with_name("published.md").read_text(encoding="utf-8")
"""Figures that an earlier project published, of the reference seeds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of every agent."""

    heading: str
    metric: str
    digits: int = 3
    """After the point."""
    tier: str = OVERALL
    paired: bool = False
    """True for the difference to the baseline, with a sign."""
    bare: bool = False
    """True if it stands without its interval."""

    def cell(self, run: Run, agent: str) -> str:
        """The agent's figure and its interval; a dash where there is none, as in a run of an earlier version."""
        figures = (run.differences if self.paired else run.figures).get(agent, {})
        if (figure := figures.get(self.tier, {}).get(self.metric)) is None:
            return NOTHING
        form = f"{'+' * self.paired}z.{self.digits}f"
        value, low, high = (format(number, form) for number in (figure.value, figure.low, figure.high))
        return value if self.bare or low == high == value else f"{value} [{low}, {high}]"


AUDIT = (
    Column("score (F1.5)", "score"),
    Column("skill", "skill"),
    Column("fault F1", "fault_f1"),
    Column("return", "return", 2),
    Column("steps", "steps", 1),
    Column("looks", "tool_calls", 1),
)
MODEL = (
    Column("answers", "turns", 1),
    Column("unreadable", "unreadable_turns", 1),
    Column("repeats", "repeated_lookups", 1),
    Column("given up", "gave_up", 2),
    Column("tokens", "tokens", 0),
    Column("seconds", "seconds", 1),
    Column("US$", "cost", 4),
)
"""Columns of language models only. Given up: the share of audits that were ended for the model."""
MONITOR = (
    Column("AUROC", "auroc"),
    Column(f"catch rate at {FALSE_ALARMS:.0%}", "catch_rate"),
    Column("false positive rate", "false_positive_rate"),
)
FLAGS = (
    Column("type right", "type_right"),
    Column("claims right", "claims_right"),
    Column("numbers right", "numbers_right"),
    Column("faults found, wrong", "faults_found_wrong"),
    Column("faults found, lucky", "faults_found_lucky"),
)
METRICS = {"score": "score", "skill": "skill", "fault_f1": "fault F1"}
"""Told tier by tier, with what titles call them."""


def figure_table(title: str, run: Run, columns: Sequence[Column], agents: Iterable[str] | None = None) -> Table:
    """These columns of all agents, or of some."""
    rows = tuple(
        (label(agent), *(column.cell(run, agent) for column in columns))
        for agent in (run.figures if agents is None else agents)
    )
    return Table(title, ("agent", *(column.heading for column in columns)), rows)


def without_intervals(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The same, but only the first has its interval."""
    return (*columns[:1], *(replace(column, bare=True) for column in columns[1:]))


def in_brief(run: Run) -> list[Table]:
    """The tables for a terminal: main figures, those of models if there are any, scores by tier."""
    (count, *_) = (len(seeds) for seeds in run.seeds.values())
    title = f"By agent, mean of the tiers ({run.split} split, {count} episodes of each of {', '.join(run.seeds)})"
    return [
        figure_table(title, run, without_intervals((*AUDIT[:3], *MONITOR, AUDIT[-1]))),
        *of_models(run, without_intervals(MODEL)),
        by_tier(run, "score"),
    ]


def of_models(run: Run, columns: Sequence[Column] = MODEL) -> list[Table]:
    """The table of models: how their answers could be read, and their cost; none where no model plays."""
    title = "Language models, means of an episode, mean of the tiers"
    return [figure_table(title, run, columns, run.settings)] if run.settings else []


def by_tier(run: Run, metric: str, paired: bool = False) -> Table:
    """One metric of every agent, tier by tier; paired: by how much it is above the baseline's on the same seeds."""
    columns = [Column(tier, metric, tier=tier, paired=paired) for tier in (*run.seeds, OVERALL)]
    name = METRICS[metric]
    title = f"{name[:1].upper()}{name[1:]}" + (f" less {run.baseline}'s by tier, paired" if paired else " by tier")
    return figure_table(title, run, columns, run.differences if paired else None)


def tables(run: Run) -> list[Table]:
    """All tables of table.md."""
    paired = Column(f"score less {run.baseline}'s", "score", paired=True)
    return [
        figure_table("By agent, mean of the tiers", run, (AUDIT[0], paired, *AUDIT[1:])),
        *of_models(run),
        figure_table("As a monitor, mean of the tiers", run, MONITOR),
        figure_table("Flags and claims, mean of the tiers", run, FLAGS),
        *(by_tier(run, metric) for metric in METRICS),
        *(by_tier(run, metric, paired=True) for metric in METRICS if run.differences),
        figure_table("Recall by error type, mean of the tiers", run, _by_error_type(run)),
        figure_table("Faults found, mean of the tiers", run, [Column(fault, f"found {fault}", 2) for fault in FAULTS]),
    ]


def _by_error_type(run: Run) -> list[Column]:
    """Recall of each error type that there was."""
    some = run.figures[run.agents[0]][OVERALL]
    return [Column(kind, f"recall {kind}", 2) for kind in ERROR_TYPES if some[f"recall {kind}"] is not None]


def page(run: Run) -> str:
    """The text of table.md: the tables, what their figures mean, and the command that made them."""
    (count, *_) = (len(seeds) for seeds in run.seeds.values())
    notes = Path(__file__).with_name("table_notes.md").read_text(encoding="utf-8")
    asked = {
        agent: ", ".join(f"{name} {'not given' if value is None else value}" for name, value in settings.items())
        for agent, settings in run.settings.items()
    }
    return "".join(
        (
            f"# Evaluation on the {run.split} split\n\n",
            f"{len(run.agents)} agents on the same {count} seeds of each tier ({', '.join(run.seeds)}).\n\n",
            *(f"## {table.title}\n\n{as_markdown(table)}\n" for table in tables(run)),
            *(f"{sentence}\n\n" for sentence in in_words(run)),
            notes.format(resamples=RESAMPLES),
            *(f"\n{agent} asked its model with {settings}.\n" for agent, settings in asked.items()),
            PUBLISHED if run.split == "reference" else "",
            f"\n{run.made.words}:\n\n    {run.made.command}\n",
        )
    )


def as_markdown(table: Table) -> str:
    """The table without its title, to the end of its last line."""
    cells = (table.columns, *table.rows)
    ruler = "|---" + "|--:" * (len(table.columns) - 1) + "|"
    # A model or a folder may be called anything, and what it is called must not become a column or a tag.
    rows = [f"| {' | '.join(html.escape(cell, quote=False).replace('|', '&#124;') for cell in row)} |" for row in cells]
    return "\n".join((rows[0], ruler, *rows[1:], ""))
