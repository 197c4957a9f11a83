"""Clients that keep everything that a server sends, headers and frames included.

    with WebSocketLine("http://127.0.0.1:8000", "/ws") as line:
        line.exchange('{"type": "state"}')     # the bytes that came before the answer was whole

Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import socket
from contextlib import closing
from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

TIMEOUT_S = 600.0


def http_answer(base_url: str, method: str, path: str, body: str | None = None, **headers: str) -> bytes:
    """What answers a request, with JSON where there is a body: the head as it was sent, and the content.

    Each has a connection of its own, since a fault at a route may close it.
    """
    kind = {} if body is None else {"Content-Type": "application/json"}
    with closing(HTTPConnection(urlsplit(base_url).netloc, timeout=TIMEOUT_S)) as connection:
        connection.request(method, path, None if body is None else body.encode(), {**kind, **headers})
        answer = connection.getresponse()
        fields = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders())
        return f"HTTP/1.1 {answer.status} {answer.reason}\r\n{fields}\r\n".encode() + answer.read()


class WebSocketLine:
    """Messages over a WebSocket, each with one answer."""

    def __init__(self, base_url: str, path: str) -> None:
        self._protocol = ClientProtocol(parse_uri(f"ws://{urlsplit(base_url).netloc}{path}"), max_size=None)
        address = self._protocol.uri.host, self._protocol.uri.port
        self._socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol.send_request(self._protocol.connect())
        self.handshake = self._converse()
        """What the server sent to open it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def exchange(self, message: str) -> bytes:
        """Send a text and return the bytes of the answer."""
        self._protocol.send_text(message.encode())
        return self._converse()

    def _converse(self) -> bytes:
        self._socket.sendall(b"".join(self._protocol.data_to_send()))
        received = b""
        while part := self._socket.recv(65_536):
            received += part
            self._protocol.receive_data(part)
            events = self._protocol.events_received()
            self._socket.sendall(b"".join(self._protocol.data_to_send()))  # it answers pings by itself
            for event in events:
                if isinstance(event, Response) or (isinstance(event, Frame) and event.opcode is Opcode.TEXT):
                    return received
                if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                    raise ConnectionError(f"the server closed the conversation: {event.data!r}")
        raise ConnectionError("the server hung up in the middle of an answer")
