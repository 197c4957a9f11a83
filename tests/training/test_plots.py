"""Pictures of training logs: the figures that are drawn, and logs that cannot be drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.training import plots

STEPS = [
    {
        "step": step,
        "reward": 0.1 * step,
        "audit/best_reward": 0.2 * step,
        "entropy": 1.0 / step,
        "completions/mean_length": 300.0 + step,
        "audit/calls": 10.0,
        "audit/failed_calls": 2.0,
    }
    for step in range(1, 9)
]


def log(folder: Path, steps: Any) -> Path:
    folder.mkdir(parents=True)
    # The last line of a log is a summary without a reward.
    (folder / plots.LOG).write_text(json.dumps([*steps, {"step": 8, "train_runtime": 1.0}]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("runs", [1, 3, 5])
def test_runs_are_drawn(runs: int, tmp_path: Path) -> None:
    folders = [str(log(tmp_path / f"seed-{number}", STEPS)) for number in range(runs)]
    assert plots.main([*folders, "--out", str(tmp_path / "drawn")]) == 0
    for name in ("reward.png", "dashboard.png"):
        assert (tmp_path / "drawn" / name).read_bytes().startswith(b"\x89PNG")


def test_every_step_is_in_the_curves(tmp_path: Path) -> None:
    figure = plots.draw_reward([plots.Log.read(log(tmp_path / "run", STEPS))])
    (panel,) = figure.axes
    steps, means, best_steps, best_means = (line.get_ydata().tolist() for line in panel.lines)
    assert steps == [one["reward"] for one in STEPS]
    assert means == pytest.approx(plots.running_mean(steps))
    assert best_steps == [one["audit/best_reward"] for one in STEPS]
    assert best_means == pytest.approx(plots.running_mean(best_steps))
    assert panel.lines[0].get_xdata().tolist() == list(range(1, 9))


def test_tiers_that_take_turns_have_curves_of_their_own(tmp_path: Path) -> None:
    folder = log(tmp_path / "run", STEPS)
    tasks = ("oversight_easy", "oversight_medium")
    choices = [
        {"step": step, "task_id": tasks[step % 2], "seed": prompt} for step in range(1, 9) for prompt in range(2)
    ]
    (folder / plots.CURRICULUM_LOG).write_text(json.dumps(choices), encoding="utf-8")
    told = plots.Log.read(folder)
    assert told.tiers == ["medium", "easy"]
    assert told.curve("reward", "easy") == ([2, 4, 6, 8], [STEPS[step - 1]["reward"] for step in (2, 4, 6, 8)])
    (panel,) = plots.draw_reward([told]).axes
    named = [line.get_label() for line in panel.lines if not str(line.get_label()).startswith("_")]
    assert named == ["mean, medium", "mean, easy", "best of the step, medium", "best of the step, easy"]


def test_the_dashboard_has_four_panels_a_run(tmp_path: Path) -> None:
    logs = [plots.Log.read(log(tmp_path / name, STEPS)) for name in ("one", "two")]
    figure = plots.draw_dashboard(logs)
    assert len(figure.axes) == 8
    calls = figure.axes[3]
    assert [line.get_ydata().tolist()[0] for line in calls.lines] == [10.0, 10.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "runs",
    [1, 2],
)
def test_the_panels_of_the_first_run_have_titles(runs: int, tmp_path: Path) -> None:
    figure = plots.draw_dashboard([plots.Log.read(log(tmp_path / str(run), STEPS)) for run in range(runs)])
    assert [panel.get_title() for panel in figure.axes][:4] == [title for title, _, _ in plots.PANELS]


def test_a_running_mean_begins_with_what_there_is() -> None:
    assert plots.running_mean([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [1.0, 1.5, 2.0, 2.5, 3.5, 4.5]


def test_a_figure_that_only_some_steps_have_is_drawn_where_it_is(tmp_path: Path) -> None:
    steps = [dict(one) for one in STEPS]
    del steps[3]["entropy"]
    assert plots.Log.read(log(tmp_path / "run", steps)).curve("entropy", "")[0] == [1, 2, 3, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "holds no training_log.json"), ("{", "cannot|can be read"), ("[]", "has no step")]
)
def test_what_is_no_log_is_told(
    content: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / plots.LOG).write_text(content, encoding="utf-8")
    with pytest.raises(plots.LogError, match=told):
        plots.Log.read(tmp_path)
    assert plots.main([str(tmp_path), "--out", str(tmp_path / "drawn")]) == 2
    assert capsys.readouterr().err.startswith(f"plots.py: {tmp_path}")
    assert not (tmp_path / "drawn").exists()
