"""Recall by error type and agent, as a heat map with the numbers in its cells.

A cell is blank where no proposal was wrong in that way. The darker, the more were flagged.
"""

from __future__ import annotations

from collections import Counter

from matplotlib.figure import Figure

from synth_audit_env.comparison.plots.style import FINE_PT, GREY, name, sheet
from synth_audit_env.comparison.results import OVERALL, Run
from synth_audit_env.server.protocol import ERROR_TYPES

_DARK = 0.65
"""The recall from which on a cell is too dark for black letters."""
_NOTE = (
    "Recall: share of the wrong proposals of a kind that were flagged, mean of the tiers that have it, with its 95 % "
    "bootstrap interval over episodes under it. n: how many there were; blank where there were none."
)


def draw_recall(run: Run) -> Figure:
    """A row for each agent, a column for each kind of error."""
    figure = sheet(run, "Recall by error type and agent", _NOTE, width=10.6, height=2.6 + 0.42 * len(run.agents))
    plot = figure.subplots()
    cells = [[run.figures[agent][OVERALL][f"recall {kind}"] for kind in ERROR_TYPES] for agent in run.agents]
    shades = [[float("nan") if cell is None else cell.value for cell in row] for row in cells]
    image = plot.imshow(shades, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    figure.colorbar(image, label="recall", shrink=0.6)
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            if cell is not None:
                told = f"{cell.value:.2f}\n{cell.low:.2f} to {cell.high:.2f}"
                ink = "white" if cell.value > _DARK else "black"
                plot.text(x, y, told, ha="center", va="center", fontsize=FINE_PT, color=ink)
    plot.set_xticks(range(len(ERROR_TYPES)), _heads(run))
    plot.set_yticks(range(len(run.agents)), [name(agent) for agent in run.agents])
    # Lines between the cells are the grid of minor ticks.
    plot.set_xticks([x - 0.5 for x in range(1, len(ERROR_TYPES))], minor=True)
    plot.set_yticks([y - 0.5 for y in range(1, len(run.agents))], minor=True)
    plot.grid(which="minor", color=GREY, linewidth=0.4)
    plot.tick_params(which="both", length=0)
    return figure


def _heads(run: Run) -> list[str]:
    """The kinds of error, and how many proposals were wrong in which way: the same for every agent."""
    kinds = Counter(one.error_type for episode in run.played(run.agents[0]) for one in episode.decisions)
    return [f"{kind.replace('_', chr(10))}\nn = {kinds[kind]}" for kind in ERROR_TYPES]
