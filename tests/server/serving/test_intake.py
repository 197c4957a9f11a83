"""What one connection may cost: a flood is taken a little at a time and then ended, an honest client is served.

What is handed to the protocols of the server at once, as a read would, has to be acted on in turns of the event loop.
"""

import asyncio
import json

import h11
import pytest
import websockets.protocol

from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.limits import LONGEST_MESSAGE
from synth_audit_env.tests.conftest import HANDSHAKE
from synth_audit_env.tests.server.fuzz.frames import FIN, PING, PONG, TEXT, frame
from synth_audit_env.tests.server.serving.wire import Peer, until

MANY = 10_000
MOST_A_TURN = 64 + 1_024 // 6
"""What is over the limit is of one slice."""
HEAD = b"POST /mcp HTTP/1.1\r\nHost: here\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ONE_BYTE = b"1\r\nx\r\n"
FLOODS = {
    "pings": frame(FIN | PING),
    "pongs": frame(FIN | PONG),
    "empty continuations": frame(TEXT) + frame(0) * 8 + frame(FIN),
}
LONGEST = bytes(range(256)) * (LONGEST_MESSAGE // 256)


@pytest.fixture
def handled(monkeypatch):
    """The frames and the pieces of bodies that have been handled, in a list."""
    kinds = []
    frames, events = websockets.protocol.Protocol.recv_frame, h11.Connection.next_event

    def recv_frame(self, received):
        kinds.append(received)
        return frames(self, received)

    def next_event(self):
        event = events(self)
        kinds.extend([event] * isinstance(event, h11.Data))
        return event

    monkeypatch.setattr(websockets.protocol.Protocol, "recv_frame", recv_frame)
    monkeypatch.setattr(h11.Connection, "next_event", next_event)
    return kinds


@pytest.fixture
def peer():
    """Connect to an application that keeps what it is sent: `await peer()`; `peer.came`."""

    async def application(scope, receive, send):
        async def answer(status, body):
            headers = [(b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
        elif connect.answers_first:
            return await answer(401, b"no")
        while True:
            connect.came.append(await receive())
            if connect.came[-1]["type"].endswith("disconnect"):
                return None
            if not connect.came[-1].get("more_body", True):
                return await answer(200, b"ok")

    async def connect(web_socket=False):
        made = Peer(application)
        if web_socket:
            await made.shake_hands()
        return made

    connect.came, connect.answers_first = [], False
    return connect


async def most_in_a_turn(peer, data, handled):
    """Hand over all at once, and let the loop turn until the server has closed the connection."""
    most = before = len(handled)
    peer.protocol.data_received(data)
    while not peer.wire.closing:
        assert not peer.wire.reading, "it reads on while that waits"
        most, before = max(most, len(handled) - before), len(handled)
        await asyncio.sleep(0)
    return max(most, len(handled) - before)


class TestFloods:
    @pytest.mark.parametrize("what", FLOODS)
    async def test_frames_are_taken_a_few_at_a_time_and_then_the_connection_is_closed(self, peer, handled, what):
        flooding = await peer(web_socket=True)
        assert 0 < await most_in_a_turn(flooding, FLOODS[what] * MANY, handled) <= MOST_A_TURN
        assert len(handled) < MANY, "most of it is never looked at"
        assert flooding.wire.written.endswith(b"\x03\xf0too many frames that are no message")
        await asyncio.sleep(0)
        assert peer.came[-1]["code"] == 1008

    @pytest.mark.parametrize("answers_first", [False, True])
    async def test_so_are_chunks_of_a_body(self, peer, handled, answers_first):
        peer.answers_first = answers_first
        flooding = await peer()
        flooding.protocol.data_received(CHUNKED)
        await asyncio.sleep(0)
        assert 0 < await most_in_a_turn(flooding, ONE_BYTE * MANY, handled) <= MOST_A_TURN
        assert flooding.wire.written.startswith(b"HTTP/1.1 401" if answers_first else b"HTTP/1.1 400")
        await asyncio.sleep(0)
        assert answers_first or peer.came[-1]["type"] == "http.disconnect"

    @pytest.mark.parametrize("web_socket", [False, True])
    async def test_a_connection_that_was_closed_is_dropped(self, peer, monkeypatch, web_socket):
        """A client that reads nothing never takes the goodbye, and its last answer may be waited for for ever."""
        monkeypatch.setattr(limits, "DROPPED_AFTER_S", 0.01)
        flooding = await peer(web_socket)
        flooding.protocol.pause_writing()
        await flooding.send(FLOODS["pings"] * MANY if web_socket else CHUNKED + ONE_BYTE * MANY)
        await until(lambda: flooding.wire.aborted)

    async def test_pongs_that_nobody_reads_are_not_kept(self, peer):
        flooding = await peer(web_socket=True)
        await flooding.send(frame(FIN | PING, b"first"))
        flooding.protocol.pause_writing()
        await flooding.send(frame(FIN | PING, b"second"))
        assert flooding.wire.written.endswith(b"first")
        flooding.protocol.resume_writing()
        await flooding.send(frame(FIN | PING, b"third"))
        assert flooding.wire.written.endswith(b"first\x8a\x05third"), "and the last one stands for all"


class TestHonestClients:
    async def test_messages_that_come_faster_than_they_are_answered_wait(self, peer):
        asked = [json.dumps({"type": "step", "number": number}) for number in range(2_000)]
        sending = await peer(web_socket=True)
        sending.protocol.data_received(b"".join(frame(FIN | TEXT, text.encode()) for text in asked))
        assert len(peer.came) < 100
        assert not sending.wire.reading
        await until(lambda: sending.wire.reading)
        assert [message["text"] for message in peer.came] == asked

    @pytest.mark.parametrize("chunk", [None, 512, 65_536])
    async def test_a_body_of_the_most_bytes(self, peer, chunk):
        sent = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(LONGEST), LONGEST)
        if chunk is not None:
            chunks = [LONGEST[start : start + chunk] for start in range(0, len(LONGEST), chunk)]
            sent = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
        sending = await peer()
        await sending.send(sent)
        await until(lambda: sending.wire.written)
        assert b"".join(message["body"] for message in peer.came) == LONGEST

    async def test_a_handshake_that_is_longer_than_a_slice(self, peer):
        sending = await peer()
        said = HANDSHAKE.format(path="/ws", host="here").replace("\r\n\r\n", f"\r\nCookie: {'x' * 3_000}\r\n\r\n")
        await sending.send(said.encode())
        await until(lambda: sending.wire.written)
        assert sending.wire.written.startswith(b"HTTP/1.1 101")
        await sending.send(frame(FIN | TEXT, b"{}"))
        await until(lambda: peer.came)
        assert peer.came[0]["text"] == "{}"

    async def test_a_connection_that_is_lost_holds_nothing(self, peer):
        sending = await peer(web_socket=True)
        sending.protocol.data_received(frame(FIN | TEXT, b"{}") * 300)
        sending.protocol.connection_lost(None)
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(peer.came) < 300
        assert not sending.protocol.transport.waiting
