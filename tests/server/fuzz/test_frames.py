"""Any bytes on a WebSocket: what they must bring back, and what they may not do to the server and to others."""

import json
import socket
import time

from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.fuzz.answers import Watch
from synth_audit_env.tests.server.fuzz.cases import tried
from synth_audit_env.tests.server.fuzz.frames import CLOSE, FIN, TEXT, conversations, frame
from synth_audit_env.tests.server.properties.drawn_messages import messages
from synth_audit_env.tests.server.properties.draws import share

LAST = "the last question"
LAST_ON_WS = {"type": "mcp", "data": {"jsonrpc": "2.0", "id": LAST, "method": "ping"}}


class ClientEnd:
    """The client's end of a connection that has been made a WebSocket."""

    def __init__(self, connection):
        self._connection = connection
        self._connection.settimeout(PATIENCE_S)
        self._protocol = ClientProtocol(parse_uri("ws://localhost"), state=State.OPEN, max_size=None)
        self.texts, self.pongs, self.close = [], [], None
        """What has come back: messages, payloads of pongs, and the payload of the close frame."""

    def send(self, data):
        """Send bytes, unless the server has closed the connection at an earlier one."""
        try:
            self._connection.sendall(data)
        except OSError:
            return

    def read(self, until=None):
        """Read until this is so, else until the server closes the connection."""
        deadline = time.monotonic() + PATIENCE_S
        while until is None or not until():
            assert time.monotonic() < deadline, "the server goes on answering"
            try:
                came = self._connection.recv(65_536)
            except ConnectionError:
                came = b""
            if not came:
                assert until is None, "the connection was closed before all was answered"
                return
            self._protocol.receive_data(came)
            for received in self._protocol.events_received():
                self._take(received)

    def _take(self, received):
        match received.opcode:
            case Opcode.TEXT:
                self.texts.append(bytes(received.data).decode())
            case Opcode.PONG:
                self.pongs.append(bytes(received.data))
            case Opcode.CLOSE:
                self.close = bytes(received.data)


def code_of(payload):
    return int.from_bytes(payload[:2]) if payload else 1005


def pongs_of(parts):
    return [part.pong for part in parts if part.pong is not None]


def held(fuzzed, parts, in_one_go):
    """Hold one conversation, and ask a question before it ends. Returns what it came to.

    Args:
        fuzzed: The server.
        parts: What to send.
        in_one_go: Whether what breaks the connection is sent together with what comes before it. If it is not, all of
            that has its answers first; if it is, the server may close before it has answered.
    """
    came = {part.what for part in parts}
    end = parts[-1] if parts else None
    breaks = end is not None and bool(end.closes or end.swallows)
    before = parts[:-1] if breaks else parts
    answers, pongs = sum(part.answers for part in before), pongs_of(before)
    with fuzzed.server.bare_socket("/ws") as connection:
        wire = ClientEnd(connection)
        if breaks and in_one_go:
            wire.send(b"".join(part.data for part in parts))
        else:
            wire.send(b"".join(part.data for part in before))
            wire.send(frame(FIN | TEXT, json.dumps(LAST_ON_WS).encode()))
            # Answers come in order: once the question has its own, none before it is still to come.
            wire.read(until=lambda: any(LAST in text for text in wire.texts))
            answers += 1
            assert (len(wire.texts), wire.pongs) == (answers, pongs)
            came.add("answered before it broke" if breaks else "answered to the last")
            wire.send(end.data if breaks else frame(FIN | CLOSE))
        if breaks and end.swallows:
            connection.shutdown(socket.SHUT_WR)
            wire.read()
        elif breaks:
            wire.read()
            # With bytes of ours left unread the system may reset the connection, and the frame be lost on its way.
            if wire.close is not None:
                assert code_of(wire.close) in end.closes, (end.what, wire.close)
                came.add("closed with its code")
        else:
            wire.read()
            assert wire.close == b""
    if breaks and end.what != "noise":  # in which there may be anything
        # What breaks a connection has no answer, and nothing is answered twice.
        assert len(wire.texts) <= answers if in_one_go else len(wire.texts) == answers
        assert wire.pongs == pongs_of(parts)[: len(wire.pongs)]
    watch = Watch()
    for text in wire.texts:
        watch.saw("".join(part.says for part in parts), text)
    fuzzed.is_well()
    return came


def test_any_bytes_on_ws(fuzzed):
    drawn = st.tuples(conversations(messages()), st.booleans())
    came = tried(26, drawn, lambda drawn: held(fuzzed, *drawn))
    assert share(came, "answered to the last") >= 0.1
    assert share(came, "answered before it broke") >= 0.1
    assert share(came, "closed with its code") >= 0.3
    for what in ("message", "pieces", "ping", "pong", "close", "reserved bits", "noise", "cut short", "too long"):
        assert share(came, what) > 0, what
