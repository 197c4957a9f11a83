"""Answers a text message in place: from the bytes of its frame to those of its answer, without waking a task.

    class SessionProtocol(InPlace, WebSocketsSansIOProtocol): ...
    socket.scope["extensions"][IN_PLACE](answer)    # by the application: from the text's UTF-8 to the answer's, or None

uvicorn parses a frame, queues its message and wakes the task that waits for it, which wakes the parser again to have
the answer written. That takes longer than most answers do. So where the application has said how, a message that came
alone, in one frame, while its task waits for the next one, is answered here. All else goes the usual way, in order:
control frames, pieces of messages, several at once, and what the application declines. Nothing here knows what is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

try:
    from websockets.speedups import apply_mask
except ImportError:  # websockets goes without it as well
    from websockets.utils import apply_mask

IN_PLACE = "synth_audit_env.in_place"
"""The extension of the ASGI scope under which an application finds how to take part."""
Answer = Callable[[bytes], bytes | None]
_FINAL_TEXT, _MASKED, _LENGTH_OF_2, _LENGTH_OF_8, _MASK_BYTES = 0x81, 0x80, 126, 127, 4


class InPlace(WebSocketsSansIOProtocol):
    """A connection that can answer in place."""

    _answer: Answer | None = None
    _left = 0
    """Bytes to come of the frame that has begun."""
    _head = b""
    """The beginning of a frame that does not tell its length yet."""

    def handle_connect(self, event: Request) -> None:
        """Offer it to the application."""
        super().handle_connect(event)
        if hasattr(self, "scope"):  # else the handshake was refused
            extensions = cast(dict[str, Any], self.scope["extensions"])
            extensions[IN_PLACE] = self._take_answer

    def _take_answer(self, answer: Answer | None) -> None:
        self._answer = answer

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the application: the scope that it has holds this connection."""
        super().connection_lost(exc)
        if hasattr(self, "scope"):
            self.scope["extensions"].pop(IN_PLACE, None)
        self._answer = None

    def answered_in_place(self, data: bytes) -> bool:
        """Whether that was done with what has just come. Else it is to go the usual way, and is noted to have come."""
        if (
            self._answer is not None
            and not (self._left or self._head or self.frames or self.read_paused or self.close_sent)
            and self.queue.empty()
            and self.writable.is_set()
            and (text := whole_text(data)) is not None
            and (answer := self._answer(text)) is not None
        ):
            self.transport.write(framed(answer))
            return True
        if self.handshake_initiated:
            self._note(data)
        return False

    def _note(self, data: bytes) -> None:
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
