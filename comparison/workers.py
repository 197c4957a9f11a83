"""Plays jobs over the wire, as any agent's episodes are played: in this process, or in several, against one server.

    with played(jobs, base_url, workers=2) as results:
        for one in results:                  # as they end; with one worker, in the order of the jobs
            folder.add(one)

However many workers there are, the results are the same, but of agents whose model may answer otherwise each time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.chat.local_model import LocalModelError
from synth_audit_env.client import ServerRefusedError, SyncSynthAuditEnv
from synth_audit_env.comparison.episodes import OtherWorldError
from synth_audit_env.comparison.jobs import Job, Played, play_job
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.started import session

_AHEAD = 16
"""Jobs handed out for each worker: enough that the others go on while one is asked to wait by its model's endpoint, and
what they finish meanwhile, a tenth of a megabyte each, fits any memory."""


class PlayError(RuntimeError):
    """An episode could not be played to its end. The message is one sentence that names it."""


@contextlib.contextmanager
def played(jobs: Sequence[Job], base_url: str, workers: int) -> Iterator[Iterator[Played]]:
    """Play jobs against a server, with so many processes, at least 1; with 1 it is this process.

    Yields:
        What was played, as it ends. When a job cannot be played no other is begun, and iterating raises PlayError after
        those under way.
    """
    if workers == 1:
        env = session(base_url)
        with env:
            yield (_play(job, env) for job in jobs)
        return
    # Spawned, not forked: a fork would copy the locks of whatever threads run here, and not the threads.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _Worker.start, (base_url,))

    try:
        yield _as_they_end(jobs, _AHEAD * workers, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _as_they_end(jobs: Sequence[Job], ahead: int, pool: Executor) -> Iterator[Played]:
    """Keep jobs under way in a pool, and hand over what they came to as soon as it is there.

    Args:
        jobs: What to play.
        ahead: Jobs that are handed out from the first one on that is not over, at least 1: a job that hangs is not
            overtaken by more than that, since what overtook it is held in memory.
        pool: Plays them.

    Raises:
        Exception: That of the first job that failed, after what has begun by then is handed over.
    """
    under_way: dict[Future[Played], int] = {}
    handed_out, failure = 0, None
    while True:
        first = min(under_way.values(), default=handed_out)
        while failure is None and handed_out < min(first + ahead, len(jobs)):
            # Whatever the pool starts for it, it starts now.
            with _ctrl_c_held_back():
                under_way[pool.submit(_Worker.play, jobs[handed_out])] = handed_out
            handed_out += 1
        if not under_way:
            break
        for future in sorted(wait(under_way, return_when=FIRST_COMPLETED).done, key=under_way.__getitem__):
            del under_way[future]
            try:
                one = _result(future)
            except Exception as problem:  # noqa: BLE001  # it is raised when the others are handed over
                failure = failure or problem
            else:
                yield one
        if failure is not None:
            # Those that are played already are waited for: they may have been paid for.
            under_way = {future: number for future, number in under_way.items() if not future.cancel()}
    if failure is not None:
        raise failure


def _result(future: Future[Played]) -> Played:
    try:
        return future.result()
    except BrokenProcessPool as broken:
        raise PlayError("A worker process ended before its episode did: it was killed, or found no memory.") from broken


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Let it wait, here and in the processes that are started meanwhile, which take it when they are ready for it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _play(job: Job, env: SyncSynthAuditEnv) -> Played:
    def reset(options: Mapping[str, Any]) -> SynthAuditObservation:
        return env.reset(**options).observation

    def step(action: SynthAuditAction) -> SynthAuditObservation:
        return env.step(action).observation

    try:
        return play_job(job, reset, step)
    except (ServerRefusedError, OSError, EndpointError, LocalModelError, OtherWorldError) as problem:
        # An error of a worker comes here as its arguments, out of which not every kind can be made again.
        raise PlayError(f"{job.agent} did not finish the {job.tier} episode of seed {job.seed}: {problem}") from None


class _Worker:
    """What a worker process holds: its session, from its first job on."""

    base_url: str
    env: SyncSynthAuditEnv | None = None

    @classmethod
    def start(cls, base_url: str) -> None:
        # Ctrl-C reaches every process of a terminal; the first process says so, the others just leave.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        threading.Thread(target=cls._leave_with_parent, daemon=True).start()
        cls.base_url = base_url

    @classmethod
    def play(cls, job: Job) -> Played:
        # Not at the start: what goes wrong there is reported as a worker that died.
        cls.env = cls.env or session(cls.base_url)
        return _play(job, cls.env)

    @staticmethod
    def _leave_with_parent() -> None:
        """Whoever started us may be killed; a pool's worker would then wait for work for ever."""
        parent = multiprocessing.parent_process()
        assert parent is not None, "a worker was started by a process"
        parent.join()
        os._exit(1)
