"""Rate limits: a token bucket for each client, which holds one second's worth of requests.

rate = Rate(per_second=50)
wait_s = rate.wait_s("192.0.2.7")       # 0.0, and the request is counted; else how long until it would be
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

SWEPT_EVERY = 1_000
"""Requests between two looks for full buckets, which need not be kept: a stream of new addresses fills no memory."""
_ROUNDING_S = 1e-6
"""A clock that has run for weeks, in seconds, is exact to about 1e-9, and a burst adds up the errors."""


class Rate:
    """So many requests a second for everybody, each counted alone."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        """So many a second, and so many at once after a pause; the clock tells seconds."""
        self._interval_s, self._clock = 1 / per_second, clock
        self._full_at: dict[Hashable, float] = {}
        """By client: when its bucket is full again."""
        self._until_swept = SWEPT_EVERY

    def wait_s(self, client: Hashable) -> float:
        """Count a request: 0.0 if it is within the rate, else the seconds after which one would be, uncounted."""
        now = self._clock()
        self._until_swept -= 1
        if not self._until_swept:
            self._until_swept = SWEPT_EVERY
            self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        full_at = max(self._full_at.get(client, now), now) + self._interval_s
        # An empty bucket is full again after a second.
        wait_s = full_at - now - 1.0
        if wait_s > _ROUNDING_S:
            return wait_s
        self._full_at[client] = full_at
        return 0.0
