"""uvicorn's WebSocket with a graceful stop, limits on what a peer may send, and answers in place.

    uvicorn.run(app, ws=SessionProtocol)
    socket.scope["extensions"][HOOKS].in_place = answer    # by the application

- When the server is stopped, uvicorn closes at once, and messages that it has taken get no answer. Here they are
  answered before the close frame.
- uvicorn closes a connection when its last bytes are sent, which a peer that reads nothing can put off for ever. Here
  the connection is dropped after a while.
- uvicorn limits the bytes of a message, but a frame may have none: an endless message of empty frames would fill the
  memory. Here the frames of a message are counted, and `intake` limits how many are read at a time.
- uvicorn queues each message and wakes the task that waits for it, which takes longer than making most answers. Here
  the application may answer in place a short message that came alone, in one frame, while its task waits. Everything
  else goes the usual way, in order: control frames, long messages and pieces of messages, several at once, and what the
  application declines.
"""

from __future__ import annotations

from asyncio import Event
from asyncio.transports import BaseTransport, Transport
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.streams import StreamReader
from websockets.utils import apply_mask

from . import limits
from .intake import Intake

HOOKS = "synth_audit.hooks"
"""The extension of the ASGI scope that holds a connection's hooks."""
_FINAL_TEXT, _MASKED, _LENGTH_OF_2, _LENGTH_OF_8, _MASK_BYTES = 0x81, 0x80, 126, 127, 4
_BETWEEN_FRAMES = StreamReader.at_eof.__code__
"""Where the library's parser waits for the first byte of a frame."""


@dataclass(slots=True)
class Hooks:
    """What an application has its connection do."""

    in_place: Callable[[bytes], bytes | None] | None = None
    """Answers a short text, UTF-8 both, that came alone while the application waits; None to have it the usual way."""
    lost: Event = field(default_factory=Event)
    """Set when the connection is lost, and when a stop has waited long enough for an answer."""


class SessionProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    _stopping = _is_awaited = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection, with what it may cost."""
        self.hooks = Hooks()
        self._intake = transport if isinstance(transport, Intake) else Intake(cast(Transport, transport), self)
        self._intake.taker = self
        super().connection_made(cast(BaseTransport, self._intake))

    def data_received(self, data: bytes) -> None:
        """Take what the client sends: the handshake from uvicorn's HTTP, then as much as is allowed at a time."""
        if not self.handshake_initiated:
            self.take(data)
        elif self._intake.is_busy or self._intake.waiting or not self._answered_in_place(data):
            self._intake.received(data)

    take = WebSocketsSansIOProtocol.data_received

    def _answered_in_place(self, data: bytes) -> bool:
        if (
            self.hooks.in_place is None
            or not self._is_awaited
            or self.frames
            or self.read_paused
            or self.close_sent
            or not self.queue.empty()
            or not self.writable.is_set()
            or len(data) > limits.MOST_VALUES  # may hold more values, which the usual way counts first
            or (text := whole_text(data)) is None
            or not _is_between_frames(self.conn.parser)
            or (answer := self.hooks.in_place(text)) is None
        ):
            return False
        self.transport.write(framed(answer))
        return True

    def too_much(self) -> None:
        """Close the connection, with a reason where that can be said."""
        if self.handshake_complete:
            self._fail(CloseCode.POLICY_VIOLATION, "too many frames that are no message")
        else:
            self.transport.abort()

    def shutdown(self) -> None:
        """Stop: the application gets to know of it after the messages that it has been sent."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self._stopping = True
        self.loop.call_later(limits.STOP_WAITS_S, self.hooks.lost.set)
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.SERVICE_RESTART})

    def handle_cont(self, event: Frame) -> None:
        """Take a further frame of a message, or close the connection over one too many."""
        self._intake.spent += 1
        if len(self.frames) < limits.MOST_FRAMES:
            super().handle_cont(event)
        elif not self.transport.is_closing():  # else it has been closed over an earlier frame that came along with this
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"a message may have {limits.MOST_FRAMES} frames at most")

    def handle_ping(self) -> None:
        """Answer a ping, unless the client has to read what it was sent first: a later pong may stand for all."""
        self._intake.spent += 1
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong, whether or not it was asked for."""
        self._intake.spent += 1
        super().handle_pong(event)

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()
        # Its application may be waiting to send to a client that reads nothing, and then does not end.
        self.loop.call_later(limits.DROPPED_AFTER_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """End: nothing more comes."""
        super().connection_lost(exc)
        self.hooks.lost.set()
        self._intake.stop()
        # The parser of the frames is a generator of the library's, and each of the two holds the other.
        self.conn.parser.close()

    async def receive(self) -> Any:
        """The next message, for the application."""
        self._is_awaited = True
        try:
            return await super().receive()
        finally:
            self._is_awaited = False

    async def send(self, message: Any) -> None:
        """Send what the application says, unless the connection has been closed meanwhile, over a broken frame say."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    async def run_asgi(self) -> None:
        """Run the application, then close the connection, and drop it if the peer does not let it close."""
        application = self.app
        cast(dict[str, Any], self.scope["extensions"])[HOOKS] = self.hooks

        async def then_close(scope: Scope, receive: Receive, send: Send) -> None:
            await application(scope, receive, send)
            if self._stopping and not self.close_sent:
                await send({"type": "websocket.close", "code": CloseCode.SERVICE_RESTART})

        self.app = then_close
        try:
            await super().run_asgi()
        finally:
            # Or the connection and its function would hold each other, and all that came over it, when it is over.
            self.app = application
        self.loop.call_later(limits.DROPPED_AFTER_S, self.transport.abort)


def whole_text(data: bytes) -> bytes | None:
    """The UTF-8 of a text, where the data are nothing but one masked frame with all of it; else None."""
    if len(data) < 2 + _MASK_BYTES or data[0] != _FINAL_TEXT or data[1] < _MASKED:
        return None
    length, begins = data[1] & ~_MASKED, 2
    if length >= _LENGTH_OF_2:
        begins += 2 if length == _LENGTH_OF_2 else 8
        length = int.from_bytes(data[2:begins], "big")
    begins += _MASK_BYTES
    if begins + length != len(data):
        return None
    return apply_mask(data[begins:], data[begins - _MASK_BYTES : begins])


def framed(text: bytes) -> bytes:
    """A text in one frame, as a server sends it. The library takes four times as long."""
    length = len(text)
    if length < _LENGTH_OF_2:
        return bytes((_FINAL_TEXT, length)) + text
    if length < 1 << 16:
        return bytes((_FINAL_TEXT, _LENGTH_OF_2)) + length.to_bytes(2, "big") + text
    return bytes((_FINAL_TEXT, _LENGTH_OF_8)) + length.to_bytes(8, "big") + text


def _is_between_frames(parser: Any) -> bool:
    """Whether a parser, a generator, has taken the whole of every frame that has begun."""
    while parser.gi_yieldfrom is not None:
        parser = parser.gi_yieldfrom
    return bool(parser.gi_code is _BETWEEN_FRAMES)
