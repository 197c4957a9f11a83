"""Every plot of a run: legible, complete, the same bytes again, and of figures that the run has."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.plots import FINE_PT, draw, draw_differences, draw_score, drawing, name
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.tests.comparison.made_up import AGE, decision, episode, run_of
from synth_audit_env.tests.comparison.real_run import crowded, records, run


def _of(shown) -> Figure:
    with drawing():
        return draw_score(shown)


def _texts(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """The texts that are really drawn: ticks out of view and hidden labels are not."""
    drawn = []
    original = Text.draw

    def record(self: Text, renderer) -> None:
        if self.get_visible() and self.get_text().strip():
            drawn.append(self)
        original(self, renderer)

    monkeypatch.setattr(Text, "draw", record)
    figure.draw_without_rendering()
    return list(dict.fromkeys(drawn))


def _check_legible(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = {text: text.get_window_extent() for text in _texts(figure, monkeypatch)}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(across, down) < 1, f"{one.get_text()!r} is on {other.get_text()!r}"
    for text, box in boxes.items():
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, f"{text.get_text()!r} is cut off"
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, f"{text.get_text()!r} is cut off"
        assert text.get_fontsize() >= FINE_PT
    for legend in figure.legends:
        assert not any(legend.get_window_extent().overlaps(axes.bbox) for axes in figure.axes)


@pytest.mark.parametrize("agents", [1, 14])
def test_no_text_is_on_another_nor_cut_off_nor_small(agents, monkeypatch):
    _check_legible(_of(crowded(agents)), monkeypatch)


def test_differences_are_legible_and_those_of_the_run(monkeypatch):
    shown = run()
    with drawing():
        figure = draw_differences(shown)
    _check_legible(figure, monkeypatch)
    others = [agent for agent in shown.agents if agent != shown.baseline]
    panels = {panel.get_title(): panel for panel in figure.axes}
    assert list(panels) == [f"{metric}, {tier}" for metric in ("score", "skill") for tier in shown.seeds]
    for title, panel in panels.items():
        metric, tier = title.split(", ")
        dots = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"]
        assert dots == [shown.differences[agent][tier][metric].value for agent in others]


@pytest.mark.parametrize(
    ("agent", "lines"),
    [
        ("flag-low-confidence", ["flag-low-confidence"]),
        ("oracle", ["oracle (told the", "labels)"]),
        ("react:Qwen/Qwen2.5-72B-Instruct", ["react:Qwen/Qwen2.5-", "72B-Instruct"]),
        ("react:organisation/Some-Model-7B-Instruct", ["react:organisation/", "Some-Model-7B-", "Instruct"]),
        ("local:" + 30 * "x", ["local:", 19 * "x", 11 * "x"]),
    ],
)
def test_a_long_name_is_broken_between_its_parts(agent, lines):
    assert name(agent).split("\n") == lines


def test_every_agent_is_named_and_the_sample_is_stated(monkeypatch):
    shown = run()
    told = [text.get_text() for text in _texts(_of(shown), monkeypatch)]
    for agent in shown.agents:
        assert any(text.startswith(name(agent)) for text in told)
    note = " ".join(next(text for text in told if "Synthetic data" in text).split())
    assert "Test split, 2 episodes of each tier, the same for every agent." in note
    assert "95 %" in note
    assert "interval" in note


def test_tiers_of_different_sizes_are_told_apart(monkeypatch):
    shown = run_of([episode(tier="easy", seed=seed) for seed in range(3)] + [episode(tier="hard")])
    told = [text.get_text() for text in _texts(_of(shown), monkeypatch)]
    assert any("episodes: 3 easy, 1 hard" in " ".join(text.split()) for text in told)


def test_the_same_run_makes_the_same_bytes_whatever_the_settings(tmp_path: Path):
    made = []
    for name_ in ("first", "second"):
        (tmp_path / name_).mkdir()
        path = draw(run_of([episode(decision(0.9, AGE, AGE), decision(0.2))]), tmp_path / name_)
        assert path.name == "score.png"
        made.append(path.read_bytes())
        mpl.rcParams["font.size"] = 20
    try:
        assert mpl.rcParams["font.size"] == 20  # the caller's settings are as they were
    finally:
        mpl.rcdefaults()
    assert made[0] == made[1]
    assert made[0].startswith(b"\x89PNG")
    assert not any(dated in made[0] for dated in (b"tIME", b"tEXt", b"iTXt"))


def test_figures_that_are_not_there_leave_their_place_empty():
    only_easy = run_of(episode_of(one) for one in records() if one.task == "oversight_easy")
    nothing_wrong = run_of([episode(decision(0.2), tier="hard")])
    for shown in (only_easy, nothing_wrong):
        _of(shown).draw_without_rendering()


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
