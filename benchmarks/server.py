"""How fast the server is: ours under real audits, beside openenv's, which only sends the same bytes.

    uv run python benchmarks/server.py

Both run as processes of their own, with the same uvicorn settings (see `contenders`). This process replays recorded
audits of the hard tier and compares every answer: a different episode for each session, and once more for ours with
groups of eight sessions that play the same one, as the rollouts of GRPO do. The servers take turns, round by round.
outputs/bench/server.json has medians with the least and the greatest round, as figures and as ratios.

Sessions play in waves, as the rollouts of a trainer do: all of them reset, then all of them play their episodes to the
end, and the steps alone are timed. At their own pace, each session goes on to its next episode by itself, and steps
wait behind the resets of others. Last, eight quiet sessions play beside each flood of `floods`.

This needs Linux, and a core for the client beside that of the server. picows has the interface of the library
`websockets`, but reads and writes frames in C: the client must cost little beside the servers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import itertools
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from picows.websockets.asyncio.client import ClientConnection, connect
from picows.websockets.exceptions import ConnectionClosed

from synth_audit_env.benchmarks.document import document, wrong_answers
from synth_audit_env.benchmarks.floods import FLOODS
from synth_audit_env.benchmarks.machine import processor_s, write_report
from synth_audit_env.benchmarks.recorded import MOST_SESSIONS, Script, record
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.build_process import SHARED_SCENARIOS
from synth_audit_env.server.serving.limits import HIGHEST_RATE

ROOT = Path(__file__).resolve().parent.parent
BASE, OURS, GROUPS = "openenv-async", "ours", "ours, groups of 8"
LOADS = {
    ("cells", BASE): (BASE, 1),
    ("cells", OURS): (OURS, 1),
    ("cells", GROUPS): (OURS, 8),
    ("mixed", BASE): (BASE, 1),
    ("mixed", OURS): (OURS, 1),
}
"""By part of the report and name there: a server, and the number of sessions that play the same episode. The sessions
of "mixed" play at their own pace, those of "cells" in waves."""
RATIOS = {
    "processor time a step, of openenv-async: at most 1.5": (("cells", OURS), "processor_us_per_step"),
    "steps/s, of openenv-async: at least 0.7": (("cells", OURS), "steps_per_s"),
    "steps/s in groups of 8, of openenv-async: at least 1.0": (("cells", GROUPS), "steps_per_s"),
    "99th percentile of a step at their own pace, of openenv-async: at most 1.0": (("mixed", OURS), "p99_ms"),
}
"""Aims for ours, to the load and the figure that they are about."""
EPISODES = 4 * SHARED_SCENARIOS
"""Played in turn: by the time an episode comes again the server has forgotten it. With fewer of them than sessions,
sessions would share what is to be theirs alone."""
EPISODES_AT_OWN_PACE = 4
"""Of each session in a wave."""
QUIET, QUIET_PAUSE_S = 8, 0.1
"""Sessions that play beside a flood, and the seconds for which each thinks before it sends a message."""
HIGH_LIMITS = ["--max-sessions", str(MOST_SESSIONS), "--sessions-per-address", str(MOST_SESSIONS)]
HIGH_LIMITS += ["--messages-per-second", str(HIGHEST_RATE), "--requests-per-second", str(HIGHEST_RATE)]
RESET = b'{"type": "reset"'
SILENCE_S = 600.0
"""A server that has not answered all messages after so long is taken to hang."""


@dataclass
class Round:
    """One server under one load, in one round."""

    latencies: list[float] = field(default_factory=list)
    """Seconds from a step to its answer, of each step."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of the server."""
    resets: int = 0
    """Episodes that were begun."""
    errors: int = 0
    """Messages that got a wrong answer, or none."""

    def figures(self) -> dict[str, float]:
        """The figures that the report has medians of."""
        return {
            "steps_per_s": len(self.latencies) / self.seconds,
            "p99_ms": 1e3 * float(np.quantile(self.latencies, 0.99)),
            "processor_us_per_step": 1e6 * self.processor_s / len(self.latencies),
        }


Message = tuple[bytes, bytes]
"""A message, and the answer that is due."""


