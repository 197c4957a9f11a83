"""The servers that ours is compared with: each sends the bytes that ours sent, and does nothing else.

    python benchmarks/contenders.py openenv-async episodes.pickle --port 8001

- echo: a bare FastAPI WebSocket that answers with the recorded text and does not parse what it receives.
- openenv-async: openenv's own `create_app` around an environment that returns recorded observations from an async step.
  A sync one, which openenv runs in a thread, is slower.

Both have the uvicorn settings and the garbage collection of ours. So a difference in the figures is one between the
servers themselves.
"""

import argparse
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synth_audit_env.benchmarks.recorded import MOST_SESSIONS, Script
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState

if TYPE_CHECKING:
    from fastapi import FastAPI


def openenv_async(scripts: Sequence[Script]) -> "FastAPI":
    """openenv's server around recorded observations, from methods that it awaits on the event loop."""
    from openenv.core.env_server.http_server import create_app
    from openenv.core.env_server.interfaces import Environment

    episodes = {script.seed: script.observations for script in scripts}

    class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
        SUPPORTS_CONCURRENT_SESSIONS = True
        _rest: Iterator[SynthAuditObservation] = iter(())

        def reset(self, seed=None, episode_id=None, **options):
            assert seed is not None, "the recorded traffic always names a seed"
            self._rest = iter(episodes[seed])
            return next(self._rest)

        def step(self, action, timeout_s=None, **options):
            return next(self._rest)

        async def reset_async(self, seed=None, **options):
            return self.reset(seed)

        async def step_async(self, action, **options):
            return self.step(action)

        @property
        def state(self):
            return SynthAuditState()  # no recorded client asks for it

    return create_app(Recorded, SynthAuditAction, SynthAuditObservation, max_concurrent_envs=MOST_SESSIONS)


def echo(scripts: Sequence[Script]) -> "FastAPI":
    """An application that answers with recorded text."""
    from fastapi import FastAPI, WebSocket

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


SERVERS = {"echo": echo, "openenv-async": openenv_async}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("recorded", type=Path, help="a pickle of scripts, as server.py writes it")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    import uvicorn

    from synth_audit_env.server.application import UVICORN_OPTIONS, collect_less

    scripts: list[Script] = pickle.loads(chosen.recorded.read_bytes())
    app = SERVERS[chosen.server](scripts)
    # Ten thousand observations are in memory, which a full collection would go through again and again.
    collect_less()
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning", **UVICORN_OPTIONS)


if __name__ == "__main__":
    main()
