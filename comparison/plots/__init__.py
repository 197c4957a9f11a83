"""The plots of an evaluation, one a file, readable in black and white.

    draw(run, Path("outputs/eval/test"))        # score.png

They show the figures of the run and compute none of their own.
"""

from __future__ import annotations

from pathlib import Path

from synth_audit_env.comparison.plots.score import draw_score
from synth_audit_env.comparison.plots.style import drawing, save
from synth_audit_env.comparison.results import Run
from synth_audit_env.comparison.results_file import Told


def draw(run: Run | Told, folder: Path) -> Path:
    """Draw a run, as PNG of 150 dpi, into a folder that is there. Returns the file."""
    with drawing():
        return save(draw_score(run), folder / "score.png")
