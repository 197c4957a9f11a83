"""Steps a second over the WebSocket, ours against a do-nothing openenv environment that sends the same bytes.

    uv run python benchmarks/bench_websocket.py

Both servers run as child processes of this one with the same uvicorn settings. The do-nothing one is openenv's own
`create_app` around an environment whose `step_async` returns an observation recorded from ours, so what differs is all
that our server does for a step: validate, act, score, serialize. The actions are the heuristic auditor's on the hard
tier, phase by phase. First every session plays an episode of its own that the server does not know, then eight at a
time play the same one, as the rollouts of a GRPO group do: they share what has been worked out. The client is a few
lines on a bare socket, lest the client be what is measured. The two take turns; the medians of the rounds are compared.
Rates need two quiet cores, one for the server and one for the client; the processor time that the server spent on a
message is printed beside them (on Linux), since that is the same on a busy machine.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.openenv_compat import Environment
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.synth_audit_environment import SHARED_SCENARIOS, SynthAuditEnvironment

TASK = "oversight_hard"
AIM = 0.8


EPISODES = 4 * SHARED_SCENARIOS
"""Played in turn: by the time one comes again the server has forgotten it."""
GROUPS = {"episodes of their own": 1, "groups of eight": 8}
PHASES = (
    *("review_proposal", "investigate_patient", "request_shap", "cohort_analysis", "temporal_audit"),
    *("flag_error", "approve", "submit_audit_report"),
)


@dataclass(frozen=True)
class Script:
    """What is said in an episode, phase by phase, and what ours answers."""

    seed: int
    actions: dict[str, list[SynthAuditAction]]
    observations: list[SynthAuditObservation]

    @classmethod
    def of(cls, seed: int) -> "Script":
        environment = SynthAuditEnvironment(build=build_scenario)
        opening = environment.reset(seed=seed, task_id=TASK)
        said = [turn.action for turn in play(HeuristicAuditor(), opening, environment.step)]
        actions = {phase: [action for action in said if action.action_type == phase] for phase in PHASES}
        opening = environment.reset(seed=seed, task_id=TASK)
        answers = [environment.step(action) for phase in PHASES for action in actions[phase]]
        return cls(seed, actions, [opening, *answers])

    def frames(self) -> "Phases":
        phases = {"reset": [frame({"type": "reset", "data": {"seed": self.seed, "task_id": TASK}})]}
        for phase, actions in self.actions.items():
            told = [action.model_dump(exclude_defaults=True) for action in actions]
            phases[phase] = [frame({"type": "step", "data": action}) for action in told]
        return phases


class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    """Does nothing but send what ours sent."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    episodes: ClassVar[dict[int, list[SynthAuditObservation]]] = {}
    """By seed, what ours sent."""

    def __init__(self) -> None:
        super().__init__()
        self._rest: Iterator[SynthAuditObservation] = iter(())

    def reset(self, seed=None, episode_id=None, **options):
        self._rest = iter(self.episodes[seed])
        return next(self._rest)

    def step(self, action, timeout_s=None, **options):
        return next(self._rest)

    async def reset_async(self, seed=None, episode_id=None, **options):
        return self.reset(seed)

    async def step_async(self, action, timeout_s=None, **options):
        return self.step(action)

    @property
    def state(self):
        return SynthAuditState()


def serve_recorded(port: int) -> None:
    import uvicorn
    from openenv.core.env_server.http_server import create_app

    from synth_audit_env.server.app import UVICORN_OPTIONS

    Recorded.episodes.update({seed: Script.of(seed).observations for seed in range(EPISODES)})
    app = create_app(Recorded, SynthAuditAction, SynthAuditObservation, max_concurrent_envs=1024)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", **UVICORN_OPTIONS)


def frame(message: dict[str, Any]) -> bytes:
    """A text frame as a client must send it: masked, here with zeros."""
    data = json.dumps(message).encode()
    if len(data) < 126:
        return struct.pack("!BB", 0x81, 0x80 | len(data)) + bytes(4) + data
    return struct.pack("!BBH", 0x81, 0x80 | 126, len(data)) + bytes(4) + data


