"""Plays jobs over the wire, as any agent's episodes are played: several at once, each in a thread, against one server.

    with played(jobs, base_url, concurrency=16, pace=pace) as results:
        for record, episode in results:      # each as soon as it is over
            folder.add(record, episode)

Threads are enough: a model's audit waits for its endpoint nearly all the time, and half the work of any other is the
server's, a process of its own. The results do not depend on how many are played at once, except of agents whose model
may answer otherwise each time.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue

from ..chat.endpoint import EndpointError
from ..chat.local_model import LocalModelError
from ..client import ServerRefusedError, SyncSynthAuditEnv
from ..rollouts.environment import session
from .episodes import OtherWorldError, episode_of
from .jobs import Job, Played, play_job
from .pace import Pace


class PlayError(RuntimeError):
    """An episode could not be played to its end. The message is one sentence that names it."""


@contextlib.contextmanager
def played(jobs: Sequence[Job], base_url: str, concurrency: int, pace: Pace) -> Iterator[Iterator[Played]]:
    """Play jobs against a server, so many at once. See `as_they_end`; a job that cannot be played is a PlayError."""
    with contextlib.ExitStack() as stack:
        idle: deque[SyncSynthAuditEnv] = deque()
        for _ in range(min(concurrency, len(jobs))):
            idle.append(session(base_url))
            stack.callback(idle[-1].close)

        def play(job: Job) -> Played:
            env = idle.pop()
            try:
                return _play(job, env)
            finally:
                idle.append(env)  # where it is lost, reset connects anew

        yield as_they_end(jobs, concurrency, play, pace)


def as_they_end(jobs: Sequence[Job], at_once: int, play: Callable[[Job], Played], pace: Pace) -> Iterator[Played]:
    """Keep so many jobs running, each in a thread, and yield each result as soon as it is there.

    Args:
        jobs: What to play.
        at_once: How many are played at once, at least 1.
        play: Plays one.
        pace: Says whether the next may begin; the first that may not is the end where no other is running.

    Raises:
        Exception: That of the first job that failed, after the others have ended; no other job begins where more have
            failed in a row than are played at once.
    """
    outcomes: SimpleQueue[tuple[Job, Played | BaseException]] = SimpleQueue()

    def run(job: Job) -> None:
        try:
            outcomes.put((job, play(job)))
        except BaseException as problem:  # noqa: BLE001  # it is raised where the others are handed over
            outcomes.put((job, problem))

    waiting, running, failure, failed_in_a_row = deque(jobs), 0, None, 0
    while True:
        while failed_in_a_row <= at_once and running < at_once and waiting and pace.may_begin(waiting[0]):
            # A daemon: Ctrl-C does not wait for an answer that takes minutes.
            threading.Thread(target=run, args=(waiting.popleft(),), daemon=True).start()
            running += 1
        if not running:
            break
        job, outcome = outcomes.get()
        running -= 1
        if isinstance(outcome, BaseException):
            failure, failed_in_a_row = failure or outcome, failed_in_a_row + 1
            pace.failed(job)
        else:
            failed_in_a_row = 0
            yield outcome
    if failure is not None:
        raise failure


def _play(job: Job, env: SyncSynthAuditEnv) -> Played:
    try:
        record = play_job(
            job, lambda options: env.reset(**options).observation, lambda action: env.step(action).observation
        )
        return record, episode_of(record)
    except (ServerRefusedError, OSError, EndpointError, LocalModelError, OtherWorldError) as problem:
        raise PlayError(f"{job.agent} did not finish the {job.tier} episode of seed {job.seed}: {problem}") from None
