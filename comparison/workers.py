"""Plays jobs over the wire, as any agent's episodes are played: several at once, each in a thread, against one server.

    with played(jobs, base_url, concurrency=16) as results:
        for one in results:                  # as they end; one at a time, in the order of the jobs
            folder.add(one)

Threads are enough: a model's audit waits for its endpoint nearly all the time, and half the work of any other is the
server's, a process of its own. However many play, the results are the same, but of agents whose model may answer
otherwise each time.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from ..chat.endpoint import EndpointError
from ..chat.local_model import LocalModelError
from ..client import ServerRefusedError, SyncSynthAuditEnv
from ..models import SynthAuditAction, SynthAuditObservation
from ..rollouts.environment import session
from .episodes import OtherWorldError
from .jobs import Job, Played, play_job

_AHEAD = 16
"""Jobs handed out for each thread: enough that the others go on while one is asked to wait by its model's endpoint, and
what they finish meanwhile, a tenth of a megabyte each, fits any memory."""


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
    """Play jobs against a server, so many at once; the first that may not begin is the end where none is under way.

    Yields:
        What was played, as it ends. When a job cannot be played, iterating raises PlayError after the others, or after
        those under way where more have failed in a row than are played at once.
    """
    with contextlib.ExitStack() as stack:
        idle: deque[SyncSynthAuditEnv] = deque()
        for _ in range(min(concurrency, len(jobs))):
            idle.append(session(base_url))
            stack.callback(idle[-1].close)

        def play(job: Job, future: Future[Played]) -> None:
            env = idle.pop()
            try:
                one = _play(job, env)
            except BaseException as problem:  # noqa: BLE001  # it is raised where the result is asked for
                idle.append(env)  # where it is lost, reset connects anew
                future.set_exception(problem)
            else:
                idle.append(env)
                future.set_result(one)

        def begin(job: Job) -> Future[Played]:
            future: Future[Played] = Future()
            future.set_running_or_notify_cancel()
            # A daemon: Ctrl-C does not wait for an answer that takes minutes.
            threading.Thread(target=play, args=(job, future), daemon=True).start()
            return future

        yield _as_they_end(jobs, concurrency, begin, may_begin, failed)


def _as_they_end(
    jobs: Sequence[Job],
    at_once: int,
    begin: Callable[[Job], Future[Played]],
    may_begin: Callable[[Job], bool] = lambda job: True,
    failed: Callable[[Job], None] = lambda job: None,
) -> Iterator[Played]:
    """Keep so many jobs under way, and hand over what they came to as soon as it is there.

    A job that hangs is not overtaken by more than _AHEAD times as many, since what overtook it is held in memory.

    Args:
        jobs: What to play.
        at_once: How many are under way, at least 1.
        begin: Plays one.
        may_begin: Whether the next may be begun; where it may not, and none is under way, that is the end.
        failed: Is told of each that came to nothing.

    Raises:
        Exception: That of the first job that failed, after the others.
    """
    under_way: dict[Future[Played], int] = {}
    handed_out, failure, in_a_row = 0, None, 0
    while True:
        most = min(min(under_way.values(), default=handed_out) + _AHEAD * at_once, len(jobs))
        while in_a_row <= at_once and len(under_way) < at_once and handed_out < most and may_begin(jobs[handed_out]):
            under_way[begin(jobs[handed_out])] = handed_out
            handed_out += 1
        if not under_way:
            break
        for future in sorted(wait(under_way, return_when=FIRST_COMPLETED).done, key=under_way.__getitem__):
            place = under_way.pop(future)
            try:
                one = future.result()
            except Exception as problem:  # noqa: BLE001  # it is raised when the others are handed over
                failure, in_a_row = failure or problem, in_a_row + 1
                failed(jobs[place])
            else:
                in_a_row = 0
                yield one
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
