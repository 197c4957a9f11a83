"""The servers that ours is compared with: each sends the bytes that ours sent, and does nothing else.

    python benchmarks/contenders.py openenv-async episodes.pickle --port 8001

- echo: a bare FastAPI WebSocket that answers with the recorded text and does not parse what it receives.
- openenv-async: openenv's own `create_app` around an environment that returns recorded observations from an async step.
  A sync one, which openenv runs in a thread, is slower.

Both have the uvicorn settings and the garbage collection of ours. So a difference in the figures is one between the
servers themselves.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI, WebSocket
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment

from synth_audit_env.benchmarks.recorded import Script
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.app import UVICORN_OPTIONS, collect_less

MOST_SESSIONS = 1024
"""That each server has room for, ours included."""


class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    """Returns recorded observations, from methods that openenv awaits on the event loop."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    episodes: ClassVar[dict[int, list[SynthAuditObservation]]] = {}
    """By seed."""
    _rest: Iterator[SynthAuditObservation] = iter(())

    def reset(self, seed: int | None = None, episode_id: str | None = None, **options: Any) -> SynthAuditObservation:
        assert seed is not None, "the recorded traffic always names a seed"
        self._rest = iter(self.episodes[seed])
        return next(self._rest)

    def step(self, action: SynthAuditAction, timeout_s: float | None = None, **options: Any) -> SynthAuditObservation:
        return next(self._rest)

    async def reset_async(self, seed: int | None = None, **options: Any) -> SynthAuditObservation:
        return self.reset(seed)

    async def step_async(self, action: SynthAuditAction, **options: Any) -> SynthAuditObservation:
        return self.step(action)

    @property
    def state(self) -> SynthAuditState:
        return SynthAuditState()  # no recorded client asks for it


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
        async for said in socket.iter_text():
            if said in answers:
                rest = iter(answers[said])
            await socket.send_text(next(rest))

    return app


def main() -> None:
    kind, recorded, _, port = sys.argv[1:]
    scripts: list[Script] = pickle.loads(Path(recorded).read_bytes())
    if kind == "echo":
        app = echo(scripts)
    else:
        Recorded.episodes.update({script.seed: script.observations for script in scripts})
        app = create_app(Recorded, SynthAuditAction, SynthAuditObservation, max_concurrent_envs=MOST_SESSIONS)
    # Ten thousand observations are in memory, which a full collection would go through again and again.
    collect_less()
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", **UVICORN_OPTIONS)


if __name__ == "__main__":
    main()
