"""One piece of long work at a time, and everybody else in between."""

import asyncio
from itertools import count

import pytest

from synth_audit_env.server import turns
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.turns import Turns
from synth_audit_env.server.world.scenario import build_scenario, scenario_in_parts
from synth_audit_env.server.world.tasks import TIERS


@pytest.fixture
def impatient(monkeypatch):
    """Every part is too long, whatever the clock of a busy machine says."""
    monkeypatch.setattr(turns, "LEAST_S", -1.0)
    monkeypatch.setattr(turns, "SHARE", -1.0)


async def others():
    """How often somebody else had a turn; ask with `next`."""
    had = count()

    async def keep_on():
        while True:
            next(had)
            await asyncio.sleep(0)

    return had, asyncio.create_task(keep_on())


def work(name, parts, log):
    for part in range(parts):
        log.append((name, part))
        yield
    return name


async def test_one_after_the_other_with_a_turn_for_others_after_each_part(impatient):
    queue, log = Turns(), []
    had, keeping_on = await others()
    assert await asyncio.gather(*(queue.take(work(name, 5, log)) for name in "abc")) == ["a", "b", "c"]
    keeping_on.cancel()
    assert log == [(name, part) for name in "abc" for part in range(5)]
    assert next(had) >= len(log)


async def test_short_parts_are_done_in_one_go(monkeypatch):
    monkeypatch.setattr(turns, "LEAST_S", 3600.0)
    had, keeping_on = await others()
    await asyncio.sleep(0)
    before = next(had)
    await Turns().take(work("a", 100, []))
    keeping_on.cancel()
    assert next(had) == before + 1


async def test_what_has_waited_longer_goes_on_for_longer(monkeypatch):
    """A share of its wait, by the clock that it is told."""
    times = iter([0.0, 10.0, *(10.0 + 0.1 * part for part in range(1, 6)), 10.5])
    monkeypatch.setattr(turns, "perf_counter", lambda: next(times))
    monkeypatch.setattr(turns, "LEAST_S", 0.1)
    monkeypatch.setattr(turns, "SHARE", 0.035)
    had, keeping_on = await others()
    await asyncio.sleep(0)
    before = next(had)
    await Turns().take(work("a", 5, []))
    keeping_on.cancel()
    assert next(had) == before + 2, "once, after 0.4 s: what has waited 10 s goes on for 0.35"


async def test_work_that_fails_or_is_given_up_lets_the_next_one_go_on(impatient):
    def failing():
        yield
        raise ValueError("no")

    queue = Turns()
    fails, given_up, goes_on = (
        asyncio.create_task(queue.take(parts)) for parts in (failing(), work("b", 10**9, []), work("c", 3, []))
    )
    with pytest.raises(ValueError, match="no"):
        await fails
    await asyncio.sleep(0)
    given_up.cancel()
    assert await goes_on == "c"


async def test_a_session_that_steps_has_its_turns_while_others_reset(impatient):
    queue = Turns()
    resetting = [SynthAuditEnvironment(turns=queue) for _ in range(4)]
    had, keeping_on = await others()
    openings = await asyncio.gather(
        *(one.reset_async(seed=9_000 + seed, task_id="oversight_expert") for seed, one in enumerate(resetting))
    )
    keeping_on.cancel()
    assert next(had) >= 4 * 20, "no reset takes the loop for long"
    for seed, opening in enumerate(openings):
        assert opening == SynthAuditEnvironment().reset(seed=9_000 + seed, task_id="oversight_expert")


async def test_sessions_that_reset_to_one_episode_have_it_built_once(impatient, monkeypatch):
    built = []

    def counted(*asked):
        built.append(asked)
        return scenario_in_parts(*asked)

    monkeypatch.setattr("synth_audit_env.server.scenario_cache.scenario_in_parts", counted)
    queue = Turns()
    group = [SynthAuditEnvironment(turns=queue) for _ in range(8)]
    await asyncio.gather(*(one.reset_async(seed=987_654, task_id="oversight_easy") for one in group))
    assert len(built) == 1


@pytest.mark.parametrize("tier", TIERS)
def test_no_part_is_most_of_an_episode(tier):
    parts = list(scenario_in_parts(TIERS[tier], 5, "train"))
    assert len(parts) > TIERS[tier].proposals[0] * 2
    assert build_scenario(TIERS[tier], 5, "train").proposals