class Player(asyncio.Protocol):
    """One session: says some messages one after the other, each when the one before is answered."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.upgraded: asyncio.Future[None] = loop.create_future()
        self.finished: asyncio.Future[None] = self.upgraded
        self.frames: Iterator[bytes] = iter(())
        self.buffer = b""

    def play(self, frames: list[bytes]) -> asyncio.Future[None]:
        self.finished = asyncio.get_running_loop().create_future()
        self.frames = iter(frames)
        self.transport.write(next(self.frames))
        return self.finished

    def connection_made(self, transport):
        self.transport = transport
        transport.write(
            b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data):
        self.buffer += data
        if not self.upgraded.done():
            head, found, self.buffer = self.buffer.partition(b"\r\n\r\n")
            assert found, head
            assert head.startswith(b"HTTP/1.1 101"), head
            self.upgraded.set_result(None)
        while len(self.buffer) >= 10:
            length, start = self.buffer[1], 2
            if length == 126:
                length, start = int.from_bytes(self.buffer[2:4], "big"), 4
            elif length == 127:
                length, start = int.from_bytes(self.buffer[2:10], "big"), 10
            if len(self.buffer) < start + length:
                return
            answer, self.buffer = self.buffer[start : start + length], self.buffer[start + length :]
            if not answer.startswith(b'{"type":"observation"'):
                self.finished.set_exception(RuntimeError(answer[:300].decode(errors="replace")))
                return
            following = next(self.frames, None)
            if following is None:
                self.finished.set_result(None)
                return
            self.transport.write(following)

    def connection_lost(self, exc):
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server hung up"))


Phases = dict[str, list[bytes]]
"""The frames of one session, by the kind of message."""


def processor_time(pid: int) -> float:
    """Seconds that the main thread of a process has run, where the system tells."""
    try:
        with open(f"/proc/{pid}/schedstat") as told:
            return int(told.read().split()[0]) / 1e9
    except OSError:
        return float("nan")


@dataclass
class Spent:
    """What the messages of a phase took, all sessions together."""

    messages: int = 0
    seconds: float = 0.0
    processor_s: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.messages + other.messages, self.seconds + other.seconds, self.processor_s + other.processor_s)


Measured = dict[str, Spent]
"""What each phase took."""


async def measure(
    port: int, pid: int, episodes: Iterator[Phases], sessions: int, group: int, seconds: float
) -> Measured:
    """Play the episodes in turn, each by a group of sessions. The sessions go from phase to phase in step."""
    loop = asyncio.get_running_loop()
    players = [(await loop.create_connection(Player, "127.0.0.1", port))[1] for _ in range(sessions)]
    await asyncio.gather(*(player.upgraded for player in players))
    spent = {phase: Spent() for phase in ("reset", *PHASES)}
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        scripts = [script for _ in range(0, sessions, group) for script in [next(episodes)] * group]
        for phase in spent:
            speaking = [(player, said[phase]) for player, said in zip(players, scripts, strict=True) if said[phase]]
            started, ran = time.perf_counter(), processor_time(pid)
            await asyncio.gather(*(player.play(frames) for player, frames in speaking))
            spent[phase] += Spent(
                sum(len(frames) for _, frames in speaking), time.perf_counter() - started, processor_time(pid) - ran
            )
    for player in players:
        player.transport.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve-recorded", type=int, metavar="PORT", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve_recorded is not None:
        serve_recorded(chosen.serve_recorded)
        return

    episodes = [Script.of(seed).frames() for seed in range(EPISODES)]
    ports = {"ours": free_port(), "do-nothing": free_port()}
    ours = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(ports["ours"])]
    nothing = [sys.executable, __file__, "--serve-recorded", str(ports["do-nothing"])]
    with (
        running(ours, f"http://127.0.0.1:{ports['ours']}") as our_process,
        running(nothing, f"http://127.0.0.1:{ports['do-nothing']}", timeout_s=120.0) as other_process,
    ):
        pids = {"ours": our_process.pid, "do-nothing": other_process.pid}
        for label, group in GROUPS.items():
            measured: dict[str, list[Measured]] = {name: [] for name in ports}
            # Each server goes on through the episodes from round to round, so that it has forgotten what comes again.
            coming = {name: itertools.cycle(episodes) for name in ports}
            for _ in range(chosen.rounds):
                for name, port in ports.items():
                    asked = (coming[name], chosen.sessions, group, chosen.seconds)
                    measured[name].append(asyncio.run(measure(port, pids[name], *asked)))
            print(f"{chosen.sessions} sessions, {label}; medians of {chosen.rounds} rounds of {chosen.seconds:g} s")
            print_table(measured)
    print(f"aim: a ratio of {AIM} or more for steps")


def print_table(measured: dict[str, list[Measured]]) -> None:
    rows = {phase: [phase] for phase in ("reset", *PHASES)}
    rows["all steps"] = list(PHASES)
    print(f"{'':<22}{'messages/s':^30}{'processor µs/message':^30}")
    print(f"{'':<22}" + f"{'ours':>10}{'nothing':>10}{'ratio':>8}  " * 2)
    for label, counted in rows.items():
        rates, costs = [], []
        for rounds in measured.values():
            spent = [sum((of[phase] for phase in counted), Spent()) for of in rounds]
            rates.append(statistics.median(one.messages / one.seconds for one in spent))
            costs.append(statistics.median(one.processor_s / one.messages for one in spent) * 1e6)
        print(
            f"{label:<22}{rates[0]:>10,.0f}{rates[1]:>10,.0f}{rates[0] / rates[1]:>8.2f}  "
            f"{costs[0]:>10.1f}{costs[1]:>10.1f}{costs[1] / costs[0]:>8.2f}"
        )
    print()


if __name__ == "__main__":
    main()
