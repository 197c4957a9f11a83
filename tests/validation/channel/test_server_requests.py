"""No route of the server is left unread, one that is added shows, and what is asked is answered."""

import pytest

from synth_audit_env.server import application
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.validation.channel.server_requests import COUNTING, documents, requests_of, routes_of, unread


@pytest.fixture
def built():
    return application.build_app(Settings())


def test_the_task_api_and_the_end_of_a_session_are_read(built):
    assert unread(routes_of(built)) == []
    asked = {(one.method, one.path) for one in requests_of(routes_of(built))}
    assert {
        ("POST", f"/{application.ENV_NAME}/{name}") for name in ("tasks", "task", "num_tasks", "task_range")
    } <= asked
    assert {("DELETE", "/mcp"), ("GET", "/schema"), ("GET", "/docs"), ("POST", "/step")} <= asked


def test_a_route_that_is_added_shows(built):
    def added(proposal_id: str = ""):
        """Answers anything."""

    built.get("/extra")(added)  # it can be asked for as it is
    built.post("/labels")(added)
    built.get("/labels/{proposal_id}")(added)
    built.websocket("/listen")(added)
    assert unread(routes_of(built)) == ["GET /labels/{proposal_id}", "POST /labels", "WEBSOCKET /listen"]


def test_what_is_asked_is_answered(server, built):
    requests = list(requests_of(routes_of(built)))
    read = documents(server.url, requests)
    assert {answer.split()[1] for answer in read.values()} == {b"200", b"307", b"400", b"404", b"422"}
    schema = next(answer for request, answer in read.items() if request.path == "/schema")
    assert b"SynthAuditState" in schema
    again = documents(server.url, requests)
    assert {one.path for one in requests if read[one] != again[one]} <= set(COUNTING)
