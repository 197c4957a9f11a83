"""Going on with a run that was stopped: its last checkpoint, if it is a run of the same settings.

    checkpoint = checkpoint_of(settings)          # None for a new run; PlanError where the folder holds another one
    keep(settings)                                # so that the next one knows

A step that is resumed is the step that would have been taken, which only holds while nothing else has changed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .settings import PlanError, Settings

SETTINGS = "settings.json"
MAY_CHANGE = ("max_steps", "save_steps", "report_to", "push_to_hub", "gpu", "out")
"""What has no part in how a step is taken. Phases are shares of the steps, and move with them."""
NOT_KEPT = ("resume", "dry_run", "env_url", "vllm_url")
"""How the program was called; and addresses, which may have a password in them."""


def checkpoint_of(settings: Settings) -> str | None:
    """The last checkpoint in the folder of a run, if it is to be resumed.

    Raises:
        PlanError: There is one and it is not to be resumed, or none that could be, or one of other settings.
    """
    from transformers.trainer_utils import get_last_checkpoint

    found: str | None = get_last_checkpoint(str(settings.out)) if settings.out.is_dir() else None
    if settings.resume and found is None:
        raise PlanError(f"There is no checkpoint in {settings.out} to resume from: leave --resume out.")
    if found is not None and not settings.resume:
        raise PlanError(
            f"{settings.out} holds checkpoints of another run: go on with it by --resume, move them away, or choose "
            "another --out."
        )
    if found is not None:
        _compare(settings)
    return found


def keep(settings: Settings) -> None:
    """Write the settings of a run beside what comes of it."""
    write(settings.out / SETTINGS, _told(settings))


def write(path: Path, content: Any) -> None:
    """Write JSON, beside its place first: what is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _told(settings: Settings) -> dict[str, Any]:
    told = {name: value for name, value in asdict(settings).items() if name not in NOT_KEPT}
    return dict(json.loads(json.dumps(told, default=Path.as_posix)))


def _compare(settings: Settings) -> None:
    path = settings.out / SETTINGS
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise PlanError(f"What the run in {settings.out} was asked for cannot be read: {problem}") from problem
    now = _told(settings)
    changed = [name for name in now if name not in MAY_CHANGE and now[name] != before.get(name)]
    if changed:
        told = "; ".join(f"{name} was {before.get(name)}, not {now[name]}" for name in changed)
        raise PlanError(
            f"The run in {settings.out} was begun with other settings ({told}): resume it with those, or choose "
            "another --out."
        )
