"""Run the server under good and faulty clients for a while, and check the answers, and that nothing is left behind.

    uv run python scripts/soak.py --minutes 30

64 clients at a time, each of them good or faulty as a seeded draw has it. A good one plays a whole episode and compares
every answer with that of an environment of this process. A faulty one crashes, falls silent, reads slowly or sends
garbage. At the end no session may be left, memory and file descriptors have to be flat, and the episode log has to hold
every finished episode once. Memory is not judged in a soak of less than a minute and a half. The report goes to
outputs/bench/soak.json; exit status 1 if a check fails. It needs Linux, for its /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import socket
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from synth_audit_env.benchmarks.machine import MEBIBYTE, memory_of, metric, write_report
from synth_audit_env.benchmarks.recorded import Script, record
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.serving.limits import DROPPED_AFTER_S, LONGEST_MESSAGE
from synth_audit_env.server.world.tasks import TIERS

ROOT = Path(__file__).resolve().parent.parent
SHARE_OF_FAULTS = 0.2
"""Of the sessions. Silent ones last longest, so that at any moment more than that are faulty."""
SCRIPTS = 12
"""Episodes of each tier that are played again and again."""
SPARE = 32
"""Slots beside those of the clients: for sessions whose end the server is about to see, and those that are silent."""
WARM_UP_S = 60.0
"""Seconds of which memory is not judged. A server keeps the scenarios that it built last, 64 of about 0.2 MB each
(`SHARED_SCENARIOS`), and the clients have asked for so many by then: filling that up is no leak."""
MOST_GROWTH = ((240.0, 10 * MEBIBYTE), (30.0, 60 * MEBIBYTE))
"""By seconds of load after the warm-up, the bytes that the straight line through memory may rise from there to the end
of the load. The first bound is forty sessions never freed. In less time a small leak cannot be told from the shape that
Python's heap takes; the second bound finds a leak of a megabyte a second."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end than before the first client: an episode log, some spare."""
LAST_WAIT_S = 30.0
"""For the last sessions to end, once they should have."""
PATIENCE_S = 120.0
"""A server that answers later than that, with the machine as busy as a soak makes it, is taken to hang."""
PAUSE_S = 0.05
"""Between two messages of a client, on average."""
BAD_WORDS = ("Traceback (most recent call last)", "An exception that no client should see", "was never retrieved")
NONSENSE = (b"{", b"null", b"[" * 100_000, b'{"type": "step"}', b"x" * (LONGEST_MESSAGE + 1))
"""Messages that the server has to refuse in words."""
BROKEN = (b"\x83\x80" + bytes(4), b"\x81\x02{}", b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4))
"""Frames that end a connection: a reserved opcode, one that is not masked, one that announces a terabyte."""
LONGEST = b'{"type": "reset", "data": {"task_id": "oversight_frontier", "level": 10, "seed": 0}}'
"""Asks for the longest answer there is, of more than 0.1 MB. Linux buffers 4 MB for a socket."""


