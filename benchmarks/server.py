"""How fast the server is: ours under real audits, beside servers that only send the same bytes.

    uv run python benchmarks/server.py

Four servers run as processes of their own, with the same uvicorn settings: a bare FastAPI WebSocket, openenv's with an
environment that does nothing (its step sync, and async), and ours (see `contenders`). Ours counts for /metrics, keeps
an episode log and applies rate limits that nobody reaches. This process replays recorded audits of the hard tier
against each (see `sessions`) and compares every answer: a different episode for each session, and once more for ours
with groups of eight sessions that play the same one, as the rollouts of GRPO do. The servers take turns, round by
round. The report has medians with the least and the greatest round, as figures and as ratios to openenv's async server,
and goes to outputs/bench/server.json.

Sessions play in waves, as the rollouts of a trainer do: all of them reset, then all of them play their episodes to the
end. So resets and steps are timed apart. At their own pace, each session goes on to its next episode by itself, and
steps wait behind the resets of others.

This needs Linux, and a core for the client beside that of the server.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import gc
import math
import pickle
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import uvloop

from synth_audit_env.benchmarks.contenders import MOST_SESSIONS
from synth_audit_env.benchmarks.document import document
from synth_audit_env.benchmarks.machine import MEBIBYTE, counted, family, made_by, resident_bytes, write_report
from synth_audit_env.benchmarks.recorded import Script, record_all
from synth_audit_env.benchmarks.sessions import Message, Tally, converse, hang_up, open_sessions
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.scenario_cache import SHARED_SCENARIOS
from synth_audit_env.server.serving.limits import HIGHEST_RATE

ROOT = Path(__file__).resolve().parent.parent
BASE, OURS, GROUPS = "openenv-async", "ours", "ours, groups of 8"
LOADS = {"echo": ("echo", 1), "openenv-sync": ("openenv-sync", 1), BASE: (BASE, 1), OURS: (OURS, 1), GROUPS: (OURS, 8)}
"""What is compared: a server, and how many sessions play the same episode."""
WORKERS = 2
"""Processes of a further server of ours, which is compared with the one of a single process."""
AIM_SESSIONS = 64
"""Speed is compared with the aims under so many sessions."""
AIMS = (
    ("processor time a step, of openenv-async: at most 1.0", "cells", OURS, "processor_us_per_step"),
    ("steps/s, of openenv-async: at least 0.9", "cells", OURS, "steps_per_s"),
    ("steps/s in groups of 8, of openenv-async: at least 1.5", "cells", GROUPS, "steps_per_s"),
    ("99th percentile of a step at their own pace, of openenv-async: at most 1.5", "mixed", OURS, "p99_ms"),
    ("steps/s at their own pace, of openenv-async: at least 0.4", "mixed", OURS, "steps_per_s"),
)
"""Of a ratio: the aim in words that end with the bound, and where the report has the ratio."""
MOST_RESET_MS = 20
"""Of processor time. It was 5 until version 0.3, in which a reset searches for cases whose notes tell no label."""
LONG = 100_000
"""Steps over which memory has to be flat."""
MOST_DRIFT_MIB = 2
"""Over so many steps: the memory of ten sessions or so. A byte lost a step would be a twentieth of it."""
EPISODES = 4 * SHARED_SCENARIOS
"""Played in turn: by the time one comes again the server has forgotten it."""
EPISODES_AT_OWN_PACE = 4
"""Of each session in a wave."""
WARMING = 8
"""Sessions that play before memory is looked at. Few, since what they leave free would be used again."""


@dataclass
class Played:
    """What one server did under one load, in one round."""

    resets: Tally = field(default_factory=Tally)
    steps: Tally = field(default_factory=Tally)
    memory: list[tuple[int, int]] = field(default_factory=list)
    """Steps so far and the server's memory in bytes, at the end of each wave."""

    @property
    def errors(self) -> int:
        """Messages that got a wrong answer, or none."""
        return self.resets.errors + self.steps.errors

    def figures(self) -> dict[str, float]:
        """What the report has medians of."""
        steps, resets = self.steps, self.resets
        if not steps.messages:
            raise RuntimeError(f"The server answered {resets.messages} resets and no step.")
        return {
            "steps_per_s": steps.messages / steps.seconds,
            "resets_per_s": resets.messages / resets.seconds,
            "p50_ms": 1e3 * float(np.quantile(steps.latencies, 0.5)),
            "p95_ms": 1e3 * float(np.quantile(steps.latencies, 0.95)),
            "p99_ms": 1e3 * float(np.quantile(steps.latencies, 0.99)),
            "reset_p99_ms": 1e3 * float(np.quantile(resets.latencies, 0.99)),
            "processor_us_per_step": 1e6 * steps.processor_s / steps.messages,
            "processor_us_per_reset": 1e6 * resets.processor_s / resets.messages,
        }


