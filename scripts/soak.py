"""Run the server under good and faulty clients for a while, and check what it has done and what is left.

    uv run python scripts/soak.py --minutes 30

64 clients at a time, each of them good or faulty as a seeded draw has it. The good ones play whole episodes and compare
every answer with what an environment of this process gave. The faulty ones crash, fall silent, read slowly or send
garbage (see benchmarks/soak/clients.py). At the end no session may be left, memory and file descriptors have to be
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
import platform
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from synth_audit_env.benchmarks.machine import counted, made_by, write_report
from synth_audit_env.benchmarks.recorded import record_all
from synth_audit_env.benchmarks.soak.checks import Ending, LogReader, verdicts
from synth_audit_env.benchmarks.soak.clients import CLIENTS, Soak, run
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.world.tasks import TIERS

ROOT = Path(__file__).resolve().parent.parent
SHARE_OF_FAULTS = 0.2
"""Of the sessions. Silent ones last longest, so that at any moment more than that are faulty."""
SCRIPTS = 12
"""Episodes of each tier that are played again and again."""
SPARE = 16
"""Slots beside those of the clients: for sessions whose end the server is about to see."""
MOST_KEPT = 50
"""Problems that a report repeats."""
SESSIONS, FAULTS = "synth_audit_sessions", "synth_audit_faults_total"
"""Metrics of the server: sessions that are open, and exceptions that it has counted as its own fault."""
LAST_WAIT_S = 30.0
"""After all clients have gone, and the session timeout has passed."""


async def load(
    soak: Soak, server: psutil.Process, log: LogReader, chosen: argparse.Namespace
) -> list[tuple[float, int]]:
    """Let the clients come, for so many minutes, and wait until all have gone. Returns memory by seconds."""
    began, samples = time.monotonic(), []
    until = began + chosen.minutes * 60

    async def watch() -> None:
        while True:
            # Where the server has ended, the checks say so.
            with contextlib.suppress(psutil.NoSuchProcess):
                samples.append((time.monotonic() - began, server.memory_info().rss))
            await asyncio.to_thread(log.read, closed_only=True)
            await asyncio.sleep(1.0)

    watching = asyncio.create_task(watch())
    async with asyncio.TaskGroup() as clients:
        # Each kind comes at least once, however short the time.
        for number, first in zip(range(chosen.sessions), itertools.cycle(reversed(CLIENTS))):
            clients.create_task(_clients(soak, first, random.Random(number), until))
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    patience = time.monotonic() + soak.session_timeout_s + LAST_WAIT_S
    while await asyncio.to_thread(counted, soak.port, SESSIONS) != 0 and time.monotonic() < patience:
        await asyncio.sleep(0.5)
    # A slot is free before its socket is closed.
    await asyncio.sleep(2.0)
    return samples


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
    soak = Soak(port, chosen.session_timeout, scripts)
    with tempfile.TemporaryDirectory() as folder:
        log, words = LogReader(Path(folder, "episodes")), Path(folder, "words.txt")
        command = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--max-sessions", str(chosen.sessions + SPARE), "--session-timeout", str(chosen.session_timeout)]
        command += ["--episode-log", f"{folder}/episodes"]
        # What it says goes to a file. The shell makes way for it, so that the process is the server's.
        command = ["sh", "-c", 'exec "$@" >"$0" 2>&1', str(words), *command]
        with running(command, f"http://127.0.0.1:{port}") as process:
            server = psutil.Process(process.pid)
            files = server.num_fds()
            samples = asyncio.run(load(soak, server, log, chosen))
            was_alive = process.poll() is None
            more_files = server.num_fds() - files if was_alive else 0
            sessions, faults = (counted(port, name) for name in (SESSIONS, FAULTS))
        log.read(closed_only=False)
        said = words.read_text(encoding="utf-8", errors="replace")
    ending = Ending(more_files, sessions, faults, was_alive, process.returncode, said)
    judged = verdicts(soak, samples, ending, log, load_s=chosen.minutes * 60)
    passed = all(verdict.passed is not False for verdict in judged)
    report = {
        **made_by("scripts/soak.py", argv, chosen),
        "passed": passed,
        "verdicts": [verdict._asdict() for verdict in judged],
        "sessions": dict(sorted(soak.sessions.items())),
        "answers_compared": soak.answers,
        "episodes_finished": len(soak.finished),
        "episodes_logged": len(log.lines),
        "problems": soak.problems[:MOST_KEPT],
        "log_differences": log.differences(soak)[:MOST_KEPT],
        # By seconds, a hundred or two of the samples.
        "memory": samples[:: 1 + len(samples) // 200],
    }
    write_report(chosen.out, report)
    for verdict in judged:
        met = "not judged" if verdict.passed is None else "passed" if verdict.passed else "FAILED"
        print(f"{met:10} {verdict.check}: {verdict.measured}")
    print(*soak.problems[:MOST_KEPT], sep="\n")
    if not passed:
        chosen.out.with_suffix(".log").write_text(said, encoding="utf-8")
        print(f"What the server said is in {chosen.out.with_suffix('.log')}.")
    return 0 if passed else 1


if __name__ == "__main__":
    # So that a terminated job takes its server along.
    with exit_on_signals():
        sys.exit(main())
