"""uvicorn's HTTP with time limits on the head of a request and on a body that nobody waits for.

    uvicorn.run(app, http=RequestProtocol)

uvicorn closes a connection on which nothing comes after an answer. It keeps a connection without a request, or with
half of one, for as long as the client likes, and a process may have only so many open. Here the head of each request
has to be there in time. `guard` says how long a body may take, and `intake` how much is read at a time. A request
that is being answered, and a WebSocket, have no time limit.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from . import limits
from .intake import Intake


class CountingConnection(h11.Connection):
    """h11's parser, which counts the chunks of a body."""

    chunks = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Take the next event out of what has come."""
        event = super().next_event()
        self.chunks += isinstance(event, h11.Data) and event.chunk_end
        return event


class RequestProtocol(H11Protocol):
    """One connection, until it becomes a WebSocket."""

    conn: CountingConnection
    _patience: TimerHandle | None = None

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
        self._intake.spent += self.conn.chunks
        self.conn.chunks = 0
        self._wait_or_not()

    def too_much(self) -> None:
        """Close the connection, with an answer where none has begun."""
        if self.conn.our_state is h11.SEND_RESPONSE:
            self.send_400_response("The body of the request comes in too many small chunks.")
        self.transport.close()
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.loop.call_later(limits.DROPPED_AFTER_S, self.transport.abort)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_or_not()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(limits.REST_WITHIN_S, self._give_up_the_body_of, self.cycle)

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
        if self in self.connections and not is_answering:
            if self._patience is None:
                self._patience = self.loop.call_later(limits.HEAD_WITHIN_S, self._give_up)
        elif self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up_the_body_of(self, answered: RequestResponseCycle) -> None:
        if self.cycle is answered and self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()

    def _give_up(self) -> None:
        self._patience = None
        if self.transport.get_write_buffer_size():
            # The client is still reading the last answer, and cannot be expected to have asked again.
            self._wait_or_not()
        else:
            self.transport.abort()
