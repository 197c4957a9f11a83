"""Which episode each rollout plays: by phases, as rows of prompt, seed and task.

    rows = training_rows(PHASES, steps=200, prompts_a_step=8, seed=0)
    dataset = Dataset.from_list(rows)               # with shuffle_dataset=False, lest the phases be mixed

A row names its episode, so all rollouts of a group play the same one. The user's message is empty: the environment
fills it in when it is reset. Seeds are of the train split; those of validation and test never occur.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..agents.react.prompts import SYSTEM
from ..server.world import tasks
from ..server.world.scenario import build_scenario

SPLIT = "train"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training."""

    task_ids: tuple[str, ...]
    """In turn, step by step: what is padded to one length is then of like length."""
    proposals: tuple[int, int]
    """Fewest and most in an episode, both included; of a tier that has others only such seeds are taken."""
    until: float
    """Share of the steps at whose end it is over."""


PHASES = (
    Phase(("oversight_easy",), (4, 6), 0.60),
    Phase(("oversight_medium",), (6, 8), 0.85),
    Phase(("oversight_expert",), (8, 11), 1.00),
)
"""From one kind of error and few proposals to all kinds and many. The boundaries are those of the published run."""


def training_rows(phases: Sequence[Phase], steps: int, prompts_a_step: int, seed: int) -> list[dict[str, Any]]:
    """The rows of a run of so many optimizer steps, with so many different episodes in each; another seed plays others.

    Raises:
        ValueError: The phases do not end with the run.
    """
    if phases[-1].until != 1.0:
        raise ValueError(f"The last phase must end at 1.0, the end of the run, but ends at {phases[-1].until:g}.")
    draws = random.Random(f"{seed} training episodes")
    rows: list[dict[str, Any]] = []
    for step in range(steps):
        phase = next(phase for phase in phases if step < round(phase.until * steps))
        task_id = phase.task_ids[step % len(phase.task_ids)]
        for _ in range(prompts_a_step):
            tier = tasks.TIERS[task_id.removeprefix("oversight_")]
            episode = {"seed": _seed(tier, phase.proposals, draws), "task_id": task_id}
            rows.append({"prompt": prompt(), **episode})
    return rows


def prompt() -> list[dict[str, str]]:
    """The chat that an episode begins with, before the environment adds what it is about."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ""}]


def _seed(tier: tasks.Tier, proposals: tuple[int, int], draws: random.Random) -> int:
    """A train seed at random, with that many proposals in its episode of the tier."""
    fewest, most = proposals
    every = fewest <= tier.proposals[0] and tier.proposals[1] <= most
    while True:
        seed = tasks.task_of(SPLIT, draws.randrange(tasks.num_tasks(SPLIT))).seed
        if every or fewest <= len(build_scenario(tier, seed, tasks.rhetoric_of(SPLIT)).proposals) <= most:
            return seed
