"""Leave the server running under clients of every kind, and see what is left of it.

    uv run python scripts/soak.py --minutes 30

64 clients at a time, each of them good or faulty as a seeded draw has it. The good ones play whole episodes and compare
every answer with what an environment of this process gave. The faulty ones crash, fall silent, read slowly or send
garbage (see benchmarks/soak/faults.py), and now and then a process with several sessions is killed. At the end no
session may be left, memory and file descriptors have to be flat, and the episode log has to hold every finished episode
once. Memory is judged after a minute of warm-up, coarsely in a soak of less than five minutes, and not at all in one of
less than a minute and a half. The report goes to outputs/bench/soak.json; exit status 1 if a check fails. It needs
Linux, for its /proc.

A client that loses its network without a word is played by one that neither reads nor writes: its kernel still
acknowledges what comes, which one that is gone would not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from synth_audit_env.benchmarks import recorded
from synth_audit_env.benchmarks.machine import described, made_by
from synth_audit_env.benchmarks.processes import family, is_told, open_files, resident_bytes
from synth_audit_env.benchmarks.soak import victim
from synth_audit_env.benchmarks.soak.faults import FAULTS
from synth_audit_env.benchmarks.soak.good import Stage, play_episode
from synth_audit_env.benchmarks.soak.ledger import Ledger, LogReader
from synth_audit_env.benchmarks.soak.verdicts import Ending, Sample, Verdict, fewer, verdicts
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.unwinding import unwinding
from synth_audit_env.server.tasks import TIERS

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = -1
GOOD, KILLED = "good", "killed"
"""How a session behaved; the other ways are those of FAULTS."""
SHARE_OF_FAULTS = 0.2
"""Of the sessions. Silent ones last longest, so that at any moment more than that are faulty."""
SCRIPTS = 12
"""Episodes of each tier that are played again and again."""
BETWEEN_KILLS_S = 10.0
SPARE = 16
"""Slots beside those of the clients: for victims, and for sessions whose end the server is just about to see."""
SAMPLED_EVERY_S = 1.0
MOST_TOLD = 20
"""Lines of each kind that a report repeats."""
DULL = (" INFO ", " Refused ", " ERROR uvicorn.error: Invalid UTF-8 sequence received from client.")
"""In lines of the server's log that say nothing which a soak does not count, or that its own broken frames bring."""
FAULTS_COUNTED = b"synth_audit_faults_total "
"""How the line of /metrics begins that has the number of the server's own faults."""
LAST_WAIT_S = 30.0
"""After all clients have gone, and the session timeout has passed."""


