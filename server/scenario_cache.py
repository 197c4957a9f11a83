"""The episodes that were asked for last, kept for the sessions that play the same ones: the rollouts of a group do.

    scenario = shared(TIERS["hard"], 42, "train", None)
    scenario = await shared_aside(TIERS["hard"], 42, "train", None)

A scenario never changes, so that sessions can play the same one and know nothing of each other.
"""

from __future__ import annotations

import asyncio
from threading import Lock
from weakref import WeakValueDictionary

from .build_process import World, build_aside
from .world.scenario import Scenario, build_scenario

SHARED_SCENARIOS = 64
"""How many are kept, about 0.2 MB each, of the last level of the frontier 1.3 MB."""
_kept: dict[World, Scenario] = {}
"""The one that was asked for the longest ago first."""
_keeping = Lock()
_building: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, World], asyncio.Lock] = WeakValueDictionary()
"""Held by whoever has an episode built."""


def shared(*asked: *World) -> Scenario:
    """Build what `build_scenario` builds, unless it is still there."""
    return _found(asked) or _keep(asked, build_scenario(*asked))


async def shared_aside(*asked: *World) -> Scenario:
    """The same beside an event loop. All that ask for one episode at the same time wait for the first of them."""
    lock = _building.setdefault((asyncio.get_running_loop(), asked), asyncio.Lock())
    async with lock:
        return _found(asked) or _keep(asked, await build_aside(*asked))


def _found(asked: World) -> Scenario | None:
    with _keeping:
        found = _kept.pop(asked, None)
        if found is not None:
            _kept[asked] = found
        return found


def _keep(asked: World, built: Scenario) -> Scenario:
    with _keeping:
        _kept.pop(asked, None)  # a thread may have built it at the same time
        while len(_kept) >= SHARED_SCENARIOS:
            del _kept[next(iter(_kept))]
        _kept[asked] = built
        return built
