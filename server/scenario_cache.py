"""The episodes that were asked for last, kept for the sessions that play the same ones: the rollouts of a group do.

    scenario = shared(TIERS["hard"], 42, "train", None)
    scenario = await shared_aside(TIERS["hard"], 42, "train", None)

A scenario never changes, so that sessions can play the same one and know nothing of each other.
"""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TypeVar
from weakref import WeakValueDictionary

from .build_process import World, build_aside
from .world.scenario import Scenario, build_scenario

Built = TypeVar("Built", Scenario, None)
SHARED_SCENARIOS = 64
"""How many are kept, about 0.2 MB each, of the last level of the frontier 3.6 MB."""
_kept: dict[World, Scenario] = {}
"""The one that was asked for the longest ago first."""
_keeping = Lock()
_building: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, World], asyncio.Lock] = WeakValueDictionary()
"""Held by whoever has an episode built."""


def shared(*world: *World) -> Scenario:
    """Build what `build_scenario` builds, unless it is still there."""
    return _kept_last(world, None) or _kept_last(world, build_scenario(*world))


async def shared_aside(*world: *World) -> Scenario:
    """The same beside an event loop. All that ask for one episode at the same time wait for the first of them."""
    lock = _building.setdefault((asyncio.get_running_loop(), world), asyncio.Lock())
    async with lock:
        return _kept_last(world, None) or _kept_last(world, await build_aside(*world))


def _kept_last(world: World, built: Built) -> Scenario | Built:
    """The episode that is kept, or else this one, which is the last to go from now on."""
    with _keeping:
        scenario = _kept.pop(world, built)
        if scenario is not None:
            while len(_kept) >= SHARED_SCENARIOS:
                del _kept[next(iter(_kept))]
            _kept[world] = scenario
        return scenario
