"""Clients that keep every byte that a server sends, headers and frames included.

    with WebSocketLine("http://127.0.0.1:8000", "/ws") as line:
        line.exchange('{"type": "state"}')     # the bytes that came before the answer was whole

Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

TIMEOUT_S = 600.0
_LENGTH = re.compile(rb"(?im)^content-length: (\d+)\r$")


class Line:
    """A connection to a server."""

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        assert address.hostname is not None, "a server of our own has a host"
        assert address.port is not None, "and a port"
        self.host = f"{address.hostname}:{address.port}"
        self._socket = socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionError("the server hung up in the middle of an answer")
        return received


class HttpLine(Line):
    """Requests and answers of HTTP/1.1, one after the other."""

    def request(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """What answers a request, with JSON where there is a body."""
        content = (body or "").encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        fields = {"Host": self.host, "Content-Length": str(len(content)), **kind, **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._receive()
        if method == "HEAD" or answer.startswith(b"HTTP/1.1 204 "):
            return answer
        length = _LENGTH.search(answer[: end + 2])
        assert length is not None, "every answer of this server says how long it is"
        while len(answer) < end + 4 + int(length[1]):
            answer += self._receive()
        return answer


class WebSocketLine(Line):
    """Messages over a WebSocket, each with one answer."""

    def __init__(self, base_url: str, path: str) -> None:
        super().__init__(base_url)
        self._protocol = ClientProtocol(parse_uri(f"ws://{self.host}{path}"), max_size=None)
        self._protocol.send_request(self._protocol.connect())
        self.handshake = self._converse()
        """What the server sent to open it."""

    def exchange(self, message: str) -> bytes:
        """Send a text and return the bytes of the answer."""
        self._protocol.send_text(message.encode())
        return self._converse()

    def _converse(self) -> bytes:
        self._socket.sendall(b"".join(self._protocol.data_to_send()))
        received = b""
        while True:
            part = self._receive()
            received += part
            self._protocol.receive_data(part)
            events = self._protocol.events_received()
            self._socket.sendall(b"".join(self._protocol.data_to_send()))  # it answers pings by itself
            for event in events:
                if isinstance(event, Response) or (isinstance(event, Frame) and event.opcode is Opcode.TEXT):
                    return received
                if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                    raise ConnectionError(f"the server closed the conversation: {event.data!r}")
