"""Every plot of a run: legible, complete, the same bytes again, and of figures that the run has."""

from itertools import combinations

import pytest
from matplotlib.text import Text

from synth_audit_env.comparison import plots as plots_module
from synth_audit_env.comparison.plots import FINE_PT, draw
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.comparison.made_up import scored

SCORES = (0.2, 0.9, 0.7, 1.0)


def crowded(others):
    """A run of two agents and so many others on all tiers, each a little worse than the one before."""
    names = ["flag-all", "react:organisation/Some-Model-7B-Instruct"]
    names += [f"agent-{number} of a {'very ' * (number % 3)}long name" for number in range(others)]
    return scored(
        {
            name: {tier: [score / (place + row) for score in SCORES] for place, tier in enumerate(TIERS, start=1)}
            for row, name in enumerate(names)
        }
    )


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws a run, and returns the figure that is saved."""
    saved = []
    monkeypatch.setattr(plots_module, "save", lambda figure, path: saved.append(figure))

    def of(run):
        draw(run, tmp_path)
        return saved[-1]

    return of


@pytest.fixture
def texts(monkeypatch):
    """The texts that are really drawn of a figure: ticks out of view and hidden labels are not."""
    drawn = []
    original = Text.draw

    def record(self, renderer):
        if self.get_visible() and self.get_text().strip():
            drawn.append(self)
        original(self, renderer)

    def of(figure):
        drawn.clear()
        figure.draw_without_rendering()
        return list(dict.fromkeys(drawn))

    monkeypatch.setattr(Text, "draw", record)
    return of


@pytest.mark.parametrize("others", [0, 12])
def test_no_text_is_on_another_nor_cut_off_nor_small(others, drawn, texts):
    figure = drawn(crowded(others))
    boxes = {text: text.get_window_extent() for text in texts(figure)}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(across, down) < 1, f"{one.get_text()!r} is on {other.get_text()!r}"
    for text, box in boxes.items():
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, f"{text.get_text()!r} is cut off"
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, f"{text.get_text()!r} is cut off"
        assert text.get_fontsize() >= FINE_PT


def check_dots(plot, figures):
    """The dots of a plot, from the top, and their whiskers are those of the figures."""
    dots = [tuple(container.lines[0].get_xydata()[0]) for container in plot.containers]
    whiskers = [tuple(container.lines[2][0].get_segments()[0][:, 0]) for container in plot.containers]
    assert dots == [(one.value, row) for row, one in enumerate(figures)]
    assert whiskers == [pytest.approx((one.low, one.high)) for one in figures]


def test_scores_and_their_intervals_by_tier_and_agent(drawn):
    run = crowded(1)
    plots = drawn(run).axes
    assert [plot.get_title() for plot in plots] == ["easy", "medium", "hard", "expert", OVERALL, "fault F1"]
    assert plots[0].yaxis_inverted()  # the first agent is on top
    for plot in plots:
        tier = plot.get_title()
        of_tier = ("fault_f1", OVERALL) if tier == "fault F1" else ("score", tier)
        figures = [run.figures[agent][of_tier[1]][of_tier[0]] for agent in run.agents]
        check_dots(plot, figures)
        assert [text.get_text() for text in plot.texts] == [f"{one.value:.2f}" for one in figures]
