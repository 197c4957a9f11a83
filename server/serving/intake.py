"""Limits what one connection may cost: how much of it is read in one turn of the event loop, and in a second.

    self.intake = Intake(transport, self)   # in place of the transport, reads when uvicorn wants to and nothing waits
    self.intake.received(data)              # calls self.take(slice) for as much as a turn allows
    self.intake.spent += 1                  # in take: a ping, a chunk. Over the limit, self.too_much() is called

uvicorn acts on all that a read has brought before anybody else has a turn, and uvloop reads 8 MB of one socket in one.
A frame, or a chunk of a body, may have six bytes, and ask for no answer. Messages and requests, which do, are not
counted: uvicorn reads no further until they are answered.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .limits import BYTES_A_SECOND, PAUSE_S, PIECES_A_SECOND, PIECES_AT_ONCE, SLICE_BYTES, TURN


class Intake:
    """A connection's transport, as uvicorn sees it."""

    def __init__(self, transport: asyncio.Transport, taker: Any) -> None:
        """Stand between a connection and the protocol that takes what comes."""
        self._transport, self.taker = transport, taker
        self.write, self.is_closing = transport.write, transport.is_closing
        self.waiting = bytearray()
        """What has come and is not handed on."""
        self._is_wanted, self.is_busy = True, False
        """True if uvicorn wants to read; true if a turn is taken or to come."""
        self.spent, self._left, self._settled_at = 0, float(PIECES_AT_ONCE), time.monotonic()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def received(self, data: bytes) -> None:
        """Hand on what has come, as far as this turn allows."""
        if self.is_busy or self.waiting or len(data) > SLICE_BYTES:
            self.waiting += data
            if not self.is_busy:
                self._take_turn()
        else:
            self.taker.take(data)
            if self.spent:
                self._end_turn(0)

    def pause_reading(self) -> None:
        """Hand on no more."""
        self._is_wanted = False
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on, first with what waits."""
        self._is_wanted = True
        if self.waiting and not self.is_busy:
            self._take_turn_in(0)
        elif not self.is_busy:
            self._transport.resume_reading()

    def stop(self) -> None:
        """The connection is lost: hand on nothing, and hold nobody."""
        self.taker, self._is_wanted = None, False
        self.waiting.clear()

    def _take_turn(self) -> None:
        taken, self.is_busy = 0, True
        if self._is_wanted and not self.waiting:
            self._transport.resume_reading()
        while self.waiting and self._is_wanted and self.spent < TURN and taken < TURN * SLICE_BYTES:
            data = bytes(self.waiting[:SLICE_BYTES])
            del self.waiting[:SLICE_BYTES]
            self.taker.take(data)
            taken += len(data)
            if self.is_closing():
                self.waiting.clear()
        self._end_turn(taken)

    def _end_turn(self, taken: int) -> None:
        spent, now = self.spent, time.monotonic()
        self._left = min(self._left + (now - self._settled_at) * PIECES_A_SECOND, PIECES_AT_ONCE) - spent
        self._settled_at, self.spent, self.is_busy = now, 0, False
        if self._left < 0 and not self.is_closing():
            self.waiting.clear()
            self.taker.too_much()
        elif taken or spent >= TURN:
            # Else the next read would come in this very turn.
            self._transport.pause_reading()
            if self._is_wanted:
                self._take_turn_in(PAUSE_S if spent >= TURN else taken / BYTES_A_SECOND)

    def _take_turn_in(self, seconds: float) -> None:
        self.is_busy = True
        asyncio.get_running_loop().call_later(seconds, self._take_turn)
