"""Which episode each rollout plays: by phases, as rows of prompt, seed and task, or by what the run has mastered.

    rows = training_rows(PHASES, steps=200, prompts_a_step=8, seed=0)
    dataset = Dataset.from_list(rows)               # with shuffle_dataset=False, lest the phases be mixed

    curriculum = RunCurriculum()
    factory = environment_factory(plan=curriculum.plan)
    reward = Reward("dense", listeners=[curriculum.learn])

A row names its episode, so all rollouts of a group play the same one. The user's message is empty: the environment
fills it in when it is reset. Seeds are of the train split; those of validation and test never occur.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..agents.react.prompts import SYSTEM
from ..server.audit.curriculum import Curriculum, Plan
from ..server.world import tasks
from ..server.world.scenario import build_scenario
from .reward import groups_of, means

SPLIT = "train"
RECALL = "recall/"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training."""

    name: str
    task_ids: tuple[str, ...]
    """In turn, step by step: what is padded to one length is then of like length."""
    proposals: tuple[int, int]
    """Fewest and most in an episode, both included; of a tier that has others only such seeds are taken."""
    until: float
    """Share of the steps at whose end it is over."""


PHASES = (
    Phase("warm-up", ("oversight_easy",), (4, 6), 0.60),
    Phase("scaling", ("oversight_medium",), (6, 8), 0.85),
    Phase("adversarial", ("oversight_expert",), (8, 11), 1.00),
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
            rows.append({"prompt": prompt(), **episode, "phase": phase.name})
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


class RunCurriculum:
    """What the run has mastered and plays next: difficulty follows the score, error types what is least mastered.

    The environment's own adaptive task follows one session, and would give every rollout of a group another episode.
    Here the whole run is one pupil: all rollouts of a batch are planned from what was known before it, and their
    outcomes are taken in together after it. Nothing is drawn, so a run that is resumed from its state goes on as it
    would have.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Begin anew, or go on from a `state`."""
        pupil = {} if state is None else dict(state["pupil"])
        # JSON has no tuples.
        self._pupil = Curriculum(**{**pupil, "mixes": [tuple(mix) for mix in pupil.get("mixes", ())]})
        self._plan: Plan | None = None
        """Of the batch under way. One for all of it: processes that share a batch know only their own part of it."""
        self._planned: set[int] = set()
        """Seeds of the batch under way."""
        self.history: list[dict[str, Any]] = [] if state is None else list(state["history"])
        """Every choice since the beginning, oldest first."""

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint has to keep: JSON."""
        return {"pupil": asdict(self._pupil), "history": list(self.history)}

    def plan(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options of reset for a row: the same for every rollout of its group."""
        self._plan = self._plan or self._pupil.next()
        chosen = {"seed": row["seed"], "level": self._plan.level, "error_types": list(self._plan.error_types)}
        if row["seed"] not in self._planned:
            self._planned.add(row["seed"])
            self.history.append(chosen)
        return {**chosen, "task_id": tasks.ADAPTIVE}

    def learn(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Take a batch of all processes in, by group: its mean score, and its mean recall of each error type."""
        assert self._plan is not None, "a batch is planned before it is learnt from"
        for _, group in sorted(groups_of(told).items()):
            figures = means(group)
            recall = {name.removeprefix(RECALL): mean for name, mean in figures.items() if name.startswith(RECALL)}
            self._pupil.record(self._plan, figures["score"], recall)
        self._plan = None
        self._planned.clear()
