"""Who may come in: token, origins, rates of an address, agents only. Each over HTTP and over the WebSocket."""

import hmac
import json
import time
from functools import partial
from types import SimpleNamespace

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from synth_audit_env.client import ServerRefusedError, SynthAuditEnv
from synth_audit_env.server.serving import guard, sessions
from synth_audit_env.server.serving.guard import address_of
from synth_audit_env.server.serving.sessions import Rate
from synth_audit_env.tests.conftest import rpc_request

TOKEN = "a-token-of-some-length"


def status(server, path, method="GET", **headers):
    answer = server.http.request(method, path, headers=headers)
    return answer.status_code, answer.json() if answer.headers.get("content-type") == "application/json" else None


def handshake(server, path="/ws", **headers):
    """The status of a WebSocket handshake: 101, or that of its refusal, with the sentence."""
    try:
        with connect(server.ws_url + path, additional_headers=headers, proxy=None):
            return 101, ""
    except InvalidStatus as refused:
        return refused.response.status_code, json.loads(refused.response.body)["detail"]


class TestToken:
    @pytest.fixture
    def guarded(self, serve):
        return serve(synth_audit_token=TOKEN)

    def test_health_alone_is_open(self, guarded):
        assert status(guarded, "/health")[0] == 200
        paths = [route.path for route in guarded.app.routes if "{" not in route.path]
        assert {"/ws", "/mcp", "/reset", "/schema", "/openapi.json"} <= set(paths)
        for path in paths:
            if path != "/health":
                assert status(guarded, path)[0] == 401, path
                assert status(guarded, path, "POST")[0] == 401, path
        for path in ("/ws", "/mcp", "/harness", "/ws/ui"):
            assert handshake(guarded, path) == (401, "A bearer token is needed: set SYNTH_AUDIT_TOKEN."), path

    def test_it_is_compared_in_constant_time(self, guarded, monkeypatch):
        """How long a refusal takes must not tell how many letters were right."""
        compared = []

        def spy(shown, wanted):
            compared.append((shown, wanted))
            return hmac.compare_digest(shown, wanted)

        monkeypatch.setattr(guard, "hmac", SimpleNamespace(compare_digest=spy))
        for shown, wanted_status in ((f"Bearer {TOKEN[:-1]}x", 401), (f"Bearer {TOKEN}", 200)):
            assert status(guarded, "/schema", Authorization=shown)[0] == wanted_status
            assert compared.pop() == (shown.removeprefix("Bearer ").encode(), TOKEN.encode())
        assert handshake(guarded)[0] == 401
        assert compared.pop() == (b"", TOKEN.encode())

    @pytest.mark.parametrize(
        ("shown", "is_right"),
        [
            # In any case, with any number of blanks after it (RFC 9110 and 6750).
            *[(f"{scheme} {TOKEN}", True) for scheme in ("Bearer", "bEaReR", "Bearer ")],
            *[(wrong, False) for wrong in ("", "Bearer", "Bearer x", TOKEN, f"Basic {TOKEN}", "Bearer ü")],
            *[(f"Bearer {wrong}", False) for wrong in (f"{TOKEN}x", TOKEN.upper())],
        ],
    )
    def test_the_token_is_the_only_one(self, guarded, shown, is_right):
        assert status(guarded, "/schema", Authorization=shown.encode())[0] == (200 if is_right else 401)
        assert handshake(guarded, Authorization=f"Bearer {TOKEN}")[0] == 101

    def test_the_client_shows_the_token_of_its_environment(self, guarded, monkeypatch):
        with pytest.raises(ServerRefusedError, match="A bearer token is needed: set SYNTH_AUDIT_TOKEN.") as told:
            SynthAuditEnv(base_url=guarded.url).sync().reset(seed=1)
        assert told.value.code == "401"
        monkeypatch.setenv("SYNTH_AUDIT_TOKEN", TOKEN)
        with SynthAuditEnv(base_url=guarded.url).sync() as env:
            assert env.reset(seed=1).observation.error is None
        with pytest.raises(ServerRefusedError, match="401"):
            SynthAuditEnv(base_url=guarded.url, headers={"authorization": "Bearer other"}).sync().reset(seed=1)


