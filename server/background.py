"""Work in a thread of its own, for which neither an event loop nor the end of the process waits.

    future = in_background(partial(ask_the_model, messages))
    future.result()

The threads of `concurrent.futures` are joined when the process ends, and those of `asyncio.to_thread` are few and
joined by the loop as well: a model that hangs would keep Ctrl-C from ending anything, and hold up who needs no model.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
NAME = "synth-audit-background"
"""Of its threads."""


def in_background(work: Callable[[], T]) -> Future[T]:
    """Start it. The future cannot be cancelled: whoever no longer waits lets the work go on by itself."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done = work()
        except BaseException as problem:  # noqa: BLE001  # raised again by whoever asks for the result
            future.set_exception(problem)
        else:
            future.set_result(done)

    Thread(target=run, name=NAME, daemon=True).start()
    return future
