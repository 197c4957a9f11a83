"""The picture of a comparison: speed, latency and processor time by the number of sessions, a line for each server.

draw(report, folder / "server.png")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from synth_audit_env.benchmarks.figures import AIM_SESSIONS, LEAST_RATIO
from synth_audit_env.comparison.plots.style import DPI, FINE_PT, GREY, drawing, mark, save

FOOT = "Points: medians of the rounds; bars: the least and the greatest round. The servers took turns on one machine."
Figures = Mapping[str, float]
"""Median, low and high."""


def draw(report: Mapping[str, Any], path: Path) -> None:
    """Write the picture of a report."""
    with drawing():
        figure = Figure(figsize=(10.0, 7.4), dpi=DPI, layout="constrained")
        figure.suptitle("Steps of an audit over the WebSocket", x=0.01, ha="left", fontsize=11)
        figure.supxlabel(f"{_machine(report)} {FOOT}", x=0.01, ha="left", fontsize=FINE_PT)
        (speed, share), (late, cost) = figure.subplots(2, 2)
        _panel(speed, report, "Steps a second", lambda cell: cell["steps_per_s"], log=True)
        _panel(share, report, "Steps a second, of openenv-async", lambda cell: cell["ratios"]["steps_per_s"])
        share.axhline(LEAST_RATIO, color=GREY, linewidth=0.8, linestyle="dotted")
        share.annotate(
            f"dotted: aim at {AIM_SESSIONS} sessions, {LEAST_RATIO}",
            (0.5, LEAST_RATIO),
            xycoords=("axes fraction", "data"),
            # Over the line at 1, where the bars of slower servers do not reach.
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=FINE_PT,
        )
        share.set_ylim(bottom=0.0)
        _panel(late, report, "99th percentile of a step, ms", lambda cell: cell["p99_ms"], log=True)
        _panel(cost, report, "Processor time of the server for a step, µs", lambda cell: cell["processor_us_per_step"])
        cost.set_ylim(bottom=0.0)
        figure.legend(*speed.get_legend_handles_labels(), loc="outside upper right", ncols=5)
        save(figure, path)


def _panel(
    plot: Axes, report: Mapping[str, Any], title: str, chosen: Callable[[Mapping[str, Any]], Figures], log: bool = False
) -> None:
    names = list(dict.fromkeys(cell["server"] for cell in report["cells"]))
    counts = sorted({cell["sessions"] for cell in report["cells"]})
    for number, name in enumerate(names):
        cells = [cell for cell in report["cells"] if cell["server"] == name]
        places = [counts.index(cell["sessions"]) for cell in cells]
        told = [chosen(cell) for cell in cells]
        shape, _ = mark(number)
        plot.errorbar(
            # A little apart, or the bars of five servers would hide each other.
            [place + 0.06 * (number - (len(names) - 1) / 2) for place in places],
            [one["median"] for one in told],
            yerr=[[one["median"] - one["low"] for one in told], [one["high"] - one["median"] for one in told]],
            label=name,
            color="black" if name.startswith("ours") else "0.55",
            marker=shape,
            markerfacecolor="black" if name == "ours" else "white",
            markersize=5,
            linewidth=1,
            elinewidth=0.8,
            capsize=2,
        )
    plot.set_title(title, loc="left")
    plot.set_xticks(range(len(counts)), [str(count) for count in counts])
    plot.set_xlabel("sessions")
    if log:
        plot.set_yscale("log")
        plot.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        plot.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        plot.yaxis.set_minor_formatter(NullFormatter())
    plot.grid(axis="y", color="0.9", linewidth=0.5)


def _machine(report: Mapping[str, Any]) -> str:
    machine = report["machine"]
    return f"{machine['cores']} cores ({machine['processor']}), shared with the client."