class TestOrigins:
    def test_pages_of_other_sites_are_refused_and_programs_are_not(self, server):
        assert handshake(server)[0] == 101
        assert handshake(server, Origin="https://elsewhere.example")[0] == 403
        assert status(server, "/mcp", "POST", Origin="https://elsewhere.example")[0] == 403
        for strange in ("null", "http://[::", "http://[x]", "file://", "http://"):
            assert handshake(server, Origin=strange)[0] == 403, strange
        assert handshake(server, Origin=server.url)[0] == 101

    def test_nothing_is_said_to_browsers_of_other_sites_unless_allowed(self, server, serve):
        asked = {"Origin": "https://lab.example", "Access-Control-Request-Method": "POST"}
        refused = server.http.options("/mcp", headers=asked)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        friendly = serve(allow_origin=("https://lab.example",), synth_audit_token=TOKEN)
        allowed = friendly.http.options("/mcp", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://lab.example"
        token = {"Authorization": f"Bearer {TOKEN}"}
        assert handshake(friendly, Origin="https://lab.example", **token)[0] == 101
        assert status(friendly, "/schema", Origin="https://elsewhere.example", **token)[0] == 403


@pytest.fixture
def no_time_passes(monkeypatch):
    """For rates: what is spent does not come back while a busy machine takes its time."""
    for module in (guard, sessions):
        monkeypatch.setattr(module, "Rate", partial(Rate, clock=lambda: 0.0))


class TestRates:
    def test_an_address_that_asks_too_often(self, serve, no_time_passes):
        server = serve(requests_per_second=2)
        answers = [server.http.get("/metadata") for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 200 in {answer.status_code for answer in answers}
        assert refused
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert status(server, "/health")[0] == 200
        assert any(handshake(server)[0] == 429 for _ in range(12))

    @pytest.mark.parametrize("path", ["/ws", "/mcp"])
    def test_messages_that_come_too_fast_wait_and_none_is_lost(self, serve, talk, path):
        server = serve(messages_per_second=20)
        opened = talk(server.ws_url + path)
        asked = {"/ws": {"type": "state"}, "/mcp": rpc_request("ping")}[path]
        began = time.monotonic()
        for _ in range(60):
            opened.send(asked)
        assert ["error" in opened.receive() for _ in range(60)] == [False] * 60
        # A lower bound, which a busy machine only lengthens: twenty in a second, twenty in the next, the rest after.
        assert time.monotonic() - began > 0.9

    @pytest.mark.parametrize("by", ["header", "params"])
    def test_requests_of_a_session_that_come_too_fast_are_refused(self, serve, by, no_time_passes):
        server = serve(messages_per_second=2)
        session_id = server.rpc("openenv/session/create").json()["result"]["session_id"]
        named = {"headers": {"Mcp-Session-Id": session_id}} if by == "header" else {"session_id": session_id}
        answers = [server.rpc("tools/list", **named) for _ in range(12)]
        early = [answer for answer in answers if answer.status_code == 429]
        assert early
        assert {answer.headers["retry-after"] for answer in early} == {"1"}
        assert len(early) < len(answers)

    def test_sessions_of_an_address(self, serve, talk):
        server = serve(sessions_per_address=2, max_sessions=10)
        first, second = talk(f"{server.ws_url}/ws"), talk(f"{server.ws_url}/ws")
        for opened in (first, second):
            opened.state()
        told = talk(f"{server.ws_url}/ws").receive()["data"]
        assert told["code"] == "CAPACITY_REACHED"
        assert told["message"].startswith("Your address is full: 2 of 2 sessions are in use.")
        full = server.rpc("initialize")
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        assert 'synth_audit_refusals_total{code="ADDRESS_LIMIT_REACHED"} 2.0' in server.http.get("/metrics").text
        first.send({"type": "close"})
        server.wait_for_sessions(1)
        assert talk(f"{server.ws_url}/ws").state()


class TestAgentsOnly:
    """A client that could choose an episode could play it to the end, read the truth, and play it again."""

    def test_tools_over_mcp_and_nothing_else(self, serve):
        server = serve(agent_only=True)
        opened = server.rpc("initialize", path="/mcp?task_id=oversight_easy")
        headers = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        call = {"name": "review_proposal", "arguments": {"proposal_id": "PROP-001"}}
        called = server.rpc("tools/call", headers=headers, **call).json()
        assert called["result"]["structuredContent"]["observation"]["steps_taken"] == 1
        for path in ("/ws", f"/ws?session_id={headers['Mcp-Session-Id']}", "/ws/ui", "/harness"):
            assert handshake(server, path) == (403, "This server serves agents only, through the tools of /mcp."), path
        for route in server.app.routes:
            path = route.path.replace("{env_name}", "synth_audit_env")
            is_for_agents = path in ("/health", "/ready", "/metrics", "/metadata", "/schema", "/mcp")
            for method in ("GET", "POST"):
                assert (status(server, path, method)[0] == 403) is not is_for_agents, path
        for method in ("reset", "step", "state"):
            assert "Method not found" in server.rpc(method).json()["error"]["message"]

    def test_an_agent_chooses_no_episode_and_begins_no_second_one(self, serve, talk):
        server = serve(agent_only=True)
        for chosen in (
            {"seed": 42},
            {"split": "reference"},
            {"split": "test", "index": 0},
            {"episode_id": "mine"},
            {"task_id": "oversight_adaptive", "level": "easy", "error_types": "age_boundary_error"},
        ):
            query = "&".join(f"{name}={value}" for name, value in chosen.items())
            posted = server.rpc("openenv/session/create", **chosen).json()
            for refused in (posted, talk(f"{server.ws_url}/mcp?{query}").receive()):
                assert "draws the episode itself: leave out" in refused["error"]["message"]
        assert len(server.sessions) == 0
        opened = talk(f"{server.ws_url}/mcp?task_id=oversight_easy")
        first = opened.rpc("openenv/session/create")["result"]
        again = opened.rpc("openenv/session/create", task_id="oversight_hard", seed=7)["result"]
        assert again == first
        assert again["observation"]["task_id"] == "oversight_easy"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),  # an IPv4 client of a socket that takes both
    ],
)
def test_addresses(host, address):
    assert address_of({"client": (host, 1)}) == address
    assert address_of({"client": None}) == address_of({}) == ""
