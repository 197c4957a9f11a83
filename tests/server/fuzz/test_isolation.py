"""64 sessions of which 16 misbehave: the other 48 are answered, byte for byte, what they are answered among themselves.

The 16 are of five kinds: environments that raise, resets that take their time, connections of garbage, floods, and
clients that read nothing of what they have asked for.
"""

import asyncio
import contextlib
import json
import random
from collections import Counter

import pytest
from websockets.asyncio.client import connect

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.patience import PATIENCE_S, wait_until
from synth_audit_env.tests.server.fuzz.bystander import script
from synth_audit_env.tests.server.fuzz.frames import FIN, TEXT, frame

QUIET, LOUD = 48, 16
SLOW_S = 0.05
TIERS = ("easy", "medium", "easy", "hard")
SECRET = "PROP-001 is wrong"


class Troubled(SynthAuditEnvironment):
    """Raises, dawdles and does not close where it is asked to."""

    async def reset_async(self, seed=None, episode_id=None, **options):
        if episode_id == "slow":
            await asyncio.sleep(SLOW_S)
        if episode_id == "raise":
            raise RuntimeError(SECRET)
        return await super().reset_async(seed, episode_id, **options)

    def act(self, action):
        if action.proposal_id == "raise":
            raise MemoryError(SECRET)
        return super().act(action)

    def close(self):
        episode_id = self.state.episode_id
        super().close()
        if episode_id == "no close":
            raise OSError(SECRET)


def reset(episode_id, tier="easy"):
    return json.dumps({"type": "reset", "data": {"seed": 1, "task_id": f"oversight_{tier}", "episode_id": episode_id}})


RAISE = json.dumps({"type": "step", "data": {"action_type": "approve", "proposal_id": "raise"}})


def socket_of(server):
    return connect(f"{server.ws_url}/ws", proxy=None, max_size=None, open_timeout=PATIENCE_S)


class Troubles:
    """The loud clients, each of which goes on until it is cancelled."""

    def __init__(self, server):
        self._server = server
        self._draw = random.Random(0)
        self.made = Counter()
        """By kind."""

    def all(self):
        kinds = [self.exceptions, self.slowness, self.floods, self.garbage, self.deafness]
        return [kinds[number % len(kinds)]() for number in range(LOUD)]

    async def exceptions(self):
        async with socket_of(self._server) as opened:
            while True:
                for message in (reset("no close"), reset("raise"), RAISE, "[]"):
                    await opened.send(message)
                    assert SECRET not in await opened.recv()
                self.made["exceptions"] += 1

    async def slowness(self):
        async with socket_of(self._server) as opened:
            while True:
                await opened.send(reset("slow"))
                await opened.recv()
                self.made["slowness"] += 1

    async def floods(self):
        """Asks as fast as it can."""
        async with socket_of(self._server) as opened:
            while True:
                for _ in range(50):
                    await opened.send(RAISE)
                for _ in range(50):
                    await opened.recv()
                self.made["floods"] += 1

    async def garbage(self):
        """Connects again and again, and says something else each time."""
        while True:
            with self._server.bare_socket("/ws") as bare, contextlib.suppress(OSError):
                bare.sendall(frame(FIN | TEXT, self._draw.randbytes(200)))
                bare.sendall(self._draw.randbytes(200))
                self.made["garbage"] += 1
            await asyncio.sleep(0.005)

    async def deafness(self):
        """Asks for long answers and takes none of them, until nothing more goes in."""
        asked = left = frame(FIN | TEXT, reset("deaf", "hard").encode())
        with self._server.bare_socket("/ws") as bare:
            bare.setblocking(False)
            while True:
                with contextlib.suppress(BlockingIOError):
                    left = left[bare.send(left) :] or asked
                    self.made["deafness"] += 1
                await asyncio.sleep(0.005)


async def play(opened, number):
    """One quiet audit: its answers, as they came."""
    answers = []
    for message in script(TIERS[number % len(TIERS)], number, f"quiet-{number}", states=False):
        await opened.send(message)
        answers.append(await asyncio.wait_for(opened.recv(), PATIENCE_S))
    return answers


async def audits(server, troubles=None):
    """What the quiet ones are answered, while the loud ones are at it where there are any."""
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(socket_of(server)) for _ in range(QUIET)]
        loud = [asyncio.create_task(one) for one in (troubles.all() if troubles else [])]
        try:
            answers = await asyncio.gather(*(play(socket, number) for number, socket in enumerate(opened)))
            assert not [task for task in loud if task.done()], "one of the loud ones has given up"
        finally:
            for task in loud:
                task.cancel()
            await asyncio.gather(*loud, return_exceptions=True)
    return answers


@pytest.mark.slow
def test_the_quiet_ones_notice_nothing(serve):
    alone = asyncio.run(audits(serve(max_sessions=QUIET + LOUD, environment=Troubled)))
    server = serve(max_sessions=QUIET + LOUD, environment=Troubled)
    troubles = Troubles(server)
    beside = asyncio.run(audits(server, troubles))
    for number, (expected, answers) in enumerate(zip(alone, beside, strict=True)):
        assert answers == expected, f"quiet session {number}"
    assert troubles.made.keys() == {"exceptions", "slowness", "floods", "garbage", "deafness"}
    server.wait_for_sessions(0)
    wait_until(lambda: not server.connections(), lambda: f"{len(server.connections())} connections are still there")
