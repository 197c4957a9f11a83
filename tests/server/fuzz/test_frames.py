"""Any bytes on a WebSocket: what they must bring back, and what they may not do to the server and to others."""

import json
import socket
import time

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from synth_audit_env.tests.server.fuzz.answers import Watch
from synth_audit_env.tests.server.fuzz.cases import LONGEST_S, share, tried
from synth_audit_env.tests.server.fuzz.frames import CLOSE, FIN, TEXT, conversations, frame
from synth_audit_env.tests.server.properties.drawn_audits import odd_actions, world
from synth_audit_env.tests.server.properties.test_messages import EPISODE, messages, tool_calls

LAST = "the last question"
PING = {"jsonrpc": "2.0", "id": LAST, "method": "ping"}


class Wire:
    """The client's end of a connection that has been made a WebSocket."""

    def __init__(self, connection):
        self._connection = connection
        self._connection.settimeout(LONGEST_S)
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
        """Read until a text comes that holds these words, else until the server closes the connection."""
        deadline = time.monotonic() + LONGEST_S
        while until is None or not any(until in text for text in self.texts):
            assert time.monotonic() < deadline, "the server goes on answering"
            try:
                came = self._connection.recv(65_536)
            except ConnectionError:
                return
            if not came:
                assert until is None, "the connection was closed before the last question was answered"
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


def held(fuzzed, path, parts, last):
    """Hold one conversation, and end it with a question. Returns what it came to."""
    came = {part.what for part in parts}
    with fuzzed.server.bare_socket(path) as connection:
        wire = Wire(connection)
        wire.send(b"".join(part.data for part in parts))
        end = parts[-1] if parts else None
        if end is not None and end.swallows:
            connection.shutdown(socket.SHUT_WR)
            wire.read()
        elif end is not None and end.closes:
            wire.read()
            # With bytes of ours left unread the system may reset the connection, and the frame be lost on its way.
            if wire.close is not None:
                assert code_of(wire.close) in end.closes, (end.what, wire.close)
                came.add("closed with its code")
        else:
            wire.send(frame(FIN | TEXT, json.dumps(last).encode()))
            wire.read(until=LAST)
            assert len(wire.texts) == sum(part.answers for part in parts) + 1
            assert wire.pongs == [part.pong for part in parts if part.pong is not None]
            came.add("answered to the last")
            wire.send(frame(FIN | CLOSE))
            wire.read()
            assert wire.close == b""
    watch = Watch()
    for text in wire.texts:
        watch.saw("".join(part.says for part in parts), text)
    fuzzed.is_well()
    return came


def test_any_bytes_on_ws(fuzzed):
    last = {"type": "mcp", "data": PING}
    came = tried(26, conversations(messages()), lambda parts: held(fuzzed, "/ws", parts, last))
    assert share(came, "answered to the last") >= 0.1
    assert share(came, "closed with its code") >= 0.3
    for what in ("message", "pieces", "ping", "pong", "close", "reserved bits", "noise", "cut short", "too long"):
        assert share(came, what) >= 0.01, what


def test_any_bytes_on_mcp(fuzzed):
    requests = tool_calls(odd_actions(world("easy", EPISODE["seed"]))).map(json.dumps)
    address = f"/mcp?task_id={EPISODE['task_id']}&seed={EPISODE['seed']}"
    came = tried(6, conversations(requests), lambda parts: held(fuzzed, address, parts, PING))
    assert share(came, "closed with its code") >= 0.3