@dataclass
class Soak:
    """The server, the episodes that are played, and what all clients have done and seen."""

    port: int
    session_timeout_s: float
    """After which the server ends a silent session."""
    scripts: list[Script]
    finished: Counter[object] = field(default_factory=Counter)
    """Episodes that were played to their end, each once: id, task, seed and score."""
    logged: Counter[object] = field(default_factory=Counter)
    """The same of the lines of the server's episode log."""
    sessions: Counter[str] = field(default_factory=Counter)
    """By the client that played them."""
    answers: int = 0
    """Answers that were compared."""
    problems: list[str] = field(default_factory=list)
    """What should not have happened."""
    memory: list[tuple[float, int]] = field(default_factory=list)
    """Bytes of the server, by seconds since the first client."""
    more_files: int = 0
    """File descriptors of the server at the end, beyond those before the first client."""
    left: int | None = None
    """Sessions that the server still counts at the end; None where it does not answer."""
    faults: int | None = None
    """Exceptions that the server has counted as its own fault; None where it does not answer."""
    words: str = ""
    """Standard output and standard error of the server."""

    def read_log(self, folder: Path) -> None:
        """Read the episode log of a server that has ended."""
        for path in folder.glob("*.jsonl"):
            with path.open(encoding="utf-8") as lines:
                for episode in map(json.loads, lines):
                    score = episode["outcome"]["score"]
                    self.logged[episode["episode_id"], episode["task"], episode["seed"], score] += 1

    def verdicts(self, load_s: float) -> Iterator[tuple[str, str, bool]]:
        """Each check, its figure and True if it is passed, after clients came for so many seconds."""
        # uvicorn says the one when it has closed all, and the other before it when it did not wait for that.
        stopped = "Finished server process" in self.words and "timeout graceful shutdown exceeded" not in self.words
        yield "it stops in order when told to", "yes" if stopped else "no", stopped
        compared = f"{self.answers:,} answers compared, {len(self.problems)} problems"
        yield "clients saw what was due", compared, self.answers > 0 and not self.problems
        yield "no session is left", str(self.left), self.left == 0
        judged = [(second, resident) for second, resident in self.memory if WARM_UP_S <= second <= load_s]
        most = next((growth for least_s, growth in MOST_GROWTH if load_s - WARM_UP_S >= least_s), None)
        if most is not None:
            grown = statistics.linear_regression(*zip(*judged, strict=True)).slope * (judged[-1][0] - judged[0][0])
            rise = f"{grown / MEBIBYTE:+.1f} MiB from second {WARM_UP_S:g} to the end of the load"
            yield "memory is flat", f"{rise}, of at most {most // MEBIBYTE}", grown <= most
        yield "file descriptors are flat", f"{self.more_files:+d} once all had gone", self.more_files <= MOST_FILES
        logged = f"{self.finished.total():,} finished, {self.logged.total():,} logged"
        yield "every finished episode is logged once", logged, bool(self.finished) and self.finished == self.logged
        bad = [line for line in self.words.splitlines() if any(word in line for word in BAD_WORDS)]
        # The log leaves out what comes too often, and the metrics count it.
        faultless = not bad and self.faults == 0
        yield "the server reports no fault", f"{len(bad)} lines, {self.faults} counted", faultless


class Client:
    """One client with its session. Through the transport it may break every rule of the protocol."""

    def __init__(self, soak: Soak, rng: random.Random, connection: ClientConnection) -> None:
        self.soak, self.rng, self.connection, self.transport = soak, rng, connection, connection.transport
        self.script = rng.choice(soak.scripts)

    def send(self, message: bytes) -> None:
        """Send a message, and wait for nothing."""
        self.transport.write(Frame(Opcode.TEXT, message).serialize(mask=True))

    async def receive(self, due: bytes | None = None) -> bytes:
        """The next message of the server, compared with the answer that is due, if it is given."""
        async with asyncio.timeout(PATIENCE_S):
            answer = await self.connection.recv(decode=False)
        if due is not None:
            self.soak.answers += 1
            if answer != due:
                raise ValueError(f"{self.script.seed}: the answer is {answer[:200]!r}, and {due[:200]!r} was due")
        return answer

    async def play(self, messages: int | None = None) -> None:
        """Play the first so many messages of the episode, or all; pause before each as a client that has to think."""
        for message, due in zip(self.script.messages[:messages], self.script.answers[:messages], strict=True):
            # Never so long that the session is idle.
            await asyncio.sleep(min(self.rng.expovariate(1 / PAUSE_S), self.soak.session_timeout_s / 4))
            self.send(message)
            await self.receive(due)

    async def play_a_part(self) -> None:
        """Play the episode, but not to its end."""
        await self.play(self.rng.randrange(1, len(self.script.messages)))

    async def finish(self) -> None:
        """Compare the outcome in the state after the last message of the episode, and note it as finished."""
        self.send(b'{"type": "state"}')
        state = json.loads(await self.receive())["data"]
        found = (state["task_id"], state["seed"], state["outcome"]["score"])
        if found != (self.script.task_id, self.script.seed, self.script.score):
            raise ValueError(f"the state after the end of {self.script.seed} is {str(state)[:300]}")
        self.soak.finished[state["episode_id"], *found] += 1

    async def stay_silent(self) -> None:
        """Read nothing, not even pings, until the server has ended the session, and leave the socket open."""
        self.transport.pause_reading()
        await asyncio.sleep(self.soak.session_timeout_s + DROPPED_AFTER_S)


