"""/ready and /metrics, on a small application over the real sessions."""

import httpx
import pytest
from fastapi import FastAPI

from synth_audit_env.server.serving.limits import RETRY_AFTER_S
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.routes import routes
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


@pytest.fixture
def sessions():
    return Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None, listeners=[Metrics(limit=2)])


@pytest.fixture
async def http(sessions):
    app = FastAPI()
    app.include_router(routes(sessions, *sessions.listeners))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_a_probe_may_ask_for_the_head_alone(server, path):
    client = server.http
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    if path == "/health":  # what the others tell changes
        assert int(head.headers["content-length"]) == len(whole.content)
    assert client.get("/openapi.json").json()["paths"][path].keys() == {"get"}


class TestReady:
    async def test_not_on_a_full_server_and_again_when_a_session_has_ended(self, http, sessions):
        for status, told in ((200, "ready"), (503, "full")):
            last = sessions.open()
            answer = await http.get("/ready")
            assert answer.status_code == status
            assert answer.json() == {"status": told, "sessions": len(sessions), "limit": 2}
            assert answer.headers.get("Retry-After") == (str(RETRY_AFTER_S) if told == "full" else None)
        sessions.close(last)
        assert (await http.get("/ready")).status_code == 200


def test_no_page_of_the_server_loads_a_script_from_elsewhere(server):
    """FastAPI's own /docs and /redoc do."""
    told = server.http.get("/docs")
    assert (told.status_code, told.headers["location"]) == (307, "openapi.json")
    assert server.http.get("/redoc").status_code == 404