@dataclass
class Server:
    """The server as its clients cannot see it."""

    port: int
    pid: int

    def sample(self, second: float) -> Sample:
        """Look at it now."""
        pids = family(self.pid)
        return Sample(second, resident_bytes(pids), open_files(pids), self.sessions())

    def sessions(self) -> int:
        """How many sessions it says are open; UNKNOWN where it does not say."""
        try:
            # 503 where all slots are taken, with the same content.
            return int(json.loads(self._answer("/ready"))["sessions"])
        except (httpx.HTTPError, ValueError, KeyError):
            return UNKNOWN

    def faults(self) -> int | None:
        """How many exceptions it has counted as its own fault; None where it does not say."""
        try:
            lines = self._answer("/metrics").splitlines()
        except httpx.HTTPError:
            return None
        counts = [line.removeprefix(FAULTS_COUNTED) for line in lines if line.startswith(FAULTS_COUNTED)]
        return int(float(counts[0])) if counts else None

    def _answer(self, path: str) -> bytes:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30, trust_env=False).content


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak. Returns the exit status."""
    chosen = _parser().parse_args(argv)
    if not is_told():
        print("soak.py: this needs Linux, whose /proc tells memory and open files.", file=sys.stderr)
        return 2
    ledger = Ledger()
    scripts = recorded.record_all(range(SCRIPTS), [tier.task_id for tier in TIERS.values()])
    with tempfile.TemporaryDirectory() as folder:
        words, episodes = Path(folder) / "words.txt", Path(folder) / "episodes"
        log = LogReader(episodes)
        with _server(chosen, words, episodes) as (server, process):
            stage = Stage(server.port, chosen.session_timeout, chosen.pause, scripts, ledger)
            files_before = open_files(family(server.pid))
            samples = asyncio.run(soak(stage, server, log, chosen))
            was_alive, files = process.poll() is None, open_files(family(server.pid))
            sessions, faults = server.sessions(), server.faults()
        log.read_all()
        told = words.read_text(encoding="utf-8", errors="replace")
    ending = Ending(files_before, files, sessions, faults, was_alive, process.returncode, told)
    judged = verdicts(samples, ending, ledger, log, [GOOD, KILLED, *FAULTS], load_s=chosen.minutes * 60)
    _write(chosen, argv, samples, ending, ledger, log, judged)
    _print(judged, ledger)
    return 1 if any(verdict.passed is False for verdict in judged) else 0


async def soak(stage: Stage, server: Server, log: LogReader, chosen: argparse.Namespace) -> list[Sample]:
    """Let the clients come, for so many minutes, and wait until all have gone. Returns the samples."""
    began = time.monotonic()
    until = began + chosen.minutes * 60
    samples: list[Sample] = []

    async def watch() -> None:
        while True:
            samples.append(await asyncio.to_thread(server.sample, time.monotonic() - began))
            await asyncio.to_thread(log.read_closed)
            await asyncio.sleep(SAMPLED_EVERY_S)

    watching = asyncio.create_task(watch())
    try:
        async with asyncio.TaskGroup() as clients:
            # Each kind comes at least once, however short the time.
            for number, first in zip(range(chosen.sessions), itertools.cycle([*FAULTS, GOOD])):
                clients.create_task(_clients(stage, first, random.Random(f"{chosen.seed} {number}"), until))
            clients.create_task(_victims(stage, random.Random(f"{chosen.seed} victims"), until))
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    patience = time.monotonic() + stage.session_timeout_s + LAST_WAIT_S
    while await asyncio.to_thread(server.sessions) != 0 and time.monotonic() < patience:
        await asyncio.sleep(0.5)
    # A slot is free before its socket is closed.
    await asyncio.sleep(2.0)
    return samples


async def _clients(stage: Stage, first: str, rng: random.Random, until: float) -> None:
    """One client after the other, until it is time."""
    name = first
    while time.monotonic() < until:
        try:
            await (play_episode if name == GOOD else FAULTS[name])(stage, rng)
        except Exception as problem:  # noqa: BLE001  # told in the report, whatever it is
            stage.ledger.problem(f"{name}: {problem!r}")
            # Lest a server that is gone be asked ten thousand times a second.
            await asyncio.sleep(1.0)
        stage.ledger.happened[name] += 1
        name = rng.choice(list(FAULTS)) if rng.random() < SHARE_OF_FAULTS else GOOD


async def _victims(stage: Stage, rng: random.Random, until: float) -> None:
    """Start a process that plays several sessions, and kill it in the midst."""
    while time.monotonic() < until:
        command = [victim.__file__, str(stage.port), str(rng.randrange(1 << 30))]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None, "it was started with a pipe"
        try:
            told = await process.stdout.readline()
            if told.decode().strip() != victim.PLAYING:
                stage.ledger.problem(f"a process that was to be killed said {told!r}")
            await asyncio.sleep(rng.uniform(0.2, 2.0))
            stage.ledger.happened[KILLED] += victim.SESSIONS
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.sleep(min(rng.expovariate(1 / BETWEEN_KILLS_S), max(0.0, until - time.monotonic())))


@contextlib.contextmanager
def _server(
    chosen: argparse.Namespace, words: Path, episodes: Path
) -> Iterator[tuple[Server, subprocess.Popen[bytes]]]:
    """The server, what it says going to one file and its finished episodes to others."""
    port = free_port()
    command = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-sessions", str(chosen.sessions + SPARE), "--session-timeout", str(chosen.session_timeout)]
    command += ["--episode-log", str(episodes)]
    # The shell makes way for the server, so that its process is the server's.
    command = ["sh", "-c", 'exec "$@" >"$0" 2>&1', str(words), *command]
    with running(command, f"http://127.0.0.1:{port}") as process:
        yield Server(port, process.pid), process


def telling(words: str) -> list[str]:
    """The lines of a server's log from which something can be learnt that the soak does not know."""
    return [line for line in words.splitlines() if not any(map(line.count, DULL))]


def _write(
    chosen: argparse.Namespace,
    argv: Sequence[str] | None,
    samples: Sequence[Sample],
    ending: Ending,
    ledger: Ledger,
    log: LogReader,
    judged: Sequence[Verdict],
) -> None:
    """Write the report."""
    report: dict[str, Any] = {
        "made": made_by("scripts/soak.py", sys.argv[1:] if argv is None else argv),
        "machine": described(),
        "settings": {name: value for name, value in vars(chosen).items() if name != "out"},
        "passed": not any(verdict.passed is False for verdict in judged),
        "verdicts": [asdict(verdict) for verdict in judged],
        "sessions": dict(sorted(ledger.happened.items())),
        "answers_compared": ledger.messages,
        "episodes_finished": len(ledger.finished),
        "episode_log": {"episodes": len(log.lines), "bytes": log.bytes, "files": log.files},
        "problems": ledger.problems,
        "log_differences": log.differences(ledger)[:MOST_TOLD],
        "server_said": telling(ending.words)[:MOST_TOLD],
        "series": {"of": [*Sample.__annotations__], "samples": [list(astuple(sample)) for sample in fewer(samples)]},
    }
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _print(judged: Sequence[Verdict], ledger: Ledger) -> None:
    table = Table("check", "measured", "passed", title="Soak")
    for verdict in judged:
        table.add_row(verdict.check, verdict.measured, {True: "yes", False: "NO", None: "not judged"}[verdict.passed])
    console = Console(width=120)
    console.print(table)
    console.print("Sessions: " + ", ".join(f"{count} {name}" for name, count in sorted(ledger.happened.items())))
    for problem in ledger.problems[:MOST_TOLD]:
        console.print(problem, markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="that clients come for")
    parser.add_argument("--sessions", type=int, default=64, help="clients at a time")
    parser.add_argument("--seed", type=int, default=0, help="of the draws: which client does what")
    parser.add_argument("--session-timeout", type=float, default=8.0, metavar="SECONDS", help="of the server")
    parser.add_argument("--pause", type=float, default=0.05, metavar="SECONDS", help="a client's, on average")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench" / "soak.json", help="the report")
    return parser


if __name__ == "__main__":
    # So that a terminated job takes its server along.
    with unwinding():
        sys.exit(main())
