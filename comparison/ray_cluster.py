"""Plays jobs on a Ray cluster, with the results that one process here would have: to the byte, unless models are asked.

    with played(jobs, "auto") as results:      # or the address that `ray start --head` names, such as 10.0.0.5:6379
        for one in results:                    # as they end
            folder.add(one)

Each node plays in-process and needs this package in this version. Nothing of our surroundings is sent there: an agent
that asks an endpoint finds its key in the node's own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.chat.local_model import LocalModelError
from synth_audit_env.comparison.jobs import Job, Played, play_job
from synth_audit_env.comparison.under_way import as_they_end
from synth_audit_env.comparison.workers import PlayError
from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

# Read by Ray when it is imported: under `uv run` it would else send the whole folder to the nodes, for each to install.
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ImportError as missing:
    raise ImportError(
        "Playing on a Ray cluster needs the extra `ray`: pip install -e '.[ray]', or uv sync --extra ray"
    ) from missing

_AHEAD = 4
"""Jobs handed out for each processor of the cluster, so that none of them waits for us."""
_KNOCK_S = 5.0


class ClusterError(PlayError):
    """The cluster cannot be had, or was lost. The message is one sentence."""


@contextlib.contextmanager
def played(jobs: Sequence[Job], address: str) -> Iterator[Iterator[Played]]:
    """Play jobs on a cluster, and leave it at the end of the block.

    Yields:
        What was played, as it ends. Iterating raises PlayError when a job cannot be played, and ClusterError when the
        cluster is lost, after what is over by then; the rest is let go.

    Raises:
        ClusterError: No cluster answers there.
    """
    try:
        _knock(address)
        # What the nodes print is theirs to keep: our output is a table.
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as problem:
        raise ClusterError(f"No Ray cluster can be had at {address}: {_sentence(problem)}") from problem
    try:
        yield _results(jobs)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """See whether anybody listens at HOST:PORT: where nobody does, ray.init goes on trying for ten minutes and more."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()


def _results(jobs: Sequence[Job]) -> Iterator[Played]:
    play = ray.remote(num_cpus=1)(_play)
    processors = int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]  # Ray has types, but for some
    if processors < 1:
        raise ClusterError("The Ray cluster has no CPU to play on: an episode takes one.")

    def start(job: Job) -> Any:
        return play.remote(job, PACKAGE_VERSION)

    yield from as_they_end(jobs, _AHEAD * processors, start=start, over=_first_over, result=_result, left=_over)


def _first_over(references: list[Any]) -> list[Any]:
    _wait(references, 1, None)
    # Whatever else has ended by now.
    return _over(references)


def _over(references: list[Any]) -> list[Any]:
    """Those whose episode has ended, well or not."""
    return _wait(references, len(references), 0.0) if references else []


def _wait(references: list[Any], count: int, timeout_s: float | None) -> list[Any]:
    """Those that are over when so many are, or when the time is up."""
    try:
        ended: list[Any] = ray.wait(references, num_returns=count, timeout=timeout_s)[0]
    except RayError as problem:
        raise _lost(problem) from problem
    return ended


def _play(job: Job, version: str) -> Played:
    """Runs on a node."""
    if version != PACKAGE_VERSION:
        raise PlayError(f"A node of the cluster has version {PACKAGE_VERSION} of synth_audit_env, and not {version}.")
    environment = SynthAuditEnvironment()
    try:
        return play_job(job, lambda options: environment.reset(**options), environment.step)
    except (EndpointError, LocalModelError) as problem:
        raise PlayError(f"{job.agent} did not finish the {job.tier} episode of seed {job.seed}: {problem}") from None


def _result(reference: Any) -> Played:
    try:
        one: Played = ray.get(reference)
    except RayTaskError as problem:
        if isinstance(problem.cause, PlayError):
            raise problem.cause from None
        raise
    except RayError as problem:
        raise _lost(problem) from problem
    return one


def _lost(problem: RayError) -> ClusterError:
    return ClusterError(f"The Ray cluster was lost: {_sentence(problem)}")


def _sentence(problem: Exception) -> str:
    """The first line of an error. Ray's go on for pages."""
    return str(problem).partition("\n")[0]
