"""Ctrl-C in the main thread of the test process, from another thread, as a person presses it.

CPython can lose a signal for as long as the main thread waits: one that comes after the thread has let go of the
interpreter, and before it sleeps, is noted, but does not end the sleep. So it is woken until the signal was seen.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c() -> Iterator[Callable[[threading.Event], None]]:
    """A call that raises KeyboardInterrupt in the main thread, and returns when the event says that it was raised.

    To be entered in the main thread, the only one that can set what a signal does.
    """
    main = threading.main_thread().ident
    assert main is not None

    def press(seen: threading.Event) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        while not seen.wait(0.1):
            signal.pthread_kill(main, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        yield press
    finally:
        signal.signal(signal.SIGUSR1, before)
