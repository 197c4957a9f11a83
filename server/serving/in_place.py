"""Answers a text message in place: from the bytes of its frame to those of its answer, without waking a task.

    class SessionProtocol(InPlace): ...
    socket.scope["extensions"][HOOKS].in_place = answer    # by the application

uvicorn parses a frame, queues its message and wakes the task that waits for it, which wakes the parser again to have
the answer written. That takes longer than most answers do. So where the application has said how, a message that came
alone, in one frame, while its task waits for the next one, is answered here. All else goes the usual way, in order:
control frames, pieces of messages, several at once, and what the application declines. Nothing here knows what is said.
"""

from __future__ import annotations

from asyncio.transports import BaseTransport
from collections.abc import Callable
from dataclasses import dataclass

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

try:
    from websockets.speedups import apply_mask
except ImportError:  # websockets goes without it as well
    from websockets.utils import apply_mask

HOOKS = "synth_audit.hooks"
"""The extension of the ASGI scope that holds a connection's."""
_FINAL_TEXT, _MASKED, _LENGTH_OF_2, _LENGTH_OF_8, _MASK_BYTES = 0x81, 0x80, 126, 127, 4


@dataclass(slots=True)
class Hooks:
    """What an application has its connection do."""

    in_place: Callable[[bytes], bytes | None] | None = None
    """Answers a text, UTF-8 both, that has come alone while the application waits; None to have it the usual way."""
    control_frame: Callable[[], object] | None = None
    """Is called at each ping and pong of the client."""


class InPlace(WebSocketsSansIOProtocol):
    """A connection that can answer in place."""

    _left = 0
    """Bytes to come of the frame that has begun."""
    _head = b""
    """The beginning of a frame that does not tell its length yet."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin without hooks."""
        self.hooks = Hooks()
        super().connection_made(transport)

    def answered_in_place(self, data: bytes) -> bool:
        """Whether that was done with what has just come. Else it is to go the usual way, and to be noted."""
        if (
            self.hooks.in_place is None
            or self._left
            or self._head
            or self.frames
            or self.read_paused
            or self.close_sent
            or not self.queue.empty()
            or not self.writable.is_set()
            or (text := whole_text(data)) is None
            or (answer := self.hooks.in_place(text)) is None
        ):
            return False
        self.transport.write(framed(answer))
        return True

    def note(self, data: bytes) -> None:
        """Find out where in a frame what has come so far ends."""
        data, at = self._head + data, self._left
        self._head = b""
        while at < len(data):
            length, begins = _measure(data, at)
            if begins > len(data):
                self._head, at = data[at:], len(data)
            else:
                at = begins + length
        self._left = at - len(data)


def whole_text(data: bytes) -> bytes | None:
    """The UTF-8 of a text, where this is nothing but one masked frame with all of it; else None."""
    if len(data) < 2 + _MASK_BYTES or data[0] != _FINAL_TEXT or data[1] < _MASKED:
        return None
    length, begins = _measure(data, 0)
    if begins + length != len(data):
        return None
    return apply_mask(data[begins:], data[begins - _MASK_BYTES : begins])


def framed(text: bytes) -> bytes:
    """A text in one frame, as a server sends it."""
    length = len(text)
    if length < _LENGTH_OF_2:
        return bytes((_FINAL_TEXT, length)) + text
    if length < 1 << 16:
        return bytes((_FINAL_TEXT, _LENGTH_OF_2, length >> 8, length & 255)) + text
    return bytes((_FINAL_TEXT, _LENGTH_OF_8)) + length.to_bytes(8, "big") + text


def _measure(data: bytes, at: int) -> tuple[int, int]:
    """How many bytes of content the masked frame has that begins at a place, and where they begin.

    That is past the end of the data where they do not tell yet.
    """
    length = data[at + 1] & ~_MASKED if at + 1 < len(data) else 0
    begins = at + 2 + _MASK_BYTES
    if length == _LENGTH_OF_2:
        return int.from_bytes(data[at + 2 : at + 4], "big"), begins + 2
    if length == _LENGTH_OF_8:
        return int.from_bytes(data[at + 2 : at + 10], "big"), begins + 8
    return length, begins
