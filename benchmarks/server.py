"""How fast the server is: ours under real audits, beside openenv's, which only sends the same bytes.

    uv run python benchmarks/server.py

Both run as processes of their own, with the same uvicorn settings (see `contenders`). Ours counts for /metrics, keeps
an episode log and applies rate limits that nobody reaches. This process replays recorded audits of the hard tier and
compares every answer: a different episode for each session, and once more for ours with groups of eight sessions that
play the same one, as the rollouts of GRPO do. The servers take turns, round by round. The report has medians with the
least and the greatest round, as figures and as ratios, and goes to outputs/bench/server.json.

Sessions play in waves, as the rollouts of a trainer do: all of them reset, then all of them play their episodes to the
end. So resets and steps are timed apart. At their own pace, each session goes on to its next episode by itself, and
steps wait behind the resets of others. Last, eight quiet sessions play beside each flood of `floods`.

This needs Linux, and a core for the client beside that of the server. picows has the interface of the library
`websockets`, but reads and writes frames in C: the client must cost little beside the servers.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import gc
import itertools
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from picows.websockets.asyncio.client import ClientConnection, connect
from picows.websockets.exceptions import ConnectionClosed

from synth_audit_env.benchmarks.document import crowded, document
from synth_audit_env.benchmarks.floods import FLOODS
from synth_audit_env.benchmarks.machine import MEBIBYTE, memory_of, metric, processor_s, write_report
from synth_audit_env.benchmarks.recorded import MOST_SESSIONS, Script, record
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.scenario_cache import SHARED_SCENARIOS
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
EPISODES = 4 * SHARED_SCENARIOS
"""Played in turn: by the time one comes again the server has forgotten it."""
EPISODES_AT_OWN_PACE = 4
"""Of each session in a wave."""
WARMING = 8
"""Sessions that play before memory is looked at. Few, since what they leave free would be used again."""
QUIET, QUIET_PAUSE_S = 8, 0.1
"""Sessions that play beside a flood, and the seconds for which each thinks before it sends a message."""
HIGH_LIMITS = ["--max-sessions", str(MOST_SESSIONS), "--sessions-per-address", str(MOST_SESSIONS)]
HIGH_LIMITS += ["--messages-per-second", str(HIGHEST_RATE), "--requests-per-second", str(HIGHEST_RATE)]
SILENCE_S = 600.0
"""A server that has not answered all messages after so long is taken to hang."""


@dataclass
class Timings:
    """The messages of one kind in a round, its resets or its steps: their number and what they took."""

    messages: int = 0
    errors: int = 0
    """Messages that got a wrong answer, or none."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of the server."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from a message to its answer."""


@dataclass
class Round:
    """One server under one load, in one round."""

    resets: Timings = field(default_factory=Timings)
    steps: Timings = field(default_factory=Timings)

    @property
    def errors(self) -> int:
        """Messages that got a wrong answer, or none."""
        return self.resets.errors + self.steps.errors

    def figures(self) -> dict[str, float]:
        """The figures that the report has medians of."""
        steps, resets = self.steps, self.resets
        if not steps.messages:
            raise RuntimeError(f"The server answered {resets.messages} resets and no step.")
        return {
            "steps_per_s": steps.messages / steps.seconds,
            "resets_per_s": resets.messages / resets.seconds,
            **{f"p{share}_ms": 1e3 * float(np.quantile(steps.latencies, share / 100)) for share in (50, 95, 99)},
            "reset_p99_ms": 1e3 * float(np.quantile(resets.latencies, 0.99)),
            "processor_us_per_step": 1e6 * steps.processor_s / steps.messages,
            "processor_us_per_reset": 1e6 * resets.processor_s / resets.messages,
        }


Message = tuple[bytes, bytes, Timings]
"""A message, the answer that is due, and where it counts."""


@contextlib.asynccontextmanager
async def open_sessions(port: int, count: int) -> AsyncIterator[list[ClientConnection]]:
    """Open so many sessions at a loopback port. The server has closed them when the block is left."""
    flags: dict[str, Any] = {"proxy": None, "compression": None, "ping_interval": None, "open_timeout": SILENCE_S}
    sessions = [await connect(f"ws://127.0.0.1:{port}/ws", **flags) for _ in range(count)]
    yield sessions
    await asyncio.gather(*(session.close() for session in sessions))


async def _play(session: ClientConnection, messages: Sequence[Message]) -> None:
    """Send each message when the one before is answered, so that the only queue is the server's."""
    for number, (message, due, timing) in enumerate(messages):
        sent_at = time.perf_counter()
        try:
            await session.send(message, text=True)
            answer = await session.recv(decode=False)
        except ConnectionClosed:
            for _, _, unanswered in messages[number:]:
                unanswered.errors += 1
            return
        timing.latencies.append(time.perf_counter() - sent_at)
        timing.messages += 1
        timing.errors += answer != due


