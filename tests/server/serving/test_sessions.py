"""Sessions as the server holds them: slots, capacity, idle ones, and sockets whose peer is gone."""

import asyncio
import contextlib
import gc
import json
import random
import socket
import time
import uuid
import weakref
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from synth_audit_env.client import SynthAuditEnv
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.serving.websocket_protocol import SessionProtocol
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.patience import PATIENCE_S, wait_until
from synth_audit_env.tests.server.fuzz.frames import FIN, TEXT, frame

LEAVING = pytest.mark.parametrize(
    "leave",
    [
        lambda opened: opened.socket.close(),
        lambda opened: opened.send({"type": "close"}),
        lambda opened: opened.socket.socket.shutdown(socket.SHUT_RDWR),
    ],
    ids=["the client says goodbye", "the server says goodbye", "nobody does"],
)


def wait_for_no_connections(server):
    wait_until(lambda: not server.connections(), "a connection is still there")


class TestFinished:
    """Which episodes may be told of: those that an open session has finished, and none of an id that runs."""

    REPORT = SynthAuditAction(action_type="submit_audit_report", report="Nothing.")

    async def test_of_two_with_one_id_none_is_told_of_while_one_runs(self):
        """Else whoever plays an episode could finish an easier one under its id, or a rollout read its neighbour's."""
        sessions = Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None)
        first, other = sessions.open(), sessions.open()
        assert sessions.finished("nobody") is None
        for session, seed in ((first, 42), (other, 43)):
            await session.reset({"seed": seed, "episode_id": "same"})
            assert sessions.finished("same") is None
        other.step(self.REPORT)
        assert sessions.finished("same") is None, "one of them runs"
        first.step(self.REPORT)
        assert sessions.finished("same")["seed"] in (42, 43)
        await other.reset({"seed": 44, "episode_id": "same"})
        assert sessions.finished("same") is None
        sessions.close(other)
        assert sessions.finished("same")["seed"] == 42
        sessions.close(first)
        assert sessions.finished("same") is None


async def test_a_session_that_is_closed_while_its_episode_is_made_begins_none():
    sessions = Sessions(partial(SynthAuditEnvironment, aside=True), limit=1, idle_timeout_s=None)
    session = sessions.open()
    waiting = asyncio.create_task(session.reset({"seed": 986_543}))
    await asyncio.sleep(0)
    sessions.close(session)
    for late in (waiting, session.reset({"seed": 1})):
        with pytest.raises(EpisodeError, match="^The session has ended"):
            await late
    assert session.opening is None


class TestCapacity:
    async def test_64_sessions_play_at_once_and_the_65th_is_refused(self, serve):
        server = serve(max_sessions=64)

        async def play(seed, playing, ready):
            async with SynthAuditEnv(base_url=server.url) as env:
                opening = await env.reset(seed=seed, task_id="oversight_easy")
                playing.release()
                await ready.wait()
                for proposal in opening.observation.actor_proposals:
                    await env.investigate_patient(proposal.patient_id)
                    await env.approve(proposal.proposal_id)
                await env.submit_audit_report("-")
                state = await env.state()
            return state.seed, (state.step_count, len(opening.observation.actor_proposals))

        playing, ready = asyncio.Semaphore(0), asyncio.Event()
        players = [asyncio.create_task(play(seed, playing, ready)) for seed in range(64)]
        for _ in players:
            await asyncio.wait_for(playing.acquire(), PATIENCE_S)
        async with SynthAuditEnv(base_url=server.url) as late:
            with pytest.raises(RuntimeError, match=r"64 of 64 sessions.*CAPACITY_REACHED"):
                await late.reset(seed=1)
            ready.set()
            played = await asyncio.gather(*players)
            while len(server.sessions):
                await asyncio.sleep(0.01)
            assert (await late.reset(seed=1)).observation.error is None
        assert [seed for seed, _ in played] == list(range(64))
        assert all(steps == 2 * proposals + 1 for _, (steps, proposals) in played)

    def test_a_failing_environment_takes_no_slot(self, serve, talk, caplog):
        def broken():
            raise RuntimeError("/srv/secret")

        broken.SUPPORTS_CONCURRENT_SESSIONS = True
        server = serve(max_sessions=1, environment=broken)
        told = talk(f"{server.ws_url}/ws").receive()
        assert told["data"]["code"] == "SESSION_ERROR"
        assert "secret" not in json.dumps(told)
        assert "/srv/secret" in caplog.text
        assert len(server.sessions) == 0


