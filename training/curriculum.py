"""The adaptive curriculum of a run: difficulty follows the score, error types turn to what is least mastered.

    curriculum = RunCurriculum()
    factory = environment_factory(plan=curriculum.plan)
    reward = Reward("dense", listeners=[curriculum.learn])

The environment's own adaptive task follows one session, and would give every rollout of a group another episode. Here
the whole run is one pupil: all rollouts of a batch are planned from what was known before it, and their outcomes are
taken in together after it. Nothing is drawn, so a run that is resumed from its state goes on as it would have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..server.audit.curriculum import Curriculum, Plan
from ..server.world.tasks import ADAPTIVE
from .reward import everywhere

RECALL = "recall/"


class RunCurriculum:
    """What the run has mastered, and what it plays next."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Begin anew, or go on from a `state`."""
        self._pupil = Curriculum() if state is None else _pupil(state["pupil"])
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
        return {**chosen, "task_id": ADAPTIVE}

    def learn(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Take a batch in, group by group: the mean score of an episode, and the mean recall of each error type."""
        groups: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for figures in everywhere(told):
            groups[figures["seed"]].append(figures)
        assert self._plan is not None, "a batch is planned before it is learnt from"
        for _, group in sorted(groups.items()):
            kinds = sorted({name for figures in group for name in figures if name.startswith(RECALL)})
            recall = {kind.removeprefix(RECALL): _mean(group, kind) for kind in kinds}
            self._pupil.record(self._plan, _mean(group, "score"), recall)
        self._plan = None
        self._planned.clear()


def _mean(group: Sequence[Mapping[str, Any]], name: str) -> float:
    values = [figures[name] for figures in group if name in figures]
    return float(sum(values) / len(values))


def _pupil(state: Mapping[str, Any]) -> Curriculum:
    # JSON has no tuples.
    return Curriculum(**{**state, "mixes": [tuple(mix) for mix in state["mixes"]]})
