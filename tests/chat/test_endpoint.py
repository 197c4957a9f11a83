"""An endpoint over real HTTP: its answers, what is asked for again, what cannot be had, and that no key gets out."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from synth_audit_env.chat.completion import Completion, ToolCall, Usage
from synth_audit_env.chat.endpoint import Endpoint, completion_of
from synth_audit_env.chat.errors import ChatRefusedError, EndpointError, ToolsRefusedError
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server
from synth_audit_env.tool_records import tool_schemas

pytestmark = pytest.mark.usefixtures("hasty")

KEY = "sk-very-secret"
CHAT = [{"role": "user", "content": "Hi."}]


def _told(status: int, words: str) -> Fault:
    return Fault(status, {"error": {"message": words}})


def test_a_completion_with_calls():
    calls = [("approve", {"proposal_id": "PROP-001"}), ("approve", "{not json")]
    say = Say("Two.", calls, usage={"prompt_tokens": 12, "completion_tokens": 3, "cost": 0.25})
    with chat_server([say]) as server:
        completion = Endpoint(server.url, MODEL, KEY).complete(CHAT, tool_schemas(), max_tokens=50)
    assert completion == Completion(
        "Two.",
        (ToolCall("call_0_0", "approve", '{"proposal_id": "PROP-001"}'), ToolCall("call_0_1", "approve", "{not json")),
        Usage(12, 3, 0.25),
        "tool_calls",
    )
    assert server.requests == [{"model": MODEL, "messages": CHAT, "tools": list(tool_schemas()), "max_tokens": 50}]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "for another endpoint")
    with chat_server([Say("Hello.")]) as server:
        assert Endpoint(server.url, MODEL, None, temperature=0.5).complete(CHAT).usage == Usage(100, 10, None)
    assert "authorization" not in server.headers[0]
    assert server.requests == [{"model": MODEL, "messages": CHAT, "temperature": 0.5}]


@pytest.mark.parametrize(
    ("message", "completion"),
    [
        ({"content": None}, Completion("", (), Usage(), "stop")),
        ({"content": "", "refusal": "I cannot."}, Completion("I cannot.", (), Usage(), "refusal")),
        ({"content": [{"type": "text", "text": "Yes"}, {"type": "thinking"}]}, Completion("Yes", (), Usage(), "stop")),
        (
            {"content": "Yes", "reasoning_content": "Hm."},
            Completion("Yes", (), Usage(), "stop", {"reasoning_content": "Hm."}, "Hm."),
        ),
        (
            {"tool_calls": [{"function": {"name": "approve", "arguments": {"a": 1}}, "extra_content": {"sign": "x"}}]},
            Completion("", (ToolCall("", "approve", '{"a": 1}', {"extra_content": {"sign": "x"}}),), Usage(), "stop"),
        ),
        ({"tool_calls": [{"id": 7, "function": None}]}, Completion("", (ToolCall("7", "", ""),), Usage(), "stop")),
    ],
    ids=["nothing", "refusal", "parts", "thoughts", "signed call", "no function"],
)
def test_a_message_is_read_as_loosely_as_endpoints_fill_it(message, completion):
    assert completion_of({"message": message}, Usage()) == completion


@pytest.mark.parametrize("fault", [_told(429, "Slow down."), _told(503, "Loading."), Fault(200, b"{}", cut=True)])
def test_a_fault_that_passes_is_asked_again(fault):
    with chat_server([fault, Say("Hello.")]) as server:
        assert Endpoint(server.url, MODEL, KEY).complete(CHAT).text == "Hello."
    assert len(server.requests) == 2


def test_an_answer_that_is_late_is_asked_again_and_given_up():
    with chat_server(lambda request: Say("Late.", delay_s=1.0)) as server:
        endpoint = Endpoint(server.url, MODEL, KEY, timeout_s=0.05)
        with pytest.raises(EndpointError, match="does not answer in time. Give a longer --timeout"):
            endpoint.complete(CHAT)
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (_told(401, f"Bad key {KEY}."), EndpointError, r"refuses the key \(401: Bad key \[key\]\)\."),
        (_told(404, "Gone."), EndpointError, r"knows no model 'scripted-model', or no chat completions"),
        (_told(429, "Slow."), EndpointError, r"turns us away for too many requests \(429: Slow\)"),
        (_told(503, "Loading."), EndpointError, r"fails \(503: Loading\)\."),
        (_told(500, "error parsing tool call"), ChatRefusedError, r"fails \(500: error parsing tool call\)"),
        (_told(400, "context_length_exceeded"), ChatRefusedError, "context_length_exceeded"),
        (_told(400, "It does not support tools"), ToolsRefusedError, "can be asked with --tool-format json"),
        (Fault(400, [{"error": {"message": "As Gemini."}}]), ChatRefusedError, r"\(400: As Gemini\)"),
        (Fault(200, b"<html>Log in</html>"), ChatRefusedError, r"no completion: '<html>.* ends in /v1\."),
        (Fault(200, {"choices": []}), ChatRefusedError, "answers with what is no completion"),
        (Fault(200, {"choices": [{"message": "Hi."}]}), ChatRefusedError, "answers with what is no completion"),
        (Fault(200, {"error": {"message": "Provider died."}}), ChatRefusedError, r"fails while it answers \(Provider"),
        (Say("Half", error={"message": "Died."}), ChatRefusedError, r"fails while it answers \(Died\.\)"),
    ],
)
def test_a_completion_that_cannot_be_had_is_a_sentence(fault, kind, words):
    with chat_server(lambda request: fault) as server, pytest.raises(EndpointError, match=words) as raised:
        Endpoint(server.url, MODEL, KEY).complete(CHAT, tool_schemas())
    assert type(raised.value) is kind
    assert str(raised.value).startswith(f"The endpoint {server.url} ")
    assert KEY not in str(raised.value)


def test_an_address_is_shown_without_its_password():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(EndpointError, match=rf"^The endpoint http://127\.0\.0\.1:{port}/v1 cannot be reached"):
            Endpoint(f"http://user:word@127.0.0.1:{port}/v1?key=x", MODEL, None).check()


def test_a_model_that_wants_the_newer_name_of_the_limit_gets_it():
    def answer(request: dict[str, Any]) -> Say | Fault:
        return _told(400, "Use 'max_completion_tokens' instead.") if "max_tokens" in request else Say("Yes.")

    with chat_server(answer) as server:
        endpoint = Endpoint(server.url, MODEL, KEY)
        for _ in range(2):
            assert endpoint.complete(CHAT, max_tokens=9).text == "Yes."
    assert [request.get("max_completion_tokens") for request in server.requests] == [None, 9, 9]


def test_a_key_that_an_answer_repeats_is_taken_out():
    with chat_server([Say(f"My key is {KEY}.", [("approve", {"proposal_id": KEY})])]) as server:
        completion = Endpoint(server.url, MODEL, KEY).complete(CHAT)
    assert completion.text == "My key is [key]."
    assert json.loads(completion.calls[0].arguments) == {"proposal_id": "[key]"}
