"""Runs a call in a daemon thread, for which neither an event loop nor the end of the process waits.

    future = in_daemon_thread(partial(ask_the_model, messages))
    future.result()

The threads of `concurrent.futures` are joined when the process ends, and those of `asyncio.to_thread` are few and
joined by the loop as well: a model that hangs would keep Ctrl-C from ending the process, and delay other sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_daemon_thread(call: Callable[[], T]) -> Future[T]:
    """Start the call. The future cannot be cancelled: the thread runs on when nobody waits for it any more."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = call()
        except BaseException as problem:  # noqa: BLE001  # raised again by whoever asks for the result
            future.set_exception(problem)
        else:
            future.set_result(result)

    Thread(target=run, name="synth-audit-background", daemon=True).start()
    return future
