"""How fast the server is: ours under real audits, beside servers that only send the same bytes.

    uv run python benchmarks/server.py

Three servers run as processes of their own, with the same uvicorn settings: a bare FastAPI WebSocket, openenv's with an
environment that does nothing, and ours (see `contenders`). Ours counts for /metrics, keeps an episode log and applies
rate limits that nobody reaches. This process replays recorded audits of the hard tier against each (see `sessions`) and
compares every answer: a different episode for each session, and once more for ours with groups of eight sessions that
play the same one, as the rollouts of GRPO do. The servers take turns, round by round. The report has medians with the
least and the greatest round, as figures and as ratios to openenv's server, and goes to outputs/bench/server.json.

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
import uvloop

from synth_audit_env.benchmarks.document import crowded, document
from synth_audit_env.benchmarks.machine import MEBIBYTE, counted, family, made_by, write_report
from synth_audit_env.benchmarks.recorded import MOST_SESSIONS, Script, record_all
from synth_audit_env.benchmarks.sessions import Message, Tally, converse, hang_up, open_sessions
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.program import exit_on_signals
from synth_audit_env.server.scenario_cache import SHARED_SCENARIOS
from synth_audit_env.server.serving.limits import HIGHEST_RATE

ROOT = Path(__file__).resolve().parent.parent
BASE, OURS, GROUPS = "openenv-async", "ours", "ours, groups of 8"
LOADS = {"echo": ("echo", 1), BASE: (BASE, 1), OURS: (OURS, 1), GROUPS: (OURS, 8)}
"""What is compared: a server, and how many sessions play the same episode."""
CROWD = 64
"""Sessions under which the servers are compared with the aims and at their own pace."""
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
            **{f"p{share}_ms": 1e3 * float(np.quantile(steps.latencies, share / 100)) for share in (50, 95, 99)},
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
        clients, played, done, spent = await open_sessions(self.port, sessions), Played(), 0, 0.0
        # A server that has lost its sessions takes no time for a wave.
        while (done < waves or spent < seconds) and not played.errors:
            messages = self._wave(sessions, group, EPISODES_AT_OWN_PACE if own_pace else 1, played)
            if own_pace:
                await converse(clients, messages, self.pid, [played.resets, played.steps])
                spent = played.steps.seconds
            else:
                await converse(clients, [own[:1] for own in messages], self.pid, [played.resets])
                await converse(clients, [own[1:] for own in messages], self.pid, [played.steps])
                spent = played.resets.seconds + played.steps.seconds
            done += 1
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
        played = Played()
        before = sum(one.memory_info().rss for one in family(self.pid))
        clients = await open_sessions(self.port, sessions)
        # All but the report, after which a server might forget the episode.
        await converse(clients, [own[:-1] for own in self._wave(sessions, 1, 1, played)], self.pid, [])
        after = sum(one.memory_info().rss for one in family(self.pid))
        await hang_up(clients)
        grown = {"before": before, "after": after, "per_session": (after - before) / sessions}
        return {**grown, "sessions": sessions, "errors": played.errors}


def cell(rounds: Sequence[Played], base: Sequence[Played], **names: object) -> dict[str, Any]:
    """One server under one load, over the rounds, with ratios to another server.

    The servers take turns, so a round of one and the same round of another ran on a machine that was equally busy.
    Ratios are made round by round and their median is reported, which is not the ratio of the medians.
    """
    pairs = [(one.figures(), other.figures()) for one, other in zip(rounds, base, strict=True)]
    return {
        **names,
        "steps": sum(one.steps.messages for one in rounds),
        "errors": sum(one.errors for one in rounds),
        **{name: _spread([one[name] for one, _ in pairs]) for name in pairs[0][0]},
        "ratios": {name: _spread([one[name] / other[name] for one, other in pairs]) for name in pairs[0][0]},
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def aims(report: Mapping[str, Any], lost: int) -> list[dict[str, Any]]:
    """Compare the figures of a report with the aims. The log of ours has lost so many episodes, which are errors."""
    _, cells, own_pace = crowded(report)
    played = [one for one in (*report["cells"], *report["mixed"]) if one["server"] in (OURS, GROUPS)]
    ratios, in_groups, mixed = (one["ratios"] for one in (cells[OURS], cells[GROUPS], own_pace[OURS]))
    measured = {
        "processor time a step, of openenv-async: at most 1.5": ratios["processor_us_per_step"]["median"],
        "steps/s, of openenv-async: at least 0.7": ratios["steps_per_s"]["median"],
        "steps/s in groups of 8, of openenv-async: at least 1.0": in_groups["steps_per_s"]["median"],
        "99th percentile of a step at their own pace, of openenv-async: at most 1.0": mixed["p99_ms"]["median"],
        # It was 5 until version 0.3, in which a reset searches for cases whose notes tell no label.
        "ms of processor time for a reset: at most 20": cells[OURS]["processor_us_per_reset"]["median"] / 1e3,
        "errors: at most 0": lost + sum(one["errors"] for one in (*played, report["memory"][OURS])),
        "MiB of memory for a session: at most 1": report["memory"][OURS]["per_session"] / MEBIBYTE,
    }
    told = []
    for aim, value in measured.items():
        _, most_or_least, bound = aim.rsplit(maxsplit=2)
        met = value <= float(bound) if most_or_least == "most" else value >= float(bound)
        told.append({"aim": aim, "measured": value, "met": met})
    return told


async def compare(scripts: Sequence[Script], chosen: argparse.Namespace) -> dict[str, Any]:
    """All that the servers are compared in. Each of them runs all the while."""
    most = max(chosen.sessions)
    crowd = CROWD if CROWD in chosen.sessions else most
    rounds: dict[tuple[str, str, int], list[Played]] = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers = {kind: stack.enter_context(_server(kind, scripts)) for kind, _ in LOADS.values()}
        _say("memory")
        memory = {kind: await one.memory(most) for kind, one in servers.items()}
        # By the part of the report, a name there and the number of sessions.
        groups: list[dict[tuple[str, str, int], Callable[..., Awaitable[Played]]]] = [
            {
                ("cells", name, count): partial(servers[kind].play, count, group)
                for name, (kind, group) in LOADS.items()
                if count % group == 0
            }
            for count in chosen.sessions
        ]
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
        lost = counted(servers[OURS].port, "synth_audit_episode_log_episodes_total", fate="lost")
        assert lost is not None, "it counts them from the start"
    report: dict[str, Any] = {
        part: [
            cell(played, rounds[part, BASE, count], server=name, sessions=count)
            for (where, name, count), played in rounds.items()
            if where == part
        ]
        for part in ("cells", "mixed")
    }
    report["memory"] = memory
    return {**report, "aims": aims(report, lost)}


@contextlib.contextmanager
def _server(kind: str, scripts: Sequence[Script]) -> Iterator[Server]:
    """Run a server."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if kind == OURS:
            command = ["-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--episode-log", folder]
            command += ["--max-sessions", str(MOST_SESSIONS), "--sessions-per-address", str(MOST_SESSIONS)]
            command += ["--messages-per-second", str(HIGHEST_RATE), "--requests-per-second", str(HIGHEST_RATE)]
        else:
            recorded = Path(folder) / "episodes.pickle"
            recorded.write_bytes(pickle.dumps(list(scripts)))
            command = [str(ROOT / "benchmarks" / "contenders.py"), kind, str(recorded)]
        with running([sys.executable, *command, "--port", str(port)], f"http://127.0.0.1:{port}") as process:
            yield Server(port, process.pid, scripts)


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="server.py", description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", default="1,16,64,256", metavar="N,...", help="at a time")
    parser.add_argument("--rounds", type=int, default=5, help="in which the servers take turns")
    parser.add_argument("--seconds", type=float, default=2.5, help="that a server is measured for in a round, about")
    parser.add_argument("--episodes", type=int, default=EPISODES, help="that are recorded, and played in turn")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench", metavar="DIR", help="for the report")
    chosen = parser.parse_args(argv)
    chosen.sessions = sorted(set(map(int, chosen.sessions.split(","))))
    least, most = chosen.sessions[0], chosen.sessions[-1]
    # With fewer episodes, sessions would play the same ones and share what is to be theirs alone.
    if not 1 <= least <= most <= min(chosen.episodes, MOST_SESSIONS) or most % 8:
        told = f"--sessions are numbers from 1 to --episodes, and {MOST_SESSIONS} at most, the last a multiple of 8"
        parser.error(told)
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
