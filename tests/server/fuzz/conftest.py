"""A server to be fuzzed, with a bystander in it and an eye on its log, its slots, its connections and its files."""

import asyncio
import contextlib
import logging
import random
from pathlib import Path

import h11
import pytest

from synth_audit_env.server.build_process import PROCESSES, build_aside
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.patience import wait_until
from synth_audit_env.tests.server.fuzz.bystander import Bystander

NOT_UTF8 = "Invalid UTF-8 sequence received from client."
ANSWERED_ALREADY = "can't handle event type Response when role=SERVER and state=MUST_CLOSE"


def is_an_accident(record):
    """True if an error was logged that is not the client's.

    A body that breaks off in the middle is answered by uvicorn itself, with 400, after which h11 takes nothing more on
    the connection; that an answer of ours comes as well, to a request that was refused for its headers, h11 then calls
    an error. Any other error of h11's is ours: an answer that comes twice, or that HTTP does not allow.
    """
    raised = record.exc_info[1] if record.exc_info else None
    answered = isinstance(raised, h11.LocalProtocolError) and str(raised) == ANSWERED_ALREADY
    return record.levelno >= logging.ERROR and record.getMessage() != NOT_UTF8 and not answered


def open_files():
    """What the file descriptors of this process are of, sockets by their number. Nothing where there is no /proc."""
    folder, found = Path("/proc/self/fd"), set()
    for link in folder.iterdir() if folder.exists() else ():
        # One is of the folder itself, while it is read.
        with contextlib.suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return {name for name in found if not name.startswith("/proc/")}


class Fuzzed:
    """A server and what must hold of it after every case."""

    def __init__(self, server, bystander, caplog):
        self.server = server
        self._bystander, self._log = bystander, caplog
        self._files = open_files()
        """With both ends of the bystander's connection, as the server is in this process."""

    def is_well(self):
        """Every session but the bystander's is gone, the bystander noticed nothing, and the server had no accident."""
        self.server.wait_for_sessions(1)
        self._bystander.turn()
        logged = [*self._log.get_records("call"), *self._log.get_records("teardown")]
        accidents = [logging.Formatter().format(record) for record in logged if is_an_accident(record)]
        self._log.clear()
        assert not accidents, "\n".join(accidents)

    def has_nothing_left(self):
        """Nobody but the bystander is connected, and no file is open that was not before: what came is all gone."""
        self._bystander.rest_of_the_script()
        wait_until(lambda: len(self.server.connections()) == 1, "connections of the cases are still there")
        wait_until(lambda: not open_files() - self._files, lambda: f"still open: {open_files() - self._files}")


@pytest.fixture
async def builders():
    """All processes that build episodes have started: they stay, and so do their pipes."""
    await asyncio.gather(*(build_aside(TIERS["easy"], seed, "train", None) for seed in range(PROCESSES)))


@pytest.fixture
def fuzzed(serve, talk, monkeypatch, caplog, builders):
    # Both ends draw the payloads of their pings from the global generator, from threads of this process, and Hypothesis
    # takes that for a strategy's doing.
    for module in ("uvicorn.protocols.websockets.websockets_sansio_impl", "websockets.sync.connection"):
        monkeypatch.setattr(f"{module}.random", random.Random(0))
    server = serve(max_sessions=8)
    # It hands nothing on to the root by itself.
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    beside = Fuzzed(server, Bystander(talk(f"{server.ws_url}/ws")), caplog)
    yield beside
    beside.is_well()
    beside.has_nothing_left()
