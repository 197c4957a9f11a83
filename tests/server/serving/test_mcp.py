"""The eight tools over MCP: the same referee, for MCP's clients, for openenv's, and over both sockets."""

import asyncio
import json
import socket

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from websockets.exceptions import ConnectionClosed

from synth_audit_env.client import SynthAuditEnv
from synth_audit_env.models import ACTION_TYPES, MAX_ID, MAX_REASON
from synth_audit_env.server.serving.mcp_requests import options_of_address
from synth_audit_env.server.serving.ws_messages import MESSAGES
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.conftest import rpc_request
from synth_audit_env.tests.patience import PATIENCE_S


@pytest.fixture
def rpc(server):
    """POST a request; returns the JSON of its answer."""
    return lambda method, **params: server.rpc(method, **params).json()


@pytest.fixture
def session(rpc):
    """A session with a known episode, by its id."""
    opened = rpc("openenv/session/create", task_id="oversight_easy", seed=42)["result"]
    yield opened["session_id"]
    rpc("openenv/session/close", session_id=opened["session_id"])


def call(rpc, session, name, **arguments):
    answer = rpc("tools/call", session_id=session, name=name, arguments=arguments)
    return answer["result"]


class TestTools:
    def test_a_call_is_a_step_of_the_same_referee(self, server, rpc, session):
        """Action by action the same observation, reward and count as over /ws."""
        steps = [
            ("review_proposal", {"proposal_id": "PROP-001"}),
            ("investigate_patient", {"patient_id": "P0001"}),
            ("cohort_analysis", {"feature": "sex"}),
            ("approve", {"proposal_id": "PROP-001", "confidence": 0.75}),
            ("approve", {"proposal_id": "PROP-001"}),
            ("review_proposal", {"proposal_id": "PROP-404"}),
            ("guess", {}),
            ("flag_error", {"proposal_id": "PROP-002", "error_type": "age_boundary_error", "reason": "Too old."}),
            ("submit_audit_report", {"report": "PROP-002: age_boundary_error."}),
        ]
        with SynthAuditEnv(base_url=server.url).sync() as env:
            env.reset(task_id="oversight_easy", seed=42)
            for name, arguments in steps:
                over_mcp = call(rpc, session, name, **arguments)
                over_ws = env._run(
                    env.async_client._send_and_receive({"type": "step", "data": {"action_type": name, **arguments}})
                )["data"]
                assert over_mcp["structuredContent"] == over_ws
                error = over_ws["observation"]["error"]
                assert over_mcp["isError"] == (error is not None)
                assert over_mcp["content"] == [{"type": "text", "text": error or over_ws["observation"]["feedback"]}]

    @pytest.mark.parametrize(
        ("name", "arguments", "word"),
        [
            ("approve", {"proposal_id": 5}, "proposal_id"),
            ("approve", {"proposal_id": "PROP-001", "confidence": 7}, "confidence"),
            ("flag_error", {"proposal_id": "PROP-001", "reason": "x" * 1_000_000}, str(MAX_REASON)),
            (
                "approve",
                {"proposal_id": "PROP-001", "metadata": {}},
                "approve takes no metadata: it takes proposal_id",
            ),
            ("review_proposal", {"id": "PROP-001"}, "review_proposal takes no id: it takes proposal_id."),
            ("approve", {f"{number}{'x' * 10_000}": 1 for number in range(50)}, "it takes proposal_id, fault, where"),
            ("x" * 10_000, {}, "action_type"),
        ],
        ids=lambda value: repr(value)[:40],
    )
    def test_wrong_arguments_are_told_to_the_model_and_cost_nothing(self, rpc, session, name, arguments, word):
        refused = call(rpc, session, name, **arguments)
        assert refused["isError"] is True
        assert word in refused["content"][0]["text"]
        assert len(refused["content"][0]["text"]) < 1_000
        after = call(rpc, session, "review_proposal", proposal_id="PROP-001")
        assert after["structuredContent"]["observation"]["steps_taken"] == 1

    def test_after_the_end_no_tool_is_named_that_there_is_not(self, rpc, session):
        call(rpc, session, "submit_audit_report", report="-")
        told = call(rpc, session, "approve", proposal_id="PROP-001")
        sentence = "The episode is over: a new session starts another, no tool does."
        assert told["content"] == [{"type": "text", "text": sentence}]
        assert told["isError"] is True
        content = told["structuredContent"]
        assert (content["observation"]["error"], content["observation"]["feedback"]) == (sentence, sentence)
        assert (content["reward"], content["done"]) == (0.0, True)


