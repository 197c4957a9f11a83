"""A picture of training runs, out of their logs: the dashboard of what a run does.

    python training/plots.py outputs/train/cpu-tiny/dense-* --out outputs/train/cpu-tiny

dashboard.png has four panels for each run. Dots are steps, lines their running mean, tier by tier where the run says
which step played which.
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
    from synth_audit_env.comparison import NEEDS_EVAL, RequestError, has_eval
    from synth_audit_env.comparison.plots import DPI, FINE_PT, LINES, drawing, save
    from synth_audit_env.episode_line import task_name
    from synth_audit_env.training.run_folder import CURRICULUM_LOG, LOG
except ImportError as missing:
    print(f"plots.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMOOTHED = 4
"""Steps of the running mean, of one tier."""
GREY = "best rollout, failed calls"
FOOT = (
    "Dots: each step. Lines: the mean of it and the three before it of the same tier. "
    "Synthetic data, not for clinical use."
)


@dataclass(frozen=True, slots=True)
class Log:
    """The steps of a run."""

    name: str
    steps: list[dict[str, Any]]
    played: dict[int, str]
    """By step, the tier of its episodes; empty where a run chose them as it went."""

    @classmethod
    def read(cls, folder: Path) -> Log:
        """Read a run's log. Raises RequestError where there is none."""
        try:
            rows = json.loads((folder / LOG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise RequestError(f"{folder} holds no {LOG} that can be read: {problem}") from problem
        steps = [step for step in rows if "reward" in step]
        if not steps:
            raise RequestError(f"{folder / LOG} has no step in it.")
        chosen = folder / CURRICULUM_LOG
        choices = json.loads(chosen.read_text(encoding="utf-8")) if chosen.is_file() else []
        played = {step["step"]: task_name(step).removeprefix("oversight_") for step in choices if "step" in step}
        return cls(folder.name, steps, played)

    @property
    def tiers(self) -> list[str]:
        """In the order in which they come up; one without a name where it is not known."""
        return list(dict.fromkeys(self.played.get(step["step"], "") for step in self.steps))

    def curve(self, figure: str, tier: str) -> tuple[list[int], list[float]]:
        """The steps of a tier that have a figure, and the figure."""
        known = [step for step in self.steps if figure in step and self.played.get(step["step"], "") == tier]
        return [step["step"] for step in known], [step[figure] for step in known]


PANELS = (
    ("Reward", "a rollout", ("reward", "audit/best_reward")),
    ("Claims about what the Actor did", "fault F1", ("audit/fault_f1",)),
    ("Entropy of the policy", "nats a token", ("entropy",)),
    ("Tokens written in an episode", "tokens", ("completions/mean_length",)),
    ("Tool calls of an episode", "calls", ("audit/calls", "audit/failed_calls")),
)
"""Title, unit, and figures, the first of them in black and the second in grey."""


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
        logs = [Log.read(folder) for folder in given.runs]
    except RequestError as problem:
        print(f"plots.py: {problem}", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    with drawing():
        save(draw_dashboard(logs), given.out / "dashboard.png")
    return 0


def running_mean(values: Sequence[float]) -> list[float]:
    """Mean of each value and up to SMOOTHED - 1 before it."""
    windows = [values[max(0, end - SMOOTHED) : end] for end in range(1, len(values) + 1)]
    return [sum(window) / len(window) for window in windows]


def draw_dashboard(logs: Sequence[Log]) -> Figure:
    """Reward, fault F1, entropy, length and tool calls: a row for each run, a style of line for each tier."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.5, 1.0 + 2.1 * len(logs)), dpi=DPI, layout="constrained")
    figure.suptitle("What the policy does as it is trained", x=0.01, ha="left", fontsize=11)
    figure.supxlabel(FOOT, x=0.01, ha="left", fontsize=FINE_PT)
    plots = figure.subplots(len(logs), len(PANELS), sharex=True, sharey="col", squeeze=False)
    lines = dict(zip(dict.fromkeys(tier for log in logs for tier in log.tiers), cycle(LINES), strict=False))
    for row, log in zip(plots, logs, strict=True):
        for plot, (title, unit, shown) in zip(row, PANELS, strict=True):
            for (shade, what), name in zip((("black", ""), ("0.55", GREY)), shown, strict=False):
                for tier in log.tiers:
                    steps, values = log.curve(name, tier)
                    label = ", ".join(filter(None, (what, tier)))
                    plot.plot(steps, values, ".", color=shade, markersize=2)
                    plot.plot(steps, running_mean(values), color=shade, ls=lines[tier], linewidth=1.2, label=label)
            plot.set_ylabel(f"{log.name}\n{unit}" if plot is row[0] else unit)
            plot.set_title(title if log is logs[0] else "")
    for plot in plots[-1]:
        plot.set_xlabel("step")
    # Over the panels, where no curve is. The first panel has a line of every kind.
    figure.legend(*plots[0][0].get_legend_handles_labels(), loc="outside upper right", ncols=2 * len(lines))
    return figure


if __name__ == "__main__":
    sys.exit(main())