async def good(client: Client) -> None:
    """Play an episode from reset to report, and close the connection. It is finished."""
    await client.play()
    await client.finish()
    await client.connection.close()


async def crash(client: Client) -> None:
    """Crash with the answer to a reset on its way, as a process that is killed does."""
    client.send(client.script.messages[0])
    await asyncio.sleep(client.rng.uniform(0.0, 0.02))
    # RST is what a kernel may send for a program that has crashed. To linger for no time is how it is asked for it.
    linger = struct.pack("ii", 1, 0)
    client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def abandon_by_reset(client: Client) -> None:
    """Begin another episode in the middle of one, twice, and leave without a word."""
    for _ in range(3):
        client.script = client.rng.choice(client.soak.scripts)
        await client.play_a_part()


async def half_open(client: Client) -> None:
    """Fall silent in the middle of an episode. The session has to end."""
    await client.play_a_part()
    await client.stay_silent()


async def slow_reader(client: Client) -> None:
    """Send a whole episode at once and read the answers slowly. All of them have to be right; it is finished."""
    for message in client.script.messages:
        client.send(message)
    # It says nothing while it reads: on a busy machine its session would be idle for too long.
    hurries_at = time.monotonic() + client.soak.session_timeout_s / 2
    for due in client.script.answers:
        await asyncio.sleep(client.rng.uniform(0.0, 0.08) if time.monotonic() < hurries_at else 0.0)
        await client.receive(due)
    await client.finish()


async def flood_unread(client: Client) -> None:
    """Ask for far more than can be buffered and read nothing. The session has to end all the same."""
    for _ in range(200):
        client.send(LONGEST)
    await client.stay_silent()


async def garbage(client: Client) -> None:
    """Send nonsense between the messages of an episode. Each is refused, and the episode goes on; it is finished."""
    for message, due in zip(client.script.messages, client.script.answers, strict=True):
        client.send(message)
        await client.receive(due)
        if client.rng.random() < 0.5:
            client.send(nonsense := client.rng.choice(NONSENSE))
            answer = await client.receive()
            if not answer.startswith(b'{"type":"error"'):
                raise ValueError(f"{nonsense[:60]!r} was answered with {answer[:200]!r}")
    await client.finish()


async def broken_frames(client: Client) -> None:
    """Send a frame that breaks WebSocket's rules. The server has to end the connection."""
    await client.play_a_part()
    client.transport.write(client.rng.choice(BROKEN))
    async with asyncio.timeout(PATIENCE_S):
        await client.connection.wait_closed()


async def forgotten_mcp(client: Client) -> None:
    """Open a session over HTTP, which has no socket to be missed, and forget it. It has to end by itself."""
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        opened = await http.post(f"http://127.0.0.1:{client.soak.port}/mcp", json=initialize)
    if "mcp-session-id" not in opened.headers:
        raise ValueError(f"initialize was answered with {opened.status_code}")


FAULTY = (crash, abandon_by_reset, half_open, slow_reader, flood_unread, garbage, broken_frames, forgotten_mcp)
CLIENTS: dict[str, Callable[[Client], Awaitable[None]]] = {play.__name__: play for play in (good, *FAULTY)}


async def run(soak: Soak, name: str, rng: random.Random) -> None:
    """Let one client come. Afterwards its connection is gone, however it ended."""
    flags: dict[str, Any] = {"proxy": None, "compression": None, "ping_interval": None, "max_size": None}
    try:
        connection = await connect(f"ws://127.0.0.1:{soak.port}/ws", open_timeout=PATIENCE_S, max_queue=1, **flags)
        try:
            await CLIENTS[name](Client(soak, rng, connection))
        finally:
            connection.transport.abort()
    except Exception as problem:  # noqa: BLE001  # the report names it, whatever it is
        soak.problems.append(f"{name}: {problem!r}"[:500])
        await asyncio.sleep(1.0)  # a server that is gone would be asked ten thousand times a second
    soak.sessions[name] += 1


