"""Which episodes are to be played, and how: one in-process, or several at once over the wire.

    todo = jobs(["flag-all", "heuristic"], seeds("test", ("easy", "hard"), 200))
    play_all(todo, ReactSettings(), base_url, concurrency=16, keep=folder.add)

Nothing of an episode depends on what was played before, or on how many are played at once, except of agents whose model
may answer otherwise each time. Threads are enough: a model's audit waits for its endpoint nearly all the time, and half
the work of any other is the server's, a process of its own.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from ..agents.react.settings import ReactSettings
from ..chat.errors import EndpointError
from ..client import ServerRefusedError, SyncSynthAuditEnv
from ..rollouts.audit import audit
from ..rollouts.environment import session
from ..rollouts.episode_log import EpisodeRecord, Reset
from ..rollouts.rollout import Step
from ..server.world.tasks import REFERENCE_SEEDS, options_of, split_of, task_of
from . import RequestError
from .agents import auditor_of
from .episodes import PlayedEpisode, episode_of

TRANSCRIPTS = "transcripts"
"""The folder beside the log with what models wrote."""
Seeds = Mapping[str, Sequence[int]]
"""By tier."""
PlayedJob = tuple[EpisodeRecord, PlayedEpisode]


class PlayError(RuntimeError):
    """An episode could not be played to its end. The message is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Job:
    """An episode that an agent is to play."""

    agent: str
    tier: str
    seed: int

    @property
    def options(self) -> dict[str, Any]:
        """Reset's options. They name everything that could differ between two servers."""
        return {**options_of(self.tier), "seed": self.seed, "actor": "scripted", "settlement": "terminal"}


def seeds(split: str, tiers: Sequence[str], episodes: int) -> Seeds:
    """The seeds of each tier: all of `reference`, or the first ones of another split."""
    if split == "reference":
        return dict.fromkeys(tiers, REFERENCE_SEEDS)
    return dict.fromkeys(tiers, tuple(task_of(split, index).seed for index in range(episodes)))


def jobs(agents: Sequence[str], of_tiers: Seeds) -> list[Job]:
    """All jobs, by agent, tier and seed."""
    return [Job(agent, tier, seed) for agent in agents for tier in of_tiers for seed in of_tiers[tier]]


def play_job(job: Job, reset: Reset, step: Step, react: ReactSettings) -> EpisodeRecord:
    """Let a job's agent audit its episode to the end. The record of a model's audit names its transcript."""
    auditor, (split, _) = auditor_of(job.agent, react, job.tier, job.seed), split_of(job.seed)
    opening = reset(job.options)
    return audit(auditor, job.options, opening, step, name=job.agent, seed=job.seed, split=split, folder=TRANSCRIPTS)


def play_all(
    jobs: Sequence[Job], react: ReactSettings, base_url: str, concurrency: int, keep: Callable[[PlayedJob], None]
) -> None:
    """Play jobs against a server, so many at once, and keep each as soon as it is over.

    Raises:
        PlayError: A job could not be played. Those that were under way are kept, and no other begins.
    """
    idle = deque[SyncSynthAuditEnv]()
    keeping = threading.Lock()

    def in_a_session(job: Job) -> None:
        env = idle.pop()
        try:
            record = play_job(
                job,
                lambda options: env.reset(**options).observation,
                lambda action: env.step(action).observation,
                react,
            )
            played = record, episode_of(record)
        except (ServerRefusedError, OSError, EndpointError, RequestError) as problem:
            episode = f"the {job.tier} episode of seed {job.seed}"
            raise PlayError(f"{job.agent} did not finish {episode}: {problem}") from None
        finally:
            idle.append(env)  # where it is lost, reset connects anew
        with keeping:
            keep(played)

    with contextlib.ExitStack() as stack:
        for _ in range(min(concurrency, len(jobs))):
            idle.append(session(base_url))
            stack.callback(idle[-1].close)
        pool = ThreadPoolExecutor(concurrency)
        stack.callback(pool.shutdown, cancel_futures=True)  # before the sessions are closed
        for future in as_completed([pool.submit(in_a_session, job) for job in jobs]):
            future.result()
