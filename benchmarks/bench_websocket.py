"""Steps a second over the WebSocket, ours against a do-nothing openenv environment that sends the same bytes.

    uv run python benchmarks/bench_websocket.py

Both servers run as child processes of this one with the same uvicorn settings. The do-nothing one is openenv's own
`create_app` around an environment whose `step_async` returns an observation recorded from ours, so what differs is all
that our server does for a step: validate, act, score, serialize. The client is a few lines on a bare socket, lest the
client be what is measured. The two take turns; the medians of the rounds are compared.
"""

import argparse
import asyncio
import json
import statistics
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.scripts.child_server import free_port, running
from synth_audit_env.server.openenv_compat import Environment
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

OPTIONS = {"task_id": "oversight_hard", "seed": 42}
AIM = 0.8


def script() -> dict[str, list[dict[str, Any]]]:
    """The actions of one episode by tool: look at each proposal with the tools that concern it, decide, report."""
    opening = SynthAuditEnvironment().reset(**OPTIONS)
    proposals = [{"proposal_id": proposal.proposal_id} for proposal in opening.actor_proposals]
    patients = [{"patient_id": proposal.patient_id} for proposal in opening.actor_proposals]
    features = [{"feature": feature} for feature in ("sex", "stage", "ethnicity", "site")]
    arguments = {
        "review_proposal": proposals,
        "investigate_patient": patients,
        "request_shap": patients,
        "cohort_analysis": features,
        "temporal_audit": patients,
        "approve": [{**proposal, "confidence": 0.8} for proposal in proposals],
        "submit_audit_report": [{"report": "Nothing found."}],
    }
    return {tool: [{"action_type": tool, **values} for values in calls] for tool, calls in arguments.items()}


class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    """Does nothing but send what ours sent."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    observations: tuple[SynthAuditObservation, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._next = 0

    @classmethod
    def record(cls) -> None:
        environment = SynthAuditEnvironment()
        opening = environment.reset(**OPTIONS)
        actions = [SynthAuditAction(**action) for calls in script().values() for action in calls]
        cls.observations = (opening, *(environment.step(action) for action in actions))

    def reset(self, seed=None, episode_id=None, **options):
        self._next = 1
        return self.observations[0]

    def step(self, action, timeout_s=None, **options):
        observation = self.observations[self._next]
        self._next += 1
        return observation

    async def reset_async(self, seed=None, episode_id=None, **options):
        return self.reset()

    async def step_async(self, action, timeout_s=None, **options):
        return self.step(action)

    @property
    def state(self):
        return SynthAuditState()


def serve_recorded(port: int) -> None:
    import uvicorn
    from openenv.core.env_server.http_server import create_app

    from synth_audit_env.server.app import UVICORN_OPTIONS

    Recorded.record()
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


async def measure(port: int, phases: Phases, sessions: int, seconds: float) -> dict[str, float]:
    """Messages a second of all sessions together, by phase. The sessions go from phase to phase in step."""
    loop = asyncio.get_running_loop()
    players = [(await loop.create_connection(Player, "127.0.0.1", port))[1] for _ in range(sessions)]
    await asyncio.gather(*(player.upgraded for player in players))
    took = dict.fromkeys(phases, 0.0)
    episodes = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        episodes += 1
        for phase, frames in phases.items():
            started = time.perf_counter()
            await asyncio.gather(*(player.play(frames) for player in players))
            took[phase] += time.perf_counter() - started
    for player in players:
        player.transport.close()
    return {phase: episodes * sessions * len(frames) / took[phase] for phase, frames in phases.items()}


def together(rates: dict[str, float], phases: Phases, left_out: tuple[str, ...]) -> float:
    """The rate of several phases in the proportions of the script."""
    counted = [phase for phase in phases if phase not in left_out]
    return sum(len(phases[p]) for p in counted) / sum(len(phases[p]) / rates[p] for p in counted)


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

    phases = {"reset": [frame({"type": "reset", "data": OPTIONS})]}
    for tool, calls in script().items():
        phases[tool] = [frame({"type": "step", "data": action}) for action in calls]
    ports = {"ours": free_port(), "do-nothing": free_port()}
    ours = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(ports["ours"])]
    nothing = [sys.executable, __file__, "--serve-recorded", str(ports["do-nothing"])]
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
    with (
        running(ours, f"http://127.0.0.1:{ports['ours']}"),
        running(nothing, f"http://127.0.0.1:{ports['do-nothing']}"),
    ):
        for _ in range(chosen.rounds):
            for name, port in ports.items():
                measured[name].append(asyncio.run(measure(port, phases, chosen.sessions, chosen.seconds)))

    print(
        f"{chosen.sessions} sessions on one server process, medians of {chosen.rounds} rounds of {chosen.seconds:g} s"
    )
    print(f"{'messages/s':<28}{'ours':>10}{'do-nothing':>12}{'ratio':>8}")
    rows = {phase: [[rates[phase] for rates in measured[name]] for name in ports] for phase in phases}
    for label, left_out in (
        ("all steps", ("reset",)),
        ("all steps but request_shap", ("reset", "request_shap")),
    ):
        rows[label] = [[together(rates, phases, left_out) for rates in measured[name]] for name in ports]
    for label, (mine, theirs) in rows.items():
        rate, least = statistics.median(mine), statistics.median(theirs)
        print(f"{label:<28}{rate:>10,.0f}{least:>12,.0f}{rate / least:>8.2f}")
    print(f"aim: {AIM} or more for steps")


if __name__ == "__main__":
    main()
