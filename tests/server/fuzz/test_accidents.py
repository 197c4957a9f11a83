"""What the fuzzing notices and what it overlooks.

It overlooks two things in a server's log that clients do and the server logs as errors, and no others. It notices any
connection and any file that stays open.
"""

import logging
import socket

import pytest
from h11 import LocalProtocolError

from synth_audit_env.tests.patience import wait_until
from synth_audit_env.tests.server.fuzz.conftest import ANSWERED_ALREADY, NOT_UTF8, is_the_clients


@pytest.mark.parametrize(
    ("message", "problem", "overlooked"),
    [
        (NOT_UTF8, UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), True),
        ("Exception", LocalProtocolError(ANSWERED_ALREADY), True),
        ("Exception", LocalProtocolError("Too little data for declared Content-Length"), False),
        ("Exception in ASGI application", RuntimeError("ours"), False),
    ],
)
def test_what_a_client_has_done_is_overlooked_and_nothing_else(message, problem, overlooked):
    exc_info = (type(problem), problem, None)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, message, (), exc_info)
    assert is_the_clients(record) is overlooked


def test_a_connection_that_stays_is_noticed(fuzzed):
    with socket.create_connection((fuzzed.server.host, fuzzed.server.port)):
        wait_until(lambda: len(fuzzed.server.connections()) == 2, "the server has not taken it")
        with pytest.raises(AssertionError, match="1 connections too many"):
            fuzzed.has_nothing_left(within_s=0.1)


def test_a_file_that_stays_open_is_noticed(fuzzed, tmp_path):
    with (tmp_path / "left").open("w"), pytest.raises(AssertionError, match="0 connections too many.*left"):
        fuzzed.has_nothing_left(within_s=0.1)