@contextlib.asynccontextmanager
async def open_sessions(port: int, count: int) -> AsyncIterator[list[ClientConnection]]:
    """Open so many sessions at a loopback port. The server has closed them when the block is left."""
    flags: dict[str, Any] = {"proxy": None, "compression": None, "ping_interval": None, "open_timeout": SILENCE_S}
    sessions = await asyncio.gather(*(connect(f"ws://127.0.0.1:{port}/ws", **flags) for _ in range(count)))
    yield sessions
    await asyncio.gather(*(session.close() for session in sessions))


async def _converse(session: ClientConnection, messages: Sequence[Message], played: Round) -> None:
    """Send each message when the one before is answered, so that the only queue is the server's."""
    for number, (message, due) in enumerate(messages):
        sent_at = time.perf_counter()
        try:
            await session.send(message, text=True)
            answer = await session.recv(decode=False)
        except ConnectionClosed:
            played.errors += len(messages) - number
            return
        if message.startswith(RESET):
            played.resets += 1
        else:
            played.latencies.append(time.perf_counter() - sent_at)
        played.errors += answer != due


@dataclass
class MeasuredServer:
    """A running server, and the recorded episodes that are replayed against it in turn."""

    port: int
    pid: int
    scripts: Iterator[Script]

    def wave(self, sessions: int, group: int, episodes: int = 1) -> list[list[Message]]:
        """The messages of each session in so many episodes. The next wave plays other episodes."""
        groups = [[next(self.scripts) for _ in range(episodes)] for _ in range(sessions // group)]
        messages = [
            [pair for script in own for pair in zip(script.messages, script.answers, strict=True)] for own in groups
        ]
        return [messages[session // group] for session in range(sessions)]

    async def play(self, sessions: int, group: int = 1, *, own_pace: bool = False, seconds: float = 0.0) -> Round:
        """Play a wave, and more until they have been timed for so many seconds."""
        played = Round()
        async with open_sessions(self.port, sessions) as clients, asyncio.timeout(SILENCE_S):
            # A server that has lost its sessions takes no time for a wave.
            while played.seconds <= seconds and not played.errors:
                messages = self.wave(sessions, group, EPISODES_AT_OWN_PACE if own_pace else 1)
                if not own_pace:
                    resets, messages = [own[:1] for own in messages], [own[1:] for own in messages]
                    await asyncio.gather(*(_converse(*pair, played) for pair in zip(clients, resets, strict=True)))
                ran, began = processor_s(self.pid), time.perf_counter()
                await asyncio.gather(*(_converse(*pair, played) for pair in zip(clients, messages, strict=True)))
                played.seconds += time.perf_counter() - began
                played.processor_s += processor_s(self.pid) - ran
        return played

    async def beside_floods(self, seconds: float) -> dict[str, Any]:
        """The answers to quiet sessions in so many seconds beside each flood, as a share of those without one."""
        messages, answers, errors = self.wave(QUIET, 1), dict[str, int](), 0
        # The first time their episodes are built, which counts for nothing.
        for flood in ("", "", *FLOODS):
            with contextlib.ExitStack() as ending:
                if flood:
                    command = [sys.executable, str(ROOT / "benchmarks" / "floods.py"), flood, str(self.port)]
                    ending.callback(ending.enter_context(subprocess.Popen(command)).kill)
                    await asyncio.sleep(1.0)
                played = await self._quiet(messages, seconds)
            answers[flood] = played.resets + len(played.latencies)
            errors += played.errors
        return {"shares": {flood: answers[flood] / answers[""] for flood in FLOODS}, "errors": errors}

    async def _quiet(self, messages: Sequence[Sequence[Message]], seconds: float) -> Round:
        """Play in quiet sessions for so many seconds."""
        played = Round()

        async def play(client: ClientConnection, own: Sequence[Message]) -> None:
            for message in itertools.cycle(own):
                await asyncio.sleep(QUIET_PAUSE_S)
                await _converse(client, [message], played)

        async with open_sessions(self.port, QUIET) as clients:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.gather(*map(play, clients, messages))
        return played


def cell(rounds: Sequence[Round], base: Sequence[Round], **names: object) -> dict[str, Any]:
    """One server under one load, over the rounds, with ratios to another server.

    The servers take turns, so a round of one and the same round of another ran on a machine that was equally busy.
    Ratios are made round by round and their median is reported, which is not the ratio of the medians.
    """
    pairs = [(own.figures(), other.figures()) for own, other in zip(rounds, base, strict=True)]
    return {
        **names,
        "errors": sum(own.errors for own in rounds),
        **{name: _spread([own[name] for own, _ in pairs]) for name in pairs[0][0]},
        "ratios": {name: _spread([own[name] / other[name] for own, other in pairs]) for name in pairs[0][0]},
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def aims(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare the figures of a report with the aims."""
    ratios = {(part, row["server"]): row["ratios"] for part in ("cells", "mixed") for row in report[part]}
    measured = {aim: ratios[place][figure]["median"] for aim, (place, figure) in RATIOS.items()}
    shares = report["floods"]["shares"].values()
    measured["answers to quiet sessions beside a flood, of those without: at least 0.9"] = min(shares)
    measured["wrong answers: at most 0"] = wrong_answers(report)
    judged = []
    for aim, value in measured.items():
        _, most_or_least, bound = aim.rsplit(maxsplit=2)
        met = value <= float(bound) if most_or_least == "most" else value >= float(bound)
        judged.append({"aim": aim, "measured": value, "met": met})
    return judged


async def compare(scripts: Sequence[Script], chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure all servers. Each of them runs all the while."""
    rounds: dict[tuple[str, str], list[Round]] = defaultdict(list)
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3)]
        servers = {
            BASE: stack.enter_context(running_base(scripts, folders[0])),
            OURS: stack.enter_context(running_server(scripts, folders[1])),
        }
        # Round 0 warms the servers up: a wave of each load, which counts for nothing.
        for number in range(1 + chosen.rounds):
            _progress(f"round {number} of {chosen.rounds}")
            # Another load begins each time, or the same might have the quietest moment of every round.
            begin = number % len(LOADS)
            for part, name in (*list(LOADS)[begin:], *list(LOADS)[:begin]):
                kind, group = LOADS[part, name]
                seconds = chosen.seconds if number else 0.0
                played = await servers[kind].play(chosen.sessions, group, own_pace=part == "mixed", seconds=seconds)
                rounds[part, name] += [played] if number else []
        _progress("floods")
        ours = stack.enter_context(running_server(scripts, folders[2], ()))  # with the limits that it has by default
        floods = await ours.beside_floods(2 * chosen.seconds)
    report: dict[str, Any] = {"cells": [], "mixed": [], "floods": floods}
    for (part, name), played_rounds in rounds.items():
        report[part].append(cell(played_rounds, rounds[part, BASE], server=name, sessions=chosen.sessions))
    return {**report, "aims": aims(report)}


def running_server(
    scripts: Sequence[Script], log: str, limits: Sequence[str] = HIGH_LIMITS
) -> AbstractContextManager[MeasuredServer]:
    """Run our server, with an episode log in a folder and these limits."""
    command = ["-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--episode-log", log, *limits, "--port"]
    return running_program(scripts, command)


def running_base(scripts: Sequence[Script], folder: str) -> AbstractContextManager[MeasuredServer]:
    """Run the server that ours is compared with. The folder is for what it answers."""
    recorded = Path(folder) / "episodes.pickle"
    recorded.write_bytes(pickle.dumps(list(scripts)))
    return running_program(scripts, [str(ROOT / "benchmarks" / "contenders.py"), str(recorded)])


@contextlib.contextmanager
def running_program(scripts: Sequence[Script], command: Sequence[str]) -> Iterator[MeasuredServer]:
    """Run a server, whose command ends with its port."""
    port = free_port()
    with running([sys.executable, *command, str(port)], f"http://127.0.0.1:{port}") as process:
        yield MeasuredServer(port, process.pid, itertools.cycle(scripts))


def _progress(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=64, help="at a time")
    parser.add_argument("--rounds", type=int, default=5, help="in which the servers take turns")
    parser.add_argument("--seconds", type=float, default=2.5, help="that a server plays steps for in a round, about")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench", metavar="DIR", help="for the report")
    chosen = parser.parse_args(argv)
    if not 1 <= chosen.sessions <= EPISODES or chosen.sessions % 8:
        parser.error(f"--sessions is a multiple of 8, and at most {EPISODES}, as many as there are episodes")
    _progress(f"recording {EPISODES} episodes")
    scripts = [record(seed) for seed in range(EPISODES)]
    # The garbage collector need not go through them while servers are timed.
    gc.freeze()
    found = uvloop.run(compare(scripts, chosen))
    print(document(write_report(chosen.out / "server.json", "benchmarks/server.py", chosen, found)))


if __name__ == "__main__":
    # So that a terminated job takes its servers along.
    exit_on_signals()
    main()
