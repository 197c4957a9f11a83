"""Run the server under good and faulty clients for a while, and check what it has done and what is left.

    uv run python scripts/soak.py --minutes 30

64 clients at a time, each of them good or faulty as a seeded draw has it. The good ones play whole episodes and compare
every answer with what an environment of this process gave. The faulty ones crash, fall silent, read slowly or send
garbage (see benchmarks/soak_clients.py). At the end no session may be left, memory and file descriptors have to be
flat, and the episode log has to hold every finished episode once. Memory is judged after a minute of warm-up, coarsely
in a soak of less than five minutes, and not at all in one of less than a minute and a half. The report goes to
outputs/bench/soak.json; exit status 1 if a check fails. It needs Linux, for its /proc.

A client that loses its network without a word is represented by one that neither reads nor writes: its kernel still
acknowledges what comes, which one that is gone would not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import platform
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from synth_audit_env.benchmarks.machine import MEBIBYTE, counted, family, made_by, write_report
from synth_audit_env.benchmarks.recorded import record_all
from synth_audit_env.benchmarks.soak_clients import CLIENTS, Soak, run
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.serving.limits import DROPPED_AFTER_S
from synth_audit_env.server.world.tasks import TIERS

ROOT = Path(__file__).resolve().parent.parent
SHARE_OF_FAULTS = 0.2
"""Of the sessions. Silent ones last longest, so that at any moment more than that are faulty."""
SCRIPTS = 12
"""Episodes of each tier that are played again and again."""
SPARE = 32
"""Slots beside those of the clients: for sessions whose end the server is about to see, and those that are silent."""
MOST_KEPT = 50
"""Problems that a report repeats."""
SESSIONS, FAULTS = "synth_audit_sessions", "synth_audit_faults_total"
"""Metrics of the server: sessions that are open, and exceptions that it has counted as its own fault."""
LAST_WAIT_S = 30.0
"""For the last sessions to end, once they should have."""
WARM_UP_S = 60.0
"""Seconds of which memory is not judged, however long the soak. A server keeps the scenarios that it built last, 64 of
about 0.2 MB each (`SHARED_SCENARIOS`), and the clients have asked for so many by then: filling that up is no leak."""
MOST_GROWTH = ((240.0, 10 * MEBIBYTE), (30.0, 60 * MEBIBYTE))
"""By seconds of load after the warm-up, the bytes that the straight line through memory may rise from there to the end
of the load. The first bound is forty sessions never freed. In less time a small leak cannot be told from the shape that
Python's heap takes: in a soak of half an hour the second minute alone brought some 4 MiB, and the fourth to the sixth
14. The second bound is several times that, and a leak of a megabyte a second, as when every episode were kept, exceeds
it in two minutes."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end than before the first client: an episode log, some spare."""
STOPPED = (0, -15)
"""uvicorn ends by the signal that asks it to stop, once it has stopped. So does a process that the signal
kills on the spot, and only what it said last tells the two apart."""
LAST_WORDS = "Finished server process"
"""uvicorn says so when every connection and the application have been closed."""
CUT_SHORT = "timeout graceful shutdown exceeded"
"""And this before it, when it did not wait for them to the end."""
BAD_WORDS = ("Traceback (most recent call last)", "An exception that no client should see", "was never retrieved")


@dataclass
class Seen:
    """What is seen of the server itself."""

    memory: list[tuple[float, int]] = field(default_factory=list)
    """By seconds since the first client."""
    logged: Counter[object] = field(default_factory=Counter)
    """The lines of its episode log: id, task, seed and score of each, or the line where it could not be read."""
    more_files: int = 0
    """File descriptors at the end, beyond those that it had open before the first client came."""
    sessions: int | None = None
    """That it says it has, when all clients have gone; None where it does not say."""
    faults: int | None = None
    """Exceptions that it has counted as its own fault; None where it does not say."""
    status: int | None = None
    """Its exit status, negative for a signal."""
    words: str = ""
    """All that it wrote to standard output and standard error."""

    def read_log(self, folder: Path, *, closed_only: bool) -> None:
        """Read the files of the log that another has followed, or all, and delete them: a soak writes gigabytes."""
        paths = sorted(folder.glob("*.jsonl"))
        for path in paths[:-1] if closed_only else paths:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    told = json.loads(line)
                    self.logged[told["episode_id"], told["task"], told["seed"], told["outcome"]["score"]] += 1
                except (ValueError, KeyError, TypeError):
                    self.logged[line[:200]] += 1
            path.unlink()


