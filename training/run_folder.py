"""The folder of a run: its settings, checkpoint and episodes, so that it is resumed as it was begun.

    checkpoint = checkpoint_of(settings)          # None for a new run; PlanError where the folder holds another one
    keep(settings)                                # so that the next one knows
    Reward("dense", keep=EpisodesFile(settings.out, checkpoint).add)

A step that is resumed is the step that would have been taken, which only holds while nothing else has changed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..episode_line import WORLD_VERSION
from .settings import PlanError, TrainingSettings

SETTINGS, EPISODES = "settings.json", "episodes.jsonl"
LOG = "training_log.json"
MAY_CHANGE = ("max_steps", "save_steps", "report_to", "out")
"""Settings that have no part in how a step is taken. Phases are shares of the steps, and move with them."""
NOT_KEPT = ("resume", "env_url")
"""How the program was called; and the address of a server, which may have a password in it."""


def write_whole(path: Path, text: str) -> None:
    """Write beside its place first: what is there is whole, whoever is killed meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def write(path: Path, content: Any) -> None:
    """Write JSON."""
    write_whole(path, json.dumps(content, indent=1) + "\n")


def keep(settings: TrainingSettings) -> None:
    """Write the settings of a run beside what comes of it."""
    write(settings.out / SETTINGS, _kept(settings))


def _kept(settings: TrainingSettings) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(settings).items() if name not in NOT_KEPT}
    return {**json.loads(json.dumps(kept, default=Path.as_posix)), "version": WORLD_VERSION}


def checkpoint_of(settings: TrainingSettings) -> str | None:
    """The last checkpoint in the folder of a run, if it is to be resumed.

    Raises:
        PlanError: There is one and it is not to be resumed, or none that could be, or one of other settings.
    """
    from transformers.trainer_utils import get_last_checkpoint

    found: str | None = get_last_checkpoint(str(settings.out)) if settings.out.is_dir() else None
    if settings.resume and found is None:
        raise PlanError(f"There is no checkpoint in {settings.out} to resume from: leave --resume out.")
    if found is None:
        return None
    if not settings.resume:
        raise PlanError(
            f"{settings.out} holds checkpoints of another run: go on with it by --resume, move them away, or choose "
            "another --out."
        )
    try:
        before = json.loads((settings.out / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise PlanError(f"What the run in {settings.out} was asked for cannot be read: {problem}") from problem
    now = _kept(settings)
    changed = [name for name in now if name not in MAY_CHANGE and now[name] != before.get(name)]
    if changed:
        differences = "; ".join(f"{name} was {before.get(name)}, not {now[name]}" for name in changed)
        raise PlanError(
            f"The run in {settings.out} was begun with other settings ({differences}): resume it with those, or choose "
            "another --out."
        )
    return found


class EpisodesFile:
    """Every episode that a run has played, a line each: its step, options of reset, reward and figures.

    The log of the trainer has the means of a step; what became of a single rollout is only here.
    """

    def __init__(self, out: Path, checkpoint: str | None) -> None:
        """Go on from a checkpoint, if any: steps after it are taken again, so their lines go."""
        self._path = out / EPISODES
        self._kept = 0 if checkpoint is None else int(Path(checkpoint).name.rpartition("-")[2])
        self._begun = False

    def add(self, rollouts: Sequence[Mapping[str, Any]]) -> None:
        """Write the figures of a step's rollouts down, in one process for all."""
        if os.environ.get("RANK", "0") != "0":
            return
        if not self._begun:
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True) if self._path.is_file() else []
            # A line that a killed run has not ended is of a step after the checkpoint, and the last.
            whole = (line for line in lines if line.endswith("\n"))
            write_whole(self._path, "".join(line for line in whole if json.loads(line)["step"] <= self._kept))
            self._begun = True
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(rollout)}\n" for rollout in rollouts)
