"""Rate limits: a token bucket for each client, which holds one second's worth of requests.

    rate = Rate(per_second=50)
    wait_s = rate.wait_s("192.0.2.7")       # 0.0, and the request is counted; else how long until it would be

Nothing here knows what is asked for, or what is done with a client that asks too often.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

FULL_AGAIN_S = 1.0
"""An unused bucket is full after that: then it is as good as none, and need not be kept."""
SWEPT_EVERY = 1_000
"""Requests between two looks for such buckets, so that a stream of new addresses fills no memory."""


class Rate:
    """So many requests a second for everybody, each counted alone."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has asked yet.

        Args:
            per_second: How many; also how many may come at once after a pause.
            clock: Tells the time, in seconds.
        """
        self._per_second = per_second
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}
        """Of each who has asked lately: how many requests were left, and when that was."""
        self._until_swept = SWEPT_EVERY

    def wait_s(self, who: Hashable) -> float:
        """Count a request.

        Returns:
            0.0 where it is within the rate; else the seconds after which one would be, and it is not counted.
        """
        now = self._clock()
        self._sweep(now)
        left, then = self._left.get(who, (float(self._per_second), now))
        left = min(left + (now - then) * self._per_second, float(self._per_second))
        if left < 1.0:
            self._left[who] = (left, now)
            return (1.0 - left) / self._per_second
        self._left[who] = (left - 1.0, now)
        return 0.0

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._left)

    def _sweep(self, now: float) -> None:
        self._until_swept -= 1
        if self._until_swept:
            return
        self._until_swept = SWEPT_EVERY
        self._left = {who: bucket for who, bucket in self._left.items() if now - bucket[1] < FULL_AGAIN_S}
