"""TRL's AsyncGRPOTrainer plays audits, which are generated in a process of their own while the model is trained.

    AsyncGRPOTrainer(model=model, train_dataset=rows, environment_factory=environment_factory(), ...)

The factory is pickled into that process. Reward functions are not told there in which environment a rollout was played,
so the environment owns its reward. A whole program is in docs/integrations/trl_async_grpo.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..training.audit_env import AuditEnvironment, made


class RewardedAudit(AuditEnvironment):
    """An audit that owns its reward."""

    def get_reward(self) -> float:
        """The return of the episode. One that was left open is ended as its step budget would end it."""
        return self._finish().return_


def environment_factory(url: str | None = None) -> Callable[[], AuditEnvironment]:
    """What the trainer takes. Without the URL of a server episodes are played in the process that generates."""
    return partial(made, RewardedAudit, url)