class Verdict(NamedTuple):
    """One check: what was measured, and whether that is good enough."""

    check: str
    measured: str
    passed: bool


def verdicts(soak: Soak, seen: Seen, load_s: float) -> Iterator[Verdict]:
    """Judge a run in which clients came for so many seconds."""
    stopped = LAST_WORDS in seen.words and CUT_SHORT not in seen.words
    stopping = f"status {seen.status} {'after' if stopped else 'without'} an orderly shutdown"
    yield Verdict("it lives until it is told to stop, and stops", stopping, stopped and seen.status in STOPPED)
    compared = f"{soak.answers:,} answers compared, {len(soak.problems)} problems"
    yield Verdict("clients saw what was due", compared, soak.answers > 0 and not soak.problems)
    yield Verdict("no session is left", str(seen.sessions), seen.sessions == 0)
    yield from _memory(seen.memory, load_s)
    more_files = f"{seen.more_files:+d} once all had gone"
    yield Verdict("file descriptors are flat", more_files, seen.more_files <= MOST_FILES)
    finished = soak.finished.total()
    logged = f"{finished:,} finished, {seen.logged.total():,} logged, {len(differences(soak, seen))} differences"
    yield Verdict("every finished episode is logged once", logged, finished > 0 and soak.finished == seen.logged)
    bad = [line for line in seen.words.splitlines() if any(word in line for word in BAD_WORDS)]
    # What comes too often its log leaves out, and its metrics count.
    fault = f"{len(bad)} lines, {seen.faults} counted"
    yield Verdict("the server reports no fault", fault, not bad and seen.faults == 0)


def differences(soak: Soak, seen: Seen) -> list[str]:
    """Where the episode log is not what was played, a sentence each."""
    lacks, has = soak.finished - seen.logged, seen.logged - soak.finished
    return [f"The log lacks {one}." for one in lacks] + [f"The log has {one}, which is one too many." for one in has]


def _memory(samples: Sequence[tuple[float, int]], load_s: float) -> Iterator[Verdict]:
    """By how much the straight line through memory rises from the end of the warm-up to the end of the load."""
    judged = [(second, resident) for second, resident in samples if WARM_UP_S <= second <= load_s]
    most = next((growth for least_s, growth in MOST_GROWTH if load_s - WARM_UP_S >= least_s), None)
    if most is None or len(judged) < 2:  # too short to tell, or a server that has ended, which is seen elsewhere
        return
    grown = statistics.linear_regression(*zip(*judged, strict=True)).slope * (judged[-1][0] - judged[0][0])
    told = (
        f"{grown / MEBIBYTE:+.1f} MiB from second {WARM_UP_S:g} to the end of the load, of at most {most // MEBIBYTE}"
    )
    yield Verdict("memory is flat", told, grown <= most)


async def load(soak: Soak, seen: Seen, server: psutil.Process, log: Path, chosen: argparse.Namespace) -> None:
    """Let the clients come, for so many minutes, and look at what is left once they should have gone."""
    # But for the two pipes of each process that builds episodes.
    began, files = time.monotonic(), server.num_fds() - 2 * len(server.children())
    until = began + chosen.minutes * 60

    async def watch() -> None:
        while True:
            with contextlib.suppress(psutil.Error):
                seen.memory.append((time.monotonic() - began, sum(one.memory_info().rss for one in family(server.pid))))
            await asyncio.to_thread(seen.read_log, log, closed_only=True)
            await asyncio.sleep(1.0)

    watching = asyncio.create_task(watch())
    async with asyncio.TaskGroup() as clients:
        # Each kind comes at least once, however short the time.
        for number, first in zip(range(chosen.sessions), itertools.cycle(reversed(CLIENTS))):
            clients.create_task(_clients(soak, first, random.Random(number), until))
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    # A slot is free before its socket is closed, and a peer that reads nothing gets a while for that.
    await asyncio.sleep(soak.session_timeout_s + DROPPED_AFTER_S + 2.0)
    patience = time.monotonic() + LAST_WAIT_S
    while await asyncio.to_thread(counted, soak.port, SESSIONS) != 0 and time.monotonic() < patience:
        await asyncio.sleep(0.5)
    # Where the server has ended, its status says so.
    with contextlib.suppress(psutil.Error):
        seen.more_files = server.num_fds() - 2 * len(server.children()) - files
    seen.sessions, seen.faults = (counted(soak.port, name) for name in (SESSIONS, FAULTS))
    soak.let_go()


