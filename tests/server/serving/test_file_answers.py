"""A file as an answer: whole, in part, or not at all."""

import os

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from synth_audit_env.server.serving.file_answers import MOST_AT_ONCE, PIECE, answer_with

CONTENT = bytes(range(100))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
async def http(path):
    app = Starlette(routes=[Route("/", lambda request: answer_with(path, request))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=90-", 90, 100),
        ("bytes=-3", 97, 100),
        ("bytes=-1000", 0, 100),
        ("bytes=99-5000", 99, 100),
        ("bytes=0-0", 0, 1),
    ],
)
async def test_a_part(http, asked, start, stop):
    answer = await http.get("/", headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/100"
    assert answer.headers["content-length"] == str(stop - start)
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=5000-6000", "bytes=-0", f"bytes={'9' * 19}-"])
async def test_a_part_that_is_not_there(http, asked):
    answer = await http.get("/", headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */100")


@pytest.mark.parametrize(
    "asked",
    ["bytes=9-1", "bytes=0-1,5-6", "bytes=" + "0-," * 5_000, "lines=1-2", "bytes=-", "bytes=a-b", "", "9" * 99],
)
async def test_what_is_no_single_range_is_passed_over(http, asked):
    answer = await http.get("/", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_a_part_of_a_file_that_has_changed_is_the_whole(http):
    etag = (await http.get("/")).headers["etag"]
    part = {"Range": "bytes=0-9"}
    assert (await http.get("/", headers={**part, "If-Range": etag})).status_code == 206
    assert (await http.get("/", headers={**part, "If-Range": '"other"'})).status_code == 200


async def test_a_large_file_comes_in_pieces_and_with_what_it_has_grown_left_out(path):
    large = os.urandom(PIECE) * (MOST_AT_ONCE // PIECE + 1)
    path.write_bytes(large)
    sent = []

    async def send(message):
        if not sent:
            with path.open("ab") as file:
                file.write(b"more")
        sent.append(message)

    async def receive():
        raise AssertionError("nothing is waited for")

    def asked(request):
        return answer_with(path, request)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    await Route("/", asked).app({**scope, "asgi": {"spec_version": "2.4"}}, receive, send)
    length = dict(sent[0]["headers"])[b"content-length"]
    body = b"".join(message["body"] for message in sent[1:])
    assert (int(length), body) == (len(large), large)
    assert max(len(message["body"]) for message in sent[1:]) == PIECE


async def test_of_a_large_file_the_head_alone_reads_nothing(http, path):
    path.write_bytes(b"x" * (MOST_AT_ONCE + 1))
    answer = await http.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(MOST_AT_ONCE + 1)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
async def test_what_is_no_file(http, path, kind):
    path.unlink()
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    answer = await http.get("/")
    assert (answer.status_code, answer.text) == (404, "There is no such file.")