@dataclass
class Server:
    """A running server, and the recorded episodes that are replayed against it in turn."""

    port: int
    pid: int
    scripts: Sequence[Script]
    next_episode: int = 0

    async def play(
        self, sessions: int, group: int = 1, *, own_pace: bool = False, seconds: float = 0.0, waves: int = 1
    ) -> Played:
        """Play so many waves, and more until they have taken so many seconds."""
        clients, played, pids = await open_sessions(self.port, sessions), Played(), family(self.pid)
        spent = 0.0
        # A server that has lost its sessions takes no time for a wave.
        while (len(played.memory) < waves or spent < seconds) and not played.errors:
            messages = self._wave(sessions, group, EPISODES_AT_OWN_PACE if own_pace else 1, played)
            if own_pace:
                await converse(clients, messages, pids, [played.resets, played.steps])
                spent = played.steps.seconds
            else:
                await converse(clients, [own[:1] for own in messages], pids, [played.resets])
                await converse(clients, [own[1:] for own in messages], pids, [played.steps])
                spent = played.resets.seconds + played.steps.seconds
            played.memory.append((played.steps.messages, resident_bytes(pids)))
        await hang_up(clients)
        return played

    def _wave(self, sessions: int, group: int, episodes: int, played: Played) -> list[list[Message]]:
        """What each session says in so many episodes. No other group plays the same ones, nor does the next wave."""
        groups, first = sessions // group, self.next_episode
        self.next_episode += groups * episodes
        return [
            [
                (said, due, played.steps if number else played.resets)
                for episode in range(first + session // group, self.next_episode, groups)
                for script in [self.scripts[episode % len(self.scripts)]]
                for number, (said, due) in enumerate(zip(script.said, script.answers, strict=True))
            ]
            for session in range(sessions)
        ]

    async def memory(self, sessions: int) -> dict[str, float]:
        """The memory that sessions take when they are about to end their episodes, on a server that is warm."""
        await self.play(min(WARMING, sessions), waves=len(self.scripts) // 2 // WARMING)
        pids, played = family(self.pid), Played()
        before = resident_bytes(pids)
        clients = await open_sessions(self.port, sessions)
        # All but the report, after which a server might forget the episode.
        await converse(clients, [own[:-1] for own in self._wave(sessions, 1, 1, played)], pids, [])
        after = resident_bytes(pids)
        await hang_up(clients)
        grown = {"before": before, "after": after, "per_session": (after - before) / sessions}
        return {**grown, "sessions": sessions, "errors": played.errors}

    async def drift(self, sessions: int, steps: int) -> dict[str, float]:
        """How memory goes with the steps: the slope of a straight line through what waves leave, times LONG."""
        in_a_wave = (await self.play(sessions)).steps.messages
        # Two at least: one look is no line.
        played = await self.play(sessions, waves=max(2, 1 + math.ceil(steps / in_a_wave)))
        count, held = zip(*played.memory, strict=True)
        slope = statistics.linear_regression(count, held).slope
        watched = {"steps": count[-1] - count[0], "first": held[0], "last": held[-1]}
        return {**watched, "drift": slope * LONG, "errors": played.errors}


def cell(rounds: Sequence[Played], base: Sequence[Played], **names: object) -> dict[str, Any]:
    """One server under one load, over the rounds, with ratios to another server.

    The servers take turns, so a round of one and the same round of another ran on a machine that was equally busy.
    Ratios are made round by round and their median is reported, which is not the ratio of the medians.
    """
    tallies = [tally for one in rounds for tally in (one.steps, one.resets)]
    pairs = [(one.figures(), other.figures()) for one, other in zip(rounds, base, strict=True)]
    return {
        **names,
        "steps": sum(one.steps.messages for one in rounds),
        "errors": sum(one.errors for one in rounds),
        "bytes_per_answer": sum(tally.received for tally in tallies) / sum(tally.messages for tally in tallies),
        **{name: _spread([one[name] for one, _ in pairs]) for name in pairs[0][0]},
        "ratios": {name: _spread([one[name] / other[name] for one, other in pairs]) for name in pairs[0][0]},
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def aims(report: Mapping[str, Any], lost: int) -> list[dict[str, Any]]:
    """Compare the figures of a report with the aims. Speed is compared where AIM_SESSIONS sessions were measured."""
    measured: list[tuple[str, float, bool]] = []
    places = [(part, one) for part in ("cells", "mixed") for one in report[part]]
    cells = {(part, one["server"]): one for part, one in places if one["sessions"] == AIM_SESSIONS}
    if cells:
        for aim, part, server, figure in AIMS:
            ratio, bound = cells[part, server]["ratios"][figure]["median"], float(aim.split()[-1])
            measured.append((aim, ratio, ratio <= bound if "at most" in aim else ratio >= bound))
        reset_ms = cells["cells", OURS]["processor_us_per_reset"]["median"] / 1e3
        aim = f"ms of processor time for a reset: at most {MOST_RESET_MS}"
        measured.append((aim, reset_ms, reset_ms <= MOST_RESET_MS))
    memory, drift = report["memory"][OURS], report["drift"]
    errors = lost + sum(one["errors"] for _, one in places if one["server"] in (OURS, GROUPS))
    errors += memory["errors"] + drift["errors"]
    held, moved = memory["per_session"] / MEBIBYTE, drift["drift"] / MEBIBYTE
    flat = f"MiB of drift over {LONG:,} steps: within {MOST_DRIFT_MIB}, up or down"
    measured += [
        ("errors: none", errors, errors == 0),
        ("MiB of memory for a session: under 1", held, held < 1),
        (flat, moved, abs(moved) <= MOST_DRIFT_MIB),
    ]
    return [{"aim": aim, "measured": value, "met": met} for aim, value, met in measured]


async def compare(scripts: Sequence[Script], chosen: argparse.Namespace) -> dict[str, Any]:
    """All that the servers are compared in. Each of them runs all the while."""
    most = max(chosen.sessions)
    crowd = AIM_SESSIONS if AIM_SESSIONS in chosen.sessions else most
    rounds: dict[tuple[str, str | int, int], list[Played]] = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers = {kind: stack.enter_context(_server(kind, scripts)) for kind, _ in LOADS.values()}
        several = stack.enter_context(_server(OURS, scripts, workers=WORKERS))
        _say("memory")
        memory = {kind: await one.memory(most) for kind, one in servers.items()}
        # By the part of the report, a name there and the number of sessions.
        groups: list[dict[tuple[str, str | int, int], Callable[..., Awaitable[Played]]]] = [
            {
                ("cells", name, count): partial(servers[kind].play, count, group)
                for name, (kind, group) in LOADS.items()
                if count % group == 0
            }
            for count in chosen.sessions
        ]
        groups[-1]["workers", WORKERS, most] = partial(several.play, most)
        groups += [{("mixed", name, crowd): partial(servers[name].play, crowd, own_pace=True) for name in (BASE, OURS)}]
        # Round 0 warms the servers up: a wave of each load, which counts for nothing.
        for number in range(1 + chosen.rounds):
            _say(f"round {number} of {chosen.rounds}")
            for loads in groups:
                # Another one begins each time, or the same might have the quietest moment of every round.
                names, begin = list(loads), number % len(loads)
                for name in names[begin:] + names[:begin]:
                    played = await loads[name](seconds=chosen.seconds if number else 0.0)
                    rounds[name] += [played] if number else []
        _say(f"{chosen.drift_steps} steps for the drift")
        drift = await servers[OURS].drift(crowd, chosen.drift_steps)
        lost = counted(servers[OURS].port, "synth_audit_episode_log_episodes_total", fate="lost")
        assert lost is not None, "it counts them from the start"
    rounds = {("workers", 1, most): rounds["cells", OURS, most], **rounds}
    report = {
        part: [
            cell(played, rounds[part, base, count], **{key: name, "sessions": count})
            for (where, name, count), played in rounds.items()
            if where == part
        ]
        for part, key, base in (("cells", "server", BASE), ("mixed", "server", BASE), ("workers", "workers", 1))
    }
    report |= {"memory": memory, "drift": drift}
    return {**report, "aims": aims(report, lost)}


@contextlib.contextmanager
def _server(kind: str, scripts: Sequence[Script], workers: int = 1) -> Iterator[Server]:
    """Run a server."""
    port, children = free_port(), list[psutil.Process]()
    with tempfile.TemporaryDirectory() as folder:
        if kind == OURS:
            command = ["-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--workers", str(workers)]
            command += ["--max-sessions", str(MOST_SESSIONS), "--sessions-per-address", str(MOST_SESSIONS)]
            command += ["--messages-per-second", str(HIGHEST_RATE), "--requests-per-second", str(HIGHEST_RATE)]
            command += ["--episode-log", folder]
        else:
            recorded = Path(folder) / "episodes.pickle"
            recorded.write_bytes(pickle.dumps(list(scripts)))
            command = [str(ROOT / "benchmarks" / "contenders.py"), kind, str(recorded)]
        try:
            with running([sys.executable, *command, "--port", str(port)], f"http://127.0.0.1:{port}") as process:
                children = psutil.Process(process.pid).children(recursive=True)
                yield Server(port, process.pid, scripts)
        finally:
            for child in children:
                # uvicorn's workers live on where their parent was too slow to stop, and had to be killed.
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", default="1,16,64,256", metavar="N,...", help="at a time")
    parser.add_argument("--rounds", type=int, default=5, help="in which the servers take turns")
    parser.add_argument("--seconds", type=float, default=2.5, help="that a server is measured for in a round, about")
    parser.add_argument("--drift-steps", type=int, default=LONG, help="steps over which memory is watched")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="that are recorded, and played in turn")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench", metavar="DIR", help="for the report")
    chosen = parser.parse_args(argv)
    chosen.sessions = sorted(set(map(int, chosen.sessions.split(","))))
    # With fewer episodes, sessions would play the same ones and share what is to be theirs alone.
    if not 1 <= chosen.sessions[0] <= chosen.sessions[-1] <= min(chosen.episodes, MOST_SESSIONS):
        parser.error(f"--sessions are numbers from 1 to --episodes, and {MOST_SESSIONS} are the most")
    _say(f"recording {chosen.episodes} episodes")
    scripts = record_all(range(chosen.episodes))
    # The garbage collector need not go through them while servers are timed.
    gc.freeze()
    report = made_by("benchmarks/server.py", argv, chosen) | uvloop.run(compare(scripts, chosen))
    print(document(report))
    write_report(chosen.out / "server.json", report)


if __name__ == "__main__":
    # So that a terminated job takes its servers along.
    with exit_on_signals():
        main()
