"""uvicorn's WebSocket, ended better: what was asked is answered, and no peer is waited for or listened to for ever.

    uvicorn.run(app, ws=SessionProtocol)

When the server is stopped, uvicorn says goodbye at once, so that the messages that it has already taken are acted on
and not answered. Here they are answered, and the goodbye comes after them.

And uvicorn closes a connection when its last bytes are sent. Those of a peer that is alive and reads nothing never are,
so that the socket and what is in its buffer would stay for as long as the peer likes, long after the slot is free.

And it collects the frames of a message until the last one comes. Its limit is of bytes, of which a frame may have none,
and what counts messages counts none before the last frame: an endless message of empty frames would fill the memory.
How many frames of any kind are taken at a time is said in `intake`.
"""

from __future__ import annotations

from asyncio.transports import BaseTransport, Transport
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from websockets.frames import CloseCode, Frame

from .in_place import HOOKS, InPlace
from .intake import Intake

DROPPED_AFTER_S = 10.0
"""Seconds that a goodbye has to arrive, which any peer that reads does in a moment."""
SERVICE_RESTART = 1012
"""WebSocket close code of a server that is being stopped."""
MOST_FRAMES = 1_000
"""Of one message. A client's library sends one in a single frame, or in pieces of some kilobytes."""


class SessionProtocol(InPlace):
    """One connection."""

    _stopping = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection, with what it may cost."""
        self._intake = transport if isinstance(transport, Intake) else Intake(cast(Transport, transport), self)
        self._intake.taker = self
        super().connection_made(cast(BaseTransport, self._intake))

    def data_received(self, data: bytes) -> None:
        """Take what the client sends: the handshake from uvicorn's HTTP, then as much as is allowed at a time."""
        if not self.handshake_initiated:
            self.take(data)
        elif not (self._intake.is_idle and self.answered_in_place(data)):
            self.note(data)
            self._intake.received(data)

    take = InPlace.data_received

    def too_much(self) -> None:
        """Close the connection, with a word where that can be said."""
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
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": SERVICE_RESTART})

    def handle_cont(self, event: Frame) -> None:
        """Take a further frame of a message, or close the connection over one too many."""
        self._intake.spent += 1
        if len(self.frames) < MOST_FRAMES:
            super().handle_cont(event)
        elif not self.transport.is_closing():  # else it has been closed over an earlier frame that came along with this
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"a message may have {MOST_FRAMES} frames at most")

    def handle_ping(self) -> None:
        """Answer a ping, unless the client has to read what it was sent first: a later pong may stand for all."""
        self._count()
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong, whether or not it was asked for."""
        self._count()
        super().handle_pong(event)

    def _count(self) -> None:
        self._intake.spent += 1
        if self.hooks.control_frame is not None:
            self.hooks.control_frame()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()
        # Its application may be waiting to send to a client that reads nothing, and then does not end.
        self.loop.call_later(DROPPED_AFTER_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take leave: nothing more comes."""
        super().connection_lost(exc)
        self._intake.stop()
        # The parser of the frames is a generator of the library's, and each of the two holds the other.
        self.conn.parser.close()

    async def run_asgi(self) -> None:
        """Serve it; then let it end, and drop it if it has not."""
        application = self.app
        cast(dict[str, Any], self.scope["extensions"])[HOOKS] = self.hooks

        async def then_goodbye(scope: Scope, receive: Receive, send: Send) -> None:
            await application(scope, receive, send)
            if self._stopping and not self.close_sent:
                await send({"type": "websocket.close", "code": SERVICE_RESTART})

        self.app = then_goodbye
        try:
            await super().run_asgi()
        finally:
            # Or the connection and its function would hold each other, and all that came over it, when it is over.
            self.app = application
        self.loop.call_later(DROPPED_AFTER_S, self.transport.abort)