class TestSessions:
    def test_a_full_server(self, serve, talk):
        server = serve(max_sessions=1)
        opened = server.rpc("openenv/session/create").json()["result"]["session_id"]
        refused = server.rpc("openenv/session/create")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        error = refused.json()["error"]
        assert error["code"] == -32000
        assert error["data"] == {"code": "CAPACITY_REACHED", "active_sessions": 1, "max_sessions": 1}
        assert talk(f"{server.ws_url}/ws").receive()["data"]["code"] == "CAPACITY_REACHED"
        error = talk(f"{server.ws_url}/mcp").receive()["error"]
        assert (error["code"], error["data"]["code"]) == (-32000, "CAPACITY_REACHED")
        assert 'synth_audit_refusals_total{code="CAPACITY_REACHED"} 3.0' in server.http.get("/metrics").text
        server.rpc("openenv/session/close", session_id=opened)
        assert talk(f"{server.ws_url}/mcp?seed=1").rpc("ping")["result"] == {}

    def test_a_socket_attaches_to_a_session_and_shares_its_episode(self, server, talk, rpc, session):
        url = f"{server.ws_url}/ws?session_id={session}"
        attached = talk(url)
        call(rpc, session, "review_proposal", proposal_id="PROP-001")
        assert attached.state()["step_count"] == 1
        second = talk(url)
        assert "already has" in second.receive()["data"]["message"]
        attached.reset(task_id="oversight_easy", seed=43)
        observation = call(rpc, session, "review_proposal", proposal_id="PROP-001")["structuredContent"]["observation"]
        assert observation["steps_taken"] == 1
        attached.socket.close()
        # The session is the creator's to close, not the socket's.
        assert call(rpc, session, "review_proposal", proposal_id="PROP-001")["content"]
        assert "Unknown" in talk(f"{server.ws_url}/ws?session_id=nobody").receive()["data"]["message"]

    def test_closing_a_session_hangs_up_its_socket(self, server, talk, rpc):
        opened = rpc("openenv/session/create")["result"]["session_id"]
        attached = talk(f"{server.ws_url}/ws?session_id={opened}")
        attached.state()
        assert rpc("openenv/session/close", session_id=opened)["result"]["closed"] is True
        assert attached.receive()["data"] == {"message": "The session was closed on request.", "code": "SESSION_ERROR"}
        with pytest.raises(ConnectionClosed):
            attached.receive()


class Waiting(SynthAuditEnvironment):
    """Waits over an episode, as for a language model."""

    async def reset_async(self, *args, **options):
        await asyncio.sleep(600)


@pytest.mark.parametrize("method", ["initialize", "openenv/session/create"])
def test_a_client_that_leaves_while_its_episode_is_made_leaves_no_session(serve, method):
    server = serve(max_sessions=1, environment=Waiting)
    body = json.dumps(rpc_request(method)).encode()
    head = f"POST /mcp HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((server.host, server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        server.wait_for_sessions(1)
    server.wait_for_sessions(0)


class TestOpening:
    """For hosts that do not show a model the instructions: the same text as a resource."""

    def test_it_is_of_an_episode(self, server, talk, rpc):
        assert "session" in rpc("resources/read", uri="audit://opening")["error"]["message"]
        opened = talk(f"{server.ws_url}/ws")
        request = rpc_request("resources/read", uri="audit://opening")
        early = opened.ask({"type": "mcp", "data": request})["data"]
        assert "once an episode has begun" in early["error"]["message"]
        opened.reset(task_id="oversight_easy", seed=42)
        first = opened.ask({"type": "mcp", "data": request})["data"]["result"]["contents"][0]["text"]
        opened.reset(task_id="oversight_easy", seed=43)
        second = opened.ask({"type": "mcp", "data": request})["data"]["result"]["contents"][0]["text"]
        assert "PROP-001" in first
        assert first != second


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class TestRequests:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            *[(body, -32700) for body in (b"", b"{", b"\xff", b"[" * 100_000)],
            *[(body, -32600) for body in (b"{}", b"[]", b"null", json.dumps(json.dumps(PING)).encode())],
            ([PING], -32600),
            (PING | {"id": {}}, -32600),
            (PING | {"jsonrpc": "1.0"}, -32600),
            (PING | {"params": [1]}, -32600),
            (PING | {"method": "prompts/list"}, -32601),
            *[
                (PING | {"method": method}, -32600)
                for method in ("tools/call", "resources/read", "openenv/session/close")
            ],
            *[(PING | {"method": "tools/list", "params": {"session_id": name}}, -32602) for name in ("?", [1])],
            (PING | {"method": "openenv/session/close", "params": {"session_id": "?"}}, -32602),
        ],
        ids=lambda value: repr(value)[:60],
    )
    def test_malformed_requests(self, server, body, code):
        answer = server.http.post("/mcp", content=body if isinstance(body, bytes) else json.dumps(body))
        assert answer.status_code == 200
        assert answer.json()["error"]["code"] == code
        assert answer.json()["jsonrpc"] == "2.0"

    @pytest.mark.parametrize(
        ("method", "params"),
        [
            *[("tools/call", params) for params in ({}, {"name": 5}, {"name": "a", "arguments": 1})],
            ("resources/read", {"uri": "audit://other"}),
        ],
    )
    def test_malformed_params(self, rpc, session, method, params):
        assert rpc(method, session_id=session, **params)["error"]["code"] == -32602

    @pytest.mark.parametrize("wrong", ["x" * (MAX_ID + 1), True, 1.0, 2**63, -(2**63) - 1, {}])
    def test_an_id_that_is_none_is_not_repeated(self, server, talk, wrong):
        request = {**rpc_request("ping"), "id": wrong}
        over_http = server.http.post("/mcp", json=request).json()
        on_mcp = talk(f"{server.ws_url}/mcp?task_id=oversight_easy").ask(request)
        on_ws = talk(f"{server.ws_url}/ws").ask({"type": "mcp", "data": request})["data"]
        assert over_http == on_mcp == on_ws
        assert (over_http["id"], over_http["error"]["code"]) == (None, -32600)
        assert over_http["error"]["message"].startswith("Invalid message: id.")

    def test_options_in_an_address(self):
        query = {"seed": "42", "index": "-1", "task_id": "5", "error_types": "a,b", "session_id": "x", "sed": "1"}
        read = {"seed": 42, "index": -1, "task_id": "5", "error_types": ["a", "b"], "sed": "1"}
        assert options_of_address(query) == read
        assert options_of_address({"seed": "4.2"}) == {"seed": "4.2"}
        assert [options_of_address({"level": level})["level"] for level in ("10", "hard")] == [10, "hard"]


