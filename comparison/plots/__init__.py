"""The plots of an evaluation, one a file, readable in black and white.

    draw(run, Path("outputs/eval/test"))        # score.png

They show the figures of the run and compute none of their own.
"""

from __future__ import annotations

from pathlib import Path

from ..results import Run
from ..results_file import Told
from .score import draw_score
from .style import drawing, save


def draw(run: Run | Told, folder: Path) -> Path:
    """Draw a run, as PNG of 150 dpi, into a folder that is there. Returns the file."""
    with drawing():
        return save(draw_score(run), folder / "score.png")
