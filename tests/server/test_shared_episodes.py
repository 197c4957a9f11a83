"""Which episodes are still there when they are asked for again."""

from __future__ import annotations

import asyncio
import gc

import pytest

from synth_audit_env.server import build_process
from synth_audit_env.server.build_process import shared, shared_aside
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS


@pytest.fixture(autouse=True)
def three_are_kept(monkeypatch):
    monkeypatch.setattr(build_process, "SHARED_SCENARIOS", 3)
    monkeypatch.setattr(build_process, "_kept", {})


def easy(seed):
    return shared(TIERS["easy"], seed, "train", None)


def test_the_one_that_was_asked_for_the_longest_ago_goes_first():
    first, second = easy(0), easy(1)
    easy(2)
    assert easy(0) is first
    easy(3)
    assert easy(0) is first
    rebuilt = easy(1)
    assert rebuilt is not second
    assert rebuilt == second


class Aside:
    """Builds where a test says when it is done."""

    def __init__(self):
        self.asked, self.may_end = [], asyncio.Event()

    async def __call__(self, *world):
        self.asked.append(world)
        await self.may_end.wait()
        return build_scenario(*world)


@pytest.fixture
def aside(monkeypatch):
    builder = Aside()
    monkeypatch.setattr(build_process, "build_aside", builder)
    return builder


def group(seeds):
    return [asyncio.create_task(shared_aside(TIERS["easy"], seed, "train", None)) for seed in seeds]


async def test_those_who_ask_for_one_episode_at_a_time_have_it_built_once(aside):
    waiting = group([5, 5, 6, 5])
    await asyncio.sleep(0.01)
    assert [seed for _, seed, *_ in aside.asked] == [5, 6], "one does not wait for another"
    aside.may_end.set()
    first, second, other, third = await asyncio.gather(*waiting)
    assert first is second is third is easy(5)
    assert other is easy(6)
    assert len(aside.asked) == 2


async def test_the_first_one_to_ask_may_leave(aside):
    first, second = group([5, 5])
    await asyncio.sleep(0.01)
    first.cancel()
    aside.may_end.set()
    assert (await second).seed == 5
    assert first.cancelled()


async def test_what_fails_is_tried_again_by_whoever_asks_next(aside, monkeypatch):
    async def fails(*world):
        aside.asked.append(world)
        raise ValueError("no")

    monkeypatch.setattr(build_process, "build_aside", fails)
    failed = await asyncio.gather(*group([5, 5]), return_exceptions=True)
    assert [str(problem) for problem in failed] == ["no", "no"]
    assert len(aside.asked) == 2
    del failed
    await asyncio.sleep(0)
    gc.collect()
    assert not build_process._building
