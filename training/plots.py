"""Pictures of training runs, out of their logs: the reward by step, and a dashboard of what a run does.

    python training/plots.py outputs/train/cpu-tiny/dense-* --out outputs/train/cpu-tiny

reward.png has the mean and the best reward of each step's rollouts, for all runs in one picture; dashboard.png has four
panels for each run. Dots are steps, lines their running mean, tier by tier where the run says which step played which.
`training/evaluate.py` draws what came of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from synth_audit_env.comparison.plots.style import DPI, FINE_PT, LINES, drawing, save
except ImportError as missing:
    print(f"plots.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

LOG, CURRICULUM_LOG = "training_log.json", "curriculum_log.json"
SMOOTHED = 4
"""Steps of the running mean, of one tier."""
ABREAST = 3
"""Runs side by side, beyond which there are two rows."""
SHADES = ("black", "0.55")
"""Of the first and the second figure of a panel."""
FOOT = (
    "Dots: each step. Lines: the mean of it and the three before it of the same tier. "
    "Synthetic data, not for clinical use."
)


class LogError(ValueError):
    """A folder holds no log of a training run. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Log:
    """The steps of a run."""

    name: str
    steps: list[dict[str, Any]]
    played: dict[int, str]
    """By step, the tier of its episodes; empty where a run chose them as it went."""

    @classmethod
    def read(cls, folder: Path) -> Log:
        """Read a run's log. Raises LogError where there is none."""
        try:
            told = json.loads((folder / LOG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise LogError(f"{folder} holds no {LOG} that can be read: {problem}") from problem
        steps = [one for one in told if "reward" in one]
        if not steps:
            raise LogError(f"{folder / LOG} has no step in it.")
        return cls(folder.name, steps, _played(folder / CURRICULUM_LOG))

    @property
    def tiers(self) -> list[str]:
        """In the order in which they come up; one without a name where it is not known."""
        return list(dict.fromkeys(self.played.get(one["step"], "") for one in self.steps))

    def curve(self, figure: str, tier: str) -> tuple[list[int], list[float]]:
        """The steps of a tier that have a figure, and the figure."""
        known = [one for one in self.steps if figure in one and self.played.get(one["step"], "") == tier]
        return [one["step"] for one in known], [one[figure] for one in known]


def _played(path: Path) -> dict[int, str]:
    if not path.is_file():
        return {}
    choices = json.loads(path.read_text(encoding="utf-8"))
    return {one["step"]: one["task_id"].removeprefix("oversight_") for one in choices if "step" in one}


PANELS = (
    ("Reward", "a rollout", ("reward",)),
    ("Entropy of the policy", "nats a token", ("entropy",)),
    ("Tokens written in an episode", "tokens", ("completions/mean_length",)),
    ("Tool calls of an episode", "calls", ("audit/calls", "audit/failed_calls")),
)
"""Title, unit, and figures, the first of them in black and the second in grey."""
NAMES = {"audit/calls": "made", "audit/failed_calls": "failed"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="plots.py", description="Draw the logs of training runs.")
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR", help=f"folders with a {LOG}")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pictures go")
    given = parser.parse_args(argv)
    try:
        logs = [Log.read(folder) for folder in given.runs]
    except LogError as problem:
        print(f"plots.py: {problem}", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    with drawing():
        save(draw_reward(logs), given.out / "reward.png")
        save(draw_dashboard(logs), given.out / "dashboard.png")
    return 0


def running_mean(values: Sequence[float]) -> list[float]:
    """Of each value and up to SMOOTHED - 1 before it."""
    windows = [values[max(0, end - SMOOTHED) : end] for end in range(1, len(values) + 1)]
    return [sum(window) / len(window) for window in windows]


def draw_reward(logs: Sequence[Log]) -> Figure:
    """Mean and best reward by step, a panel for each run."""
    rows = 1 if len(logs) <= ABREAST else 2
    figure = _sheet("Reward of the rollouts", 0.8 + 2.2 * rows)
    plots = figure.subplots(rows, -(-len(logs) // rows), sharey=True, squeeze=False)
    for log, plot in zip(logs, plots.flat, strict=False):
        _draw(plot, log, "reward", SHADES[0], "mean")
        _draw(plot, log, "audit/best_reward", SHADES[1], "best of the step")
        plot.set(title=log.name, xlabel="step")
    plots[0, 0].set_ylabel("reward")
    plots[0, 0].legend()
    for spare in list(plots.flat)[len(logs) :]:
        spare.remove()
    return figure


def draw_dashboard(logs: Sequence[Log]) -> Figure:
    """Reward, entropy, length and tool calls: a row for each run."""
    figure = _sheet("What the policy does as it is trained", 0.9 + 2.1 * len(logs))
    plots = figure.subplots(len(logs), len(PANELS), sharex=True, sharey="col", squeeze=False)
    for row, log in zip(plots, logs, strict=True):
        for plot, (title, unit, shown) in zip(row, PANELS, strict=True):
            for shade, name in zip(SHADES, shown, strict=False):
                _draw(plot, log, name, shade, NAMES.get(name, ""))
            plot.set_ylabel(f"{log.name}\n{unit}" if plot is row[0] else unit)
            if log is logs[0]:
                plot.set_title(title)
            if log is logs[0] and any(line.get_label()[0] != "_" for line in plot.lines):
                plot.legend()
    for plot in plots[-1]:
        plot.set_xlabel("step")
    return figure


def _draw(plot: Axes, log: Log, name: str, shade: str, told: str) -> None:
    for line, tier in zip(cycle(LINES), log.tiers, strict=False):
        steps, values = log.curve(name, tier)
        label = ", ".join(part for part in (told, tier) if part)
        plot.plot(steps, values, ".", color=shade, markersize=2)
        plot.plot(steps, running_mean(values), color=shade, linestyle=line, linewidth=1.2, label=label or None)


def _sheet(title: str, height: float) -> Figure:
    figure = Figure(figsize=(11.0, height), dpi=DPI, layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.supxlabel(FOOT, x=0.01, ha="left", fontsize=FINE_PT)
    return figure


if __name__ == "__main__":
    sys.exit(main())
