"""A picture of training runs, out of their logs: the dashboard of what a run does.

    python training/plots.py outputs/train/cpu-tiny/dense-* --out outputs/train/cpu-tiny

dashboard.png has a row of panels for each run. Dots are steps, lines their running mean, tier by tier.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from synth_audit_env.comparison import NEEDS_EVAL, has_eval
    from synth_audit_env.comparison.plots import DPI, FINE_PT, LINES, drawing, save
    from synth_audit_env.training.run_folder import EPISODES, LOG
except ImportError as missing:
    print(f"plots.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMOOTHED = 4
"""Steps of the running mean, of one tier."""
PANELS = {
    "reward": "Reward of a rollout",
    "audit/score": "Score",
    "audit/fault_f1": "Fault F1",
    "entropy": "Entropy, nats a token",
    "completions/mean_length": "Tokens of an episode",
    "audit/calls": "Tool calls of an episode",
    "audit/failed_calls": "Failed calls of an episode",
}
"""Figures of the log by what is written over them."""
FOOT = (
    "Dots: each step. Lines: the mean of it and the three before it of the same tier. "
    "Synthetic data, not for clinical use."
)


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """The steps of a run."""

    name: str
    steps: list[dict[str, Any]]
    tiers: dict[int, str]
    """By step, the tier of its episodes."""

    @classmethod
    def read(cls, folder: Path) -> TrainingLog:
        """Read a run's log and episodes. Raises OSError, ValueError or KeyError where there are none."""
        rows = json.loads((folder / LOG).read_text(encoding="utf-8"))
        steps = [step for step in rows if "reward" in step]
        if not steps:
            raise ValueError(f"{folder / LOG} has no step in it.")
        episodes = map(json.loads, (folder / EPISODES).read_text(encoding="utf-8").splitlines())
        tiers = {episode["step"]: episode["task_id"].removeprefix("oversight_") for episode in episodes}
        return cls(folder.name, steps, tiers)

    def curve(self, figure: str, tier: str) -> tuple[list[int], list[float]]:
        """The steps of a tier that have a figure, and the figure."""
        known = [step for step in self.steps if figure in step and self.tiers[step["step"]] == tier]
        return [step["step"] for step in known], [step[figure] for step in known]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="plots.py", description="Draw the logs of training runs.")
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR", help=f"folders with a {LOG}")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the picture goes")
    given = parser.parse_args(argv)
    if not has_eval():
        print(f"plots.py: Pictures need {NEEDS_EVAL}.", file=sys.stderr)
        return 2
    try:
        logs = [TrainingLog.read(folder) for folder in given.runs]
    except (OSError, ValueError, KeyError) as problem:
        print(f"plots.py: These are no folders of runs: {problem}", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    with drawing():
        save(draw_dashboard(logs), given.out / "dashboard.png")
    return 0


def running_mean(values: Sequence[float]) -> list[float]:
    """Mean of each value and up to SMOOTHED - 1 before it."""
    windows = [values[max(0, end - SMOOTHED) : end] for end in range(1, len(values) + 1)]
    return [sum(window) / len(window) for window in windows]


def draw_dashboard(logs: Sequence[TrainingLog]) -> Figure:
    """A row for each run, a panel for each figure, a style of line for each tier."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 1.0 + 2.1 * len(logs)), dpi=DPI, layout="constrained")
    figure.suptitle("What the policy does as it is trained", x=0.01, ha="left", fontsize=11)
    figure.supxlabel(FOOT, x=0.01, ha="left", fontsize=FINE_PT)
    panels = figure.subplots(len(logs), len(PANELS), sharex=True, sharey="col", squeeze=False)
    # In the order in which the tiers come up.
    lines = dict(zip(dict.fromkeys(tier for log in logs for tier in log.tiers.values()), cycle(LINES), strict=False))
    for row, log in zip(panels, logs, strict=True):
        row[0].set_ylabel(log.name)
        for panel, name in zip(row, PANELS, strict=True):
            for tier, line in lines.items():
                steps, values = log.curve(name, tier)
                panel.plot(steps, values, ".", color="black", markersize=2)
                panel.plot(steps, running_mean(values), color="black", ls=line, linewidth=1.2, label=tier)
    for top, bottom, title in zip(panels[0], panels[-1], PANELS.values(), strict=True):
        top.set_title(title)
        bottom.set_xlabel("step")
    # Over the panels, where no curve is.
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper right", ncols=len(lines))
    return figure


if __name__ == "__main__":
    sys.exit(main())
