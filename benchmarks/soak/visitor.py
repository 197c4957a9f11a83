"""A WebSocket client that may break every rule, one message at a time.

    async with visit(port) as visitor:
        answer = await visitor.ask(b'{"type": "state"}')
        visitor.cut()

Nothing here knows what the messages mean.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from synth_audit_env.benchmarks.wire import CLOSE, PING, PONG, TEXT, frame, handshake

PATIENCE_S = 120.0
"""A server that answers later than that, with the machine as busy as a soak makes it, is taken to hang."""
NO_TIME = struct.pack("ii", 1, 0)
"""Linger for no time: a socket that is closed so sends RST, as the one of a program that has crashed may."""


class EndedError(Exception):
    """The server has ended the connection."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"The server ended the connection with code {code}.")
        self.code = code
        """Of its close frame; None where it sent none."""


class Visitor:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def port(self) -> int:
        """Of this side."""
        port: int = self._writer.get_extra_info("sockname")[1]
        return port

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        """Send a message, without a wait for anything."""
        self._writer.write(frame(payload, opcode))

    def send_raw(self, data: bytes) -> None:
        """Send what need not be a frame."""
        self._writer.write(data)

    async def hear(self, timeout_s: float = PATIENCE_S) -> bytes:
        """The next message of the server.

        Raises:
            EndedError: There is none: it has closed the connection.
            TimeoutError: None came in so many seconds.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                opcode, payload = await self._frame()
                if opcode == PING:
                    self.send(payload, PONG)
                elif opcode == CLOSE:
                    raise EndedError(int.from_bytes(payload[:2], "big") if payload else None)
                else:
                    return payload

    async def ask(self, payload: bytes) -> bytes:
        """Send a message and return the answer. Raises what `hear` does."""
        self.send(payload)
        return await self.hear()

    async def until_end(self, timeout_s: float = PATIENCE_S) -> tuple[list[bytes], int | None]:
        """What the server still says until it ends the connection, and the code it ends it with.

        Raises:
            TimeoutError: It keeps the connection for longer.
        """
        said = []
        async with asyncio.timeout(timeout_s):
            try:
                while True:
                    said.append(await self.hear(timeout_s))
            except EndedError as ended:
                code = ended.code
            # The frame says that it will close, the end of the stream that it has.
            try:
                while await self._reader.read(1 << 16):
                    pass
            except ConnectionError:
                pass  # a reset is an end as well
        return said, code

    def stop_reading(self) -> None:
        """Leave what comes in the socket."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def read_again(self) -> None:
        """Undo `stop_reading`."""
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    def cut(self) -> None:
        """Break the connection off, as a crash does."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_TIME)
        self._writer.transport.abort()

    async def _frame(self) -> tuple[int, bytes]:
        try:
            head = await self._reader.readexactly(2)
            length = head[1]
            if length >= 126:
                length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
            return head[0] & 0x0F, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as ended:
            raise EndedError(None) from ended


@asynccontextmanager
async def visit(port: int, path: str = "/ws", *, buffer: int | None = None) -> AsyncIterator[Visitor]:
    """Open a WebSocket at a loopback port. Afterwards it is gone, however the block was left.

    The buffer is the bytes that may lie unread on this side; None for as many as the system likes.
    """
    reader, writer = await _connection(port, buffer)
    try:
        writer.write(handshake(path))
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"The server refused the handshake: {head[:100]!r}")
        yield Visitor(reader, writer)
    finally:
        writer.transport.abort()


async def _connection(port: int, buffer: int | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if buffer is None:
        return await asyncio.open_connection("127.0.0.1", port)
    narrow = socket.socket()
    try:
        # Before it connects, since that is when the window is agreed on.
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        narrow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=narrow, limit=buffer)
    except BaseException:
        narrow.close()
        raise
