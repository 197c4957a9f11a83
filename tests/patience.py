"""How long a test waits for what must come: so long that only a hang is found out, however busy the machine is.

Nothing here says how fast anything has to be: times are measured by benchmarks.
"""

import time
from collections.abc import Callable

PATIENCE_S = 600.0


def wait_until(met: Callable[[], object], missing: str | Callable[[], str]) -> None:
    """Look again and again, until it is met."""
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, missing() if callable(missing) else missing
        time.sleep(0.005)
