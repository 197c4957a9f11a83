"""The good client of a soak: plays an episode to its end and believes nothing.

    await play_episode(stage, random.Random(7))

It speaks through the `websockets` library, which knows the protocol better than we do. Every answer has to be the one
that this process got from an environment of its own, to the byte; the outcome, once more, has to be in the state.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect

from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.benchmarks.soak.ledger import Ledger, score
from synth_audit_env.benchmarks.soak.visitor import PATIENCE_S

STATE = b'{"type": "state"}'


@dataclass(frozen=True)
class Stage:
    """What all clients of a run know."""

    port: int
    session_timeout_s: float
    """After which the server ends a silent session."""
    pause_s: float
    """Mean time between two messages of a good client."""
    scripts: Sequence[Script]
    ledger: Ledger

    async def pause(self, rng: random.Random) -> None:
        """Wait as a client waits that has to think, never so long that its session is idle."""
        await asyncio.sleep(min(rng.expovariate(1 / self.pause_s), self.session_timeout_s / 4))

    def check(self, answer: bytes, due: bytes, what: str) -> None:
        """Compare an answer with what was due."""
        self.ledger.messages += 1
        if answer != due:
            self.ledger.problem(f"{what}: the answer is {answer[:200]!r}, and {due[:200]!r} was due")

    def check_end(self, state: bytes, script: Script) -> None:
        """Compare the state after an episode, and note the episode."""
        told = json.loads(state)["data"]
        if "episode_id" not in told:
            # What the server says instead is what one has to know.
            self.ledger.problem(f"{script.task_id} {script.seed}: for its state it is told {state[:300]!r}")
            return
        self.ledger.has_finished(told["episode_id"], script)
        if (told["task_id"], told["seed"], told["outcome"]["score"]) != (script.task_id, script.seed, score(script)):
            self.ledger.problem(f"{script.task_id} {script.seed}: the state after its end is {state[:300]!r}")


async def play_episode(stage: Stage, rng: random.Random) -> None:
    """Play one episode from reset to report, and leave as one should."""
    script = rng.choice(stage.scripts)
    address = f"ws://127.0.0.1:{stage.port}/ws"
    # The server's pings are answered; ours would only add to the noise.
    async with connect(address, proxy=None, max_size=None, compression=None, ping_interval=None) as socket:
        for said, due in zip(script.said, script.answers, strict=True):
            stage.check(await _ask(socket, said), due, f"{script.task_id} {script.seed}")
            await stage.pause(rng)
        stage.check_end(await _ask(socket, STATE), script)


async def _ask(socket: ClientConnection, message: bytes) -> bytes:
    async with asyncio.timeout(PATIENCE_S):
        await socket.send(message, text=True)
        return await socket.recv(decode=False)