async def load(soak: Soak, server: psutil.Process, sessions: int, seconds: float) -> None:
    """Let the clients come, for so many seconds, and look at what is left once they should have gone."""

    def files() -> int:  # but for the two pipes of each process that builds episodes
        return int(server.num_fds()) - 2 * len(server.children())

    began, before = time.monotonic(), files()

    async def watch() -> None:
        while time.monotonic() - began < seconds:
            soak.memory.append((time.monotonic() - began, memory_of(server.pid)))
            await asyncio.sleep(1.0)

    async def come(name: str, rng: random.Random) -> None:
        while time.monotonic() - began < seconds:
            await run(soak, name, rng)
            name = rng.choice(FAULTY).__name__ if rng.random() < SHARE_OF_FAULTS else "good"

    async with asyncio.TaskGroup() as clients:
        clients.create_task(watch())
        # Each kind comes at least once, however short the time.
        for number, name in zip(range(sessions), itertools.cycle(reversed(CLIENTS))):
            clients.create_task(come(name, random.Random(number)))
    # A session that a client has left ends by itself.
    patience = time.monotonic() + soak.session_timeout_s + LAST_WAIT_S
    while await asyncio.to_thread(metric, soak.port, "synth_audit_sessions") != 0 and time.monotonic() < patience:
        await asyncio.sleep(0.5)
    await asyncio.sleep(2.0)  # a slot is free before its socket is closed
    soak.more_files = files() - before
    soak.left, soak.faults = (metric(soak.port, f"synth_audit_{name}") for name in ("sessions", "faults_total"))


def main(argv: list[str] | None = None) -> int:
    """Run the soak. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="that clients come for")
    parser.add_argument("--sessions", type=int, default=64, help="clients at a time")
    parser.add_argument("--session-timeout", type=float, default=8.0, metavar="SECONDS", help="of the server")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench" / "soak.json", help="the report")
    chosen = parser.parse_args(argv)
    scripts = [record(seed, tier.task_id) for tier in TIERS.values() for seed in range(SCRIPTS)]
    soak, seconds = Soak(free_port(), chosen.session_timeout, scripts), chosen.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        log, words = Path(folder, "episodes"), Path(folder, "words.txt")
        command = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(soak.port)]
        command += ["--max-sessions", str(chosen.sessions + SPARE), "--session-timeout", str(chosen.session_timeout)]
        # Its output goes to a file. The shell makes way for it, so that the process is the server's.
        command = ["sh", "-c", 'exec "$@" >"$0" 2>&1', str(words), *command, "--episode-log", str(log)]
        with running(command, f"http://127.0.0.1:{soak.port}") as process:
            asyncio.run(load(soak, psutil.Process(process.pid), chosen.sessions, seconds))
        soak.read_log(log)
        soak.words = words.read_text(encoding="utf-8", errors="replace")
    verdicts = [dict(zip(("check", "measured", "passed"), verdict, strict=True)) for verdict in soak.verdicts(seconds)]
    passed: bool = all(verdict["passed"] for verdict in verdicts)
    found = {
        "passed": passed,
        "verdicts": verdicts,
        "sessions": dict(sorted(soak.sessions.items())),
        "answers_compared": soak.answers,
        "episodes_finished": soak.finished.total(),
        "episodes_logged": soak.logged.total(),
        "problems": soak.problems[:50],
        # By seconds, a hundred or two of the samples.
        "memory": soak.memory[:: 1 + len(soak.memory) // 200],
    }
    write_report(chosen.out, "scripts/soak.py", chosen, found)
    for verdict in verdicts:
        print(f"{'passed' if verdict['passed'] else 'FAILED'} {verdict['check']}: {verdict['measured']}")
    print(*soak.problems[:50], *([] if passed else [soak.words]), sep="\n")
    return 0 if passed else 1


if __name__ == "__main__":
    # So that a terminated job takes its server along.
    with exit_on_signals():
        sys.exit(main())
