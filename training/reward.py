"""The reward that the trainer maximizes: what an episode returned, less what the environment does not see.

    reward = Reward("dense")
    trainer = GRPOTrainer(..., reward_funcs=[reward], environment_factory=factory)

TRL takes one number for a rollout, so the dense rewards of the steps enter as their sum. Three penalties are added. A
call that never reached the environment (an unknown tool, wrong arguments) costs what an invalid action costs there. An
episode without a report costs more than a report could lose: nothing else rewards stopping. A proposal that is left
undecided costs more than a clumsy attempt at it: a beginner, whose calls are often refused, would else learn to make
none.

The trainer's log gets the means of a step over its rollouts, and the share of dead groups: those whose rollouts all
earned the same, so that nothing is learnt from them.
"""

import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from ..models import EpisodeOutcome
from .audit_env import EPISODE_COLUMNS, AuditEnvironment

Kind = Literal["dense", "score", "skill", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The published table summed; F1.5 at the end; skill at the end; and a control that knows nothing of the episode."""
FAILED_CALL = 0.05
"""Cost of a call that could not be made: as much as an invalid action in the environment."""
UNFINISHED = 0.2
"""Cost of filing no report."""
UNDECIDED = 0.2
"""Cost of leaving a proposal undecided, beside what the environment takes for that: as much as no report."""

ALIKE = 1e-6
"""Rewards that differ by less are the same. TRL's frac_reward_zero_std takes rounding, 1.6e-8, for a difference."""

Keep = Callable[[Sequence[Mapping[str, Any]]], None]
"""Takes the figures of a step, rollout by rollout, with the step and the options that the episode was reset with."""


class Reward:
    """A reward function of TRL."""

    def __init__(self, kind: Kind = "dense", seed: int = 0, keep: Keep | None = None) -> None:
        """Choose what is rewarded, the seed of the random control, and what keeps the figures of a step."""
        self.__name__ = f"{kind}_reward"
        self._kind = kind
        self._seed = seed
        self._keep = keep

    def __call__(
        self,
        completions: Sequence[Sequence[Mapping[str, Any]]],
        completion_ids: Sequence[Sequence[int]],
        environments: Sequence[AuditEnvironment],
        log_metric: Callable[[str, float], None],
        trainer_state: Any,
        **columns: Any,
    ) -> list[float]:
        """Reward each rollout of a batch. TRL passes more than is looked at.

        A completion has the messages that a rollout added to its prompt, answers of the tools included. Of what
        log_metric is told the log has the mean between two of its lines.
        """
        # Of the step, so that a control which is resumed goes on as it would have.
        rank = os.environ.get("RANK", "0")
        draws = random.Random(f"{self._seed} rewards of step {trainer_state.global_step} in process {rank}")
        rollouts = []
        for messages, tokens, environment in zip(completions, completion_ids, environments, strict=True):
            figures = {**figures_of(messages, environment), "tokens": float(len(tokens))}
            figures["reward"] = draws.random() if self._kind == "random" else self._reward(figures)
            rollouts.append({"step": trainer_state.global_step + 1, **environment._options, **figures})
        for name, value in means(rollouts).items():
            log_metric(f"audit/{name}", value)
        everybody = everywhere(rollouts)
        log_metric("audit/dead_groups", dead_groups(everybody))
        if self._keep is not None:
            self._keep(everybody)
        return [figures["reward"] for figures in rollouts]

    def _reward(self, figures: Mapping[str, Any]) -> float:
        if self._kind == "dense":
            # The environment has taken its share for the calls that reached it, those too whose answers TRL dropped.
            failed, gained = max(0.0, figures["failed_calls"] - figures["refused_calls"]), figures["return"]
        else:
            failed, gained = figures["failed_calls"], figures[self._kind]
        left = UNFINISHED * (1 - figures["finished"]) + UNDECIDED * figures["undecided"]
        return float(gained - FAILED_CALL * failed - left)


def everywhere(rollouts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures of all processes of the run, so that each knows the same. A group may be spread over several."""
    if os.environ.get("WORLD_SIZE", "1") == "1":
        return list(rollouts)
    from accelerate.utils import gather_object

    return list(gather_object(list(rollouts)))


def dead_groups(rollouts: Sequence[Mapping[str, Any]]) -> float:
    """The share of the groups, whose rollouts share a seed, in which no two rewards differ: nothing is learnt there."""
    groups: dict[int, list[float]] = defaultdict(list)
    for figures in rollouts:
        groups[figures["seed"]].append(figures["reward"])
    return sum(max(rewards) - min(rewards) < ALIKE for rewards in groups.values()) / len(groups)


def figures_of(messages: Sequence[Mapping[str, Any]], environment: AuditEnvironment) -> dict[str, Any]:
    """Figures of a rollout; the episode is ended where it was left open."""
    # The trainer reads what is private, since every public name is a tool.
    outcome = environment._finish()
    failed = sum(m["role"] == "tool" and str(m["content"]).startswith("{'error':") for m in messages)
    # It ends where nobody would end it: TRL dropped the results of its calls, or what came after them.
    left_open = bool(messages) and (messages[-1]["role"] == "tool" or bool(messages[-1].get("tool_calls")))
    return {
        **of_outcome(outcome),
        "finished": float(environment._filed),
        "calls": float(sum(len(message.get("tool_calls") or ()) for message in messages)),
        "failed_calls": float(failed),
        "refused_calls": float(environment._refused),
        "cut_off": float(not environment._filed and left_open),
    }


def of_outcome(outcome: EpisodeOutcome) -> dict[str, float]:
    """The figures of an episode. Recall is by error type, of those that the episode has."""
    decided = [proposal for proposal in outcome.proposals if proposal.decision != "pending"]
    recall: dict[str, list[bool]] = defaultdict(list)
    for proposal in outcome.proposals:
        if proposal.error_type is not None:
            recall[proposal.error_type].append(proposal.decision == "flagged")
    return {
        "return": outcome.return_,
        "score": outcome.score,
        "skill": outcome.skill,
        **({} if outcome.fault_f1 is None else {"fault_f1": outcome.fault_f1}),
        "decided": len(decided) / len(outcome.proposals),
        "undecided": float(len(outcome.proposals) - len(decided)),
        "false_positives": float(sum(p.decision == "flagged" and not p.is_wrong for p in outcome.proposals)),
        **{f"recall/{kind}": sum(caught) / len(caught) for kind, caught in recall.items()},
    }


def means(rollouts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The mean of every figure over the rollouts that have it, in a fixed order."""
    values: dict[str, list[float]] = defaultdict(list)
    for figures in rollouts:
        for name, value in figures.items():
            if name not in ("step", *EPISODE_COLUMNS):
                values[name].append(value)
    return {name: sum(values[name]) / len(values[name]) for name in sorted(values)}
