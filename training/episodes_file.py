"""Every episode that a run has played, a line each: its step, options of reset, reward and figures, as JSON Lines.

    file = EpisodesFile(Path("outputs/train/run"), checkpoint=None)
    reward = Reward("dense", listeners=[file.add])

The log of the trainer has the means of a step; what became of a single rollout is only here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .reward import everywhere

NAME = "episodes.jsonl"


class EpisodesFile:
    """The file, which goes on where a checkpoint was taken."""

    def __init__(self, out: Path, checkpoint: str | None) -> None:
        """Go on from a checkpoint, if any: steps after it are taken again, so their lines go."""
        self._path = out / NAME
        self._kept = 0 if checkpoint is None else int(Path(checkpoint).name.rpartition("-")[2])
        self._begun = False

    def add(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Write the figures of a batch down."""
        # All processes of the run meet here.
        rollouts = everywhere(told)
        if os.environ.get("RANK", "0") != "0":
            return
        if not self._begun:
            self._begin()
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(one)}\n" for one in rollouts)

    def _begin(self) -> None:
        lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True) if self._path.is_file() else []
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A line that a killed run has not ended is of a step after the checkpoint, and the last.
        whole = (line for line in lines if line.endswith("\n"))
        kept = "".join(line for line in whole if json.loads(line)["step"] <= self._kept)
        # Beside it first: who is killed here loses no step.
        unfinished = self._path.with_name(f"{NAME}.part")
        unfinished.write_text(kept, encoding="utf-8")
        unfinished.replace(self._path)
        self._begun = True
