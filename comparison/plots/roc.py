"""ROC curves: how many errors an agent would catch at each rate of false alarms, if its confidences set the threshold.

An agent is a plot and a tier a style of line; dots are all that an agent of few different answers can reach. The grey
upright line stands where the catch rate is read.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.metrics import roc_curve

from synth_audit_env.comparison.metrics import FALSE_ALARMS
from synth_audit_env.comparison.plots.style import GREY, LINES, grid, headline, sheet
from synth_audit_env.comparison.results import OVERALL, Run

_ACROSS = 4
_FEW = 5
"""Up to so many points of a curve are drawn as dots too: an agent that is equally sure of all its answers has three."""
_NOTE = (
    "All proposals of a tier together, by the agent's probability that a proposal is wrong; nothing is interpolated "
    "between the thresholds that there are, and where they are few a dot stands for each. Over each plot: the catch "
    "rate at 5 % false alarms, mean of the tiers, with its 95 % bootstrap interval over episodes."
)


def draw_roc(run: Run) -> Figure:
    """A plot for each agent, a line for each tier."""
    rows = -(-len(run.agents) // _ACROSS)
    figure = sheet(run, "Errors caught by false alarms (ROC)", _NOTE, width=10.0, height=1.6 + 2.8 * rows)
    for plot, agent in zip(
        grid(figure, len(run.agents), _ACROSS, "false alarms", "errors caught"), run.agents, strict=True
    ):
        _curves(plot, run, agent)
    lines = [
        Line2D([], [], color="black", linestyle=LINES[number], label=tier) for number, tier in enumerate(run.tiers)
    ]
    limit = Line2D([], [], color=GREY, linewidth=2, label=f"{FALSE_ALARMS:.0%} false alarms".replace("%", " %"))
    figure.legend(handles=[*lines, limit], loc="outside upper right", ncols=len(lines) + 1)
    return figure


def _curves(plot: Axes, run: Run, agent: str) -> None:
    plot.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    plot.axvline(FALSE_ALARMS, color=GREY, linewidth=2)
    for number, tier in enumerate(run.tiers):
        decisions = [decision for episode in run.episodes[agent][tier] for decision in episode.decisions]
        wrong = [one.is_wrong for one in decisions]
        if len(set(wrong)) < 2:
            continue  # without both wrong and right proposals there is no curve
        # Every threshold: by default those on a straight line are dropped, and the steps between them with them.
        alarms, caught, _ = roc_curve(wrong, [one.p_wrong for one in decisions], drop_intermediate=False)
        plot.step(
            alarms,
            caught,
            where="post",
            color="black",
            linestyle=LINES[number],
            linewidth=1.2,
            # Of few thresholds the steps show little: what can be reached is their corners.
            marker="o" if len(alarms) <= _FEW else None,
            markersize=4,
        )
    plot.set_title(headline(agent, "catch rate", run.figures[agent][OVERALL]["catch_rate"]))
    plot.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
