"""Score against tool calls: what looking things up brings each agent.

A tier is a plot and an agent a mark.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synth_audit_env.comparison.plots.style import GREY, grid, known, mark, name, sheet, whiskers
from synth_audit_env.comparison.results import Run

_NOTE = (
    "Means over the episodes; the whiskers are their 95 % bootstrap intervals over episodes, sideways too. Calls are "
    "those of the five evidence tools that were answered."
)


def draw_tool_calls(run: Run) -> Figure:
    """A plot for each tier, its agents by calls and score."""
    across = min(2, len(run.tiers))
    rows = -(-len(run.tiers) // across)
    figure = sheet(run, "Score by tool calls", _NOTE, width=2.0 + 3.6 * across, height=1.2 + 2.9 * rows)
    plots = grid(figure, len(run.tiers), across, "tool calls", "score")
    for plot, tier in zip(plots, run.tiers, strict=True):
        _scatter(plot, run, tier)
    handles, names = plots[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right upper", labelspacing=1.0)
    return figure


def _scatter(plot: Axes, run: Run, tier: str) -> None:
    for number, agent in enumerate(run.agents):
        calls, score = known(run.figures[agent][tier]["tool_calls"]), known(run.figures[agent][tier]["score"])
        shape, fill = mark(number)
        plot.errorbar(
            calls.value,
            score.value,
            xerr=whiskers(calls),
            yerr=whiskers(score),
            color="black",
            linestyle="none",
            ecolor=GREY,
            elinewidth=1,
            markersize=7,
            label=name(agent),
            marker=shape,
            markerfacecolor=fill,
        )
    plot.set_title(tier)
    plot.set_ylim(-0.04, 1.04)
