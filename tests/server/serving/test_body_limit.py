"""The bodies of HTTP requests: how long, how strict, and passed on as they came."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.body_limit import BodyLimit
from synth_audit_env.tests.patience import PATIENCE_S

TWICE = b'{"a": 1, "a": 2}'


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type=request.headers.get("content-type"))


async def form(request: Request) -> Response:
    async with request.form() as fields:
        upload = fields["file"]
        assert not isinstance(upload, str)
        return JSONResponse({"name": upload.filename, "size": upload.size})


async def stream(request: Request) -> Response:
    """Ends when the client has left, as routes with server-sent events do."""

    async def ticks():
        while not await request.is_disconnected():
            yield b"tick\n"
            await asyncio.sleep(0.001)

    return StreamingResponse(ticks())


routes = [Route(f"/{call.__name__}", call, methods=["GET", "POST"]) for call in (echo, form, stream)]
counted: list[str] = []
app = BodyLimit(Starlette(routes=[*routes, Route("/mcp", echo, methods=["POST"])]), refused=counted.append)


async def post(path: str, **request: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post(path, **request)


async def test_a_body_in_pieces_is_counted_and_joined(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_MESSAGE", 1_000)

    async def pieces(count):
        for _ in range(count):
            yield b"x" * 100

    told = await post("/echo", content=pieces(10))
    assert told.status_code == 422, "x is no JSON, and without a type that is what it is taken for"
    told = await post("/echo", content=pieces(10), headers={"Content-Type": "text/plain"})
    assert told.content == b"x" * 1_000
    told = await post("/echo", content=pieces(11), headers={"Content-Type": "text/plain"})
    assert (told.status_code, told.json()) == (413, {"detail": "The body of a request may have 1000 bytes at most."})
    assert counted[-1] == "413"


async def test_json_is_what_a_route_would_read_as_json():
    strict = ("application/json", "application/json; charset=utf-16", "APPLICATION/JSON", "application/ld+json")
    for kind in strict:
        assert (await post("/echo", content=TWICE, headers={"Content-Type": kind})).status_code == 422, kind
    assert (await post("/echo", content=TWICE)).status_code == 422
    for kind in ("text/plain", "application/octet-stream", "text/json"):
        assert (await post("/echo", content=TWICE, headers={"Content-Type": kind})).status_code == 200, kind


async def test_mcp_reads_for_itself():
    assert (await post("/mcp", content=TWICE, headers={"Content-Type": "application/json"})).content == TWICE


async def test_a_file_is_no_json():
    told = await post("/form", files={"file": ("twice.json", TWICE, "application/json")})
    assert told.json() == {"name": "twice.json", "size": len(TWICE)}


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


async def test_what_comes_after_the_body_takes_as_long_as_it_takes(monkeypatch):
    monkeypatch.setattr(limits, "BODY_WITHIN_S", 0.05)

    async def slow(scope, receive, send):
        await asyncio.sleep(0.2)
        await JSONResponse("done")(scope, receive, send)

    limited = BodyLimit(slow, refused=counted.append)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://test") as client:
        assert (await client.post("/echo", content=b"")).status_code == 200


@pytest.mark.parametrize("body", [b"null", b"[]", b'"seed"', b'{"seed": true}', b'{"seed": "5"}', b'{"seed": 5.0}'])
def test_a_reset_that_openenv_would_read_as_another_is_refused_in_a_sentence(server, body):
    """The last three were the seeds 1, 5 and 5."""
    answer = server.http.post("/reset", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    seed = "seed must be a whole number from 0 to 9223372036854775807, not "
    sentence = seed if b"{" in body else "The body of a reset must be an object with its options."
    assert answer.json()["detail"].startswith(sentence)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"seed": null}', b'{"seed": 5}'])
def test_a_reset_that_leaves_out_what_it_may_is_one(server, body):
    answer = server.http.post("/reset", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_true_is_no_seed_on_any_way_in(server, talk):
    sentence = "seed must be a whole number from 0 to 9223372036854775807, not True."
    assert talk(f"{server.ws_url}/ws").reset(seed=True)["data"]["message"] == sentence
    assert server.rpc("openenv/session/create", seed=True).json()["error"]["message"] == sentence
    told = talk(f"{server.ws_url}/mcp?seed=true").receive()["error"]["message"]
    assert told == sentence.replace("True", "'true'")


async def test_a_route_that_streams_learns_that_the_client_has_left():
    sent = await conversation({"type": "http.request", "body": b"", "more_body": False}, path="/stream")
    assert sent[0]["status"] == 200
