"""What the plots share: fonts, marks that print in black and white, captions, and files without a date in them.

    with drawing():
        figure = sheet(run, "Score by tier", width=9.0, height=4.0)
        ...
        save(figure, folder / "score.png")

Matplotlib's default style is the start, whatever the machine's own settings say: the same run makes the same bytes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...validation.certificate import Interval
from ..agents import label
from ..results import OVERALL, Run
from ..results_file import Told

try:
    import matplotlib.style
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.typing import LineStyleType
except ImportError as missing:
    raise ImportError("Plots need the extra `eval`: pip install -e '.[eval]', or uv sync --extra eval") from missing

DPI = 150
FINE_PT = 8
"""Size of the smallest letters, in points."""
GREY = "0.6"
"""Of whatever is not data: grids and limits."""
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


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and save in our style, and leave matplotlib as it was."""
    with matplotlib.style.context(["default", _STYLE]):
        yield


def sheet(run: Run | Told, title: str, note: str, *, width: float, height: float) -> Figure:
    """An empty figure of so many inches with its title, and under it what the figures are of, and how to read them."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    told = f"{sample(run)} {note} Synthetic data, not for clinical use."
    # Some 16 letters of this size fit on an inch.
    figure.supxlabel(textwrap.fill(told, int(width * 16)), x=0.01, ha="left", fontsize=FINE_PT)
    return figure


def sample(run: Run | Told) -> str:
    """How many episodes there are, as a sentence."""
    counts = {tier: len(seeds) for tier, seeds in run.seeds.items()}
    if len(set(counts.values())) == 1:
        each = next(iter(counts.values()))
        told = f"{each} episode{'s' if each > 1 else ''} of each tier"
    else:
        told = "episodes: " + ", ".join(f"{count} {tier}" for tier, count in counts.items())
    return f"{run.split.capitalize()} split, {told}, the same for every agent."


def name(agent: str) -> str:
    """An agent's name on lines that are short enough for the side or the head of a plot."""
    lines = [""]
    for piece in re.findall(_PIECE, label(agent)):
        if len((lines[-1] + piece).rstrip()) > _NAME:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def columns(run: Run | Told) -> tuple[str, ...]:
    """The tiers, and behind them all together where there are several."""
    return (*run.seeds, OVERALL) if len(run.seeds) > 1 else tuple(run.seeds)


def known(figure: Interval | None) -> Interval:
    """A figure that every episode has."""
    assert figure is not None, "every episode has it"
    return figure


def whiskers(figure: Interval) -> list[list[float]]:
    """An interval as errorbar takes it: no end is negative, though equal values may differ in their last digit."""
    return [[max(0.0, figure.value - figure.low)], [max(0.0, figure.high - figure.value)]]


def save(figure: Figure, path: Path) -> Path:
    """Write a PNG. It does not say with what it was made, so that bytes differ only where the picture does."""
    figure.savefig(path, metadata={"Software": None})
    return path
