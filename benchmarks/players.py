"""Sessions that say what they are told to, in a loop that costs as little as Python can.

    loop = Loop(port=8000, sessions=64)
    for player in loop.players:
        player.give(pairs_of_message_and_answer, [tally] * len(pairs_of_message_and_answer))
    loop.converse()

Each session has a socket and says its next message when the one before is answered: there is no queue but the server's.
The loop is bare epoll, since an event loop in Python would take as long over a message as the servers that are
measured. Nothing here knows what the messages mean.
"""

from __future__ import annotations

import math
import select
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from synth_audit_env.benchmarks.wire import CLOSE, PING, PONG, RECEIVED, TEXT, Inflow, connect, frame

SILENCE_S = 600.0
"""A server that sends nothing for so long is taken to hang."""
GOODBYE = frame((1000).to_bytes(2, "big"), CLOSE)


@dataclass
class Tally:
    """What the messages of one kind took."""

    messages: int = 0
    errors: int = 0
    """Messages that got another answer than was due, or none."""
    received: int = 0
    """Bytes of the answers."""
    seconds: float = 0.0
    processor_s: float = 0.0
    """Of the server."""
    latencies: array[float] = field(default_factory=lambda: array("d"))
    """Seconds from a message to its answer."""

    def add_abreast(self, other: Tally) -> None:
        """Take in what another process counted at the same time."""
        self.messages += other.messages
        self.errors += other.errors
        self.received += other.received
        self.latencies.extend(other.latencies)
        # They began and ended together, so the slowest says how long it was.
        self.seconds = max(self.seconds, other.seconds)
        self.processor_s = max(self.processor_s, other.processor_s)

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds if self.seconds else math.nan

    @property
    def processor_us(self) -> float:
        """Processor time of the server for a message, in microseconds."""
        return self.processor_s / self.messages * 1e6 if self.messages else math.nan

    def quantile_ms(self, share: float) -> float:
        """The latency that this share of the messages keeps within, in milliseconds."""
        return float(np.quantile(self.latencies, share)) * 1e3 if self.latencies else math.nan


class Player:
    """One session."""

    def __init__(self, port: int) -> None:
        self.socket = connect(port)
        self.is_lost = False
        self._inflow = Inflow()
        self._frames: list[bytes] = []
        self._due: list[bytes] = []
        self._tallies: Sequence[Tally] = ()
        self._next = 0
        self._sent_at = 0.0

    def give(self, said: Sequence[tuple[bytes, bytes]], tallies: Sequence[Tally]) -> None:
        """Take messages with the answers that are due, and for each the tally that it counts in."""
        self._frames = [frame(message) for message, _ in said]
        self._due = [answer for _, answer in said]
        self._tallies, self._next = tallies, 0

    def say(self) -> None:
        """Send the next message."""
        self._sent_at = time.perf_counter()
        try:
            self.socket.sendall(self._frames[self._next])
        except OSError:
            self._lose()

    def hear(self) -> None:
        """Take in what has come, and say what comes next."""
        try:
            data = self.socket.recv(RECEIVED)
            now = time.perf_counter()
            messages = self._inflow.feed(data) if data else [(CLOSE, b"")]
            for opcode, payload in messages:
                if opcode == PING:
                    self.socket.sendall(frame(payload, PONG))
                elif opcode == TEXT and not self.is_done:
                    self._count(payload, now - self._sent_at)
                    if not self.is_done:
                        self.say()
                else:
                    self._lose()
        except OSError:
            self._lose()

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to say, or nobody to say it to."""
        return self.is_lost or self._next == len(self._frames)

    def count_as_lost(self) -> None:
        """Count what was not said, or not answered, as errors."""
        for tally in self._tallies[self._next :]:
            tally.errors += 1
        self._next = len(self._frames)

    def say_goodbye(self) -> None:
        """Ask the server to close the connection."""
        try:
            self.socket.sendall(GOODBYE)
        except OSError:
            self._lose()

    def wait_until_gone(self) -> None:
        """Wait until it has done so: the end of a session shall be no part of what is measured next."""
        try:
            while self.socket.recv(RECEIVED):
                pass
        except OSError:
            self._lose()
        self.socket.close()

    def _count(self, payload: bytes, took: float) -> None:
        tally = self._tallies[self._next]
        tally.messages += 1
        tally.received += len(payload)
        tally.errors += payload != self._due[self._next]
        tally.latencies.append(took)
        self._next += 1

    def _lose(self) -> None:
        self.is_lost = True
        self.count_as_lost()


class Loop:
    """Players, and who waits for them."""

    def __init__(self, port: int, sessions: int) -> None:
        """Connect so many players to a loopback port."""
        self.players = [Player(port) for _ in range(sessions)]
        self._epoll = select.epoll()
        self._of = {player.socket.fileno(): player for player in self.players}
        for number in self._of:
            self._epoll.register(number, select.EPOLLIN)

    def converse(self) -> None:
        """Have all say what they were given, and hear the answers.

        Raises:
            TimeoutError: The server says nothing any more.
        """
        for player in self.players:
            if player.is_lost:
                player.count_as_lost()
            elif not player.is_done:
                player.say()
        left = sum(not player.is_done for player in self.players)
        while left:
            ready = self._epoll.poll(SILENCE_S)
            if not ready:
                raise TimeoutError(f"The server was silent for {SILENCE_S:g} s; {left} sessions wait for an answer.")
            for number, _ in ready:
                player = self._of[number]
                was_done = player.is_done
                player.hear()
                left -= player.is_done and not was_done
                if player.is_lost:
                    # Or epoll would report its end for ever.
                    self._epoll.unregister(number)

    def close(self) -> None:
        """Close all connections."""
        self._epoll.close()
        for player in self.players:
            player.say_goodbye()
        for player in self.players:
            player.wait_until_gone()
