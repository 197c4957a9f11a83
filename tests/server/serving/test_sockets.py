"""A conversation whose answers cannot be sent: over when the connection is, and otherwise a fault of the server's."""

import asyncio
import logging

import pytest
from starlette.websockets import WebSocket

from synth_audit_env.server.serving import sockets
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.serving.sockets import Inbox, converse
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.server.fuzz.frames import frame

CLOSED = RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")


@pytest.fixture
def connection(monkeypatch):
    """A socket that takes nothing after its handshake, and what is still to be received on it."""
    monkeypatch.setattr(sockets, "END_IS_HEARD_WITHIN_S", 0.2)

    async def make(problem, *messages):
        queue = asyncio.Queue()
        for message in ({"type": "websocket.connect"}, *messages):
            queue.put_nowait(message)

        async def send(message):
            if message["type"] != "websocket.accept":
                raise problem

        opened = WebSocket({"type": "websocket", "headers": [], "path": "/ws"}, queue.get, send)
        await opened.accept()
        return opened

    return make


QUESTION = {"type": "websocket.receive", "text": "a question"}
END = {"type": "websocket.disconnect", "code": 1002}


class TestAnswers:
    async def converse(self, socket):
        metrics = Metrics(limit=1)
        sessions = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None, listeners=[metrics])

        async def reply(content):
            return "an answer"

        try:
            await converse(Inbox(socket), sessions.open(), reply, farewell=str)
        finally:
            self.faults = b"synth_audit_faults_total 1.0" in metrics.text()

    async def test_a_connection_that_was_closed_meanwhile_is_let_go(self, connection):
        await self.converse(await connection(CLOSED, QUESTION, QUESTION, END))
        assert not self.faults

    async def test_what_is_raised_on_an_open_connection_is_a_fault(self, connection):
        mistake = RuntimeError("a mistake of ours")
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            await self.converse(await connection(mistake, QUESTION))
        assert self.faults


@pytest.mark.parametrize("path", ["/ws", "/mcp?seed=1"])
def test_uvicorn_closes_over_a_broken_frame_and_nothing_is_logged_as_an_error(serve, caplog, path):
    """The question and the broken frame come together, so that the answer is made for a closed connection."""
    server = serve(max_sessions=1)
    uvicorns = logging.getLogger("uvicorn.error")
    uvicorns.addHandler(caplog.handler)
    try:
        with server.bare_socket(path) as bare:
            server.wait_for_sessions(1)
            bare.sendall(frame(0x81, b'{"type": "state"}') + frame(0x83, b"no such opcode"))
            while bare.recv(4096):
                pass
        server.wait_for_sessions(0)
    finally:
        uvicorns.removeHandler(caplog.handler)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