class TestIdle:
    def test_an_idle_session_ends_with_its_socket_and_its_slot(self, serve, talk):
        server = serve(max_sessions=1, session_timeout_s=1.0)
        opened = talk(f"{server.ws_url}/ws")
        opened.reset(seed=1)
        told = opened.receive()
        assert told["data"]["code"] == "SESSION_ERROR"
        assert told["data"]["message"] == "The session has ended after 1 s without a message."
        with pytest.raises(ConnectionClosed) as closed:
            opened.receive()
        assert closed.value.rcvd.code == 1001
        assert len(server.sessions) == 0
        assert talk(f"{server.ws_url}/ws").reset(seed=1)["type"] == "observation"

    def test_a_session_in_use_does_not_end(self, serve, talk):
        server = serve(max_sessions=1, session_timeout_s=2.0)
        opened = talk(f"{server.ws_url}/ws")
        opened.reset(seed=1)
        for _ in range(8):
            time.sleep(0.3)
            assert opened.state()["seed"] == 1

    def test_a_vanished_peer_loses_its_slot_and_its_connection(self, serve, talk, monkeypatch):
        """It says hello and then nothing, not even that it is closing."""
        monkeypatch.setattr(limits, "DROPPED_AFTER_S", 0.1)
        server = serve(max_sessions=2, session_timeout_s=1.0)
        with server.bare_socket("/ws"), server.bare_socket("/mcp"):
            server.wait_for_sessions(2)
            server.wait_for_sessions(0)
            # openenv's frees the slot as well, and keeps the socket.
            wait_for_no_connections(server)
            assert talk(f"{server.ws_url}/ws").reset(seed=1)["type"] == "observation"

    def test_a_peer_that_reads_nothing_loses_its_slot_and_its_connection(self, serve, monkeypatch):
        monkeypatch.setattr(limits, "DROPPED_AFTER_S", 0.5)
        server = serve(max_sessions=1, session_timeout_s=0.5)
        # Refusals are quick to make and long, so that the buffers fill with little work for a busy machine to do.
        wrong = {"type": "step", "data": {"action_type": 1, "x" * 60: 1, "y" * 60: 1, "z" * 60: 1}}
        asked = frame(FIN | TEXT, json.dumps(wrong).encode())
        with server.bare_socket("/ws") as deaf:
            deaf.settimeout(0.2)
            # Until neither side's buffers take more: the server then waits in its send.
            with contextlib.suppress(TimeoutError):
                while True:
                    deaf.sendall(asked)
            server.wait_for_sessions(0)
            # It still reads nothing, and would hold the server's side of the connection for as long as it likes.
            wait_for_no_connections(server)

    def test_an_mcp_session_without_a_socket_ends_too(self, serve):
        server = serve(max_sessions=1, session_timeout_s=1.0)
        opened = server.rpc("openenv/session/create").json()["result"]["session_id"]
        assert len(server.sessions) == 1
        server.wait_for_sessions(0)
        assert "Unknown session_id" in server.rpc("tools/list", session_id=opened).json()["error"]["message"]


async def test_ids_are_random_and_follow_from_no_seed():
    """Whoever has the id of a session may act in it, so nobody may guess one."""
    ids, before = [], random.getstate()
    for _ in range(2):  # two servers that were started alike
        random.seed(0)
        sessions = Sessions(SynthAuditEnvironment, limit=500, idle_timeout_s=None)
        ids += [uuid.UUID(sessions.open().id) for _ in range(500)]
    random.setstate(before)
    assert len(set(ids)) == 1_000
    assert {drawn.version for drawn in ids} == {4}, "122 of its 128 bits are drawn"


@LEAVING
def test_a_connection_that_is_over_is_gone_without_the_garbage_collector(serve, talk, monkeypatch, leave):
    """Or each would wait, with all that came over it, for a collector that looks seldom at what is old."""
    monkeypatch.setattr(limits, "DROPPED_AFTER_S", 0.05)
    server = serve()
    gc.disable()
    try:
        opened = talk(server.ws_url + "/ws")
        opened.reset(seed=1)
        (connection,) = server.connections()
        assert isinstance(connection, SessionProtocol)
        left = [weakref.ref(connection), weakref.ref(connection.conn)]
        del connection
        leave(opened)
        server.wait_for_sessions(0)
        wait_until(lambda: not any(one() for one in left), lambda: f"{[one() for one in left]} are left")
    finally:
        gc.enable()
