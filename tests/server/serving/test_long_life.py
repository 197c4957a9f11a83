"""What a session survives: a client that is busy for long, a stop of the server, more processes."""

import contextlib
import os
import signal
import sys
import threading
from unittest import mock

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from synth_audit_env.client import ServerRefusedError, SessionLostError, SynthAuditEnv
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server import app, application
from synth_audit_env.server.application import UVICORN_OPTIONS
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.conftest import rpc_request
from synth_audit_env.tests.conftest import running as running_here
from synth_audit_env.tests.patience import PATIENCE_S

AHEAD = 500
"""Steps that a client asks for before it has read the answer to the first."""
STEP = {"type": "step", "data": {"action_type": "review_proposal", "proposal_id": "PROP-001"}}


def asked_until_it_fails(env):
    while True:
        env.state()


def command(*more):
    port = free_port()
    return [sys.executable, "-m", "synth_audit_env.server.app", "--port", str(port), *more], f"http://127.0.0.1:{port}"


class TestBusyClients:
    """A trainer's event loop may be held up by a step of generation: no pong is read or sent for minutes."""

    async def test_neither_end_waits_for_a_pong(self, serve):
        """The settings themselves, as no test stands still for ten minutes. The libraries' own would be 20 s."""
        server = serve()
        async with SynthAuditEnv(base_url=server.url) as env:
            await env.reset(seed=1)
            (theirs,) = server.connections()
            assert theirs.config.ws_ping_timeout is None
            assert env._ws.ping_timeout is None
            # Pings all the same, and more often than the shortest limit of a proxy, which is a minute.
            assert 0 < theirs.config.ws_ping_interval < 60
            assert 0 < env._ws.ping_interval < 60


class TestStopping:
    @pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
    def test_everybody_is_told_and_it_ends(self, workers):
        started, url = command("--workers", workers)
        with running(started, url) as process:
            envs = [SynthAuditEnv(base_url=url).sync() for _ in range(8)]
            for seed, env in enumerate(envs):
                env.reset(seed=seed)
            process.send_signal(signal.SIGTERM)
            for env in envs:
                with contextlib.closing(env), pytest.raises(SessionLostError, match="the server is being stopped"):
                    asked_until_it_fails(env)
            process.wait(PATIENCE_S)
        assert process.returncode in (0, -signal.SIGTERM)

    def test_what_was_taken_is_answered_before_the_goodbye(self, talk):
        """The client does not wait for answers, so that the stop finds messages that have come and are not answered."""
        taken = answered = 0

        class Counting(SynthAuditEnvironment):
            def act(self, action):
                nonlocal taken
                taken += 1
                return super().act(action)

        with contextlib.ExitStack() as life:
            server = life.enter_context(running_here(Counting))
            opened, stop = talk(server.ws_url + "/ws"), threading.Thread(target=life.close)
            opened.reset(seed=1)
            for _ in range(AHEAD):
                opened.send(STEP)
            with contextlib.suppress(ConnectionClosed):
                while opened.receive()["type"] == "observation":
                    answered += 1
                    if answered == AHEAD:
                        stop.start()
                    # Once the goodbye has come nothing more can be sent; answers from before it may still be unread.
                    with contextlib.suppress(ConnectionClosed):
                        opened.send(STEP)
            assert opened.socket.protocol.close_code == 1012
            stop.join()
        assert answered == taken > AHEAD


def test_the_process_that_starts_others_builds_nothing_and_passes_on_the_limits(tmp_path, monkeypatch):
    started = mock.Mock()
    monkeypatch.setattr("uvicorn.run", started)
    monkeypatch.delattr(application, "build_app")
    with mock.patch.dict(os.environ):
        app.main(["--port", "0", "--workers", "2", "--episode-log", str(tmp_path)])  # a free port, whatever else runs
    assert started.call_args.args == ("synth_audit_env.server.app:from_variables",)
    assert started.call_args.kwargs.items() >= UVICORN_OPTIONS.items()
    assert "synth-audit-episode-log" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.slow
def test_each_of_several_processes_has_sessions_of_its_own_and_the_flags_reach_them_all():
    started, url = command("--workers", "2", "--max-sessions", "1")
    with running(started, url, env={**os.environ, "MAX_SESSIONS": "40"}), contextlib.ExitStack() as held:
        openings = []
        for _ in range(400):
            # Which process a connection comes to is the system's to say: a full one refuses, and is asked again.
            with contextlib.suppress(ServerRefusedError), contextlib.ExitStack() as kept:
                env = kept.enter_context(SynthAuditEnv(base_url=url).sync())
                openings.append(env.reset(seed=7, task_id="oversight_easy").observation.protocol_excerpt)
                held.push(kept.pop_all())
            if len(openings) == 2:
                break
        assert len(openings) == 2, "a session in each of two processes"
        assert len(set(openings)) == 1, "the same seed is the same episode in both"
        counted = httpx.get(url + "/metrics", trust_env=False).text
        assert "synth_audit_sessions 2.0" in counted, "the sum over both"
        assert "synth_audit_sessions_limit 2.0" in counted
        refused = httpx.post(url + "/mcp", json=rpc_request("initialize"), trust_env=False)
        assert refused.status_code == 501, "MCP over HTTP would miss its session"
        assert "needs a server of one process" in refused.json()["error"]["message"]
