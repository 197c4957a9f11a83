"""Rollouts without a model: calls that are made as TRL makes them, and the messages that it keeps of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth_audit_env.models import EpisodeOutcome
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.training.audit_env import AuditEnvironment, environment_factory
from synth_audit_env.training.reward import Reward

EASY = {"seed": 8, "task_id": "oversight_easy"}
MEDIUM = {"seed": 8, "task_id": "oversight_medium"}
Call = tuple[str, Mapping[str, Any]]
REPORT: Call = ("submit_audit_report", {"report": "No error found."})
UNKNOWN_PROPOSAL: Call = ("approve", {"proposal_id": "PROP-099"})


@dataclass(frozen=True)
class TrainerState:
    """What a reward function reads of TRL's."""

    global_step: int = 0


def tools_of(environment: AuditEnvironment) -> dict[str, Any]:
    """What TRL finds: the functions of the class, but for `reset` and private ones."""
    found = [name for name, _ in inspect.getmembers(type(environment), predicate=inspect.isfunction)]
    return {name: getattr(environment, name) for name in found if name != "reset" and not name.startswith("_")}


def begun(row: Mapping[str, Any] = EASY) -> AuditEnvironment:
    """An environment in this process, at the start of an episode."""
    environment = environment_factory()()
    environment.reset(**row)
    return environment


def proposals_of(environment: AuditEnvironment) -> list[Any]:
    """The truth about the running episode."""
    assert isinstance(environment._session, SynthAuditEnvironment)
    episode = environment._session._episode
    assert episode is not None
    return list(episode.scenario.proposals)


def approvals(environment: AuditEnvironment) -> list[Call]:
    """Every proposal approved: a weak audit, but a whole one once the report is filed."""
    return [("approve", {"proposal_id": proposal.note.proposal_id}) for proposal in proposals_of(environment)]


def played(environment: AuditEnvironment, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Make each call in a turn of its own, and keep the messages. An exception is answered as TRL answers it."""
    tools, messages = tools_of(environment), []
    for name, arguments in calls:
        function = {"name": name, "arguments": dict(arguments)}
        messages.append(
            {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}
        )
        try:
            if name not in tools:
                raise ValueError(f"Tool {name} not found.")
            answer = tools[name](**arguments)
        except Exception as problem:  # noqa: BLE001  # whatever it is, the model is told
            answer = {"error": str(problem)}
        messages.append({"role": "tool", "name": name, "content": str(answer)})
    return messages


def pay(
    reward: Reward,
    *rollouts: tuple[AuditEnvironment, Sequence[Mapping[str, Any]]],
    tokens: Sequence[int] | None = None,
    step: int = 0,
) -> tuple[list[float], dict[str, float]]:
    """What a reward function pays for rollouts, given what TRL gives it, and what it logs. Tokens are counts."""
    logged: dict[str, float] = {}
    rewards = reward(
        prompts=[[]] * len(rollouts),
        completions=[messages for _, messages in rollouts],
        completion_ids=[[7] * count for count in tokens or [0] * len(rollouts)],
        environments=[environment for environment, _ in rollouts],
        log_metric=logged.__setitem__,
        trainer_state=TrainerState(step),
        seed=[8] * len(rollouts),
        task_id=["oversight_easy"] * len(rollouts),
    )
    return rewards, logged


def audited(
    factory: Callable[[], AuditEnvironment], row: Mapping[str, Any], calls: Iterable[Call]
) -> tuple[str, list[dict[str, Any]], EpisodeOutcome]:
    """What comes of an episode of a factory: its opening, its messages and its outcome."""
    environment = factory()
    return environment.reset(**row), played(environment, calls), environment._finish()
