"""The client counts what a real server answers, and what it does not."""

import os
import sys

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.sessions import Tally, converse, hang_up, open_sessions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's clocks")


@pytest.fixture
def script():
    return record(3, "oversight_easy")


async def play(port, script, sessions, lost=0):
    """Play the script twice in so many sessions, of which some are lost before. Returns the tallies of both kinds."""
    resets, steps = Tally(), Tally()
    tallies = [resets, *[steps] * (len(script.said) - 1)]
    messages = list(zip(script.said, script.answers, tallies, strict=True))
    clients = await open_sessions(port, sessions)
    for client in clients[:lost]:
        await client.close()
    for _ in range(2):
        await converse(clients, [messages] * sessions, os.getpid(), [resets, steps])
    await hang_up(clients)
    return resets, steps


async def test_a_server_answers_what_was_recorded_and_another_answer_is_an_error(serve, script):
    server = serve()
    resets, steps = await play(server.port, script, 5)
    server.wait_for_sessions(0)
    assert (resets.messages, steps.messages) == (10, 10 * (len(script.said) - 1))
    assert (resets.errors, steps.errors) == (0, 0)
    assert len(steps.latencies) == steps.messages
    assert all(0 < latency <= steps.seconds for latency in steps.latencies)
    script.answers[2] += b" "
    resets, steps = await play(server.port, script, 3)
    assert (resets.errors, steps.errors) == (0, 6)
