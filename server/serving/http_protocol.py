"""uvicorn's HTTP, which waits for a request only so long.

    uvicorn.run(app, http=RequestProtocol)

uvicorn gives up a connection on which nothing comes after an answer. One on which nothing has ever come, or half of a
request line, it keeps for as long as the client likes, and a process may have only so many open. Here the head of a
request has to be there in time, the first one as well as those that follow an answer. How long a body may take is said
in `body_limit`; a request that is being answered, and a WebSocket, take as long as they take.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from synth_audit_env.server.serving.intake import DROPPED_AFTER_S, SLICE, Intake

HEAD_WITHIN_S = 30.0
"""Seconds from the connection, or from the last answer, to the end of a request's head."""
REST_WITHIN_S = 2.0
"""Seconds from an answer to the end of a body that it did not wait for. A client that reads has the answer by then."""
LARGEST_SLICE = 65_536
"""Bytes of a body of declared length that are taken at once."""


class CountingConnection(h11.Connection):
    """h11's parser, which says what is in a body."""

    chunks = 0
    """That have ended and are not counted yet."""
    declared = 0
    """Bytes that are to come of a body of declared length."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next event."""
        event = super().next_event()
        if isinstance(event, h11.Data):
            self.chunks += event.chunk_end
            self.declared -= len(event.data)
        elif isinstance(event, h11.Request):
            said = dict(event.headers)
            self.declared = 0 if b"transfer-encoding" in said else int(said.get(b"content-length", 0))
        return event


class RequestProtocol(H11Protocol):
    """One connection, until it becomes a WebSocket."""

    conn: CountingConnection
    _patience: TimerHandle | None = None
    _within: float | None = None
    """Seconds that are waited for something; None where nothing is due."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request."""
        self.conn, self._intake = CountingConnection(h11.SERVER), Intake(transport, self)
        super().connection_made(cast(Transport, self._intake))
        self._wait_or_not()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, as much as is allowed at a time."""
        self._intake.received(data)

    def take(self, data: bytes) -> None:
        """Act on what the client has sent."""
        super().data_received(data)
        self._intake.spend(self.conn.chunks)
        self.conn.chunks = 0
        self._intake.slice = max(SLICE, min(self.conn.declared, LARGEST_SLICE))
        self._wait_or_not()

    def too_much(self) -> None:
        """Close the connection, with an answer where none has begun."""
        if self.conn.our_state is h11.SEND_RESPONSE:
            self.send_400_response("The body of the request comes in too many small chunks.")
        self.transport.close()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.loop.call_later(DROPPED_AFTER_S, self.transport.abort)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_or_not()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._intake.stop()
        self._wait_or_not()

    def _wait_or_not(self) -> None:
        """Start the clock where a request is due and it does not run yet; stop it where none is due."""
        # uvicorn's `cycle` is None before the first request, whatever its type says.
        is_answering = bool(self.cycle) and not self.cycle.response_complete
        # Of a connection that is over, or has become a WebSocket, uvicorn's set knows nothing any more.
        within = None
        if self in self.connections and not is_answering:
            within = REST_WITHIN_S if self.conn.their_state is h11.SEND_BODY else HEAD_WITHIN_S
        if within == self._within:
            return
        if self._patience is not None:
            self._patience.cancel()
        self._within = within
        self._patience = None if within is None else self.loop.call_later(within, self._give_up)

    def _give_up(self) -> None:
        if self._within == HEAD_WITHIN_S and self.transport.get_write_buffer_size():
            # The client is still reading the last answer, and cannot be expected to have asked again.
            self._within = None
            self._wait_or_not()
        else:
            self.transport.abort()
