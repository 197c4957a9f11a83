"""Which episodes are to be played, and how: one in-process, or several at once over the wire.

    todo = jobs(["flag-all", "heuristic"], seeds("test", ("easy", "hard"), 200))
    with played(todo, base_url, concurrency=16) as results:
        for record, episode in results:      # each as soon as it is over
            folder.add(record, episode)

Jobs are played in any order and kept in the order of `jobs`. Nothing of an episode depends on what was played before,
or on how many are played at once, except of agents whose model may answer otherwise each time.

Those over the wire are played in threads, against one server. Threads are enough: a model's audit waits for its
endpoint nearly all the time, and half the work of any other is the server's, a process of its own.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError
from ..agents.react.conversation import Conversation
from ..agents.react.settings import ReactSettings
from ..chat.errors import ChatRefusedError, EndpointError, MalformedCallError
from ..chat.local_model import LocalModelError
from ..client import ServerRefusedError, SyncSynthAuditEnv
from ..models import SynthAuditObservation
from ..rollouts import model_transcript
from ..rollouts.environment import session
from ..rollouts.episode_log import EpisodeRecord, Reset
from ..rollouts.rollout import Step, Turn, play
from ..server.world.tasks import REFERENCE_SEEDS, options_of, split_of, task_of
from .agents import maker
from .episodes import END, UNREADABLE, Episode, OtherWorldError, episode_of

DEFAULT_SETTINGS = ReactSettings()
"""How a ReAct agent asks its model where nothing else is said."""
TRANSCRIPTS = "transcripts"
"""The folder beside the log with what models wrote."""
Seeds = Mapping[str, Sequence[int]]
"""By tier."""
Played = tuple[EpisodeRecord, Episode]
"""What came of a job."""


class PlayError(RuntimeError):
    """An episode could not be played to its end. The message is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Job:
    """An episode that an agent is to play."""

    agent: str
    tier: str
    seed: int
    react: ReactSettings = DEFAULT_SETTINGS
    """How a ReAct agent asks its model. There is no key in it."""

    @property
    def options(self) -> dict[str, Any]:
        """Reset's options. They name everything that could differ between two servers."""
        return {**options_of(self.tier), "seed": self.seed, "actor": "scripted", "settlement": "terminal"}

    def record(self, opening: SynthAuditObservation, turns: Sequence[Turn]) -> EpisodeRecord:
        """What is kept of it once it is played."""
        return EpisodeRecord.of(self.agent, self.options, self.seed, split_of(self.seed)[0], opening, turns)


def seeds(split: str, tiers: Sequence[str], episodes: int) -> Seeds:
    """The seeds of each tier: all of `reference`, or the first ones of another split."""
    if split == "reference":
        return dict.fromkeys(tiers, REFERENCE_SEEDS)
    return dict.fromkeys(tiers, tuple(task_of(split, index).seed for index in range(episodes)))


def jobs(agents: Sequence[str], of_tiers: Seeds, react: ReactSettings = DEFAULT_SETTINGS) -> list[Job]:
    """All jobs, by agent, tier and seed."""
    return [Job(agent, tier, seed, react) for agent in agents for tier in of_tiers for seed in of_tiers[tier]]


def play_job(job: Job, reset: Reset, step: Step) -> EpisodeRecord:
    """Let a job's agent audit its episode to the end. The record of a model's audit names its transcript."""
    auditor = maker(job.agent, job.react)(job.tier, job.seed)
    opening, turns, refused = reset(job.options), list[Turn](), None
    try:
        for turn in play(auditor, opening, step):
            turns.append(turn)
        if isinstance(auditor, ReactAuditor):
            auditor.conversation.observe(turns[-1].observation)
    except (ContextError, ChatRefusedError) as problem:
        # The model was asked where it wrote a call that its server cannot read.
        end = UNREADABLE if isinstance(problem, MalformedCallError) else END
        refused = f"{end.report} {problem}"
        turns.append(Turn(len(turns) + 1, end, step(end)))
    record = job.record(opening, turns)
    return of_model(record, auditor, auditor.conversation, refused) if isinstance(auditor, ReactAuditor) else record


def of_model(record: EpisodeRecord, auditor: ReactAuditor, talk: Conversation, refused: str | None) -> EpisodeRecord:
    """The record of a model's audit with how it was asked, how it did, and why it was refused, where it was."""
    record = model_transcript.with_model(record, auditor.settings, talk, TRANSCRIPTS)
    return replace(record, gave_up=refused or record.gave_up)


@contextlib.contextmanager
def played(jobs: Sequence[Job], base_url: str, concurrency: int) -> Iterator[Iterator[Played]]:
    """Play jobs against a server, so many at once. See `as_they_end`; a job that cannot be played is a PlayError."""
    with contextlib.ExitStack() as stack:
        idle: deque[SyncSynthAuditEnv] = deque()
        for _ in range(min(concurrency, len(jobs))):
            idle.append(session(base_url))
            stack.callback(idle[-1].close)

        def in_a_session(job: Job) -> Played:
            env = idle.pop()
            try:
                record = play_job(
                    job, lambda options: env.reset(**options).observation, lambda action: env.step(action).observation
                )
                return record, episode_of(record)
            except (ServerRefusedError, OSError, EndpointError, LocalModelError, OtherWorldError) as problem:
                episode = f"the {job.tier} episode of seed {job.seed}"
                raise PlayError(f"{job.agent} did not finish {episode}: {problem}") from None
            finally:
                idle.append(env)  # where it is lost, reset connects anew

        yield as_they_end(jobs, concurrency, in_a_session)


def as_they_end(jobs: Sequence[Job], at_once: int, play: Callable[[Job], Played]) -> Iterator[Played]:
    """Keep so many jobs running, each in a thread, and yield each result as soon as it is there.

    Args:
        jobs: What to play.
        at_once: How many are played at once, at least 1.
        play: Plays one.

    Raises:
        Exception: That of the first job that failed, after the others have ended; no other job begins where more have
            failed in a row than are played at once.
    """
    outcomes: SimpleQueue[Played | BaseException] = SimpleQueue()

    def run(job: Job) -> None:
        try:
            outcomes.put(play(job))
        except BaseException as problem:  # noqa: BLE001  # it is raised where the others are handed over
            outcomes.put(problem)

    waiting, running, failure, failed_in_a_row = deque(jobs), 0, None, 0
    while True:
        while failed_in_a_row <= at_once and running < at_once and waiting:
            # A daemon: Ctrl-C does not wait for an answer that takes minutes.
            threading.Thread(target=run, args=(waiting.popleft(),), daemon=True).start()
            running += 1
        if not running:
            break
        outcome = outcomes.get()
        running -= 1
        if isinstance(outcome, BaseException):
            failure, failed_in_a_row = failure or outcome, failed_in_a_row + 1
        else:
            failed_in_a_row = 0
            yield outcome
    if failure is not None:
        raise failure
