"""A session, an episode that it has begun, and the record that this becomes.

env = session("http://127.0.0.1:8000")
started = start(env, {"task_id": "oversight_easy", "seed": 42})
record = started.record("heuristic", tuple(play(auditor, started.opening, step)))

Who audits it, and with how many others at once, makes no difference here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client import SyncSynthAuditEnv, SynthAuditEnv
from ..models import LlmActorState, SynthAuditObservation
from .episode_log import PACKAGE_VERSION, EpisodeRecord
from .rollout import Turn

MESSAGE_TIMEOUT_S = 600.0
"""For an answer of the server. All come at once but that to a reset, where a model may word the notes first: the 17 of
the longest episodes at 150 tokens each, half of them asked for twice, are six minutes at 10 tokens a second. Of a
slower one the server keeps what it has, so that the next try goes on from there. A server that ends is noticed at once,
since its connection does."""


@dataclass(frozen=True, slots=True)
class Started:
    """The episode."""

    options: Mapping[str, Any]
    """What reset is called with to play it again, in any session."""
    seed: int
    split: str
    opening: SynthAuditObservation
    """The reset observation."""
    env: SyncSynthAuditEnv
    """The session."""

    @property
    def task(self) -> str:
        """Its task_id."""
        return str(self.options["task_id"])

    def record(self, agent: str, turns: Sequence[Turn], **of_model: Any) -> EpisodeRecord:
        """What is kept of it, when it is over. See `EpisodeRecord` for what there is to say of a language model."""
        told = self.env.state() if self.options.get("actor") == "llm" else None
        words: dict[str, Any] = {}
        if isinstance(told, LlmActorState):
            words = {"actor_model": told.actor_model, "rewritten": tuple(told.rewritten or ())}
        return EpisodeRecord(
            task=self.task,
            seed=self.seed,
            split=self.split,
            version=PACKAGE_VERSION,
            agent=agent,
            options=self.options,
            opening=self.opening,
            turns=tuple(turns),
            **words,
            **of_model,
        )


class NoEnvironmentError(ConnectionError):
    """No environment answers at an address."""


def session(base_url: str) -> SyncSynthAuditEnv:
    """A session on a server, connected. Raises NoEnvironmentError where none answers."""
    env = SynthAuditEnv(base_url=base_url, message_timeout_s=MESSAGE_TIMEOUT_S).sync()
    try:
        env.connect()
    except OSError as problem:
        env.close()
        raise NoEnvironmentError(f"No environment answers at {base_url}: {problem}") from None
    return env


def start(env: SyncSynthAuditEnv, options: Mapping[str, Any]) -> Started:
    """Begin an episode with these options of reset."""
    opening = env.reset(**options).observation
    state = env.state()
    assert state.seed is not None, "a running episode has a seed"
    assert state.split is not None, "a running episode is of a split"
    if state.error_types is not None:
        # What an adaptive episode is made of depends on the session: pinned, its line replays alone.
        options = {**options, "level": state.difficulty, "error_types": state.error_types}
    if isinstance(state, LlmActorState):
        # Who words the notes may be the server's choice, and the next server may choose otherwise.
        options = {**options, "actor": "llm"}
    return Started(options, state.seed, state.split, opening, env)
