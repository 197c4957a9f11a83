"""Pictures of training logs and evaluations: the figures that are drawn, and what cannot be drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.comparison.made_up import episode, run_of
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


def log(folder: Path, steps: Any = STEPS, tasks: tuple[str, ...] = ()) -> Path:
    """Write a run's log; of its steps tasks take turns."""
    folder.mkdir(parents=True)
    # The last line of a log is a summary without a reward.
    (folder / plots.LOG).write_text(json.dumps([*steps, {"step": 8, "train_runtime": 1.0}]), encoding="utf-8")
    if tasks:
        choices = [{"step": step, "task_id": f"oversight_{tasks[step % 2]}", "seed": 0} for step in range(1, 9)]
        (folder / plots.CURRICULUM_LOG).write_text(json.dumps(choices * 2), encoding="utf-8")
    return folder


def test_every_step_is_in_the_curves_with_its_running_mean(tmp_path: Path) -> None:
    folder = log(tmp_path / "run")
    assert plots.main([str(folder), "--out", str(tmp_path / "drawn")]) == 0
    assert (tmp_path / "drawn" / "dashboard.png").read_bytes().startswith(b"\x89PNG")
    figure = plots.draw_dashboard([plots.Log.read(folder)])
    panel, *_ = figure.axes
    steps, means, best_steps, best_means = (line.get_ydata().tolist() for line in panel.lines)
    assert steps == [one["reward"] for one in STEPS]
    assert means == pytest.approx(plots.running_mean(steps))
    assert best_steps == [one["audit/best_reward"] for one in STEPS]
    assert best_means == pytest.approx(plots.running_mean(best_steps))
    assert panel.lines[0].get_xdata().tolist() == list(range(1, 9))
    assert plots.running_mean([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [1.0, 1.5, 2.0, 2.5, 3.5, 4.5]


def test_tiers_that_take_turns_have_curves_of_their_own(tmp_path: Path) -> None:
    told = plots.Log.read(log(tmp_path / "run", tasks=("easy", "medium")))
    assert told.tiers == ["medium", "easy"]
    assert told.curve("reward", "easy") == ([2, 4, 6, 8], [STEPS[step - 1]["reward"] for step in (2, 4, 6, 8)])
    (legend,) = plots.draw_dashboard([told]).legends
    grey = plots.GREY
    assert [text.get_text() for text in legend.get_texts()] == ["medium", "easy", f"{grey}, medium", f"{grey}, easy"]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "holds no training_log.json"), ("{", "can be read"), ("[]", "has no step")]
)
def test_what_is_no_log_is_told(
    content: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / plots.LOG).write_text(content, encoding="utf-8")
    assert plots.main([str(tmp_path), "--out", str(tmp_path / "drawn")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"plots.py: {tmp_path}")
    assert told in said
    assert not (tmp_path / "drawn").exists()


START, TRAINED = "outputs/train/made-up/start", "outputs/train/made-up/dense-0"


@pytest.mark.parametrize(
    ("agents", "short"),
    [
        ((START, TRAINED), ("start", "dense-0")),
        ((START,), ("start",)),
        ((START, "flag-all", TRAINED), ("start", "flag-all", "dense-0")),
        (("Qwen/Qwen2.5-3B-Instruct", "outputs/train/run"), ("Qwen/Qwen2.5-3B-Instruct", "outputs/train/run")),
        (("outputs/run", "outputs/run/checkpoint-10"), ("run", "run/checkpoint-10")),
    ],
)
def test_models_are_called_by_what_sets_them_apart(agents: tuple[str, ...], short: tuple[str, ...]) -> None:
    run = plots.in_short(run_of((episode(agent=agent) for agent in agents), baseline=agents[0]))
    assert (run.agents, run.baseline) == (short, short[0])
    assert tuple(run.figures) == short
    assert tuple(run.differences) == short[1:]
