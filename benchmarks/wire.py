"""WebSockets on bare sockets, for clients that must cost next to nothing, or that misbehave on purpose.

    connection = connect(port)
    connection.sendall(frame(b'{"type": "state"}'))
    for opcode, payload in inflow.feed(connection.recv(RECEIVED)):
        ...

A client's frames have to be masked; here with zeros, which leaves the payload as it is. Nothing here knows what is
said.
"""

from __future__ import annotations

import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
"""Opcodes."""
RECEIVED = 1 << 18
"""Bytes asked for at a time: more than an answer has."""
_FINAL, _MASKED, _NO_MASK = 0x80, 0x80, bytes(4)


def handshake(path: str) -> bytes:
    """The request that makes a connection a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def connect(port: int, path: str = "/ws", timeout_s: float = 30.0) -> socket.socket:
    """A connection to a loopback port that has been made a WebSocket.

    Raises:
        ConnectionError: The server refused it, or hung up.
    """
    connection = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(handshake(path))
        head = b""
        # A byte at a time, so that nothing that follows is taken along.
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            if not byte:
                raise ConnectionError(f"The server hung up during the handshake: {head[:200]!r}")
            head += byte
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"The server refused the handshake: {head[:200]!r}")
    except BaseException:
        connection.close()
        raise
    return connection


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A message in one frame, as a client must send it."""
    length, head = len(payload), _FINAL | opcode
    if length < 126:
        return struct.pack("!BB", head, _MASKED | length) + _NO_MASK + payload
    if length < 1 << 16:
        return struct.pack("!BBH", head, _MASKED | 126, length) + _NO_MASK + payload
    return struct.pack("!BBQ", head, _MASKED | 127, length) + _NO_MASK + payload


class Inflow:
    """Takes apart what a server sends. Messages in several frames are not understood, since none of ours sends them."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Add what was received; returns opcode and payload of the messages that are complete with it.

        Raises:
            ConnectionError: It is a frame of a longer message.
        """
        buffer = self._buffer + data if self._buffer else data
        messages, start = [], 0
        while len(buffer) - start >= 2:
            if not buffer[start] & _FINAL:
                raise ConnectionError("The server sent a message in several frames.")
            length, begin = buffer[start + 1], start + 2
            if length == 126:
                begin = start + 4
                length = int.from_bytes(buffer[start + 2 : begin], "big")
            elif length == 127:
                begin = start + 10
                length = int.from_bytes(buffer[start + 2 : begin], "big")
            end = begin + length
            # Also where the length itself has not come yet: `begin` is beyond what is there then, and so is `end`.
            if len(buffer) < end:
                break
            messages.append((buffer[start] & 0x0F, buffer[begin:end]))
            start = end
        self._buffer = buffer[start:]
        return messages
