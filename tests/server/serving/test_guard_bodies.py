"""The bodies of HTTP requests: how long, how strict, how many bytes together, and passed on as they came."""

import asyncio
import socket
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.guard import Guard
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.tests.patience import PATIENCE_S


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type=request.headers.get("content-type"))


counted: list[str] = []
app = Guard(
    Starlette(routes=[Route(path, echo, methods=["POST"]) for path in ("/echo", "/mcp")]),
    Settings(),
    refused=counted.append,
)


async def post(path: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post(path, **request)


async def test_a_body_in_pieces_is_counted_and_joined(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_MESSAGE", 1_000)

    async def pieces(count):
        for _ in range(count):
            yield b"x" * 100

    assert (await post("/echo", content=pieces(10))).status_code == 422, "x is no JSON"
    assert (await post("/mcp", content=pieces(10))).content == b"x" * 1_000
    told = await post("/mcp", content=pieces(11))
    assert (told.status_code, told.json()) == (413, {"detail": "The body of a request may have 1000 bytes at most."})
    assert counted[-1] == "413"


async def conversation(*messages: dict[str, Any], path: str = "/echo", leaves: bool = True) -> list[Any]:
    """What is sent in answer to ASGI's messages, after which the client leaves, or says nothing more."""
    left, sent = [*messages], []

    async def receive():
        if left:
            return left.pop(0)
        return {"type": "http.disconnect"} if leaves else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    await asyncio.wait_for(app(scope, receive, send), PATIENCE_S)
    return sent


async def test_a_client_that_leaves_in_the_middle_is_not_answered():
    assert await conversation({"type": "http.request", "body": b"{", "more_body": True}) == []


async def test_a_body_that_does_not_come_to_its_end_in_time(monkeypatch):
    monkeypatch.setattr(limits, "BODY_WITHIN_S", 0.05)
    sent = await conversation({"type": "http.request", "body": b"{", "more_body": True}, leaves=False)
    assert sent[0]["status"] == 408
    assert sent[1]["body"] == b'{"detail":"The body of a request has to come within 0.05 s."}'
    assert counted[-1] == "408"


@pytest.mark.parametrize("body", [b"null", b"[]", b'"seed"', b'{"seed": true}', b'{"seed": "5"}', b'{"seed": 5.0}'])
def test_a_reset_that_openenv_would_read_as_another_is_refused_in_a_sentence(server, body):
    """The last three were the seeds 1, 5 and 5."""
    answer = server.http.post("/reset", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    seed = "seed must be a whole number from 0 to 9223372036854775807, not "
    sentence = seed if b"{" in body else "The body of a reset must be an object with its options."
    assert answer.json()["detail"].startswith(sentence)


def test_true_is_no_seed_on_any_way_in(server, talk):
    sentence = "seed must be a whole number from 0 to 9223372036854775807, not True."
    assert talk(f"{server.ws_url}/ws").reset(seed=True)["data"]["message"] == sentence
    assert server.rpc("openenv/session/create", seed=True).json()["error"]["message"] == sentence
    told = talk(f"{server.ws_url}/mcp?seed=true").receive()["error"]["message"]
    assert told == sentence.replace("True", "'true'")


async def test_large_bodies_that_do_not_end_are_bounded_together_and_small_ones_come_through(monkeypatch):
    """400 of 2 MiB without a token held half a gigabyte for as long as they were waited for."""
    monkeypatch.setattr(limits, "SMALL_BODY", 10)
    monkeypatch.setattr(limits, "LARGE_BODIES", 100)
    half = {"type": "http.request", "body": b"[" * 40, "more_body": True}
    waiting = [asyncio.create_task(conversation(half, leaves=False)) for _ in range(2)]
    await asyncio.sleep(0)
    try:
        refused = await conversation(half, leaves=False)
        assert (refused[0]["status"], counted[-1]) == (503, "503")
        assert (b"retry-after", b"5") in refused[0]["headers"]
        assert (await post("/echo", content=b"[1]")).status_code == 200
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert app._held == 0
    assert (await post("/echo", content=b'"' + b"x" * 90 + b'"')).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/step"])
def test_a_request_of_two_lengths_is_refused_and_the_connection_closed(server, path):
    """RFC 9112: what one reader takes for the end of the body, another takes for the next request."""
    lengths = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    came = b""
    with socket.create_connection((server.host, server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: here\r\n%sGET /health HTTP/1.1\r\n" % (path.encode(), lengths))
        while part := connection.recv(65_536):
            came += part
    assert came.startswith(b"HTTP/1.1 400")
    assert came.count(b"HTTP/1.1") == 1
    assert b"Content-Length or Transfer-Encoding, not both" in came
