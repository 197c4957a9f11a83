"""What one message of a client may be on the wire. Of how connections end there is more in test_long_life.py."""

import asyncio
import logging
import socket
import struct

import pytest
from starlette.websockets import WebSocket

from synth_audit_env.server.serving.limits import LARGEST_FRAME, LONGEST_MESSAGE, MOST_FRAMES
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.serving.sockets import converse
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.server.fuzz.frames import CLOSE, FIN, PING, PONG, TEXT, frame

MORE = 0
STATE = b'{"type": "state"}'


def closed_with(bare):
    """The code and the reason with which the server closes a connection, on which it says nothing else."""
    first, length = bare.recv(2, socket.MSG_WAITALL)
    assert first == FIN | CLOSE
    (code,) = struct.unpack("!H", bare.recv(2, socket.MSG_WAITALL))
    return code, bare.recv(length - 2, socket.MSG_WAITALL).decode()


def test_as_many_frames_as_there_may_be_are_a_message(server):
    pieces = [frame(TEXT, STATE), *[frame(MORE)] * (MOST_FRAMES - 2), frame(FIN | MORE)]
    with server.bare_socket("/ws") as bare:
        for _ in range(2):
            # Each message is counted anew, and what stands between its frames is none of them.
            bare.sendall(b"".join([*pieces[:7], frame(FIN | PING, b"?"), *pieces[7:]]))
            assert bare.recv(3, socket.MSG_WAITALL) == bytes([FIN | PONG, 1]) + b"?"
            first, length, size = struct.unpack("!BBH", bare.recv(4, socket.MSG_WAITALL))
            assert (first, length) == (FIN | TEXT, 126)
            assert bare.recv(size, socket.MSG_WAITALL).startswith(b'{"type":"state"')


@pytest.mark.parametrize("path", ["/ws", "/mcp?seed=1"])
@pytest.mark.parametrize(
    "last",
    [frame(MORE), frame(FIN | MORE), frame(MORE) * MOST_FRAMES + frame(FIN | MORE)],
    ids=["goes on", "would be over", "goes on in the same breath"],
)
def test_a_message_of_frames_without_end_is_ended(serve, path, last):
    server = serve(max_sessions=1)
    with server.bare_socket(path) as bare:
        server.wait_for_sessions(1)
        bare.sendall(frame(TEXT, STATE) + frame(MORE) * (MOST_FRAMES - 1) + last)
        assert closed_with(bare) == (1009, f"a message may have {MOST_FRAMES} frames at most")
        assert bare.recv(1) == b"", "and the connection is closed, without the client's goodbye"
    server.wait_for_sessions(0)


def test_a_frame_over_the_limit_ends_its_connection_and_frees_the_slot(serve):
    server = serve(max_sessions=1)
    with server.bare_socket("/ws") as bare:
        # The head of the frame is enough: its length is refused before the rest is sent.
        bare.sendall(frame(FIN | TEXT, length=LARGEST_FRAME + 1))
        code, reason = closed_with(bare)
        assert (code, str(LARGEST_FRAME) in reason) == (1009, True)
    server.wait_for_sessions(0)


def test_a_message_that_is_too_long_by_less_is_refused_in_words(talk, server):
    opened = talk(f"{server.ws_url}/ws")
    assert opened.ask(b" " * LONGEST_MESSAGE + b"{}")["type"] == "error"
    told = opened.ask('"' + "x" * (LARGEST_FRAME - 2) + '"')
    assert str(LONGEST_MESSAGE) in told["data"]["message"]
    assert opened.state()["episode_id"] is None


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


async def test_a_mistake_of_ours_is_not_taken_for_the_end_of_a_connection():
    came = asyncio.Queue()
    for message in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "a question"}):
        came.put_nowait(message)

    async def ignore(_):
        return None

    async def mistaken(_):
        raise RuntimeError("a mistake of ours")

    opened = WebSocket({"type": "websocket", "headers": [], "path": "/ws"}, came.get, ignore)
    await opened.accept()
    session = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None).open()
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await converse(opened, session, mistaken, farewell=str)
    assert session.hang_up is None
