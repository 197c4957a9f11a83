"""The dashboard of training logs: the figures that are drawn, and what cannot be drawn."""

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
        "entropy": 1.0 / step,
        "completions/mean_length": 300.0 + step,
        "audit/calls": 10.0,
        "audit/failed_calls": 2.0,
    }
    for step in range(1, 9)
]


def log(folder: Path, steps: Any = STEPS) -> Path:
    """Write a run's log; easy and medium episodes take turns."""
    # The last line of a log is a summary without a reward.
    (folder / plots.LOG).write_text(json.dumps([*steps, {"step": 8, "train_runtime": 1.0}]), encoding="utf-8")
    tasks = ("oversight_easy", "oversight_medium")
    lines = [json.dumps({"step": step, "task_id": tasks[step % 2], "seed": 0}) for step in range(1, 9) for _ in (0, 1)]
    (folder / plots.EPISODES).write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_every_step_is_in_the_curve_of_its_tier_with_its_running_mean(tmp_path: Path) -> None:
    assert plots.main([str(log(tmp_path)), "--out", str(tmp_path / "drawn")]) == 0
    assert (tmp_path / "drawn" / "dashboard.png").read_bytes().startswith(b"\x89PNG")
    figure = plots.draw_dashboard([plots.TrainingLog.read(tmp_path)])
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    expected = [[step["reward"] for step in STEPS[tier::2]] for tier in (0, 1)]
    assert drawn[::2] == expected
    assert drawn[1::2] == [pytest.approx(plots.running_mean(values)) for values in expected]
    assert figure.axes[0].lines[0].get_xdata().tolist() == [1, 3, 5, 7]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["medium", "easy"]
    assert plots.running_mean([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [1.0, 1.5, 2.0, 2.5, 3.5, 4.5]


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "No such file"), ("{", "property name"), ("[]", "has no step")]
)
def test_what_is_no_log_is_told(
    content: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / plots.LOG).write_text(content, encoding="utf-8")
    assert plots.main([str(tmp_path), "--out", str(tmp_path / "drawn")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "drawn").exists()
