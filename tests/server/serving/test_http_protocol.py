"""A connection on which no request comes to its end is given up; any other is not."""

import asyncio
import socket
import time

import pytest

from synth_audit_env.server.app import UVICORN_OPTIONS
from synth_audit_env.server.serving import limits
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.conftest import HANDSHAKE
from synth_audit_env.tests.patience import PATIENCE_S

WITHIN_S = 0.4
LONGER_S = 2.0
"""Where a busy machine may take its time over what the client does."""
HALF = b"GET /health HTTP/1.1\r\nHost: "
REQUEST = HALF + b"127.0.0.1\r\n\r\n"
PING, PONG = b"\x89\x80" + bytes(4), b"\x8a\x00"


class Slow(SynthAuditEnvironment):
    """Takes longer over an episode than the server waits for a request."""

    async def reset_async(self, *args, **options):
        await asyncio.sleep(3 * WITHIN_S)
        return await super().reset_async(*args, **options)


@pytest.fixture
def connect(serve, monkeypatch):
    """Open a TCP connection to a server that waits for requests for a short time: `connect()`."""
    monkeypatch.setattr(limits, "HEAD_WITHIN_S", WITHIN_S)
    # uvicorn's own clock for a silent connection runs for ever, so that ours alone can end one.
    monkeypatch.setitem(UVICORN_OPTIONS, "timeout_keep_alive", PATIENCE_S)
    server = serve(environment=Slow)
    opened = []

    def connection():
        opened.append(socket.create_connection((server.host, server.port), timeout=PATIENCE_S))
        return opened[-1]

    connection.server = server
    yield connection
    for one in opened:
        one.close()


def answer(connection):
    """One answer, of which the length is declared."""
    came = b""
    while b"\r\n\r\n" not in came:
        came += connection.recv(4096) or pytest.fail("the connection was closed")
    head, _, body = came.partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65_536) or pytest.fail("the connection was closed")
    return head.split()[1]


def drip(connection, byte):
    """Send a byte again and again, until the server ends it."""
    while True:
        connection.sendall(byte)
        time.sleep(WITHIN_S / 10)


def is_given_up(connection):
    """Whether the server ends it, which no timeout of the socket does."""
    try:
        return connection.recv(4096) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET ", HALF, REQUEST[:-2]])
def test_a_request_that_never_comes_to_its_end(connect, said):
    began, connection = time.monotonic(), connect()
    connection.sendall(said)
    assert is_given_up(connection)
    assert time.monotonic() - began >= WITHIN_S


def test_a_request_that_comes_byte_by_byte(connect):
    connection = connect()
    with pytest.raises(ConnectionError):
        drip(connection, b"G")


@pytest.mark.parametrize("said", [HALF, b""])
def test_half_a_request_after_an_answer(connect, said):
    """uvicorn's own clock for a silent connection stops at the first byte that comes."""
    connection = connect()
    connection.sendall(REQUEST)
    assert answer(connection) == b"200"
    connection.sendall(said)
    assert is_given_up(connection)


def test_a_body_that_goes_on_after_its_answer(connect):
    connection = connect()
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n\r\n")
    assert answer(connection) == b"200"
    with pytest.raises(ConnectionError):
        drip(connection, b"x")


def test_a_body_that_an_answer_did_not_wait_for_is_read_for_a_moment(connect, monkeypatch):
    monkeypatch.setattr(limits, "HEAD_WITHIN_S", 60.0)
    monkeypatch.setattr(limits, "REST_WITHIN_S", WITHIN_S)
    in_time, late = connect(), connect()
    for connection in (in_time, late):
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert answer(connection) == b"200"
    in_time.sendall(b"1\r\nx\r\n0\r\n\r\n")
    with pytest.raises(ConnectionError):
        drip(late, b"1\r\nx\r\n")
    in_time.sendall(REQUEST)
    assert answer(in_time) == b"200"


def test_one_request_after_another(connect, monkeypatch):
    monkeypatch.setattr(limits, "HEAD_WITHIN_S", LONGER_S)
    connection = connect()
    for _ in range(8):
        connection.sendall(REQUEST)
        assert answer(connection) == b"200"
        time.sleep(LONGER_S / 7)


def test_a_request_in_two_halves_and_one_that_comes_too_early(connect, monkeypatch):
    monkeypatch.setattr(limits, "HEAD_WITHIN_S", LONGER_S)
    connection, came = connect(), b""
    connection.sendall(HALF)
    time.sleep(WITHIN_S / 4)
    connection.sendall(REQUEST[len(HALF) :] + REQUEST)
    while came.count(b"HTTP/1.1 200") < 2:
        came += connection.recv(65_536) or pytest.fail("the connection was closed")


def test_an_answer_that_takes_longer(connect):
    body = b'{"seed": 1}'
    connection = connect()
    connection.sendall(
        b"POST /reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    assert answer(connection) == b"200"


def test_an_answer_that_is_still_being_read(connect, monkeypatch):
    connection = connect()
    connection.sendall(REQUEST)
    assert answer(connection) == b"200"
    (opened,) = connect.server.connections()
    with monkeypatch.context() as patch:
        patch.setattr(opened.transport, "get_write_buffer_size", lambda: 1)
        connection.sendall(HALF)
        connection.settimeout(3 * WITHIN_S)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    connection.settimeout(PATIENCE_S)
    assert is_given_up(connection)


def test_a_websocket_that_is_silent(connect):
    connection = connect()
    connection.sendall(HANDSHAKE.format(path="/ws", host="127.0.0.1").encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 101")
    time.sleep(3 * WITHIN_S)
    connection.sendall(PING)
    assert connection.recv(2) == PONG


def test_a_websocket_on_a_connection_that_was_used_before(connect):
    connection = connect()
    connection.sendall(REQUEST)
    assert answer(connection) == b"200"
    connection.sendall(HANDSHAKE.format(path="/ws", host="127.0.0.1").encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 101")
    time.sleep(3 * WITHIN_S)
    connection.sendall(PING)
    assert connection.recv(2) == PONG
