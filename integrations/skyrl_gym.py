"""SkyRL-Gym plays audits: the text environment `synth_audit`, and the rows of a data set for it.

    python -m synth_audit_env.integrations.skyrl_gym --split train --tier easy --number 1000 > train.jsonl

    import synth_audit_env.integrations.skyrl_gym        # registers it, in the process that trains
    env = skyrl_gym.make("synth_audit", extras={"seed": 7, "task_id": "oversight_easy"})

A model calls the tools in its text, as JSON or in the markup of its template, and may make several calls in a turn.
What a turn earns is what the environment paid for its steps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

import skyrl_gym
from skyrl_gym.envs.base_text_env import BaseTextEnv

from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.conversation import Conversation
from synth_audit_env.agents.react.json_actions import JsonActions
from synth_audit_env.chat.completion import Completion, Usage
from synth_audit_env.models import SynthAuditObservation
from synth_audit_env.server.tasks import SPLITS, TIERS, first_episodes
from synth_audit_env.training.audit_env import EPISODE_COLUMNS, Audit, open_session
from synth_audit_env.training.reward import of_outcome

ENV_ID = "synth_audit"
AS_IT_IS = Budget(max_context=2**40)
"""A chat of which nothing is folded or left out: SkyRL appends what is new to the tokens that it has."""


class AuditTextEnv(BaseTextEnv):  # type: ignore[misc]  # of a library without types
    """One audit."""

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        """Take the columns of a row beside its prompt, and SkyRL's max_turns.

        Without `base_url` in the row the episode is played in this process.
        """
        super().__init__()
        row = extras or {}
        self._options = {name: row[name] for name in EPISODE_COLUMNS}
        self.max_turns = row.get("max_turns", 120)
        self._audit = Audit(open_session(row.get("base_url")))

    def init(self, prompt: Any) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
        """Begin the episode. The row's prompt is what this returns, where both are of one release."""
        self._talk = _talk(self._audit.reset(**self._options))
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


def _talk(opening: SynthAuditObservation) -> Conversation:
    return Conversation(opening, JsonActions(), AS_IT_IS)


if ENV_ID not in skyrl_gym.registry:
    skyrl_gym.register(id=ENV_ID, entry_point="synth_audit_env.integrations.skyrl_gym:AuditTextEnv")


def rows(split: str, tier: str, number: int, base_url: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a data set: the prompt, by which SkyRL leaves out what is too long, and the episode."""
    session = open_session(base_url)
    where = {} if base_url is None else {"base_url": base_url}
    for options in first_episodes(split, tier, number):
        yield {"prompt": _talk(session.reset(**options)).messages(), "env_class": ENV_ID, **options, **where}
    session.close()


def main() -> None:
    """Print rows as lines of JSON."""
    parser = argparse.ArgumentParser(prog="python -m synth_audit_env.integrations.skyrl_gym", description=main.__doc__)
    parser.add_argument("--split", choices=SPLITS, default="train", help="whose episodes (default %(default)s)")
    parser.add_argument("--tier", choices=tuple(TIERS), default="easy", help="default %(default)s")
    parser.add_argument("--number", type=int, default=1000, help="of rows (default %(default)s)")
    parser.add_argument("--base-url", help="of a server that plays the episodes (default: the process that trains)")
    given = parser.parse_args()
    for row in rows(given.split, given.tier, given.number, given.base_url):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
