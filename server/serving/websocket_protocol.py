"""uvicorn's WebSocket, but what is over is dropped: a peer that takes no more bytes cannot keep its connection open.

    uvicorn.run(app, ws=DroppingProtocol)

uvicorn closes a connection when its last bytes are sent. Those of a peer that is alive and reads nothing never are, so
that the socket and what is in its buffer would stay for as long as the peer likes, long after the slot is free.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

DROPPED_AFTER_S = 10.0
"""Seconds that a goodbye has to arrive, which any peer that reads does in a moment."""


class DroppingProtocol(WebSocketsSansIOProtocol):
    """One connection."""

    async def run_asgi(self) -> None:
        """Serve it; then let it end, and drop it if it has not."""
        await super().run_asgi()
        self.loop.call_later(DROPPED_AFTER_S, self.transport.abort)
