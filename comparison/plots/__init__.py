"""The plots of an evaluation, one a file, readable in black and white.

    draw(run, Path("outputs/eval/test"))        # score.png, recall.png, roc.png, calibration.png

They show the figures of the run and compute none of their own, but for the points of curves.
"""

from __future__ import annotations

from pathlib import Path

from synth_audit_env.comparison.plots.calibration import draw_calibration
from synth_audit_env.comparison.plots.recall import draw_recall
from synth_audit_env.comparison.plots.roc import draw_roc
from synth_audit_env.comparison.plots.score import draw_score
from synth_audit_env.comparison.plots.style import drawing, save
from synth_audit_env.comparison.results import Run

PLOTS = {
    "score": draw_score,
    "recall": draw_recall,
    "roc": draw_roc,
    "calibration": draw_calibration,
}
"""By the name of their file."""


def draw(run: Run, folder: Path) -> list[Path]:
    """Draw every plot of a run, as PNG of 150 dpi, into a folder that is there. Returns the files."""
    with drawing():
        return [save(plot(run), folder / f"{name}.png") for name, plot in PLOTS.items()]
