"""uvicorn's HTTP, which waits for a request only so long.

    uvicorn.run(app, http=RequestProtocol)

uvicorn gives up a connection on which nothing comes after an answer. One on which nothing has ever come, or half of a
request line, it keeps for as long as the client likes, and a process may have only so many open. Here the head of a
request has to be there in time, the first one as well as those that follow an answer. How long a body may take is said
in `body_limit`; a request that is being answered, and a WebSocket, take as long as they take.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S = 30.0
"""Seconds from the connection, or from the last answer, to the end of a request's head."""


class RequestProtocol(H11Protocol):
    """One connection, until it becomes a WebSocket."""

    _patience: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_or_not()

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        super().data_received(data)
        self._wait_or_not()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_or_not()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._wait_or_not()

    def _wait_or_not(self) -> None:
        """Start the clock where a request is due and it does not run yet; stop it where none is due."""
        # uvicorn's `cycle` is None before the first request, whatever its type says.
        is_answering = bool(self.cycle) and not self.cycle.response_complete
        # Of a connection that is over, or has become a WebSocket, uvicorn's set knows nothing any more.
        if self in self.connections and not is_answering:
            if self._patience is None:
                self._patience = self.loop.call_later(HEAD_WITHIN_S, self._give_up)
        elif self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.transport.get_write_buffer_size():
            # The client is still reading the last answer, and cannot be expected to have asked again.
            self._wait_or_not()
        else:
            self.transport.abort()