class TestMcpClients:
    async def test_mcps_own_client(self, server):
        async with (
            httpx.AsyncClient(trust_env=False) as web,
            streamable_http_client(f"{server.url}/mcp?task_id=oversight_easy&seed=42", http_client=web) as streams,
            ClientSession(streams[0], streams[1]) as client,
        ):
            hello = await client.initialize()
            assert "PROP-001" in hello.instructions
            assert "protocol" in hello.instructions.lower()
            assert hello.serverInfo.name == "synth_audit_env"
            assert hello.capabilities.resources is not None
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == list(ACTION_TYPES)
            (resource,) = (await client.list_resources()).resources
            assert (str(resource.uri), resource.mimeType) == ("audit://opening", "text/plain")
            for steps_taken in (1, 2):
                (opening,) = (await client.read_resource(resource.uri)).contents
                assert (opening.text, opening.uri) == (hello.instructions, resource.uri)
                # Reading is no step, and what was decided since is not in it.
                seen = await client.call_tool("approve", {"proposal_id": f"PROP-00{steps_taken}"})
                assert seen.isError is False
                assert seen.structuredContent["observation"]["steps_taken"] == steps_taken
            ended = await client.call_tool("submit_audit_report", {"report": "-"})
            assert ended.structuredContent["done"] is True
        await asyncio.to_thread(server.wait_for_sessions, 0)

    def test_a_header_of_a_session_that_has_ended(self, server):
        gone = {"Mcp-Session-Id": "gone"}
        assert server.rpc("ping", headers=gone).status_code == 404
        assert server.http.delete("/mcp", headers=gone).status_code == 404
        assert server.http.get("/mcp").status_code == 405

    def test_mcp_messages_on_ws_act_in_the_running_episode(self, server, talk):
        opened = talk(f"{server.ws_url}/ws")

        def mcp(method, **params):
            return opened.ask({"type": "mcp", "data": rpc_request(method, **params)})["data"]

        early = mcp("tools/call", name="approve", arguments={"proposal_id": "PROP-001"})
        assert "call reset" in early["error"]["message"]
        opened.reset(task_id="oversight_easy", seed=42)
        opened.step(action_type="approve", proposal_id="PROP-001")
        assert mcp("initialize")["result"]["instructions"]
        called = mcp("tools/call", name="review_proposal", arguments={"proposal_id": "PROP-002"})["result"]
        first, *_ = called["structuredContent"]["observation"]["actor_proposals"]
        assert first["status"] == "approved", "what was decided by the other way in"
        state = opened.state()
        assert state["step_count"] == 2
        created = mcp("openenv/session/create")["result"]
        assert opened.state()["episode_id"] == state["episode_id"]
        assert mcp("openenv/session/close", session_id=created["session_id"])["error"]["code"] == -32600
        assert "error" in opened.ask({"type": "mcp", "data": {}})["data"]
        assert set(MESSAGES) == {"reset", "step", "state", "close", "mcp"}


def test_a_notification_on_the_socket_has_no_answer(server, talk):
    """So the next answer is that of the next request."""
    socket = talk(f"{server.ws_url}/mcp")
    socket.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert socket.rpc("ping") == {"jsonrpc": "2.0", "id": 1, "result": {}}
