"""Run the server under good clients and vandals for a while, and check the answers, and that nothing is left behind.

    uv run python scripts/soak.py --minutes 30

Good sessions play recorded audits of all tiers and compare every answer. Beside them vandals crash, fall silent, read
nothing, or send what no client may send. At the end no session may be left, memory and file descriptors have to be
flat, and the episode log has to hold every finished episode once. The answers to vandals are checked by the tests of
server/serving. The report goes to outputs/bench/soak.json; exit status 1 if a check fails. It needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop
from websockets.frames import Opcode

from synth_audit_env.benchmarks.document import write_report
from synth_audit_env.benchmarks.floods import LONGEST, UPGRADE, frame
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.server import HIGH_LIMITS, MEBIBYTE, MeasuredServer, memory_of, metric, running_server
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.serving.limits import DROPPED_AFTER_S, LONGEST_MESSAGE
from synth_audit_env.server.world.tasks import TIERS

OUT = Path(__file__).resolve().parent.parent / "outputs" / "bench" / "soak.json"
SCRIPTS = 24
"""Episodes of each tier that are played again and again: more than the server keeps."""
MCP_BODY = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}'
SESSION_TIMEOUT_S = 20.0
"""Of a silent session. The first episodes of all sessions are built while these wait, on a busy machine for long."""
WARM_UP_S = 60.0
"""Seconds of which memory is not judged: by then the server keeps as many scenarios as it ever does."""
MOST_GROWTH, JUDGED_S = 10 * MEBIBYTE, 240.0
"""Bytes by which memory may rise, which are forty sessions never freed, and the least seconds after the warm-up. In
less time a leak cannot be told from the shape that Python's heap takes."""
MOST_FILES = 3
"""File descriptors that there may be more of at the end: an episode log, some spare."""
NONSENSE = (b"{", b"null", b"[" * 100_000, b'{"type": "step"}', b"x" * (LONGEST_MESSAGE + 1))
BEGUN = UPGRADE + frame(Opcode.TEXT, b'{"type": "reset", "data": {}}')
BRIEF_S, SILENT_S = 0.5, SESSION_TIMEOUT_S + DROPPED_AFTER_S
VANDALS = {
    "crashes with an answer on its way": (BEGUN, 0.01),
    "falls silent in an episode": (BEGUN, SILENT_S),
    "asks for more than can be buffered": (UPGRADE + frame(Opcode.TEXT, LONGEST) * 200, SILENT_S),
    "sends nonsense": (BEGUN + b"".join(frame(Opcode.TEXT, text) for text in NONSENSE), BRIEF_S),
    "sends a reserved opcode": (BEGUN + b"\x83\x80" + bytes(4), BRIEF_S),
    "sends an unmasked frame": (BEGUN + b"\x81\x02{}", BRIEF_S),
    "announces a terabyte": (BEGUN + b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4), SILENT_S),
    "forgets a session over MCP": (
        b"POST /mcp HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(MCP_BODY), MCP_BODY),
        BRIEF_S,
    ),
}
"""By name: what it sends, and the seconds for which it then stays without reading before it is gone."""


@dataclass
class Soak:
    """What all clients have done and seen, and what is left behind."""

    answers: int = 0
    errors: int = 0
    """Answers that were wrong, or did not come."""
    finished: int = 0
    """Episodes that were played to their end."""
    logged: Counter[str] = field(default_factory=Counter)
    """Ids of the episodes in the server's log."""
    vandals: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)
    """Bytes of the server, by seconds since the first client."""
    more_files: int = 0
    """File descriptors of the server at the end, beyond those before the first client."""
    left: int = 0
    """Sessions that the server still counts at the end."""
    faults: int = 0
    """Exceptions that the server has counted as its own fault."""

    def verdicts(self) -> Iterator[tuple[str, str, bool]]:
        """Each check, its figure and True if it is passed."""
        compared = f"{self.answers:,} answers compared, {self.errors} wrong or missing"
        yield "clients saw what was due", compared, self.answers > 0 and not self.errors
        yield "no session is left", str(self.left), self.left == 0
        judged = [(second, resident) for second, resident in self.memory if second >= WARM_UP_S]
        judged_s = judged[-1][0] - judged[0][0] if judged else 0.0
        if judged_s >= JUDGED_S:
            grown = statistics.linear_regression(*zip(*judged, strict=True)).slope * judged_s
            rise = f"{grown / MEBIBYTE:+.1f} MiB from second {WARM_UP_S:g} to the end of the load"
            yield "memory is flat", f"{rise}, of at most {MOST_GROWTH // MEBIBYTE}", grown <= MOST_GROWTH
        yield "file descriptors are flat", f"{self.more_files:+d} once all had gone", self.more_files <= MOST_FILES
        logged = f"{self.finished:,} finished, {self.logged.total():,} logged, {len(self.logged):,} of them different"
        yield "every finished episode is logged once", logged, self.finished == self.logged.total() == len(self.logged)
        yield "the server reports no fault", str(self.faults), self.faults == 0


