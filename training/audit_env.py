"""The environment that TRL's `GRPOTrainer` plays: a class whose public methods are the tools of the audit.

    factory = environment_factory()                  # in this process; environment_factory(url=...) plays a server
    GRPOTrainer(model, reward_funcs=[Reward("dense")], environment_factory=factory, train_dataset=rows)

TRL makes one instance for each rollout of a batch and uses it again for the next batch. It calls `reset` with the
columns of the dataset's row and appends what comes back to the prompt; the names, type hints and docstrings of the
methods become the schemas that the model reads, the same that the ReAct agent uses (`audit_tools.py`). An
exception in a tool is what the model reads as `{'error': ...}`, and what the trainer counts as a failed call.

The reward is in `reward.py`. Nothing here knows a trainer.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from ..agents.react.prompts import answer_text, opening_messages
from ..client import SynthAuditEnv
from ..models import EpisodeOutcome, OutcomeResult, SynthAuditAction, SynthAuditObservation
from ..server.synth_audit_environment import SynthAuditEnvironment
from .audit_tools import AuditTools

OVER = "The episode is over: say that the audit is done, and call no tool."


class ToolCallError(Exception):
    """A call that the environment refused, in its own words."""


class RemoteSession:
    """On a server, over a WebSocket of its own, which is opened with the first episode and stays open."""

    def __init__(self, url: str) -> None:
        self._client = SynthAuditEnv(base_url=url).sync()
        self.close = self._client.close

    def reset(self, **options: Any) -> SynthAuditObservation:
        """Begin an episode."""
        return self._client.reset(**options).observation

    def step(self, action: SynthAuditAction) -> SynthAuditObservation:
        """Act in it."""
        return self._client.step(action).observation


Session: TypeAlias = SynthAuditEnvironment | RemoteSession
"""An episode after the other, in this process or on a server."""


class Audit:
    """An episode: what its steps have paid, and how it went once it is over."""

    def __init__(self, where: Session | str | None, **options: Any) -> None:
        """Begin it in a session that there is, on a server by its URL, or in this process."""
        self.session = RemoteSession(where) if isinstance(where, str) else where or SynthAuditEnvironment()
        self.opening = self.session.reset(**options)
        self.rewards: list[float] = []
        self.outcome: EpisodeOutcome | None = None

    def step(self, action: SynthAuditAction) -> SynthAuditObservation:
        """Act in it."""
        observation = self.session.step(action)
        self.rewards.append(float(observation.reward or 0.0))
        if isinstance(observation.result, OutcomeResult):
            self.outcome = observation.result.outcome
        return observation

    def end(self) -> EpisodeOutcome:
        """How it went. One that was left open is ended as its step budget would end it: with no report."""
        if self.outcome is None:
            self.step(SynthAuditAction(action_type="submit_audit_report", report=""))
        assert self.outcome is not None, "a report ends every episode"
        return self.outcome


EPISODE_COLUMNS = ("seed", "task_id")
"""Options of reset by which an episode can be played again."""


def as_given(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The episode that a row names."""
    return {name: row[name] for name in EPISODE_COLUMNS}


class AuditEnvironment(AuditTools):
    """One rollout after the other. Its public methods are `reset` and the eight tools."""

    def __init__(self, session: Session) -> None:
        super().__init__(self._take)
        self._session = session
        self._options: Mapping[str, Any] = {}
        self._audit: Audit  # from the first reset on
        self._refused = 0
        self._filed = False

    def reset(self, **row: Any) -> str:
        """Begin the episode of a row of the dataset, of which this takes every column.

        Returns:
            Protocol, briefing and proposals: the content of the user's message.
        """
        self._options = as_given(row)
        self._audit, self._refused, self._filed = Audit(self._session, **self._options), 0, False
        content: str = opening_messages(self._audit.opening)[-1]["content"]
        return content

    def _take(self, action: SynthAuditAction) -> str:
        if self._audit.outcome is not None:
            # There is no way to tell TRL that an episode has ended: a model learns it from this and from the reward.
            raise ToolCallError(OVER)
        observation = self._audit.step(action)
        self._filed = observation.done and action.action_type == "submit_audit_report" and observation.error is None
        if observation.error is not None:
            self._refused += 1
            raise ToolCallError(observation.error)
        return answer_text(observation)

    def _finish(self) -> EpisodeOutcome:
        """How the episode went; ended where it was left open."""
        return self._audit.end()


def environment_factory(url: str | None = None) -> Callable[[], AuditEnvironment]:
    """The `environment_factory` of a `GRPOTrainer`: makes an environment with a session of its own.

    Without the URL of a server episodes are played in this process. What comes back can be pickled: trainers that
    generate in a process of their own do so.
    """
    return partial(made, AuditEnvironment, url)


def made(kind: type[AuditEnvironment], url: str | None) -> AuditEnvironment:
    """An environment of a kind, with a session of its own."""
    return kind(SynthAuditEnvironment() if url is None else RemoteSession(url))
