"""Reliability diagrams: of the proposals that an agent calls wrong with some probability, how many are.

An agent is a plot: points against the diagonal, and under them how many proposals stand behind each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest

from synth_audit_env.comparison.metrics import BINS
from synth_audit_env.comparison.plots.style import FINE_PT, GREY, headline, sheet
from synth_audit_env.comparison.results import OVERALL, Decision, Run

_ACROSS = 3
_NOTE = (
    f"{BINS} bins of equal width over all proposals; a point stands at the mean probability of its bin, with the 95 % "
    "Wilson interval of the share of wrong ones (proposals taken as independent), and the numbers count its proposals. "
    "Over each plot: the expected calibration error, mean of the tiers, with its 95 % bootstrap interval over episodes."
)


@dataclass(frozen=True, slots=True)
class Bin:
    """The proposals whose p_wrong is within a tenth."""

    said: float
    """Their mean p_wrong."""
    wrong: int
    count: int


def bins(decisions: Iterable[Decision]) -> dict[int, Bin]:
    """The bins that are not empty, by number from 0; a p_wrong of 1 is in the last."""
    held: dict[int, list[Decision]] = {}
    for decision in decisions:
        held.setdefault(min(int(decision.p_wrong * BINS), BINS - 1), []).append(decision)
    return {
        number: Bin(
            said=sum(one.p_wrong for one in inside) / len(inside),
            wrong=sum(one.is_wrong for one in inside),
            count=len(inside),
        )
        for number, inside in sorted(held.items())
    }


def draw_calibration(run: Run) -> Figure:
    """A plot for each agent."""
    rows = -(-len(run.agents) // _ACROSS)
    figure = sheet(run, "Calibration of the confidences", _NOTE, width=12.0, height=1.2 + 3.0 * rows)
    drawn = figure.subplots(2 * rows, _ACROSS, sharex=True, squeeze=False, height_ratios=[5, 1] * rows)
    pairs = [(drawn[2 * row, column], drawn[2 * row + 1, column]) for row in range(rows) for column in range(_ACROSS)]
    for agent, (diagram, counts) in zip(run.agents, pairs, strict=False):
        filled = bins(one for episode in run.played(agent) for one in episode.decisions)
        _draw_shares(diagram, filled)
        _draw_counts(counts, filled)
        diagram.set_title(headline(agent, "calibration error", run.figures[agent][OVERALL]["calibration_error"]))
    for pair in pairs[len(run.agents) :]:
        for spare in pair:
            spare.remove()
    return figure


def _draw_shares(plot: Axes, filled: Mapping[int, Bin]) -> None:
    plot.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    for one in filled.values():
        share = one.wrong / one.count
        within = binomtest(one.wrong, one.count).proportion_ci(method="wilson")
        whisker = [[share - within.low], [within.high - share]]
        plot.errorbar(one.said, share, yerr=whisker, fmt="o", color="black", markersize=4, capsize=2, linewidth=1)
    plot.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    plot.set_ylabel("share wrong")


def _draw_counts(plot: Axes, filled: Mapping[int, Bin]) -> None:
    middles = [(number + 0.5) / BINS for number in filled]
    counts = [one.count for one in filled.values()]
    bars = plot.bar(middles, counts, width=0.8 / BINS, color="white", edgecolor="black", hatch="////")
    plot.bar_label(bars, fontsize=FINE_PT, padding=1)
    plot.set_ylim(0, 1.5 * max(counts))  # room for the numbers
    plot.set_yticks([])
    plot.spines["left"].set_visible(False)
    plot.tick_params(labelbottom=True)
    plot.set_xlabel("probability of being wrong")
