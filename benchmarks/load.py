"""The client processes: recorded episodes, played in so many sessions, and what each kind of message took.

    with Clients(path, count=1) as clients:
        outcome = clients.run(Order(port=8000, pid=server.pid, sessions=64, waves=10))
    outcome.steps.per_second, outcome.steps.quantile_ms(0.99)

The sessions go in waves, as the rollouts of a trainer do: all of them reset, then all of them play their episodes to
the end. So resets and steps are timed apart. In a mixed order each session goes on to its next episode by itself, and
steps wait behind the resets of others.

Every answer is compared with the recorded one: what is not the same to the byte is an error.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType

from synth_audit_env.benchmarks.players import SILENCE_S, Loop, Tally
from synth_audit_env.benchmarks.processes import family, processor_s, resident_bytes
from synth_audit_env.benchmarks.recorded import Script, read

EPISODES_MIXED = 4
"""Episodes of each session in a wave of a mixed order."""


@dataclass(frozen=True)
class Order:
    """What the clients shall do."""

    port: int
    pid: int
    """Of the server, whose processor time is read."""
    sessions: int
    """In all client processes together."""
    waves: int = 1
    group: int = 1
    """How many sessions play the same episode at the same time."""
    first: int = 0
    """Number of the episode to begin with; they are played in turn."""
    mixed: bool = False

    @property
    def groups(self) -> int:
        """How many different episodes are played at the same time."""
        return self.sessions // self.group

    @property
    def per_wave(self) -> int:
        """How many different episodes a wave goes through."""
        return self.groups * (EPISODES_MIXED if self.mixed else 1)

    def episodes(self, wave: int, group: int) -> list[int]:
        """The numbers of those that a group plays in a wave, one after the other. No other group or wave has them."""
        first = self.first + wave * self.per_wave + group
        return list(range(first, first + self.per_wave, self.groups))


@dataclass
class Outcome:
    """What came of an order."""

    resets: Tally = field(default_factory=Tally)
    steps: Tally = field(default_factory=Tally)
    resident: list[tuple[int, int]] = field(default_factory=list)
    """Steps of all processes so far and the server's memory in bytes, at the end of each wave."""

    def add_abreast(self, other: Outcome) -> None:
        """Take in what another process did at the same time."""
        self.resets.add_abreast(other.resets)
        self.steps.add_abreast(other.steps)
        # All have looked at the same server, between the same waves.
        self.resident = [
            (steps + more, held) for (steps, held), (more, _) in zip(self.resident, other.resident, strict=True)
        ]


@dataclass(frozen=True)
class Growth:
    """Memory of a server before sessions were opened and while they are, in bytes."""

    before: int
    after: int
    sessions: int
    errors: int

    @property
    def per_session(self) -> float:
        """Bytes a session."""
        return (self.after - self.before) / self.sessions


class Clients:
    """So many processes, which share the sessions of an order."""

    def __init__(self, episodes: Path, count: int = 1) -> None:
        """Start them.

        Args:
            episodes: What `recorded.write` wrote.
            count: How many.
        """
        self._count = count
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            count, mp_context=spawn, initializer=_begin, initargs=(episodes, spawn.Barrier(count))
        )

    def __enter__(self) -> Clients:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def run(self, order: Order) -> Outcome:
        """Carry out an order."""
        parts = [self._pool.submit(_run, order, number, self._count) for number in range(self._count)]
        outcome = parts[0].result()
        for part in parts[1:]:
            outcome.add_abreast(part.result())
        return outcome

    def memory(self, order: Order) -> Growth:
        """How much the server's memory grows by sessions that are about to end their episodes."""
        return self._pool.submit(_memory, order).result()


_scripts: list[Script] = []
_barrier: Barrier | None = None
"""What a client process is given when it starts."""


def _begin(episodes: Path, barrier: Barrier) -> None:
    global _scripts, _barrier
    _scripts, _barrier = read(episodes), barrier
    gc.collect()
    gc.disable()


def _run(order: Order, number: int, count: int) -> Outcome:
    """The share of one process: every count-th group."""
    outcome, mine = Outcome(), range(number, order.groups, count)
    pids, loop = family(order.pid), Loop(order.port, len(mine) * order.group)
    try:
        for wave in range(order.waves):
            episodes = [order.episodes(wave, group) for group in mine for _ in range(order.group)]
            (_mixed if order.mixed else _apart)(episodes, pids, loop, outcome)
            outcome.resident.append((outcome.steps.messages, resident_bytes(pids)))
    finally:
        loop.close()
    return outcome


def _apart(episodes: Sequence[list[int]], pids: Sequence[int], loop: Loop, outcome: Outcome) -> None:
    """A wave: all resets, then all steps. Each player has the number of one episode."""
    for tally, part in ((outcome.resets, slice(0, 1)), (outcome.steps, slice(1, None))):
        for player, (episode,) in zip(loop.players, episodes, strict=True):
            said = _said(episode)[part]
            player.give(said, [tally] * len(said))
        _timed(loop, pids, [tally])


def _mixed(episodes: Sequence[list[int]], pids: Sequence[int], loop: Loop, outcome: Outcome) -> None:
    """Several episodes of each player, one after the other."""
    for player, numbers in zip(loop.players, episodes, strict=True):
        several = [_said(number) for number in numbers]
        tallies = [tally for said in several for tally in (outcome.resets, *[outcome.steps] * (len(said) - 1))]
        player.give([pair for said in several for pair in said], tallies)
    _timed(loop, pids, [outcome.resets, outcome.steps])


def _timed(loop: Loop, pids: Sequence[int], tallies: Sequence[Tally]) -> None:
    """Let the players talk, and add what it took to the tallies. The processes begin and end it together."""
    assert _barrier is not None, "set when the process began"
    _barrier.wait(SILENCE_S)
    ran, began = processor_s(pids), time.perf_counter()
    loop.converse()
    seconds = time.perf_counter() - began
    _barrier.wait(SILENCE_S)
    spent = processor_s(pids) - ran
    for tally in tallies:
        tally.seconds += seconds
        tally.processor_s += spent


def _memory(order: Order) -> Growth:
    pids = family(order.pid)
    before, tally, loop = resident_bytes(pids), Tally(), Loop(order.port, order.sessions)
    try:
        for place, player in enumerate(loop.players):
            # All but the report, after which a server might forget the episode.
            said = _said(order.first + place)[:-1]
            player.give(said, [tally] * len(said))
        loop.converse()
        return Growth(before, resident_bytes(pids), order.sessions, tally.errors)
    finally:
        loop.close()


def _said(episode: int) -> list[tuple[bytes, bytes]]:
    """Message and answer by turns. The episodes come round again."""
    script = _scripts[episode % len(_scripts)]
    return list(zip(script.said, script.answers, strict=True))
