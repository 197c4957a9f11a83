"""A connection on which no request comes to its end is given up; any other is not. The clock is the test's."""

import asyncio

import pytest

from synth_audit_env.server.application import UVICORN_OPTIONS
from synth_audit_env.server.serving.limits import HEAD_WITHIN_S, REST_WITHIN_S
from synth_audit_env.tests.server.fuzz.frames import FIN, PING, frame
from synth_audit_env.tests.server.serving.wire import Peer, until

SOON, LATE = HEAD_WITHIN_S / 2, HEAD_WITHIN_S + 1
HALF = b"GET /health HTTP/1.1\r\nHost: "
REQUEST = HALF + b"here\r\n\r\n"
LONG = REQUEST[:-2] + b"Content-Length: 900000\r\n\r\n"
CHUNKED = REQUEST[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"


class LatePeer(Peer):
    """A client of an application that answers at once, unless it is told to wait, and reads no body."""

    def __init__(self):
        super().__init__(self)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        loop = asyncio.get_running_loop()
        self.passed, clock = 0.0, loop.time
        loop.time = lambda: clock() + self.passed

    async def __call__(self, scope, receive, send):
        await self.may_answer.wait()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
        else:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    async def later(self, seconds):
        """Let so much time pass."""
        self.passed += seconds
        for _ in range(10):
            await asyncio.sleep(0)

    async def ask(self, data=REQUEST):
        """Send a request, and wait for its answer."""
        before = self.answers()
        await self.send(data)
        await until(lambda: self.answers() > before)

    def answers(self):
        return self.wire.written.count(b"HTTP/1.1 200")


@pytest.fixture
async def client(monkeypatch):
    # uvicorn's own clock for a silent connection runs for ever, so that ours alone can end one.
    monkeypatch.setitem(UVICORN_OPTIONS, "timeout_keep_alive", 1e9)
    return LatePeer()


@pytest.mark.parametrize("asked_before", [False, True])
@pytest.mark.parametrize("said", [b"", b"GET ", HALF, REQUEST[:-2]])
async def test_a_request_that_never_comes_to_its_end(client, said, asked_before):
    """Whether or not an answer came before it: uvicorn's own clock stops at the first byte that comes."""
    if asked_before:
        await client.later(SOON)
        await client.ask()
    await client.send(said)
    await client.later(SOON)
    assert not client.wire.aborted
    await client.send(b"" if said.endswith(b"\r\n") else said[-1:])  # a further byte changes nothing
    await client.later(LATE - SOON)
    assert client.wire.aborted


@pytest.mark.parametrize(("head", "more"), [(LONG, b"x"), (CHUNKED, b"1\r\nx\r\n")])
async def test_a_body_that_an_answer_did_not_wait_for_is_read_for_a_moment(client, head, more):
    await client.ask(head)
    await client.send(more)
    await client.later(REST_WITHIN_S / 2)
    await client.send(more)
    assert not client.wire.aborted
    await client.later(REST_WITHIN_S)
    assert client.wire.aborted


async def test_a_body_that_comes_to_its_end_in_that_moment(client):
    await client.ask(CHUNKED)
    await client.send(b"1\r\nx\r\n0\r\n\r\n")
    await client.later(REST_WITHIN_S + 1)
    await client.ask()
    assert not client.wire.aborted


async def test_requests_one_after_another_in_halves_and_too_early(client):
    for _ in range(4):
        await client.send(HALF)
        await client.later(SOON)
        await client.ask(REQUEST[len(HALF) :])
    await client.send(REQUEST * 2)
    await until(lambda: client.answers() == 6)
    assert not client.wire.aborted


async def test_an_answer_that_takes_longer(client):
    client.may_answer.clear()
    await client.send(REQUEST)
    await client.later(LATE)
    client.may_answer.set()
    await until(client.answers)
    assert not client.wire.aborted


async def test_an_answer_that_is_still_being_read(client, monkeypatch):
    await client.ask()
    with monkeypatch.context() as patch:
        patch.setattr(client.wire, "get_write_buffer_size", lambda: 1)
        await client.send(HALF)
        await client.later(LATE)
        assert not client.wire.aborted
    await client.later(LATE)
    assert client.wire.aborted


@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_websocket_that_is_silent(client, asked_before):
    if asked_before:
        await client.ask()
    await client.shake_hands()
    await client.later(LATE)
    await client.send(frame(FIN | PING))
    await until(lambda: client.wire.written == b"\x8a\x00")
    assert not client.wire.aborted
