"""uvicorn's WebSocket, ended better: what was asked is answered, and no peer is waited for or listened to for ever.

    uvicorn.run(app, ws=SessionProtocol)

When the server is stopped, uvicorn says goodbye at once, so that the messages that it has already taken are acted on
and not answered. Here they are answered, and the goodbye comes after them.

And uvicorn closes a connection when its last bytes are sent. Those of a peer that is alive and reads nothing never are,
so that the socket and what is in its buffer would stay for as long as the peer likes, long after the slot is free.

And it collects the frames of a message until the last one comes. Its limit is of bytes, of which a frame may have none,
and what counts messages counts none before the last frame: an endless message of empty frames would fill the memory
and take up the event loop.
"""

from __future__ import annotations

from asyncio.transports import BaseTransport, Transport
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from synth_audit_env.server.serving.intake import DROPPED_AFTER_S, Intake

SERVICE_RESTART = 1012
"""WebSocket close code of a server that is being stopped."""
COUNT_CONTROL_FRAMES = "synth_audit.count_control_frames"
"""ASGI extension: called with what is to be called for each ping and pong of the client."""
MOST_FRAMES = 1_000
"""Of one message. A client's library sends one in a single frame, or in pieces of some kilobytes."""


class SessionProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    _stopping = False
    _count: Callable[[], None] | None = None
    """Is told of each control frame, where the application has asked for that."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection, with what is said there of how much it may cost."""
        self._intake = transport if isinstance(transport, Intake) else Intake(cast(Transport, transport), self)
        self._intake.taker = self
        super().connection_made(cast(BaseTransport, self._intake))

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, as much as is allowed at a time."""
        self._intake.received(data)

    def take(self, data: bytes) -> None:
        """Act on what the client has sent."""
        super().data_received(data)

    def too_much(self) -> None:
        """Close the connection, with a word where that can be said."""
        if self.handshake_complete and not self.close_sent:
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
        self._intake.spend(1)
        if len(self.frames) < MOST_FRAMES:
            super().handle_cont(event)
        elif not self.transport.is_closing():  # else it has been closed over an earlier frame that came along with this
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"a message may have {MOST_FRAMES} frames at most")

    def handle_connect(self, event: Request) -> None:
        """Offer the application to count the control frames."""
        super().handle_connect(event)
        if not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])[COUNT_CONTROL_FRAMES] = partial(setattr, self, "_count")

    def handle_ping(self) -> None:
        """Answer a ping, unless the client has to read what it has been sent first: a later one may stand for all."""
        self._spend()
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_pong(self, event: Frame) -> None:
        """Hear that the client is there, whether or not it was asked."""
        self._spend()
        super().handle_pong(event)

    def _spend(self) -> None:
        self._intake.spend(1)
        if self._count is not None:
            self._count()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Close a connection over what came; one whose application waits for a client that reads nothing as well."""
        super().handle_parser_exception()
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
