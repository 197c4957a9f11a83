"""What the fuzzing notices and what it overlooks.

It overlooks two things in a server's log that clients do and the server logs as errors, and no others. It notices any
connection and any file that stays open.
"""

import logging
import socket

import h11
import pytest

from synth_audit_env.tests.patience import wait_until
from synth_audit_env.tests.server.fuzz.conftest import is_the_clients


def logged(message, problem=None):
    exc_info = (type(problem), problem, None) if problem else None
    return logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, message, (), exc_info)


def after(*events):
    """What h11 raises when a server sends these events, having been asked for something."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    connection.next_event()
    *before, last = events
    for event in before:
        connection.send(event)
    with pytest.raises(h11.LocalProtocolError) as raised:
        connection.send(last)
    return raised.value


OK = h11.Response(status_code=200, headers=[])
FIVE_BYTES = h11.Response(status_code=200, headers=[("Content-Length", "5")])
NOT_UTF8 = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


def test_an_answer_of_ours_after_uvicorns_own_is_the_clients_doing():
    assert is_the_clients(logged("Exception", after(OK, h11.EndOfMessage(), OK)))


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([OK, OK], id="begun twice"),
        pytest.param([FIVE_BYTES, h11.EndOfMessage()], id="short"),
        pytest.param([h11.Data(data=b"x")], id="not begun"),
    ],
)
def test_other_errors_of_h11_are_ours(events):
    assert not is_the_clients(logged("Exception", after(*events)))


def test_text_that_is_none_is_the_clients_and_other_errors_are_ours():
    assert is_the_clients(logged("Invalid UTF-8 sequence received from client.", NOT_UTF8))
    assert not is_the_clients(logged("Exception in ASGI application", RuntimeError("ours")))


def test_a_connection_that_stays_is_noticed(fuzzed):
    address = (fuzzed.server.host, fuzzed.server.port)
    with socket.create_connection(address):
        wait_until(lambda: len(fuzzed.server.connections()) == 2, "the server has not taken it")
        with pytest.raises(AssertionError, match="1 connections too many"):
            fuzzed.has_nothing_left(within_s=0.1)


def test_a_file_that_stays_open_is_noticed(fuzzed, tmp_path):
    with (tmp_path / "left").open("w"), pytest.raises(AssertionError, match="0 connections too many.*left"):
        fuzzed.has_nothing_left(within_s=0.1)
