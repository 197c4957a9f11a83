"""What the plots show is what the run says, point by point."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synth_audit_env.comparison.metrics import FALSE_ALARMS, calibration_error
from synth_audit_env.comparison.plots import PLOTS
from synth_audit_env.comparison.plots.calibration import bins
from synth_audit_env.comparison.plots.style import drawing, name
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.server.protocol import ERROR_TYPES
from synth_audit_env.tests.comparison.made_up import AGE, decision, episode, run_of
from synth_audit_env.tests.comparison.real_run import run


def _of(plot: str, shown) -> Figure:
    with drawing():
        return PLOTS[plot](shown)


def _points(plot: Axes) -> list[tuple[float, float]]:
    """Of errorbar, in the order drawn."""
    return [tuple(container.lines[0].get_xydata()[0]) for container in plot.containers]


def _whiskers(plot: Axes, direction: int) -> list[tuple[float, float]]:
    """Sideways (0) or upright (1): errorbar keeps them in this order, those that there are."""
    return [tuple(container.lines[2][-direction].get_segments()[0][:, direction]) for container in plot.containers]


def test_scores_and_their_intervals_by_tier_and_agent():
    shown = run()
    plots = _of("score", shown).axes
    assert [plot.get_title() for plot in plots] == ["easy", "medium", "hard", "expert", OVERALL]
    assert plots[0].yaxis_inverted()  # the first agent is on top
    for plot in plots:
        figures = [shown.figures[agent][plot.get_title()]["score"] for agent in shown.agents]
        assert _points(plot) == [(one.value, row) for row, one in enumerate(figures)]
        assert _whiskers(plot, 0) == [pytest.approx((one.low, one.high)) for one in figures]
        assert [text.get_text() for text in plot.texts] == [f"{one.value:.2f}" for one in figures]


def test_recalls_are_written_into_their_cells_and_blank_where_there_were_none():
    flags = [decision(1.0, AGE, AGE), decision(0.0, AGE), decision(1.0, AGE, AGE), decision(0.0)]
    shown = run_of([episode(*flags, agent=agent) for agent in ("flag-all", "heuristic")])
    plot = _of("recall", shown).axes[0]
    assert [(text.get_position(), text.get_text()) for text in plot.texts] == [
        ((ERROR_TYPES.index(AGE), row), "0.67\n0.67 to 0.67") for row in range(2)
    ]
    heads = [tick.get_text() for tick in plot.get_xticklabels()]
    assert heads[ERROR_TYPES.index(AGE)] == "age\nboundary\nerror\nn = 3"
    assert sum(head.endswith("n = 0") for head in heads) == len(ERROR_TYPES) - 1
    shades = plot.images[0].get_array()
    assert shades[0, ERROR_TYPES.index(AGE)] == pytest.approx(2 / 3)
    assert np.ma.getmaskarray(shades).sum() == 2 * (len(ERROR_TYPES) - 1)


@pytest.mark.parametrize("recall", [0.0, 0.5, 1.0])
def test_letters_stand_out_from_their_cell(recall):
    flags = [decision(1.0, AGE, AGE if place < recall * 2 else None) for place in range(2)]
    plot = _of("recall", run_of([episode(*flags)])).axes[0]
    shade = plot.images[0].to_rgba(plot.images[0].get_array())[0, ERROR_TYPES.index(AGE), 0]
    ink = {"black": 0.0, "white": 1.0}[plot.texts[0].get_color()]
    if shade > 1:
        shade /= 255
    assert abs(shade - ink) > 0.4


def test_a_curve_meets_the_line_of_five_percent_at_the_catch_rate():
    shown = run()
    for agent, plot in zip(shown.agents, _of("roc", shown).axes, strict=True):
        assert plot.get_title().startswith(name(agent))
        _diagonal, limit, *curves = plot.lines
        assert list(limit.get_xdata()) == [FALSE_ALARMS, FALSE_ALARMS]
        assert len({str(curve.get_linestyle()) for curve in curves}) == len(shown.tiers)
        for tier, curve in zip(shown.tiers, curves, strict=True):
            assert curve.get_drawstyle() == "steps-post"
            alarms, caught = curve.get_data()
            assert caught[alarms <= FALSE_ALARMS].max() == pytest.approx(shown.figures[agent][tier]["catch_rate"].value)


def test_a_curve_has_a_step_for_each_threshold():
    # Three that lie on a straight line, of which scikit-learn keeps the ends.
    flags = [decision(p_wrong, kind, kind) for p_wrong in (0.9, 0.5, 0.1) for kind in (AGE, None)]
    _diagonal, _limit, curve = _of("roc", run_of([episode(*flags)])).axes[0].lines
    assert curve.get_xdata() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert curve.get_ydata() == pytest.approx([0, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(("answers", "dots"), [((1.0, 0.0), "o"), (tuple(n / 10 for n in range(10)), "None")])
def test_what_an_agent_of_few_answers_can_reach_is_dotted(answers, dots):
    """Of one that is always as sure, a line alone would promise what lies between."""
    flags = [decision(p_wrong, kind, kind) for p_wrong in answers for kind in (AGE, None)]
    *_, curve = _of("roc", run_of([episode(*flags)])).axes[0].lines
    assert curve.get_marker() == dots


def test_the_head_of_a_curve_tells_its_catch_rate():
    flags = [decision(0.9, AGE, AGE), decision(0.2, AGE), decision(0.3)]
    told = _of("roc", run_of([episode(*flags)])).axes[0].get_title()
    assert told == "flag-all\ncatch rate 0.50 [0.50, 0.50]"
    assert _of("roc", run_of([episode(decision(0.3))])).axes[0].get_title() == "flag-all\ncatch rate none"


def test_bins_make_the_calibration_error_and_count_every_proposal():
    shown = run()
    figure = _of("calibration", shown)
    diagrams = [axes for axes in figure.axes if axes.get_title()]
    counts = [axes for axes in figure.axes if not axes.get_title()]
    for agent, diagram, count in zip(shown.agents, diagrams, counts, strict=True):
        played = [one for tier in shown.tiers for one in shown.episodes[agent][tier]]
        filled = bins(one for each in played for one in each.decisions)
        total = sum(one.count for one in filled.values())
        assert total == sum(len(each.decisions) for each in played)
        gaps = sum(abs(one.wrong - one.said * one.count) for one in filled.values())
        metric = calibration_error()
        assert gaps / total == pytest.approx(float(metric.of(metric.sums(played).sum(axis=0))))
        assert _points(diagram) == [pytest.approx((one.said, one.wrong / one.count)) for one in filled.values()]
        for (low, high), (_, share) in zip(_whiskers(diagram, 1), _points(diagram), strict=True):
            assert low <= share <= high
        assert [text.get_text() for text in count.texts] == [str(one.count) for one in filled.values()]


def test_a_certain_flag_is_in_the_last_bin():
    assert list(bins([decision(0.0), decision(1.0), decision(0.95), decision(0.3)])) == [0, 3, 9]
