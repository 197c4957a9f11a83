"""What one connection may cost: how much of what it sends is taken in one turn of the event loop, and in a second.

    self.transport = self.intake = Intake(transport, self)      # reads when uvicorn wants to and nothing waits here
    self.intake.received(data)                                  # calls self.take(slice) for as much as a turn allows
    self.intake.spend(1)                                        # in take: a ping, a chunk; self.too_much() at the limit

uvicorn acts on all that a read has brought before anybody else has a turn, and uvloop reads 8 MB of one socket in a
turn. A frame or a chunk needs six bytes, and most of them ask for no answer whose reader could be waited for. Here the
bytes are handed on in slices. What a turn does not allow waits for the next one, and nothing is read meanwhile.
Messages and requests are not counted: uvicorn reads no further until they are answered.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

SLICE = 512
"""Bytes that are handed on at once where they may be of many pieces: 85 of the smallest."""
A_TURN = 64
"""Pieces or slices after which a turn is over; each takes 3 to 20 µs."""
PAUSE_S = 0.01
"""Between two turns of so many pieces, for everybody else."""
BYTES_A_SECOND = 32 * 1024 * 1024
"""As many are read of one connection."""
A_SECOND = 1_000
"""Pings, pongs, continuations and chunks that a connection may send for long."""
AT_ONCE = 4_000
"""The same after a pause. A body of 2 MiB in chunks of half a kilobyte, or a message of the most frames, is within."""

DROPPED_AFTER_S = 10.0
"""Seconds that a goodbye has to arrive, which any peer that reads does in a moment."""


class Taker(Protocol):
    """The protocol of a connection."""

    def take(self, data: bytes) -> None:
        """Act on what has come, and `spend` the pieces that were in it."""

    def too_much(self) -> None:
        """Close the connection, over more pieces than it may send."""


class Intake:
    """A connection's transport, as uvicorn sees it."""

    def __init__(self, transport: asyncio.Transport, taker: Taker) -> None:
        """Stand between a connection and what acts on it."""
        self._transport = transport
        self.taker: Taker | None = taker
        self.slice = SLICE
        """Bytes to hand on at once. Who knows that they are of one piece may set it higher."""
        self.waiting = bytearray()
        """What has come and is not handed on."""
        self.write, self.is_closing = transport.write, transport.is_closing
        self._wanted = True
        """Whether uvicorn wants to read."""
        self._next_turn: asyncio.TimerHandle | None = None
        self._spent = 0
        self._left, self._settled_at = float(AT_ONCE), time.monotonic()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def received(self, data: bytes) -> None:
        """Hand on what has come, as far as this turn allows."""
        if len(data) <= self.slice and not self.waiting and self._next_turn is None and self.taker is not None:
            self.taker.take(data)
            if self._spent:
                self._end_turn(0)
            return
        self.waiting += data
        if self._next_turn is None:
            self._take_turn()

    def spend(self, pieces: int) -> None:
        """Count pieces that nobody answers."""
        self._spent += pieces

    def pause_reading(self) -> None:
        """Hand on no more."""
        self._wanted = False
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on, first with what waits."""
        self._wanted = True
        if self._next_turn is None:
            if self.waiting:
                self._take_turn_in(0)
            else:
                self._transport.resume_reading()

    def stop(self) -> None:
        """The connection is lost: hand on nothing, and hold nobody."""
        self.taker = None
        self.waiting.clear()
        if self._next_turn is not None:
            self._next_turn.cancel()

    def _take_turn(self) -> None:
        self._next_turn = None
        if not self.waiting:
            if self._wanted:
                self._transport.resume_reading()
            return
        slices = taken = 0
        while self.waiting and self._wanted and max(slices, self._spent) < A_TURN and not self.is_closing():
            assert self.taker is not None
            data = bytes(self.waiting[: self.slice])
            del self.waiting[: self.slice]
            self.taker.take(data)
            slices, taken = slices + 1, taken + len(data)
        self._end_turn(taken)

    def _end_turn(self, taken: int) -> None:
        spent, now = self._spent, time.monotonic()
        earned = (now - self._settled_at) * A_SECOND
        self._left, self._settled_at, self._spent = min(self._left + earned, AT_ONCE) - spent, now, 0
        if self.is_closing() or self.taker is None:
            self.waiting.clear()
        elif self._left < 0:
            self.waiting.clear()
            self.taker.too_much()
        elif taken or spent >= A_TURN:
            # Else the next read would come in this very turn.
            self._transport.pause_reading()
            if self._wanted:
                self._take_turn_in(PAUSE_S if spent >= A_TURN else taken / BYTES_A_SECOND)

    def _take_turn_in(self, seconds: float) -> None:
        if self._next_turn is not None:
            self._next_turn.cancel()
        self._next_turn = asyncio.get_running_loop().call_later(seconds, self._take_turn)
