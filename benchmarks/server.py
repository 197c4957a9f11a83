"""How fast the server is: ours under real audits, beside servers that do nothing but send the same bytes.

    uv run python benchmarks/server.py

Four servers run as processes of their own, with the same uvicorn settings: a bare FastAPI WebSocket, openenv's with an
environment that does nothing (its step sync, and async), and ours (see `contenders`), which counts for /metrics, keeps
an episode log and holds everybody to rates that nobody reaches. A client process plays recorded audits of the hard tier
against each (see `load`): episodes of their own, and once more to ours in groups of eight that play the same one, as
the rollouts of GRPO do. They take turns, round by round. The report has medians with the least
and the greatest round, as figures and as ratios to openenv's async server, and goes to outputs/bench/server.json.

It needs Linux, whose /proc tells processor time and memory, and a core for the client beside that of the server.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

from synth_audit_env.benchmarks import recorded
from synth_audit_env.benchmarks.document import BASE, GROUPS, OURS, document
from synth_audit_env.benchmarks.figures import AIM_SESSIONS, LONG, Cell, Crowd, aims, drift
from synth_audit_env.benchmarks.load import Clients, Growth, Order, Outcome
from synth_audit_env.benchmarks.machine import described, made_by
from synth_audit_env.benchmarks.processes import MOST_SESSIONS, family, is_told
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server.scenario_cache import SHARED_SCENARIOS
from synth_audit_env.server.serving.settings import HIGHEST_RATE

EVERYTHING_ON = (
    *("--messages-per-second", str(HIGHEST_RATE), "--requests-per-second", str(HIGHEST_RATE)),
    *("--sessions-per-address", str(MOST_SESSIONS)),
)
ROOT = Path(__file__).resolve().parent.parent
LOADS = {"echo": ("echo", 1), "openenv-sync": ("openenv-sync", 1), BASE: (BASE, 1), OURS: (OURS, 1), GROUPS: (OURS, 8)}
"""What is compared: a server, and how many sessions play the same episode."""
EPISODES = 4 * SHARED_SCENARIOS
"""Played in turn: by the time one comes again the server has forgotten it."""
T = TypeVar("T")
WARMING = 8
"""Sessions that play before memory is looked at. Few, since what they leave free would be used again."""


@dataclass
class Contender:
    """A running server."""

    port: int
    pid: int
    next: int = 0
    """The episode that comes next."""


class Bench:
    """Servers, and the clients that are sent from one to the next."""

    def __init__(self, clients: Clients, contenders: dict[str, Contender]) -> None:
        self._clients = clients
        self._contenders = contenders
        self._wave_s: dict[Order, float] = {}
        """How long a wave takes, by the order for it."""

    def run(self, server: str, sessions: int, *, waves: int = 1, group: int = 1, mixed: bool = False) -> Outcome:
        """Send the clients to a server, which goes on through the episodes from where it was."""
        contender = self._contenders[server]
        order = Order(contender.port, contender.pid, sessions, waves, group, contender.next, mixed)
        contender.next += waves * order.per_wave
        return self._clients.run(order)

    def run_for(self, seconds: float, server: str, sessions: int, *, group: int = 1, mixed: bool = False) -> Outcome:
        """The same for about so long. What is asked for the first time is tried once, which also warms it up."""
        contender = self._contenders[server]
        kind = Order(contender.port, contender.pid, sessions, group=group, mixed=mixed)
        if kind not in self._wave_s:
            tried = self.run(server, sessions, group=group, mixed=mixed)
            self._wave_s[kind] = tried.steps.seconds + (0.0 if mixed else tried.resets.seconds)
        return self.run(server, sessions, waves=max(1, round(seconds / self._wave_s[kind])), group=group, mixed=mixed)

    def lost_episodes(self, server: str) -> int:
        """How many finished episodes a server says that it could not log."""
        with urlopen(f"http://127.0.0.1:{self._contenders[server].port}/metrics") as answer:
            told = answer.read().decode()
        (count,) = re.findall(r'^synth_audit_episode_log_episodes_total\{fate="lost"\} (\S+)$', told, re.MULTILINE)
        return int(float(count))

    def memory(self, server: str, sessions: int, episodes: int) -> Growth:
        """What a session takes, on a server that has been warmed up."""
        self.run(server, min(WARMING, sessions), waves=-(-episodes // WARMING))
        contender = self._contenders[server]
        contender.next += sessions
        return self._clients.memory(Order(contender.port, contender.pid, sessions, first=contender.next - sessions))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write. Returns the exit status: whether an aim was met is for the reader to see."""
    chosen = _parser().parse_args(argv)
    if not is_told():
        print("server.py: this needs Linux, whose /proc tells processor time and memory.", file=sys.stderr)
        return 2
    if max(chosen.sessions) > min(chosen.episodes, MOST_SESSIONS):
        most = f"{max(chosen.sessions)} sessions need as many --episodes, and {MOST_SESSIONS} are the most"
        print(f"server.py: {most}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        episodes = Path(folder) / "episodes.pickle"
        _say(f"recording {chosen.episodes} episodes")
        recorded.write(recorded.record_all(range(chosen.episodes)), episodes)
        with Clients(episodes, chosen.clients) as clients:
            report = {
                "made": made_by("benchmarks/server.py", sys.argv[1:] if argv is None else argv),
                "machine": described(),
                "settings": {name: value for name, value in vars(chosen).items() if name != "out"},
                **_compared(clients, episodes, chosen),
                "workers": _workers(clients, chosen),
            }
    print(document(report))
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "server.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return 0


def _compared(clients: Clients, episodes: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """All that the servers are compared in, each of them running all the while."""
    kinds = list(dict.fromkeys(server for server, _ in LOADS.values()))
    with contextlib.ExitStack() as stack:
        bench = Bench(clients, {kind: stack.enter_context(_server(kind, episodes)) for kind in kinds})
        _say("memory")
        growths = {kind: bench.memory(kind, max(chosen.sessions), chosen.episodes // 2) for kind in kinds}
        found: dict[tuple[str, int], list[Outcome]] = {}
        mixed: dict[str, list[Outcome]] = {BASE: [], OURS: []}
        crowd = AIM_SESSIONS if AIM_SESSIONS in chosen.sessions else max(chosen.sessions)
        for number in range(chosen.rounds):
            _say(f"round {number + 1} of {chosen.rounds}")
            for sessions in chosen.sessions:
                # Another begins each time, lest one have the quietest moment of every round.
                for name, (server, group) in _rotated(list(LOADS.items()), number):
                    if sessions % group == 0:
                        outcome = bench.run_for(chosen.seconds, server, sessions, group=group)
                        found.setdefault((name, sessions), []).append(outcome)
            for name, outcomes in _rotated(list(mixed.items()), number):
                outcomes.append(bench.run_for(chosen.seconds, name, crowd, mixed=True))
        _say(f"{chosen.drift_steps} steps for the drift")
        drifted = _drift(bench, crowd, chosen.drift_steps)
        lost = bench.lost_episodes(OURS)
    cells = {key: Cell.of(outcomes) for key, outcomes in found.items()}
    at_their_own_pace = {name: Cell.of(outcomes) for name, outcomes in mixed.items()}
    by_count = {name: {count: cells[name, count] for of, count in cells if of == name} for name in LOADS}
    errors = sum(cell.errors for name in (OURS, GROUPS) for cell in by_count[name].values())
    errors += at_their_own_pace[OURS].errors + growths[OURS].errors + int(drifted["errors"]) + lost
    compared = None
    if crowd == AIM_SESSIONS:
        alone = (cells[name, crowd] for name in (OURS, GROUPS, BASE))
        compared = Crowd(*alone, at_their_own_pace[OURS], at_their_own_pace[BASE])
    return {
        "cells": [
            {"server": name, "sessions": count, **cell.report(cells[BASE, count])}
            for (name, count), cell in cells.items()
        ],
        "mixed": [
            {"server": name, "sessions": crowd, **cell.report(at_their_own_pace[BASE])}
            for name, cell in at_their_own_pace.items()
        ],
        "memory": {name: {**asdict(growth), "per_session": growth.per_session} for name, growth in growths.items()},
        "drift": drifted,
        "aims": [asdict(aim) for aim in aims(compared, growths[OURS], drifted, errors)],
    }


def _drift(bench: Bench, sessions: int, steps: int) -> dict[str, Any]:
    """Play on, in one piece, and look at the memory after each wave."""
    tried = bench.run(OURS, sessions).steps.messages
    # One look is no line.
    outcome = bench.run(OURS, sessions, waves=max(2, 1 + -(-steps // tried)))
    return {**drift(outcome.resident), "errors": outcome.steps.errors + outcome.resets.errors}


def _workers(clients: Clients, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Steps a second of servers with several processes, which take turns as well."""
    _say("workers")
    crowd = max(chosen.sessions)
    found: dict[int, list[Outcome]] = {count: [] for count in chosen.workers}
    with contextlib.ExitStack() as stack:
        servers = {str(count): stack.enter_context(_server(OURS, None, workers=count)) for count in chosen.workers}
        bench = Bench(clients, servers)
        for number in range(chosen.rounds if found else 0):
            for count, outcomes in _rotated(list(found.items()), number):
                outcomes.append(bench.run_for(chosen.seconds, str(count), crowd))
    cells = {count: Cell.of(outcomes) for count, outcomes in found.items()}
    return [
        {"workers": count, "sessions": crowd, **cell.report(cells[chosen.workers[0]])} for count, cell in cells.items()
    ]


@contextlib.contextmanager
def _server(kind: str, episodes: Path | None, workers: int = 1) -> Iterator[Contender]:
    """A running server. The episodes are for those that play them back."""
    port, log = free_port(), tempfile.TemporaryDirectory()
    if kind == OURS:
        command = ["-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--max-sessions", str(MOST_SESSIONS)]
        command += ["--workers", str(workers), "--episode-log", log.name, *EVERYTHING_ON]
    else:
        command = [str(ROOT / "benchmarks" / "contenders.py"), kind, "--recorded", str(episodes)]
    started = [sys.executable, *command, "--port", str(port)]
    children: list[int] = []
    try:
        with running(started, f"http://127.0.0.1:{port}") as process:
            children = family(process.pid)[1:]
            yield Contender(port, process.pid)
    finally:
        for pid in children:
            # uvicorn's workers live on where their parent was too slow to stop, and had to be killed.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        log.cleanup()


def _rotated(items: list[T], by: int) -> list[T]:
    by %= len(items)
    return items[by:] + items[:by]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=_counts, default=[1, 16, 64, 256], metavar="N,...", help="at a time")
    parser.add_argument("--rounds", type=int, default=5, help="in which the servers take turns")
    parser.add_argument("--seconds", type=float, default=2.5, help="that a server is measured for in a round, about")
    parser.add_argument("--clients", type=int, default=1, help="client processes, which share the sessions")
    parser.add_argument("--workers", type=_counts, default=[1, 2], metavar="N,...", help="processes of our server")
    parser.add_argument("--drift-steps", type=int, default=LONG, help="steps over which memory is watched")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="that are recorded, and played in turn")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench", metavar="DIR", help="for the report")
    return parser


def _counts(told: str) -> list[int]:
    counts = sorted({int(part) for part in told.split(",")})
    if counts[0] < 1:
        raise argparse.ArgumentTypeError(f"{told!r} has a number below 1")
    return counts


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # So that a terminated job unwinds, and takes its servers along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
