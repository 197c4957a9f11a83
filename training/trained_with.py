"""What a checkpoint was trained with, so that it is evaluated with as much: tokens, and episodes at once.

    trained_with([Path("Qwen/Qwen2.5-3B-Instruct"), Path("outputs/train/run")]).context        # 7558, those of the run

A base has no settings beside it; it is asked as the runs that it is compared with. Those of a checkpoint are in the
folder of its run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .resumption import SETTINGS
from .settings import PlanError
from .sizes import PROMPT_TOKENS

MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class TrainedWith:
    """The defaults are for models that no run of this project made."""

    context: int = 4_096
    turn_tokens: int = 640
    at_once: int = MOST_AT_ONCE
    """Episodes."""


def trained_with(models: Sequence[Path]) -> TrainedWith:
    """What to ask models with, all of them alike: folders, or names on the hub.

    Returns:
        Of the runs among them the most tokens, in no larger a context than each model has, and the fewest episodes at
        once: so many had memory on the card that trained.

    Raises:
        PlanError: Settings of a run that cannot be read.
    """
    try:
        runs = list(_read(models, SETTINGS))
        contexts = [config.get("max_position_embeddings", math.inf) for config in _read(models, "config.json")]
        if not runs:
            return TrainedWith()
        return TrainedWith(
            context=min([max(PROMPT_TOKENS + run["episode_tokens"] for run in runs), *contexts]),
            turn_tokens=max(run["turn_tokens"] for run in runs),
            at_once=min([MOST_AT_ONCE, *(run["prompts"] * run["generations"] for run in runs)]),
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise PlanError(f"What the models were trained with cannot be read: {problem!r}") from problem


def _read(models: Iterable[Path], name: str) -> Iterable[dict[str, Any]]:
    for folder in models:
        places = [folder, folder.parent] if folder.name.startswith("checkpoint-") else [folder]
        found = next((place / name for place in places if (place / name).is_file()), None)
        if found is not None:
            yield json.loads(found.read_text(encoding="utf-8"))
