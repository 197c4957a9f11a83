"""Score by tier and agent, with its interval.

An agent is a row and a tier a column of its own, so that nothing needs a colour and no two points meet.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..blind import BEST_BLIND
from ..results import Run
from ..results_file import Told
from .style import FINE_PT, GREY, columns, known, name, sheet, whiskers

_NOTE = (
    "Score: F1.5 of an episode, or the share approved where nothing was wrong; the mean over the episodes, with its "
    "95 % bootstrap interval over episodes. Overall is the mean of the tiers."
)


def draw_score(run: Run | Told) -> Figure:
    """Dots with whiskers, a column for each tier."""
    tiers = columns(run)
    dashed = " The dashed line is the best of all that look at no evidence." if BEST_BLIND in run.figures else ""
    height = 1.8 + 0.34 * len(run.figures)
    figure = sheet(run, "Score by tier and agent", _NOTE + dashed, width=1.6 + 1.7 * len(tiers), height=height)
    plots = figure.subplots(1, len(tiers), sharey=True, squeeze=False)[0]
    for plot, tier in zip(plots, tiers, strict=True):
        _column(plot, run, tier)
    plots[0].set_yticks(range(len(run.figures)), [name(agent) for agent in run.figures])
    plots[0].invert_yaxis()
    return figure


def _column(plot: Axes, run: Run | Told, tier: str) -> None:
    for row, agent in enumerate(run.figures):
        score = known(run.figures[agent][tier]["score"])
        plot.errorbar(
            score.value, row, xerr=whiskers(score), fmt="o", color="black", markersize=4, capsize=2, linewidth=1
        )
        plot.text(1.08, row, f"{score.value:.2f}", va="center", fontsize=FINE_PT)
    if BEST_BLIND in run.figures:
        plot.axvline(known(run.figures[BEST_BLIND][tier]["score"]).value, color=GREY, linestyle="dashed", linewidth=0.8)
    plot.set_title(tier)
    plot.set_xlabel("score")
    plot.set_xlim(-0.04, 1.04)
    plot.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    plot.grid(axis="y", color=GREY, linewidth=0.4)
    plot.tick_params(axis="y", length=0)
