"""SkyRL-Gym plays audits: the text environment `synth_audit`, and the rows of a data set for it.

    import synth_audit_env.integrations.skyrl_gym        # registers it, in the process that plays
    env = skyrl_gym.make("synth_audit", extras={"seed": 7, "task_id": "oversight_easy"})

A model calls the tools in its text, as JSON or in the markup of its template, and may make several calls in a turn.
What a turn earns is what the environment paid for its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import skyrl_gym
from skyrl_gym.envs.base_text_env import BaseTextEnv

from ..agents.react.conversation import Conversation
from ..chat.completion import Completion, Usage
from ..server.world.tasks import first_episodes
from ..training.audit_env import Audit, as_given
from ..training.reward import of_outcome

ENV_ID = "synth_audit"
skyrl_gym.register(id=ENV_ID, entry_point=f"{__name__}:AuditTextEnv")


class AuditTextEnv(BaseTextEnv):
    """One audit."""

    def __init__(self, env_config: Any = None, *, extras: Mapping[str, Any]) -> None:
        """Take a row's columns beside its prompt, and SkyRL's max_turns. Without a `base_url` it is played here."""
        super().__init__()
        self.max_turns = extras.get("max_turns", 240)
        self._audit = Audit(extras.get("base_url"), **as_given(extras))
        self._talk = Conversation(self._audit.opening, "json")

    def init(self, prompt: Any) -> tuple[Any, dict[str, Any]]:
        """The chat to begin with, which the row's prompt is as well."""
        return self._talk.messages(), {}

    def step(self, action: str) -> dict[str, Any]:
        """Carry out the calls in an answer of the model. An audit is ended when its turns are used up."""
        self.turns += 1
        paid, known = len(self._audit.rewards), len(self._talk.messages())
        self._talk.receive(Completion(action, (), Usage(), "stop"))
        while self._audit.outcome is None and (asked := self._talk.next_action()) is not None:
            self._talk.observe(self._audit.step(asked))
        if self.turns >= self.max_turns:
            self._audit.end()
        done = self._audit.outcome is not None
        # What the model said stands before its results, and SkyRL has it.
        new = [] if done else self._talk.messages()[known + 1 :]
        rewards = self._audit.rewards[paid:]
        return {"observations": new, "reward": sum(rewards, 0.0), "done": done, "metadata": {"rewards": rewards}}

    def get_metrics(self) -> dict[str, Any]:
        """Score, skill and the other figures of the audit, which is ended for them where SkyRL cut it off."""
        return {**of_outcome(self._audit.end()), "turns": self.turns}

    def close(self) -> None:
        """End the session."""
        self._audit.session.close()


def rows(split: str, tier: str, number: int, base_url: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a data set: the episode, and its prompt, by whose length SkyRL leaves out what is too long."""
    for options in first_episodes(split, tier, number):
        row = {**options, "env_class": ENV_ID, **({"base_url": base_url} if base_url else {})}
        env = AuditTextEnv(extras=row)
        yield {"prompt": env.init(None)[0], **row}
        env.close()
