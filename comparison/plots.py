"""The plots of an evaluation, readable in black and white.

    draw(run, Path("outputs/eval/test"))        # score.png

They show the figures of the run and compute none of their own. They start from Matplotlib's default style, and not
from the settings of the machine: the same run makes the same bytes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from .agents import label
from .intervals import Interval
from .results import OVERALL, Run
from .table import METRICS, NOTHING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

DPI = 150
FINE_PT = 8
"""Size of the smallest letters, in points."""
GREY = "0.6"
"""Of what is not data: grids and limits."""
LINES: tuple[LineStyleType, ...] = ("solid", "dashed", "dashdot", "dotted")
"""Of the tiers, from the easiest on."""
_NAME = 20
"""Letters on a line of an agent's name."""
_PIECE = rf"[^\s:/_-]{{1,{_NAME - 1}}}[\s:/_-]?|[\s:/_-]"
"""Of a name, which is not broken within one: react:organisation/Model-7B-Instruct has five."""
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": FINE_PT,
    "legend.frameon": False,
    "xtick.labelsize": FINE_PT,
    "ytick.labelsize": FINE_PT,
}
_SCORE_NOTE = (
    "Score: F1.5 of an episode, or the share approved where nothing was wrong; the mean over the episodes, with its "
    "95 % bootstrap interval over episodes. Overall is the mean of the tiers. Fault F1 is of the claims about what the "
    "Actor did, the mean of the tiers."
)
_DIFFERENCES_NOTE = (
    "Mean of the differences episode by episode, with its 95 % bootstrap interval over episodes. Score: F1.5, or the "
    "share approved where nothing was wrong. Skill: 0 is flagging everything, 1 a faultless audit. Fault F1: of the "
    "claims about what the Actor did."
)


def drawing() -> AbstractContextManager[None]:
    """As a context: draw and save in our style, and leave matplotlib as it was."""
    import matplotlib.style

    return matplotlib.style.context(["default", _STYLE])


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG without the name of the software that made it: equal pictures are equal bytes."""
    figure.savefig(path, metadata={"Software": None})
    return path


def draw(run: Run, folder: Path) -> Path:
    """Draw the scores of a run, as PNG of 150 dpi, into a folder that is there. Returns the file."""
    with drawing():
        return save(draw_score(run), folder / "score.png")


def draw_score(run: Run) -> Figure:
    """Score with its interval: a row for each agent and a column for each tier, so that nothing needs a colour.

    The last column is the fault F1.
    """
    tiers = (*run.seeds, OVERALL) if len(run.seeds) > 1 else tuple(run.seeds)
    shown = {**{tier: ("score", tier) for tier in tiers}, "fault F1": ("fault_f1", OVERALL)}
    title = "Score by tier and fault F1, by agent"
    figure, plots = _sheet(run, title, _SCORE_NOTE, run.figures, tuple(shown), 1.7)
    for heading, plot in plots.items():
        metric, tier = shown[heading]
        for row, agent in enumerate(run.figures):
            score = run.figures[agent][tier].get(metric)
            if score is not None:
                _dot(plot, row, score)
            text = NOTHING if score is None else f"{score.value:.2f}"
            plot.text(1.08, row, text, va="center", fontsize=FINE_PT)
        plot.set_xlabel("score" if metric == "score" else heading)
        plot.set_xlim(-0.04, 1.04)
        plot.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        plot.grid(axis="y", color=GREY, linewidth=0.4)
    return figure


def draw_differences(run: Run) -> Figure:
    """Score, skill and fault F1 less the baseline's: a row for each other agent and a column for each figure and tier.

    What lies to the right of the line at 0 with its whole interval is better.
    """
    shown = {f"{METRICS[metric]}, {tier}": (metric, tier) for metric in METRICS for tier in run.seeds}
    title = f"Score, skill and fault F1 less those of {label(run.baseline)}"
    figure, plots = _sheet(run, title, _DIFFERENCES_NOTE, run.differences, tuple(shown), 2.0)
    for heading, plot in plots.items():
        metric, tier = shown[heading]
        for row, agent in enumerate(run.differences):
            if (difference := run.differences[agent][tier][metric]) is None:
                continue
            _dot(plot, row, difference)
            at, above = (difference.value, row), (0, 4)
            plot.annotate(
                f"{difference.value:+.2f}", at, above, textcoords="offset points", ha="center", fontsize=FINE_PT
            )
        plot.axvline(0, color=GREY, linewidth=0.8)
        plot.margins(x=0.15, y=0.2)
    return figure


def _sheet(
    run: Run, title: str, note: str, agents: Collection[str], columns: Sequence[str], inches: float
) -> tuple[Figure, dict[str, Axes]]:
    """A figure with its title, what it is of and how to read it, and its empty columns of so many inches by heading."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout, width = ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06), 1.6 + inches * len(columns)
    figure = Figure(figsize=(width, 1.8 + 0.34 * len(agents)), dpi=DPI, layout=layout)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    text = f"{sample(run)} {note} Synthetic data, not for clinical use."
    # Some 16 letters of this size fit on an inch.
    figure.supxlabel(textwrap.fill(text, int(width * 16)), x=0.01, ha="left", fontsize=FINE_PT)
    plots = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    plots[0].set_yticks(range(len(agents)), [name(agent) for agent in agents])
    plots[0].invert_yaxis()
    for plot, heading in zip(plots, columns, strict=True):
        plot.set_title(heading)
        plot.tick_params(axis="y", length=0)
    return figure, dict(zip(columns, plots, strict=True))


def _dot(plot: Axes, row: int, figure: Interval) -> None:
    """Mark a figure with its interval."""
    # No end of a whisker is negative, though equal values may differ in their last digit.
    whiskers = [[max(0.0, figure.value - figure.low)], [max(0.0, figure.high - figure.value)]]
    plot.errorbar(figure.value, row, xerr=whiskers, fmt="o", color="black", markersize=4, capsize=2, linewidth=1)


def sample(run: Run) -> str:
    """How many episodes there are, as a sentence."""
    (count, *_) = map(len, run.seeds.values())
    return f"{run.split.capitalize()} split, {count} episode{'s' * (count > 1)} of each tier, the same for every agent."


def name(agent: str) -> str:
    """An agent's name on lines that are short enough for the side or the head of a plot."""
    lines = [""]
    for piece in re.findall(_PIECE, label(agent)):
        if len((lines[-1] + piece).rstrip()) > _NAME:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
