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

from starlette.types import Receive, Scope, Send
from websockets.frames import CloseCode, Frame

from synth_audit_env.server.serving.in_place import InPlace

DROPPED_AFTER_S = 10.0
"""Seconds that a goodbye has to arrive, which any peer that reads does in a moment."""
SERVICE_RESTART = 1012
"""WebSocket close code of a server that is being stopped."""
MOST_FRAMES = 1_000
"""Of one message. A client's library sends one in a single frame, or in pieces of some kilobytes."""


class SessionProtocol(InPlace):
    """One connection."""

    _stopping = False

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        if not self.answered_in_place(data):
            super().data_received(data)

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
        if len(self.frames) < MOST_FRAMES:
            super().handle_cont(event)
        elif not self.transport.is_closing():  # else it has been closed over an earlier frame that came along with this
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, f"a message may have {MOST_FRAMES} frames at most")
            self.handle_parser_exception()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take leave: nothing more comes."""
        super().connection_lost(exc)
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
