"""Score and skill less those of the agent that the others are compared with, with paired intervals.

A column for each figure and tier: what lies to the right of the line at 0 with its whole interval is better.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...validation.certificate import Interval
from ..agents import label
from ..results import Run
from ..table import METRICS
from .style import FINE_PT, GREY, known, name, sheet, whiskers

_NOTE = (
    "Mean of the differences episode by episode, with its 95 % bootstrap interval over episodes. Score: F1.5, or the "
    "share approved where nothing was wrong. Skill: 0 is flagging everything, 1 a faultless audit."
)


def draw_differences(run: Run) -> Figure:
    """Dots with whiskers, a row for each agent but the baseline."""
    agents = [agent for agent in run.agents if agent != run.baseline]
    shown = [(metric, tier) for metric in METRICS for tier in run.tiers]
    title = f"Score and skill less those of {label(run.baseline)}"
    figure = sheet(run, title, _NOTE, width=1.6 + 2.0 * len(shown), height=1.8 + 0.34 * len(agents))
    plots = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for plot, (metric, tier) in zip(plots, shown, strict=True):
        _column(plot, [known(run.differences[agent][tier][metric]) for agent in agents])
        plot.set_title(f"{metric}, {tier}")
    plots[0].set_yticks(range(len(agents)), [name(agent) for agent in agents])
    plots[0].invert_yaxis()
    return figure


def _column(plot: Axes, differences: list[Interval]) -> None:
    for row, one in enumerate(differences):
        plot.errorbar(one.value, row, xerr=whiskers(one), fmt="o", color="black", markersize=4, capsize=2, linewidth=1)
        plot.annotate(
            f"{one.value:+.2f}", (one.value, row), (0, 4), textcoords="offset points", ha="center", fontsize=FINE_PT
        )
    plot.axvline(0, color=GREY, linewidth=0.8)
    plot.margins(x=0.15, y=0.2)
    plot.tick_params(axis="y", length=0)