async def load(soak: Soak, server: MeasuredServer, sessions: int, seconds: float) -> None:
    """Let the clients come, for so many seconds, and look at what is left once they should have gone."""
    process, began, rng = psutil.Process(server.pid), time.monotonic(), random.Random(0)

    def files() -> int:  # but for the two pipes of each process that builds episodes
        return int(process.num_fds()) - 2 * len(process.children())

    def goes_on() -> bool:
        return time.monotonic() - began < seconds

    async def watch() -> None:
        while goes_on():
            soak.memory.append((time.monotonic() - began, memory_of(server.pid)))
            await asyncio.sleep(1.0)

    async def good() -> None:
        while goes_on():
            # New sessions each time: one that waited for the others to end would be idle for too long.
            played = await server.play(sessions, own_pace=True)
            soak.answers += len(played.latencies) + played.resets
            soak.finished += played.resets
            soak.errors += played.errors

    async def vandal(first: str) -> None:
        for name in itertools.chain([first], iter(lambda: rng.choice(list(VANDALS)), None)):
            if not goes_on():
                return
            sent, stays_s = VANDALS[name]
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            await asyncio.sleep(stays_s)
            writer.transport.abort()
            soak.vandals[name] += 1

    before = files()
    await asyncio.gather(watch(), good(), *map(vandal, VANDALS))
    await asyncio.sleep(2 * SILENT_S)
    soak.more_files = files() - before
    soak.left, soak.faults = (metric(server.port, f"synth_audit_{name}") for name in ("sessions", "faults_total"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="that clients come for")
    parser.add_argument("--sessions", type=int, default=64, help="good ones at a time")
    parser.add_argument("--out", type=Path, default=OUT, help="the report")
    chosen = parser.parse_args(argv)
    scripts, soak = [record(seed, tier.task_id) for seed in range(SCRIPTS) for tier in TIERS.values()], Soak()
    with tempfile.TemporaryDirectory() as log:
        # Vandals have slots beside the good sessions, and no address is held to a rate.
        with running_server(scripts, log, [*HIGH_LIMITS, "--session-timeout", str(SESSION_TIMEOUT_S)]) as server:
            uvloop.run(load(soak, server, chosen.sessions, chosen.minutes * 60))
        for path in Path(log).glob("*.jsonl"):
            soak.logged.update(json.loads(line)["episode_id"] for line in path.read_text("utf-8").splitlines())
    verdicts = [dict(zip(("check", "measured", "passed"), verdict, strict=True)) for verdict in soak.verdicts()]
    passed: bool = all(verdict["passed"] for verdict in verdicts)
    counts = {"answers_compared": soak.answers, "episodes_finished": soak.finished, "vandals": soak.vandals}
    write_report(chosen.out, "scripts/soak.py", chosen, {"passed": passed, "verdicts": verdicts, **counts})
    for verdict in verdicts:
        print(f"{'passed' if verdict['passed'] else 'FAILED'} {verdict['check']}: {verdict['measured']}")
    return 0 if passed else 1


if __name__ == "__main__":
    # So that a terminated job takes its server along.
    exit_on_signals()
    sys.exit(main())
