"""The server that ours is compared with: openenv's own `create_app`, which sends the observations that ours sent.

python benchmarks/contenders.py episodes.pickle 8001

Its environment does nothing else, from methods that openenv awaits on the event loop: it runs others in threads, which
is slower. It has the uvicorn settings and the garbage collection of ours. So a difference in the figures is one between
the servers themselves.
"""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment

from synth_audit_env.benchmarks.recorded import MOST_SESSIONS
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.application import UVICORN_OPTIONS, collect_less

EPISODES = {script.seed: script.observations for script in pickle.loads(Path(sys.argv[1]).read_bytes())}


class Recorded(Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState]):
    SUPPORTS_CONCURRENT_SESSIONS = True
    state = SynthAuditState()  # no recorded client asks for it
    _rest: Iterator[SynthAuditObservation] = iter(())

    def reset(self, seed=None, episode_id=None, **options):
        self._rest = iter(EPISODES[seed])
        return next(self._rest)

    def step(self, action, timeout_s=None, **options):
        return next(self._rest)

    async def reset_async(self, seed=None, **options):
        return self.reset(seed)

    async def step_async(self, action, **options):
        return self.step(action)


app = create_app(Recorded, SynthAuditAction, SynthAuditObservation, max_concurrent_envs=MOST_SESSIONS)
# Ten thousand observations are in memory, which a full collection would go through again and again.
collect_less()
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", **UVICORN_OPTIONS)
