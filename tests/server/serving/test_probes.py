"""/ready and /metrics, on a small application over the real sessions."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving.limits import RETRY_AFTER_S
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.probes import probe_routes
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


@pytest.fixture
def metrics():
    return Metrics(limit=2)


@pytest.fixture
def sessions(metrics):
    return Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None, listeners=[metrics])


@pytest.fixture
def app(sessions, metrics):
    app = FastAPI()
    app.include_router(probe_routes(sessions, metrics))
    return app


@pytest.fixture
async def http(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_a_probe_may_ask_for_the_head_alone(server, path):
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        head, whole = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
        if path == "/health":  # what the others tell changes
            assert int(head.headers["content-length"]) == len(whole.content)
        assert client.get("/openapi.json").json()["paths"][path].keys() == {"get"}


class TestReady:
    async def test_while_a_slot_is_free(self, http, sessions):
        sessions.open()
        answer = await http.get("/ready")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "sessions": 1, "limit": 2}
        assert "Retry-After" not in answer.headers

    async def test_not_on_a_full_server_and_again_when_a_session_has_ended(self, http, sessions):
        _, last = sessions.open(), sessions.open()
        answer = await http.get("/ready")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == str(RETRY_AFTER_S)
        assert answer.json() == {"status": "full", "sessions": 2, "limit": 2}
        sessions.close(last)
        assert (await http.get("/ready")).status_code == 200


class TestMetrics:
    async def test_what_was_played_is_in_the_format_of_prometheus(self, http, sessions):
        session = sessions.open()
        await session.reset({"seed": 3, "task_id": "oversight_easy"})
        session.step(SynthAuditAction(action_type="submit_audit_report", report="-"))
        answer = await http.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert answer.headers["Content-Type"].endswith("; charset=utf-8")
        read = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
        assert read["synth_audit_sessions"][0].value == 1
        assert sum(sample.value for sample in read["synth_audit_episodes_finished"] if "_total" in sample.name) == 1
