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
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.chat.local_model import LocalModelError
from synth_audit_env.client import ServerRefusedError, SyncSynthAuditEnv
from synth_audit_env.comparison.episodes import OtherWorldError
from synth_audit_env.comparison.jobs import Job, Played, play_job
from synth_audit_env.comparison.under_way import as_they_end
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

    def start(job: Job) -> Future[Played]:
        # Whatever the pool starts for it, it starts now.
        with _ctrl_c_held_back():
            return pool.submit(_Worker.play, job)

    try:
        yield as_they_end(jobs, _AHEAD * workers, start=start, over=_first_over, result=_result, left=_not_cancelled)
    finally:
        pool.shutdown(cancel_futures=True)


def _first_over(futures: list[Future[Played]]) -> set[Future[Played]]:
    return wait(futures, return_when=FIRST_COMPLETED).done


def _result(future: Future[Played]) -> Played:
    try:
        return future.result()
    except BrokenProcessPool as broken:
        raise PlayError("A worker process ended before its episode did: it was killed, or found no memory.") from broken


def _not_cancelled(futures: list[Future[Played]]) -> list[Future[Played]]:
    """Those that are played already: they may have been paid for."""
    return [future for future in futures if not future.cancel()]


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
