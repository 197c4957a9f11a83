"""A run of `train_grpo.py` that is watched: what its trainer generated and what its reward was given."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TINY = "--preset cpu-tiny --prompts 2 --generations 4 --batch 4 --turns 4 --turn-tokens 128 --episode-tokens 1536"
"""Two groups of four rollouts a step, of few turns."""
OF_TIME = {"train_runtime", "train_samples_per_second", "train_steps_per_second", "step_time"}


@dataclass
class Watched:
    """What a run showed of itself while it trained."""

    folder: Path
    trainer: Any = None
    batches: list[dict[str, Any]] = field(default_factory=list)
    """Generated batches as the loss gets them, one a step."""
    rollouts: list[dict[str, Any]] = field(default_factory=list)
    """What the reward was given, one a step, with the outcomes of the episodes."""


def watch(folder: Path, arguments: str) -> Watched:
    """Run the program in this process, into the folder."""
    from trl import GRPOTrainer

    from synth_audit_env.training import train_grpo
    from synth_audit_env.training.reward import Reward

    seen = Watched(folder)
    generate, pay = GRPOTrainer._generate_and_score_completions, Reward.__call__

    def generated(self: Any, inputs: Any) -> Any:
        seen.trainer = self
        seen.batches.append(generate(self, inputs))
        return seen.batches[-1]

    def paid(self: Any, completions: Any, environments: Any, log_metric: Any, **columns: Any) -> Any:
        rewards = pay(self, completions, environments=environments, log_metric=log_metric, **columns)
        seen.rollouts.append(
            {
                **copy.deepcopy({name: columns[name] for name in ("seed", "task_id", "prompts")}),
                "completions": copy.deepcopy(completions),
                "outcomes": [environment._finish() for environment in environments],
                "rewards": rewards,
            }
        )
        return rewards

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GRPOTrainer, "_generate_and_score_completions", generated)
        patch.setattr(Reward, "__call__", paid)
        assert train_grpo.main([*TINY.split(), *arguments.split(), "--out", str(folder)]) == 0
    return seen


def log_of(folder: Path) -> list[dict[str, Any]]:
    """The steps of a run's log, without what differs each time."""
    steps = json.loads((folder / "training_log.json").read_text(encoding="utf-8"))
    return [{name: value for name, value in step.items() if name not in OF_TIME} for step in steps]