async def _clients(soak: Soak, name: str, rng: random.Random, until: float) -> None:
    """One client after the other, until it is time."""
    while time.monotonic() < until:
        try:
            await run(soak, name, rng)
        except Exception as problem:  # noqa: BLE001  # told in the report, whatever it is
            soak.problems.append(f"{name}: {problem!r}")
            # A server that is gone would be asked ten thousand times a second.
            await asyncio.sleep(1.0)
        soak.sessions[name] += 1
        name = rng.choice([*CLIENTS][1:]) if rng.random() < SHARE_OF_FAULTS else "good"


async def until_terminated(work: Coroutine[None, None, None]) -> None:
    """Do the work, and cancel it at SIGTERM: a SystemExit would be raised in the middle of some client's task."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="that clients come for")
    parser.add_argument("--sessions", type=int, default=64, help="clients at a time")
    parser.add_argument("--session-timeout", type=float, default=8.0, metavar="SECONDS", help="of the server")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench" / "soak.json", help="the report")
    chosen = parser.parse_args(argv)
    if platform.system() != "Linux":
        parser.error("this needs Linux, whose /proc tells open connections")
    scripts = record_all(range(SCRIPTS), [tier.task_id for tier in TIERS.values()])
    port = free_port()
    soak, seen = Soak(port, chosen.session_timeout, scripts), Seen()
    with tempfile.TemporaryDirectory() as folder:
        log, words = Path(folder, "episodes"), Path(folder, "words.txt")
        command = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--max-sessions", str(chosen.sessions + SPARE), "--session-timeout", str(chosen.session_timeout)]
        command += ["--episode-log", str(log)]
        # What it says goes to a file. The shell makes way for it, so that the process is the server's.
        command = ["sh", "-c", 'exec "$@" >"$0" 2>&1', str(words), *command]
        with running(command, f"http://127.0.0.1:{port}") as process:
            try:
                asyncio.run(until_terminated(load(soak, seen, psutil.Process(process.pid), log, chosen)))
            except asyncio.CancelledError:
                print("soak.py: terminated before its end; nothing was judged.", file=sys.stderr)
                return 128 + signal.SIGTERM
        seen.read_log(log, closed_only=False)
        seen.status, seen.words = process.returncode, words.read_text(encoding="utf-8", errors="replace")
    judged = list(verdicts(soak, seen, load_s=chosen.minutes * 60))
    passed = all(verdict.passed for verdict in judged)
    report = {
        **made_by("scripts/soak.py", argv, chosen),
        "passed": passed,
        "verdicts": [verdict._asdict() for verdict in judged],
        "sessions": dict(sorted(soak.sessions.items())),
        "answers_compared": soak.answers,
        "episodes_finished": soak.finished.total(),
        "episodes_logged": seen.logged.total(),
        "problems": soak.problems[:MOST_KEPT],
        "log_differences": differences(soak, seen)[:MOST_KEPT],
        # By seconds, a hundred or two of the samples.
        "memory": seen.memory[:: 1 + len(seen.memory) // 200],
    }
    write_report(chosen.out, report)
    for verdict in judged:
        print(f"{'passed' if verdict.passed else 'FAILED'} {verdict.check}: {verdict.measured}")
    print(*soak.problems[:MOST_KEPT], sep="\n")
    if not passed:
        chosen.out.with_suffix(".log").write_text(seen.words, encoding="utf-8")
        print(f"What the server said is in {chosen.out.with_suffix('.log')}.")
    return 0 if passed else 1


if __name__ == "__main__":
    # So that a terminated job takes its server along.
    with exit_on_signals():
        sys.exit(main())
