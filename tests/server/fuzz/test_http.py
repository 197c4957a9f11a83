"""Any HTTP requests: what the server's schema describes, right and wrong, what MCP says, and what is hardly HTTP."""

import json
import socket

import httpx
import pytest
import requests
import schemathesis
from hypothesis import strategies as st

from synth_audit_env.server.serving import strict_json
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.fuzz.answers import Watch, insides
from synth_audit_env.tests.server.fuzz.cases import tried
from synth_audit_env.tests.server.fuzz.hostile import bombs, much, poison, twisted
from synth_audit_env.tests.server.properties.drawn_audits import odd_actions, world
from synth_audit_env.tests.server.properties.drawn_messages import EPISODE, tool_calls
from synth_audit_env.tests.server.properties.draws import share


@pytest.fixture
def by_requests():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_what_the_schema_describes(fuzzed, by_requests):
    """Schemathesis draws the requests from /openapi.json: some as it says, some with one thing wrong."""
    described = by_requests.get(f"{fuzzed.server.url}/openapi.json", timeout=PATIENCE_S).json()
    schema = schemathesis.openapi.from_dict(described)
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert {"/reset", "/step", "/state", "/mcp", "/{env_name}/task_range"} <= {one.path for one in operations}

    def asked(drawn):
        case, named = drawn
        if named and "env_name" in case.path_parameters:
            # Or the rest of the request would hardly ever be looked at.
            case.path_parameters["env_name"] = "synth_audit_env"
        answer = case.call(base_url=fuzzed.server.url, session=by_requests, timeout=PATIENCE_S)
        # The server has free slots, so that there is no reason for 503 either.
        assert answer.status_code < 500, case.as_curl_command()
        assert not insides(answer.text), answer.text
        if answer.headers.get("content-type") == ["application/json"]:
            strict_json.read(answer.text)
        fuzzed.is_well()
        return {case.operation.path, answer.status_code}

    # Those that take an action or options twice, as the others are many and small.
    often = [operation for operation in operations if operation.path in ("/reset", "/step", "/mcp")]
    cases = st.sampled_from([*operations, *often]).flatmap(lambda operation: operation.as_strategy())
    came = tried(14, st.tuples(cases, st.sampled_from([True, True, True, False])), asked)
    for what in (200, 422, "/reset", "/step", "/mcp"):
        assert share(came, what) >= 0.02, what


@pytest.mark.parametrize(
    ("path", "body"), [("/reset", {"self": 1}), ("/step", {"action": {"action_type": "a"}, "self": 1})]
)
def test_a_field_that_has_the_name_of_an_argument_of_ours(fuzzed, by_requests, path, body):
    """openenv hands every field of a body on as an argument."""
    answer = by_requests.post(fuzzed.server.url + path, json=body, timeout=PATIENCE_S)
    assert answer.status_code == 422
    fuzzed.is_well()


def odd_requests():
    """Bodies for POST /mcp: JSON-RPC with everything right or wrong about it, twisted, or none."""
    usual = tool_calls(odd_actions(world("easy", EPISODE["seed"]))).map(json.dumps)
    names = st.sampled_from(["name", "arguments", "seed", "session_id"])
    poisoned = st.fixed_dictionaries(
        {
            "jsonrpc": st.just("2.0") | poison,
            "id": poison | st.integers(),
            "method": st.sampled_from(["initialize", "tools/call", "openenv/session/create"]) | poison,
            "params": st.dictionaries(names | poison, poison, max_size=3),
        }
    ).map(json.dumps)
    return st.one_of(usual, usual, poisoned, twisted(usual), bombs, much, st.binary(max_size=40))


kinds_of_body = st.sampled_from(["application/json", "application/json", "text/plain", "application/xml", "é", ""])


def test_mcp_over_http(fuzzed):
    """Within the session of a header; there a request opens no other."""

    def asked(drawn):
        watch = Watch()
        with httpx.Client(base_url=fuzzed.server.url, trust_env=False, timeout=PATIENCE_S) as http:
            opening = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}})
            opened = http.post("/mcp", params=EPISODE, content=opening)
            watch.saw(opening, opened.text)
            session = {"Mcp-Session-Id": opened.headers["Mcp-Session-Id"]}
            for body, kind in drawn:
                said = body if isinstance(body, str) else body.decode(errors="replace")
                told = http.post("/mcp", content=body, headers={**session, "Content-Type": kind.encode()})
                assert told.status_code in (200, 202), told.text
                if told.status_code == 200:
                    answer = watch.saw(said, told.text)
                    assert answer["jsonrpc"] == "2.0"
                    assert ("result" in answer) != ("error" in answer)
            assert http.delete("/mcp", headers=session).status_code == 204
        fuzzed.is_well()
        return {"asked"}

    tried(8, st.lists(st.tuples(odd_requests(), kinds_of_body), min_size=1, max_size=6), asked)


METHODS = (b"GET", b"GET", b"POST", b"DELETE", b"OPTIONS", b"PRI", b"get", b"")
PATHS = (b"/ws", b"/ws", b"/ws?session_id=%ff", b"/ws?x=\xff", b"/mcp", b"/mcp?seed=abc", b"/reset", b"/state", b"/%00")
VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/3")
BODIES = (b"", b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n")
HEADERS = {
    b"Upgrade": (b"websocket", b"websocket", b"WEBSOCKET", b"h2c", b""),
    b"Connection": (b"Upgrade", b"Upgrade", b"close", b"keep-alive, Upgrade"),
    b"Sec-WebSocket-Key": (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ==", b"short", b"\xff"),
    b"Sec-WebSocket-Version": (b"13", b"13", b"8", b"thirteen"),
    b"Sec-WebSocket-Protocol": (b"mcp", b"\xff, \x00"),
    b"Origin": (b"null", b"https://example.org", b"http://127.0.0.1", b"[::"),
    b"Host": (b"127.0.0.1", b"", b"example.org:99999"),
    b"Content-Type": (b"application/json", b"application/json; charset=\xff", b"multipart/form-data"),
    b"Content-Length": (b"2", b"0", b"-1", b"99999999999999999999", b"2, 2"),
    b"Transfer-Encoding": (b"chunked", b"gzip, chunked", b"identity"),
    b"Mcp-Session-Id": (b"nobody", b"\xff"),
    b"Authorization": (b"Bearer \xff", b"Basic"),
    b"Cookie": (b"a" * 5_000,),
    b"Expect": (b"100-continue",),
}


@st.composite
def no_requests(draw):
    """Bytes that are a request nearly, or not at all."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(min_size=1, max_size=300))
    line = b" ".join(draw(st.sampled_from(parts)) for parts in (METHODS, PATHS, VERSIONS))
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=5))
    if draw(st.booleans()):
        names += [b"Upgrade", b"Connection", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Host"]
    lines = [name + b": " + draw(st.sampled_from(HEADERS[name])) for name in names]
    return b"\r\n".join([line, *lines, b"", draw(st.sampled_from(BODIES))])


def test_bytes_that_are_hardly_http(fuzzed):
    def asked(sent):
        came = b""
        with socket.create_connection((fuzzed.server.host, fuzzed.server.port), timeout=PATIENCE_S) as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65_536):
                    came += part
            except ConnectionError:
                pass
        text = came.decode("latin-1")
        assert not insides(text), text
        status = text.split(" ")[1] if text.startswith("HTTP/1.1 ") else ""
        assert not status.startswith("5"), text
        fuzzed.is_well()
        return {status or "no answer"}

    came = tried(6, no_requests(), asked)
    assert share(came, "400") >= 0.05
