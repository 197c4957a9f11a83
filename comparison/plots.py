"""The plots of an evaluation, readable in black and white.

    draw(run, Path("outputs/eval/test"))        # score.png

They show the figures of the run and compute none of their own. They start from Matplotlib's default style, and not
from the settings of the machine: the same run makes the same bytes.
"""

from __future__ import annotations

import textwrap
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from .agents import label
from .results import OVERALL, Run
from .table import NOTHING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import LineStyleType

DPI = 150
FINE_PT = 8
"""Size of the smallest letters, in points."""
GREY = "0.6"
"""The colour of grids."""
LINES: tuple[LineStyleType, ...] = ("solid", "dashed", "dashdot", "dotted")
"""A style for each tier, from the easiest on."""
_NAME = 24
"""Letters on a line of an agent's name."""
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
_NOTE = (
    "Score: F1.5 of an episode, or the share approved where nothing was wrong; the mean over the episodes, with its "
    "95 % bootstrap interval over episodes. Overall is the mean of the tiers. Fault F1 is of the claims about what the "
    "Actor did, the mean of the tiers. Synthetic data, not for clinical use."
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
    """Draw score.png into a folder that is there: score with its interval by tier, and fault F1. Returns the file.

    It has a row for each agent and a column for each tier, so that nothing needs a colour.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    tiers = (*run.seeds, OVERALL) if len(run.seeds) > 1 else tuple(run.seeds)
    shown = {**{tier: ("score", tier) for tier in tiers}, "fault F1": ("fault_f1", OVERALL)}
    with drawing():
        layout, width = ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06), 1.6 + 1.7 * len(shown)
        sheet = Figure(figsize=(width, 1.8 + 0.34 * len(run.agents)), dpi=DPI, layout=layout)
        sheet.suptitle("Score by tier and fault F1, by agent", x=0.01, ha="left", fontsize=11)
        # Some 16 letters of this size fit on an inch.
        note = f"Seeds of each tier, of the {run.split} split: {len(run.seeds[tiers[0]])}. {_NOTE}"
        sheet.supxlabel(textwrap.fill(note, int(width * 16)), x=0.01, ha="left", fontsize=FINE_PT)
        plots = sheet.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        names = [textwrap.fill(label(agent), _NAME) for agent in run.agents]
        plots[0].set_yticks(range(len(run.agents)), names)
        plots[0].invert_yaxis()
        for plot, (heading, (metric, tier)) in zip(plots, shown.items(), strict=True):
            plot.set_title(heading)
            plot.set_xlabel("score" if metric == "score" else heading)
            plot.set_xlim(-0.04, 1.04)
            plot.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            plot.tick_params(axis="y", length=0)
            plot.grid(axis="y", color=GREY, linewidth=0.4)
            for row, figures in enumerate(run.figures.values()):
                figure = figures[tier].get(metric)
                words = NOTHING if figure is None else f"{figure.value:.2f}"
                plot.text(1.08, row, words, va="center", fontsize=FINE_PT)
                if figure is not None:
                    ends = [[figure.value - figure.low], [figure.high - figure.value]]
                    plot.errorbar(
                        figure.value, row, xerr=ends, fmt="o", color="black", markersize=4, capsize=2, linewidth=1
                    )
        return save(sheet, folder / "score.png")
