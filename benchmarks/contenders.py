"""The servers that ours is compared with, all of which send what ours sent. Each is a process of its own.

    python benchmarks/contenders.py openenv-async --port 8001 --recorded episodes.pickle

- echo: a bare FastAPI WebSocket, which answers with the recorded text and reads nothing of what it is told. It takes
  what the way of a message through uvicorn and Starlette takes, which ours goes only where it has to wait.
- openenv-sync and openenv-async: openenv's own `create_app` around an environment that returns recorded observations
  and does nothing else. openenv runs a sync step in a thread, and awaits an async one.

All have the uvicorn settings of ours, and its calm garbage collector. So what differs is what a server does by itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from openenv.core.env_server.http_server import create_app

from synth_audit_env.benchmarks.processes import MOST_SESSIONS
from synth_audit_env.benchmarks.recorded import Script, read
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.app import UVICORN_OPTIONS, collect_less
from synth_audit_env.server.openenv_compat import Environment


class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    """Does nothing but return what ours returned, from a `step` that openenv runs in a thread."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    episodes: ClassVar[dict[int, list[SynthAuditObservation]]] = {}
    """By seed."""

    def __init__(self) -> None:
        super().__init__()
        self._rest: Iterator[SynthAuditObservation] = iter(())

    def reset(self, seed: int | None = None, episode_id: str | None = None, **options: Any) -> SynthAuditObservation:
        """Start to play back an episode."""
        assert seed is not None, "the recorded traffic always names a seed"
        self._rest = iter(self.episodes[seed])
        return next(self._rest)

    def step(self, action: SynthAuditAction, timeout_s: float | None = None, **options: Any) -> SynthAuditObservation:
        """Return what comes next, whatever the action."""
        return next(self._rest)

    @property
    def state(self) -> SynthAuditState:
        """None worth telling."""
        return SynthAuditState()


class RecordedAsync(Recorded):
    """The same from a `step_async`, which openenv awaits on the event loop."""

    async def reset_async(
        self, seed: int | None = None, episode_id: str | None = None, **options: Any
    ) -> SynthAuditObservation:
        """`reset`, without a thread."""
        return self.reset(seed)

    async def step_async(
        self, action: SynthAuditAction, timeout_s: float | None = None, **options: Any
    ) -> SynthAuditObservation:
        """`step`, without a thread."""
        return self.step(action)


ENVIRONMENTS = {"openenv-sync": Recorded, "openenv-async": RecordedAsync}
ECHO = "echo"


def echo(scripts: Sequence[Script]) -> FastAPI:
    """An application that answers with recorded text."""
    answers = {script.said[0].decode(): [answer.decode() for answer in script.answers] for script in scripts}
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "healthy"}

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        rest: Iterator[str] = iter(())
        try:
            while True:
                told = await socket.receive_text()
                if told in answers:
                    rest = iter(answers[told])
                await socket.send_text(next(rest))
        except WebSocketDisconnect:
            return

    return app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=[ECHO, *ENVIRONMENTS])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--recorded", type=Path, required=True, help="what recorded.write wrote")
    chosen = parser.parse_args()
    scripts = read(chosen.recorded)
    if chosen.kind == ECHO:
        app = echo(scripts)
    else:
        Recorded.episodes.update({script.seed: script.observations for script in scripts})
        environment = ENVIRONMENTS[chosen.kind]
        app = create_app(environment, SynthAuditAction, SynthAuditObservation, max_concurrent_envs=MOST_SESSIONS)
    # The reason for it holds all the more with ten thousand observations about.
    collect_less()
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning", **UVICORN_OPTIONS)


if __name__ == "__main__":
    main()
