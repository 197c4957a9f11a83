"""Builds episodes in processes of their own, and keeps those that were asked for last.

    scenario = await shared_aside(TIERS["hard"], 42, "train", None)     # beside an event loop, in another process
    scenario = shared(TIERS["hard"], 42, "train", None)                 # here

A scenario never changes, so that sessions can play the same one and know nothing of each other: the rollouts of a group
do. To build an episode takes as long as to answer some seventy steps, and to read it a twentieth of that. A thread
would not do: Python lets it keep the processor for five milliseconds at a time. Each process has a thread that asks it
and waits. It is started when all others are busy, and ends when its standard input does, so also with a server that is
killed. Ctrl-C does not reach it: it is in a group of its own. What nobody waits for any more is not begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import pickle
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import is_dataclass
from subprocess import PIPE, Popen
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from .world.errors import EpisodeError
from .world.scenario import Scenario, build_scenario
from .world.tasks import Tier

PROCESSES = max(1, min(4, (os.cpu_count() or 1) - 1))
"""How many build at a time at most: a core is left to the event loop, and each takes 50 to 65 MB of memory."""
World = tuple[Tier, int, str, tuple[str, ...] | None]
"""What an episode is built from: the arguments of `build_scenario`."""
_threads = ThreadPoolExecutor(PROCESSES, "synth-audit-builder")
log = logging.getLogger(__name__)
_own = threading.local()  # the process of each
Built = TypeVar("Built", Scenario, None)
SHARED_SCENARIOS = 64
"""How many are kept, about 0.2 MB each, of the last level of the frontier 3.6 MB."""
_kept: dict[World, Scenario] = {}
"""The one that was asked for the longest ago first."""
_keeping = threading.Lock()
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


async def build_aside(*world: *World) -> Scenario:
    """What `build_scenario` builds. It raises EpisodeError where two processes have ended over it."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _built, world)


def _built(world: World) -> Scenario:
    for _ in range(2):  # the process may have been killed meanwhile, for its memory say
        try:
            if not hasattr(_own, "process"):
                path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
                command = [sys.executable, "-P", "-m", __name__]
                _own.process = Popen(command, stdin=PIPE, stdout=PIPE, env=path, process_group=0)
            pickle.dump(world, _own.process.stdin)
            _own.process.stdin.flush()
            built: Scenario | Exception = pickle.load(_own.process.stdout)
        except Exception as problem:  # noqa: BLE001  # half an answer can be anything
            log.warning("A process that builds episodes was given up: %r.", problem)
            with contextlib.suppress(OSError, KeyError), vars(_own).pop("process") as ended:
                ended.kill()
            continue
        if isinstance(built, Exception):
            raise built
        return built
    raise EpisodeError("The process that makes episodes has ended before this one was made: try again.")


class _Pickler(pickle.Pickler):
    """Has dataclasses with slots read by a call of their class: pickle's own way takes twice as long."""

    def reducer_override(self, made: object) -> Any:
        """How an object is written."""
        known = vars(type(made))
        if "__slots__" not in known or not is_dataclass(made):
            return NotImplemented
        return type(made), tuple([getattr(made, name) for name in known["__match_args__"]])


def main() -> None:
    """Build what standard input asks for, until it ends."""
    gc.disable()  # building leaves no cycles
    # Buffered whatever PYTHONUNBUFFERED says, or a write could end early; and nobody prints between two answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(5)  # the event loop comes first where cores are few
    try:
        while True:
            world = pickle.load(sys.stdin.buffer)
            built: Scenario | Exception
            try:
                built = build_scenario(*world)
                _ = built.protocol_text  # read at every reset, so it is written here
            except Exception as problem:  # noqa: BLE001  # raised again by whoever asked
                problem.add_note(traceback.format_exc())
                built = problem
            _Pickler(answers).dump(built)
            answers.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)  # or Python would write to the broken pipe once more, and complain


if __name__ == "__main__":
    main()
