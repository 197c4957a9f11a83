"""Client sessions that replay recorded episodes and compare every answer.

    sessions = await connect(port, 64)
    await converse(sessions, [said_by_each_session...], pids, [resets])
    await hang_up(sessions)

A session sends its next message when the one before is answered, so the only queue is the server's. picows reads and
writes the frames in C: a WebSocket in Python would take as long over a message as the servers that are measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from synth_audit_env.benchmarks.machine import processor_s

SILENCE_S = 600.0
"""A server that has not answered all messages after so long is taken to hang."""


@dataclass
class Tally:
    """What the messages of one kind took: the resets of a round, or the steps."""

    messages: int = 0
    errors: int = 0
    """Messages that got a wrong answer, or none."""
    received: int = 0
    """Bytes of the answers."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of the server."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from a message to its answer."""


Message = tuple[bytes, bytes, Tally]
"""What is said, the answer that is due, and where it counts."""


class Session(WSListener):  # type: ignore[misc]  # a class in C
    """One session."""

    def __init__(self) -> None:
        self._messages: Sequence[Message] = ()
        self._next = 0
        self._sent_at = 0.0

    def say(self, messages: Sequence[Message]) -> asyncio.Future[None]:
        """Begin to send these. The future is done once all are answered, or the session is lost."""
        self._messages, self._next = messages, 0
        self._done = asyncio.get_running_loop().create_future()
        if self.transport.is_disconnected:
            self.on_ws_disconnected(self.transport)
        else:
            self._say_next()
        return self._done

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called by picows."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Called by picows: compare an answer, and send the next message."""
        if frame.msg_type != WSMsgType.TEXT or self._next == len(self._messages):
            # The server ends the session, or says what nobody asked for.
            transport.disconnect()
            return
        now = time.perf_counter()
        answer = frame.get_payload_as_bytes()
        _, due, tally = self._messages[self._next]
        tally.messages += 1
        tally.received += len(answer)
        tally.errors += answer != due
        tally.latencies.append(now - self._sent_at)
        self._next += 1
        self._say_next()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Called by picows: what was not answered is an error."""
        for _, _, tally in self._messages[self._next :]:
            tally.errors += 1
        self._next = len(self._messages)
        if self._messages and not self._done.done():
            self._done.set_result(None)

    def _say_next(self) -> None:
        if self._next == len(self._messages):
            self._done.set_result(None)
        else:
            self._sent_at = time.perf_counter()
            self.transport.send(WSMsgType.TEXT, self._messages[self._next][0])


async def connect(port: int, count: int) -> list[Session]:
    """Open so many sessions at a loopback port."""
    address = f"ws://127.0.0.1:{port}/ws"
    return [(await ws_connect(Session, address, websocket_handshake_timeout=SILENCE_S))[1] for _ in range(count)]


async def converse(
    sessions: Sequence[Session], messages: Sequence[Sequence[Message]], pids: Sequence[int], tallies: Sequence[Tally]
) -> None:
    """Have each session say its messages, and add the time that it took the server to the tallies.

    Raises:
        TimeoutError: The server does not answer any more.
    """
    ran, began = processor_s(pids), time.perf_counter()
    async with asyncio.timeout(SILENCE_S):
        await asyncio.gather(*(session.say(own) for session, own in zip(sessions, messages, strict=True)))
    seconds, spent = time.perf_counter() - began, processor_s(pids) - ran
    for tally in tallies:
        tally.seconds += seconds
        tally.processor_s += spent


async def hang_up(sessions: Sequence[Session]) -> None:
    """Close the sessions and wait for the server to do so: their end is no part of what is measured next."""
    for session in sessions:
        if not session.transport.is_disconnected:
            session.transport.send_close()
    async with asyncio.timeout(SILENCE_S):
        await asyncio.gather(*(session.transport.wait_disconnected() for session in sessions))
