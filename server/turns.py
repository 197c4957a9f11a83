"""Long work on the event loop, one piece of it at a time: in between, everybody else is served.

    turns = Turns()
    scenario = await turns.take(shared_in_parts(tier, seed, voices, None))

An episode takes as long to make as some seventy steps take to answer, and sessions that only step should hardly feel
those that reset. So resets queue up, and the first of them goes on for a moment; then all messages that have come
meanwhile are answered, then it goes on. The longer it has waited for its turn, the longer that moment: so a few
sessions that reset cannot be felt, and where all sessions reset and step, neither waits without end. A thread would not
do: Python lets it keep the processor for as long as a piece takes here. Nothing here knows what is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from time import perf_counter
from typing import TypeVar

LEAST_S = 0.002
"""Seconds for which a piece of work goes on at least while others wait."""
SHARE = 0.02
"""Of the time that the work has waited, for which it goes on where that is more."""
T = TypeVar("T")


class Turns:
    """The queue of one event loop."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._turn = asyncio.Lock()

    async def take(self, parts: Generator[None, None, T]) -> T:
        """Do work that yields wherever it can be interrupted, once all that came before is done; returns its result."""
        asked = perf_counter()
        async with self._turn:
            began = perf_counter()
            longest_s = max(LEAST_S, SHARE * (began - asked))
            while True:
                try:
                    next(parts)
                except StopIteration as done:
                    result: T = done.value
                    return result
                if perf_counter() - began > longest_s:
                    await asyncio.sleep(0)
                    began = perf_counter()
