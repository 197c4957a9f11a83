"""Client sessions that replay recorded episodes and compare every answer.

    sessions = await open_sessions(port, 64)
    await converse(sessions, [messages_of_each_session...], server.pid, [tally])
    await hang_up(sessions)

A session sends its next message when the one before is answered, so the only queue is the server's. picows has the
interface of the library `websockets`, but reads and writes frames in C, which halves the processor time per message.
The client must cost little beside the servers that are measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from picows.websockets.asyncio.client import ClientConnection, connect
from picows.websockets.exceptions import ConnectionClosed

from synth_audit_env.benchmarks.machine import processor_s

SILENCE_S = 600.0
"""A server that has not answered all messages after so long is taken to hang."""


@dataclass
class Tally:
    """What the messages of one kind took: the resets of a round, or the steps."""

    messages: int = 0
    errors: int = 0
    """Messages that got a wrong answer, or none."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of the server."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from a message to its answer."""


Message = tuple[bytes, bytes, Tally]
"""What is said, the answer that is due, and where it counts."""


async def open_sessions(port: int, count: int) -> list[ClientConnection]:
    """Open so many sessions at a loopback port."""
    address = f"ws://127.0.0.1:{port}/ws"
    return [
        await connect(address, proxy=None, compression=None, ping_interval=None, open_timeout=SILENCE_S)
        for _ in range(count)
    ]


async def converse(
    sessions: Sequence[ClientConnection],
    messages: Sequence[Sequence[Message]],
    pid: int,
    tallies: Sequence[Tally],
) -> None:
    """Have each session say its messages, and add the time that it took the server to the tallies.

    Raises:
        TimeoutError: The server does not answer any more.
    """
    ran, began = processor_s(pid), time.perf_counter()
    async with asyncio.timeout(SILENCE_S):
        await asyncio.gather(*(_say(session, own) for session, own in zip(sessions, messages, strict=True)))
    seconds, spent = time.perf_counter() - began, processor_s(pid) - ran
    for tally in tallies:
        tally.seconds += seconds
        tally.processor_s += spent


async def _say(session: ClientConnection, messages: Sequence[Message]) -> None:
    for number, (said, due, tally) in enumerate(messages):
        sent_at = time.perf_counter()
        try:
            await session.send(said, text=True)
            answer = await session.recv(decode=False)
        except ConnectionClosed:
            for _, _, unanswered in messages[number:]:
                unanswered.errors += 1
            return
        tally.latencies.append(time.perf_counter() - sent_at)
        tally.messages += 1
        tally.errors += answer != due


async def hang_up(sessions: Sequence[ClientConnection]) -> None:
    """Close the sessions and wait for the server to do so: their end is no part of what is measured next."""
    await asyncio.gather(*(session.close() for session in sessions))
