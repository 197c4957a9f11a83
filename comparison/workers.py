"""Plays jobs over the wire, as any agent's episodes are played: several at once, each in a thread, against one server.

    with played(jobs, base_url, concurrency=16) as results:
        for one in results:                  # as they end; one at a time, in the order of the jobs
            folder.add(one)

Threads are enough: a model's audit waits for its endpoint nearly all the time, and half the work of any other is the
server's, a process of its own. The results do not depend on how many are played at once, except of agents whose model
may answer otherwise each time.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from ..chat.endpoint import EndpointError
from ..chat.local_model import LocalModelError
from ..client import ServerRefusedError, SyncSynthAuditEnv
from ..models import SynthAuditAction, SynthAuditObservation
from ..rollouts.environment import session
from .episodes import OtherWorldError
from .jobs import Job, Played, play_job


class PlayError(RuntimeError):
    """An episode could not be played to its end. The message is one sentence that names it."""


@contextlib.contextmanager
def played(
    jobs: Sequence[Job],
    base_url: str,
    concurrency: int,
    may_begin: Callable[[Job], bool] = lambda job: True,
    failed: Callable[[Job], None] = lambda job: None,
) -> Iterator[Iterator[Played]]:
    """Play jobs against a server, so many at once; the first that may not begin is the end where no other is running.

    Args:
        jobs: What to play.
        base_url: The server's.
        concurrency: How many are played at once, at least 1.
        may_begin: Whether the next may be begun.
        failed: Called with each job that failed.

    Yields:
        What was played, as it ends. When a job cannot be played, iterating raises PlayError after the others, or after
        those that are running where more have failed in a row than are played at once.
    """
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

        yield as_they_end(jobs, concurrency, play, may_begin, failed)


def as_they_end(
    jobs: Sequence[Job],
    at_once: int,
    play: Callable[[Job], Played],
    may_begin: Callable[[Job], bool] = lambda job: True,
    failed: Callable[[Job], None] = lambda job: None,
) -> Iterator[Played]:
    """Keep so many jobs running, each in a thread, and yield each result as soon as it is there.

    Arguments are those of `played`. Raises the exception of the first job that failed, after the others.
    """
    ended: SimpleQueue[tuple[Job, Played | BaseException]] = SimpleQueue()

    def run(job: Job) -> None:
        try:
            ended.put((job, play(job)))
        except BaseException as problem:  # noqa: BLE001  # it is raised where the others are handed over
            ended.put((job, problem))

    waiting, running, failure, failed_in_a_row = deque(jobs), 0, None, 0
    while True:
        while failed_in_a_row <= at_once and running < at_once and waiting and may_begin(waiting[0]):
            # A daemon: Ctrl-C does not wait for an answer that takes minutes.
            threading.Thread(target=run, args=(waiting.popleft(),), daemon=True).start()
            running += 1
        if not running:
            break
        job, outcome = ended.get()
        running -= 1
        if isinstance(outcome, Played):
            failed_in_a_row = 0
            yield outcome
        else:
            failure, failed_in_a_row = failure or outcome, failed_in_a_row + 1
            failed(job)
    if failure is not None:
        raise failure


def _play(job: Job, env: SyncSynthAuditEnv) -> Played:
    def reset(options: Mapping[str, Any]) -> SynthAuditObservation:
        return env.reset(**options).observation

    def step(action: SynthAuditAction) -> SynthAuditObservation:
        return env.step(action).observation

    try:
        return play_job(job, reset, step)
    except (ServerRefusedError, OSError, EndpointError, LocalModelError, OtherWorldError) as problem:
        raise PlayError(f"{job.agent} did not finish the {job.tier} episode of seed {job.seed}: {problem}") from None