@dataclass
class MeasuredServer:
    """A running server, and the recorded episodes that are replayed against it in turn."""

    port: int
    pid: int
    scripts: Sequence[Script]
    next_episode: int = 0

    async def converse(
        self, sessions: Sequence[ClientConnection], messages: Sequence[Sequence[Message]], *timings: Timings
    ) -> None:
        """Let each session play its messages, and add the time to the timings."""
        ran, began = processor_s(self.pid), time.perf_counter()
        async with asyncio.timeout(SILENCE_S):
            await asyncio.gather(*map(_play, sessions, messages))
        seconds, spent = time.perf_counter() - began, processor_s(self.pid) - ran
        for timing in timings:
            timing.seconds += seconds
            timing.processor_s += spent

    async def play(self, sessions: int, group: int = 1, *, own_pace: bool = False, seconds: float = 0.0) -> Round:
        """Play a wave, and more until they have taken so many seconds."""
        played, spent = Round(), 0.0
        async with open_sessions(self.port, sessions) as clients:
            # A server that has lost its sessions takes no time for a wave.
            while spent <= seconds and not played.errors:
                messages = self.wave(sessions, group, EPISODES_AT_OWN_PACE if own_pace else 1, played)
                began = time.perf_counter()
                if own_pace:
                    await self.converse(clients, messages, played.resets, played.steps)
                else:
                    await self.converse(clients, [own[:1] for own in messages], played.resets)
                    await self.converse(clients, [own[1:] for own in messages], played.steps)
                spent += time.perf_counter() - began
        return played

    def wave(self, sessions: int, group: int, episodes: int, played: Round) -> list[list[Message]]:
        """The messages of each session in so many episodes. No other group plays the same, nor does the next wave."""
        groups, first = sessions // group, self.next_episode
        self.next_episode += groups * episodes
        return [
            [
                (message, due, played.steps if number else played.resets)
                for episode in range(first + session // group, self.next_episode, groups)
                for script in [self.scripts[episode % len(self.scripts)]]
                for number, (message, due) in enumerate(zip(script.messages, script.answers, strict=True))
            ]
            for session in range(sessions)
        ]

    async def memory(self) -> dict[str, float]:
        """The memory of a session that is about to end its episode, on a server that is warm: one for each script."""
        sessions, played = len(self.scripts), Round()
        for _ in range(sessions // 2 // WARMING):
            await self.play(WARMING)
        before = memory_of(self.pid)
        async with open_sessions(self.port, sessions) as clients:
            # All but the report, after which a server might forget the episode.
            await self.converse(clients, [own[:-1] for own in self.wave(sessions, 1, 1, played)])
            after = memory_of(self.pid)
        grown = {"before": before, "after": after, "per_session": (after - before) / sessions}
        return {**grown, "sessions": sessions, "errors": played.errors}

    async def beside_floods(self, seconds: float) -> dict[str, Any]:
        """The answers to quiet sessions in so many seconds: alone, and the share of these beside each flood."""
        await self._quiet(seconds)  # so that their episodes are built
        alone, shares, errors = await self._quiet(seconds), {}, 0
        for flood in FLOODS:
            command = [sys.executable, str(ROOT / "benchmarks" / "floods.py"), flood, str(self.port)]
            with subprocess.Popen(command) as flooding:
                try:
                    await asyncio.sleep(1.0)
                    beside = await self._quiet(seconds)
                    assert flooding.poll() is None, "a flood does not end by itself"
                finally:
                    flooding.kill()
            shares[flood], errors = beside.messages / alone.messages, errors + beside.errors
        return {"alone": alone.messages, "seconds": seconds, "shares": shares, "errors": errors + alone.errors}

    async def _quiet(self, seconds: float) -> Timings:
        """Play the first episodes in quiet sessions, for so many seconds."""
        timing = Timings()

        async def play(client: ClientConnection, script: Script) -> None:
            for message, due in itertools.cycle(zip(script.messages, script.answers, strict=True)):
                await asyncio.sleep(QUIET_PAUSE_S)
                await _play(client, [(message, due, timing)])

        async with open_sessions(self.port, QUIET) as clients:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.gather(*map(play, clients, self.scripts))
        return timing


def cell(rounds: Sequence[Round], base: Sequence[Round], **names: object) -> dict[str, Any]:
    """One server under one load, over the rounds, with ratios to another server.

    The servers take turns, so a round of one and the same round of another ran on a machine that was equally busy.
    Ratios are made round by round and their median is reported, which is not the ratio of the medians.
    """
    pairs = [(own.figures(), other.figures()) for own, other in zip(rounds, base, strict=True)]
    return {
        **names,
        "steps": sum(own.steps.messages for own in rounds),
        "errors": sum(own.errors for own in rounds),
        **{name: _spread([own[name] for own, _ in pairs]) for name in pairs[0][0]},
        "ratios": {name: _spread([own[name] / other[name] for own, other in pairs]) for name in pairs[0][0]},
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def aims(report: Mapping[str, Any], lost: int) -> list[dict[str, Any]]:
    """Compare the figures of a report with the aims. The log of ours has lost so many episodes, which are errors."""
    _, cells, own_pace = crowded(report)
    memory, floods = report["memory"][OURS], report["floods"]
    measured_parts = (cells[OURS], cells[GROUPS], own_pace[OURS], memory, floods)
    ratios, in_groups, mixed = (part["ratios"] for part in measured_parts[:3])
    measured = {
        "processor time a step, of openenv-async: at most 1.5": ratios["processor_us_per_step"]["median"],
        "steps/s, of openenv-async: at least 0.7": ratios["steps_per_s"]["median"],
        "steps/s in groups of 8, of openenv-async: at least 1.0": in_groups["steps_per_s"]["median"],
        "99th percentile of a step at their own pace, of openenv-async: at most 1.0": mixed["p99_ms"]["median"],
        "answers to quiet sessions beside a flood, of those without: at least 0.9": min(floods["shares"].values()),
        # It was 5 until version 0.3, in which a reset searches for cases whose notes tell no label.
        "ms of processor time for a reset: at most 20": cells[OURS]["processor_us_per_reset"]["median"] / 1e3,
        "errors: at most 0": lost + sum(part["errors"] for part in measured_parts),
        "MiB of memory for a session: at most 1": memory["per_session"] / MEBIBYTE,
    }
    judged = []
    for aim, value in measured.items():
        _, most_or_least, bound = aim.rsplit(maxsplit=2)
        met = value <= float(bound) if most_or_least == "most" else value >= float(bound)
        judged.append({"aim": aim, "measured": value, "met": met})
    return judged


async def compare(scripts: Sequence[Script], chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure all servers. Each of them runs all the while."""
    rounds: dict[tuple[str, str], list[Round]] = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers = {kind: stack.enter_context(_server(kind, scripts, HIGH_LIMITS)) for kind in dict(LOADS.values())}
        _progress("memory")
        memory = {kind: await server.memory() for kind, server in servers.items()}
        # Round 0 warms the servers up: a wave of each load, which counts for nothing.
        for number in range(1 + chosen.rounds):
            _progress(f"round {number} of {chosen.rounds}")
            # Another one begins each time, or the same might have the quietest moment of every round.
            loads, begin = list(LOADS), number % len(LOADS)
            for part, name in loads[begin:] + loads[:begin]:
                kind, group = LOADS[part, name]
                played = await servers[kind].play(
                    chosen.sessions, group, own_pace=part == "mixed", seconds=chosen.seconds if number else 0.0
                )
                rounds[part, name] += [played] if number else []
        lost = metric(servers[OURS].port, "synth_audit_episode_log_episodes_total", fate="lost")
        assert lost is not None, "it counts them from the start"
    _progress("floods")
    with _server(OURS, scripts) as server:  # with the limits that it has by default
        floods = await server.beside_floods(2 * chosen.seconds)
    report: dict[str, Any] = {"cells": [], "mixed": [], "memory": memory, "floods": floods}
    for (part, name), played in rounds.items():
        report[part].append(cell(played, rounds[part, BASE], server=name, sessions=chosen.sessions))
    return {**report, "aims": aims(report, lost)}


@contextlib.contextmanager
def _server(kind: str, scripts: Sequence[Script], limits: Sequence[str] = ()) -> Iterator[MeasuredServer]:
    """Run a server; the limits are flags of ours."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if kind == OURS:
            command = ["-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--episode-log", folder, *limits]
            command += ["--port", str(port)]
        else:
            recorded = Path(folder) / "episodes.pickle"
            recorded.write_bytes(pickle.dumps(list(scripts)))
            command = [str(ROOT / "benchmarks" / "contenders.py"), str(recorded), str(port)]
        with running([sys.executable, *command], f"http://127.0.0.1:{port}") as process:
            yield MeasuredServer(port, process.pid, scripts)


def _progress(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=64, help="at a time")
    parser.add_argument("--rounds", type=int, default=5, help="in which the servers take turns")
    parser.add_argument("--seconds", type=float, default=2.5, help="that a server is measured for in a round, about")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="that are recorded, and played in turn")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench", metavar="DIR", help="for the report")
    chosen = parser.parse_args(argv)
    # With fewer episodes, sessions would play the same ones and share what is to be theirs alone.
    if not 1 <= chosen.sessions <= chosen.episodes <= MOST_SESSIONS or chosen.sessions % 8:
        parser.error(f"--sessions is a multiple of 8, and at most --episodes, which is at most {MOST_SESSIONS}")
    _progress(f"recording {chosen.episodes} episodes")
    scripts = [record(seed) for seed in range(chosen.episodes)]
    # The garbage collector need not go through them while servers are timed.
    gc.freeze()
    found = uvloop.run(compare(scripts, chosen))
    print(document(write_report(chosen.out / "server.json", "benchmarks/server.py", chosen, found)))


if __name__ == "__main__":
    # So that a terminated job takes its servers along.
    with exit_on_signals():
        main()
