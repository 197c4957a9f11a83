"""What the plots show is what the run says, point by point."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes

from synth_audit_env.comparison.plots.score import draw_score
from synth_audit_env.comparison.plots.style import drawing
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.tests.comparison.real_run import run


def _points(plot: Axes) -> list[tuple[float, float]]:
    """Of errorbar, in the order drawn."""
    return [tuple(container.lines[0].get_xydata()[0]) for container in plot.containers]


def _whiskers(plot: Axes) -> list[tuple[float, float]]:
    """Of errorbar, sideways."""
    return [tuple(container.lines[2][0].get_segments()[0][:, 0]) for container in plot.containers]


def test_scores_and_their_intervals_by_tier_and_agent():
    shown = run()
    with drawing():
        plots = draw_score(shown).axes
    assert [plot.get_title() for plot in plots] == ["easy", "medium", "hard", "expert", OVERALL]
    assert plots[0].yaxis_inverted()  # the first agent is on top
    for plot in plots:
        figures = [shown.figures[agent][plot.get_title()]["score"] for agent in shown.agents]
        assert _points(plot) == [(one.value, row) for row, one in enumerate(figures)]
        assert _whiskers(plot) == [pytest.approx((one.low, one.high)) for one in figures]
        assert [text.get_text() for text in plot.texts] == [f"{one.value:.2f}" for one in figures]
