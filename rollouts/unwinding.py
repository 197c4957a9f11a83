"""Lets a program unwind when it is terminated, as it does on Ctrl-C, so that what it started is stopped.

    with unwinding():
        ...                     # SIGTERM and SIGHUP raise SystemExit here

What there is to stop is not known here.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the program by SystemExit, with a status of 128 and the signal's number."""
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Under nohup SIGHUP is ignored, and stays so.
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        # Only there may a program ask for signals; whoever runs us elsewhere has plans of its own for them.
        numbers = []
    before = [(number, signal.signal(number, _terminated)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _terminated(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)
