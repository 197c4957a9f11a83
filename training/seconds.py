"""How long each phase of a run took: seconds.json, which is written anew by each call of the program.

    seconds = Seconds(Path("outputs/train/run"))
    with seconds.of("grpo"):
        trainer.train()

The lessons of the small model's start have a line each in start/sft_log.json (`train_runtime`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from synth_audit_env.training.resumption import write

NAME = "seconds.json"
Phase = Literal["start", "imitation", "grpo", "evaluation"]


class Seconds:
    """Of the phases so far."""

    def __init__(self, out: Path) -> None:
        self._path = out / NAME
        self.taken: dict[Phase, float] = {}

    @contextmanager
    def of(self, phase: Phase) -> Iterator[None]:
        """Time a phase, and write it down when it has come to its end."""
        begun = time.perf_counter()
        yield
        self.taken[phase] = round(time.perf_counter() - begun, 1)
        if os.environ.get("RANK", "0") == "0":
            write(self._path, self.taken)
