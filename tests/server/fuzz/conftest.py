"""A server to be fuzzed, with a bystander in it and an eye on its log, its slots, its connections and its files."""

import contextlib
import logging
import random
import time
from pathlib import Path

import h11
import pytest

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.fuzz.bystander import Bystander

NOT_UTF8 = "Invalid UTF-8 sequence received from client."
ANSWERED_ALREADY = "can't handle event type Response when role=SERVER and state=MUST_CLOSE"


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.records = []

    def emit(self, record):
        if not is_the_clients(record):
            self.records.append(record)


def is_the_clients(record):
    """Whether uvicorn logs as an error what the client has done.

    A body that breaks off in the middle is answered by uvicorn itself, with 400, after which h11 takes nothing more on
    the connection; that an answer of ours comes as well, to a request that was refused for its headers, h11 then calls
    an error. Any other error of h11's is ours: an answer that comes twice, or that HTTP does not allow.
    """
    raised = record.exc_info[1] if record.exc_info else None
    answered = isinstance(raised, h11.LocalProtocolError) and str(raised) == ANSWERED_ALREADY
    return record.getMessage() == NOT_UTF8 or answered


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

    def __init__(self, server, bystander, log):
        self.server = server
        self.bystander = bystander
        self._log = log
        self._files = open_files()
        """With both ends of the bystander's connection, as the server is in this process."""

    def is_well(self, sessions=1):
        """Every session but the bystander's is gone, the bystander noticed nothing, and the server had no accident."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.server.sessions) != sessions:
            assert time.monotonic() < deadline, f"{len(self.server.sessions)} sessions are open, not {sessions}"
            time.sleep(0.0005)
        self.bystander.turn()
        accidents = [logging.Formatter().format(record) for record in self._log.records]
        self._log.records.clear()
        assert not accidents, "\n".join(accidents)

    def has_nothing_left(self, within_s=PATIENCE_S):
        """Nobody but the bystander is connected, and no file is open that was not before: what came is all gone."""
        deadline = time.monotonic() + within_s
        while True:
            left, files = len(self.server.connections()) - 1, open_files() - self._files
            if not left and not files:
                return
            assert time.monotonic() < deadline, f"{left} connections too many, and these files: {sorted(files)}"
            time.sleep(0.01)


@pytest.fixture
def fuzzed(serve, talk, monkeypatch):
    # Both ends draw the payloads of their pings from the global generator, from threads of this process, and Hypothesis
    # takes that for a strategy's doing.
    for module in ("uvicorn.protocols.websockets.websockets_sansio_impl", "websockets.sync.connection"):
        monkeypatch.setattr(f"{module}.random", random.Random(0))
    server = serve(max_sessions=8)
    log = ErrorLog()
    # uvicorn's own logger hands nothing on to the root.
    loggers = [logging.getLogger(), logging.getLogger("uvicorn.error")]
    for logger in loggers:
        logger.addHandler(log)
    try:
        bystander = Bystander(talk(f"{server.ws_url}/ws"))
        beside = Fuzzed(server, bystander, log)
        yield beside
        beside.is_well()
        bystander.rest_of_the_script()
        beside.has_nothing_left()
    finally:
        for logger in loggers:
            logger.removeHandler(log)
