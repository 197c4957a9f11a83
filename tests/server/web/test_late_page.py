"""The server answers before its page is built; /web says that it is not there yet, or that it never will be."""

import asyncio
import os
import sys
import threading

import httpx
import pytest
from fastapi import FastAPI

from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server.web.late_page import RETRY_AFTER_S, LatePage
from synth_audit_env.tests.web_server import wait_for_the_page

HELD = """
import os, sys
from synth_audit_env.server import app
from synth_audit_env.server.web import page

tab, held = page.audit_tab, int(sys.argv.pop(1))

def waiting_tab(visitors):
    os.read(held, 1)
    tab(visitors)

page.audit_tab = waiting_tab
app.main()
"""
"""A server that is not through with its page until something is written to it."""


def test_the_server_serves_while_its_page_is_still_being_built(talk):
    pytest.importorskip("gradio")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    held, release = os.pipe()
    command = [sys.executable, "-c", HELD, str(held), "--port", str(port)]
    env = {**os.environ, "ENABLE_WEB_INTERFACE": "true"}
    # It cannot answer later than the page is there, since the page waits for this test.
    with running(command, url, env=env, pass_fds=(held,)), httpx.Client(base_url=url, trust_env=False) as client:
        for method, path in (("GET", "/web"), ("GET", "/web/"), ("GET", "/"), ("POST", "/web/reset")):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(RETRY_AFTER_S))
            assert f'http-equiv="refresh" content="{RETRY_AFTER_S}"' in answer.text
        assert talk(f"ws://127.0.0.1:{port}/ws").reset(seed=1)["type"] == "observation"
        assert "/web/reset" not in client.get("/openapi.json").json()["paths"]
        os.write(release, b"x")
        wait_for_the_page(url)
        assert "SynthAudit" in client.get("/web/").text
        assert client.get("/", follow_redirects=True).url.path == "/web/"
        assert "/web/reset" in client.get("/openapi.json").json()["paths"]
        assert client.get("/health").status_code == 200
    for end in (held, release):
        os.close(end)


@pytest.fixture
def serving():
    """A call with an application whose page is built so."""

    async def served(build, look):
        app = FastAPI()
        app.add_api_route("/health", lambda: "lives")
        LatePage(app, build)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://here") as client,
        ):
            return await look(client)

    return served


async def until(client, told):
    while told not in (answer := await client.get("/web/")).text:
        assert answer.status_code == 503
        await asyncio.sleep(0.01)
    return answer


async def test_a_page_that_cannot_be_built_is_a_sentence_and_the_log_says_why(serving, caplog):
    async def look(client):
        answer = await until(client, "could not be built")
        assert answer.status_code == 503
        assert "Retry-After" not in answer.headers
        assert "refresh" not in answer.text
        assert "/srv/secret" not in answer.text
        assert (await client.get("/health")).json() == "lives"

    def build():
        raise OSError("/srv/secret")

    await serving(build, look)
    (record,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert "/srv/secret" in str(record.exc_info[1])


async def test_the_page_takes_the_place_of_the_note_and_nothing_else_of_what_was_built(serving):
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def build():
        page = FastAPI()
        for path in ("/web/", "/webs", "/health", "/reset"):
            page.add_api_route(path, lambda: "of the page")
        page.router.on_startup.append(begun.set)
        page.router.on_shutdown.append(lambda: ended.append(True))
        go_on.wait()
        return page

    async def look(client):
        assert (await client.get("/web/")).status_code == 503
        go_on.set()
        await until(client, "of the page")
        assert begun.is_set()
        assert (await client.get("/health")).json() == "lives"
        assert [(await client.get(path)).status_code for path in ("/webs", "/reset", "/web/none")] == [404, 404, 404]

    await serving(build, look)
    assert ended == [True]
