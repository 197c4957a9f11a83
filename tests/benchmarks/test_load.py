"""Which episodes the clients play, and what they count between them."""

import os

import pytest

from synth_audit_env.benchmarks import recorded
from synth_audit_env.benchmarks.load import EPISODES_MIXED, Clients, Order
from synth_audit_env.benchmarks.processes import is_told

TASK = "oversight_easy"


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(("sessions", "group"), [(1, 1), (3, 1), (16, 8)])
def test_the_waves_go_through_the_episodes_and_none_comes_twice(sessions, group, mixed):
    order = Order(port=1, pid=1, sessions=sessions, waves=5, group=group, first=7, mixed=mixed)
    played = [number for wave in range(5) for of in range(order.groups) for number in order.episodes(wave, of)]
    count = 5 * order.groups * (EPISODES_MIXED if mixed else 1)
    assert sorted(played) == list(range(7, 7 + count))
    assert order.waves * order.per_wave == count, "where the next order begins"


@pytest.fixture(scope="module")
def scripts():
    return recorded.record_all(range(8), [TASK])


@pytest.fixture(scope="module")
def clients(scripts, tmp_path_factory):
    """Two processes, which take seconds to start."""
    path = tmp_path_factory.mktemp("clients") / "episodes"
    recorded.write(scripts, path)
    with Clients(path, count=2) as started:
        yield started


@pytest.mark.skipif(not is_told(), reason="needs Linux's /proc")
@pytest.mark.parametrize("mixed", [False, True])
def test_two_processes_look_at_the_memory_beside_the_steps_of_both(serve, clients, scripts, mixed):
    outcome = clients.run(Order(serve().port, os.getpid(), sessions=2, waves=2, mixed=mixed))
    assert outcome.steps.errors == outcome.resets.errors == 0
    assert [steps for steps, _ in outcome.resident][-1] == outcome.steps.messages
    assert len(outcome.resident) == 2
    if mixed:
        # Each of the two times four, and twice: all eight scripts two times over.
        assert outcome.steps.messages == 2 * sum(len(script.said) - 1 for script in scripts)
