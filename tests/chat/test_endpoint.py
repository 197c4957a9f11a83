"""An endpoint over real HTTP: what it answers, what may pass, what cannot be mended, and that no key gets out."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.chat import endpoint as endpoint_module
from synth_audit_env.chat.completion import Completion, Price, ToolCall, Usage
from synth_audit_env.chat.endpoint import ChatRefusedError, Endpoint, EndpointError
from synth_audit_env.tests.chat_server import MODEL, Deed, Fault, Say, chat_server
from synth_audit_env.tests.patience import PATIENCE_S

pytestmark = pytest.mark.usefixtures("hasty")

KEY = "sk-very-secret"
CHAT = [{"role": "user", "content": "Hi."}]


def _complete(script: Sequence[Say | Fault | Deed], **options: Any) -> tuple[Completion, list[dict[str, Any]]]:
    with chat_server(script) as server:
        return Endpoint(server.url, MODEL, KEY, **options).complete(CHAT), server.requests


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
    _, (request,) = _complete([Say("Hello.")])
    assert request == {"model": MODEL, "messages": CHAT}, "what is not asked for is not sent"


def test_without_a_key_none_is_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "for another endpoint")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer for another endpoint")
    with chat_server([Say("Hello.")] * 2) as server:
        Endpoint(server.url, MODEL, None).complete(CHAT)
        Endpoint(server.url, MODEL, KEY).complete(CHAT)
    assert "authorization" not in server.headers[0]
    assert server.headers[1]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("usage", "price", "expected"),
    [
        ({"prompt_tokens": 1000, "completion_tokens": 10}, None, Usage(1000, 10, None)),
        ({"prompt_tokens": 1000, "completion_tokens": 10}, Price(2.0, 5.0), Usage(1000, 10, 0.00205)),
        ({"prompt_tokens": 1000, "completion_tokens": 10, "cost": 0.5}, Price(2.0, 5.0), Usage(1000, 10, 0.5)),
        (None, Price(2.0, 5.0), Usage(0, 0, None)),
        # What an endpoint does not count has no price.
        ({"prompt_tokens": 1000, "completion_tokens": None}, Price(2.0, 5.0), Usage(1000, 0, None)),
        ({"prompt_tokens": None, "completion_tokens": 10}, Price(2.0, 5.0), Usage(0, 10, None)),
        ({"completion_tokens": 10, "cost": "0.5"}, None, Usage(0, 10, 0.5)),
        ({"prompt_tokens": -1, "completion_tokens": 10, "cost": "much"}, None, Usage(0, 10, None)),
        ({"prompt_tokens": 1000, "completion_tokens": 10, "cost": {"total": 1}}, None, Usage(1000, 10, None)),
    ],
)
def test_usage_and_cost(usage, price, expected):
    completion, _ = _complete([Say("Hello.", usage=usage)], price=price)
    assert completion.usage == expected


@pytest.mark.parametrize(
    ("say", "text", "reason"),
    [
        (Say(refusal="I cannot audit."), "I cannot audit.", "refusal"),
        (Say(None, finish_reason="length"), "", "length"),
        (Say(None, finish_reason="content_filter"), "", "content_filter"),
    ],
)
def test_why_it_stopped(say, text, reason):
    completion, _ = _complete([say])
    assert (completion.text, completion.finish_reason) == (text, reason)


def test_answers_of_looser_shapes():
    message = {
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}],
        "tool_calls": [
            {"id": None, "function": {"name": "approve", "arguments": {"proposal_id": "PROP-001"}}},
            {"function": None},
            {"function": {"name": "approve", "arguments": None}},
            {"id": 3, "function": {"name": None, "arguments": ["PROP-001"]}},
            None,
            "approve",
        ],
    }
    completion, _ = _complete([Fault(body={"choices": [{"message": message}]})])
    assert completion == Completion(
        "Yes.",
        (
            ToolCall("", "approve", '{"proposal_id": "PROP-001"}'),
            ToolCall("", "", ""),
            ToolCall("", "approve", ""),
            ToolCall("3", "", '["PROP-001"]'),
            ToolCall("", "", ""),
            ToolCall("", "", ""),
        ),
        Usage(cost=None),
        "stop",
    )


SIGNED = {"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}
THOUGHTS = {"reasoning_content": "Hm.", "reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VjcmV0"}]}


@pytest.mark.parametrize(
    ("given", "kept", "thought"),
    [
        (THOUGHTS, THOUGHTS, "Hm."),
        ({"reasoning_content": None, "reasoning_details": None}, {}, ""),
        ({"reasoning_details": [], "reasoning": "Hm."}, {}, "Hm."),
        ({"reasoning_content": ""}, {"reasoning_content": ""}, ""),
    ],
)
def test_what_the_endpoint_wants_back_is_kept_as_it_came(given, kept, thought):
    beside = {"index": 0, "type": "function", "extra_content": None}
    completion, _ = _complete([Say("Yes.", [("approve", {})], thoughts=given, extra={**beside, **SIGNED})])
    assert completion.calls == (ToolCall("call_0_0", "approve", "{}", SIGNED),)
    assert completion.thoughts == kept
    assert (completion.text, completion.thought) == ("Yes.", thought)


@pytest.mark.parametrize("key", ["sk-secret", "hf_Zm9v/YmFy+x="])
def test_a_key_that_the_endpoint_repeats_is_taken_out(key):
    calls = [("flag_error", {"proposal_id": "PROP-001", "reason": f"{key} it is."})]
    thoughts, extra = {"reasoning_content": key, "reasoning": f"It is {key}."}, {"signature": [key]}
    with chat_server([Say(f"Your key is {key}.", calls, thoughts=thoughts, extra=extra)], api_key=key) as server:
        completion = Endpoint(server.url, MODEL, key).complete(CHAT)
    assert key not in repr(completion)
    assert (completion.text, completion.usage.prompt_tokens) == ("Your key is [key].", 100)
    assert json.loads(completion.calls[0].arguments) == {"proposal_id": "PROP-001", "reason": "[key] it is."}
    assert completion.calls[0].extra == {"signature": ["[key]"]}


def test_a_key_with_marks_of_json_in_it_is_taken_out():
    key = 'sk-"odd"\\key'
    with chat_server([Say(f"Your key is {key}.")], api_key=key) as server:
        assert Endpoint(server.url, MODEL, key).complete(CHAT).text == "Your key is [key]."


def test_a_word_that_stands_for_a_key_leaves_calls_as_they_are():
    """Local servers take any key, such as the number that is in an id."""
    with chat_server([Say("1 of 1", [("approve", {"proposal_id": "PROP-001"})])], api_key="1") as server:
        completion = Endpoint(server.url, MODEL, "1").complete(CHAT)
    assert (completion.text, completion.calls[0].arguments) == ("1 of 1", '{"proposal_id": "PROP-001"}')


def _head(connection: BaseHTTPRequestHandler) -> None:
    connection.close_connection = True
    connection.send_response(200)
    connection.send_header("Content-Type", "application/json")
    connection.end_headers()


def _silent(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait()


def _spaces(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    _head(connection)
    while not over.wait(0.02):
        connection.wfile.write(b" \n")


def _spaces_first(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    _head(connection)
    connection.wfile.write(b" \n" * 1_000 + HELLO)


def _in_pieces(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait(0.2)
    _head(connection)
    for start in range(0, len(HELLO), 100):
        over.wait(0.02)
        connection.wfile.write(HELLO[start : start + 100])


def _gone(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    connection.close_connection = True
    connection.connection.shutdown(socket.SHUT_RDWR)


def _told(status: int, words: str, **headers: str) -> Fault:
    return Fault(status, {"error": {"message": words}}, {name.replace("_", "-"): it for name, it in headers.items()})


HELLO = Say("Hello.").body(0)
HUGE = HELLO.replace(b"Hello.", b"x" * (9 * 2**20))
CUT = b'{"choices": [{"mess'
UPSTREAM = {"code": 502, "message": "Upstream."}
NONE = "answers with what is no completion: "
BROKEN = "cannot be reached, or breaks its answers off ("
BUSY = "turns us away for too many requests"
MANY_TOKENS = "This model's maximum context length is 8192 tokens. However, you requested 8300 tokens."
TOO_LONG = "the request exceeds the available context size, try increasing it"
PARTS = {"error": "Up.", "choices": [{"message": {"content": "A"}}]}
NO_USE = [
    # What may pass is tried three times. (The last column: whether it is this chat that is refused.)
    (_told(429, "Slow down."), f"{BUSY} (429: Slow down).", 3, 0),
    (Fault(429, b'[{"error": {"message": "Quota."}}]'), f"{BUSY} (429: Quota).", 3, 0),
    (Fault(500, b"Oh\nno"), "fails (500: Oh no).", 3, 0),
    (Fault(503, b"<html>Loading</html>", {"Content-Type": "text/html"}), "fails (503: <html>Loading</html>).", 3, 0),
    (_told(529, "Overloaded"), "fails (529: Overloaded).", 3, 0),
    (Fault(200, b"half of it", cut=True), BROKEN, 3, 0),
    (Deed(_gone), BROKEN, 3, 0),
    (Fault(200, CUT), f"{NONE}'{CUT.decode()}'.", 3, 0),
    (Fault(200, b"<html>", {"Content-Type": "text/html"}), f"{NONE}'<html>'. Mostly the URL of an API ends", 3, 0),
    (Fault(302, headers={"Location": "/login"}), f"{NONE}'<html>Log in</html>'.", 3, 0),
    *((Fault(200, body), NONE, 3, 0) for body in ({"choices": None}, {}, {"choices": [{}]}, {"choices": "a"})),
    (Fault(200, {"choices": 7}), NONE, 3, 0),
    *((Fault(200, body), NONE, 3, 0) for body in (b"", b"[1, 2]", b'{"choices": "\xff\xfe"}', b"[" * 90_000)),
    (Fault(200, {"choices": [{"message": {"content": 7}}]}), NONE, 3, 0),
    (Fault(200, HELLO.replace(b'"prompt_tokens": 100', b'"prompt_tokens": NaN')), NONE, 3, 0),
    (Fault(200, HUGE), NONE, 3, 0),
    (Fault(200, {"choices": []}), """has no answer to this chat: '{"choices": []}'.""", 3, 1),
    (Say("Half of", finish_reason="error"), "fails while it answers (it does not say why).", 3, 0),
    (Say("Half of", error=UPSTREAM), "fails while it answers (Upstream).", 3, 0),
    (Say(error={"message": "No.", "metadata": {"raw": "No memory"}}), "fails while it answers (No.: No memory).", 3, 0),
    (Fault(200, {"error": UPSTREAM}), "fails while it answers (Upstream).", 3, 0),
    (Fault(200, PARTS), "fails while it answers (Up).", 3, 0),
    (Fault(200, {"error": {"code": 502}}), "fails while it answers ({'code': 502}).", 3, 0),
    # What would be the same again is not.
    (_told(400, "No tools here."), f"refuses the request to '{MODEL}' (400: No tools", 1, 1),
    (_told(400, MANY_TOKENS), "refuses the request to .* Give a smaller --max-context", 1, 1),
    (_told(400, TOO_LONG), "refuses the request to .* Give a smaller --max-context", 1, 1),
    (_told(500, "Context size has been exceeded."), "refuses the request to .* Give a smaller --max-context", 1, 1),
    (Fault(401), "refuses the key (401).", 1, 0),
    (_told(402, "No credit."), f"refuses the request to '{MODEL}' (402: No credit).", 1, 0),
    (_told(403, "Not yours."), "refuses the key (403: Not yours).", 1, 0),
    (Fault(404, {"error": "Gone."}), f"knows no model '{MODEL}', or no chat completions at this address (404: ", 1, 0),
    (Fault(413), f"refuses the request to '{MODEL}' (413).", 1, 1),
    (Fault(418), f"refuses the request to '{MODEL}' (418).", 1, 0),
    (Fault(422), f"refuses the request to '{MODEL}' (422).", 1, 1),
    (Fault(429, headers={"Retry-After": "3600"}), f"{BUSY} (429).", 1, 0),
]


@pytest.mark.parametrize(("fault", "sentence", "tries", "of_the_chat"), NO_USE)
def test_an_answer_of_no_use(fault, sentence, tries, of_the_chat):
    with chat_server([fault] * 3) as server:
        with pytest.raises(EndpointError) as told:
            Endpoint(server.url, MODEL, KEY).complete(CHAT)
        assert len(server.requests) == tries
    pattern = ".*".join(map(re.escape, f"The endpoint {server.url} {sentence}".split(".*")))
    assert re.match(pattern, str(told.value))
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")
    assert isinstance(told.value, ChatRefusedError) == bool(of_the_chat)
    assert ("--max-context" in str(told.value)) == ("--max-context" in sentence)
    assert "--tool-format" not in str(told.value), "no tools were offered"


@pytest.mark.parametrize("fault", [fault for fault, _, tries, _ in NO_USE if tries == 3])
def test_what_may_pass_is_tried_again(fault):
    completion, requests = _complete([fault, fault, Say("Hello.")])
    assert completion.text == "Hello."
    assert len(requests) == 3


@pytest.mark.parametrize(
    "answer", [Deed(_in_pieces), Deed(_spaces_first), Fault(200, HELLO, {"Content-Type": "text/plain"})]
)
def test_what_does_no_harm_is_read_at_once(answer):
    assert _complete([answer])[0].text == "Hello."


@pytest.mark.parametrize("never", [_silent, _spaces])
def test_never_answering_in_time(never, caplog, monkeypatch):
    monkeypatch.setattr(endpoint_module, "WHOLE", 2)
    caplog.set_level(logging.INFO, "synth_audit_env.chat")
    with chat_server([Deed(never)] * 6) as server:
        with pytest.raises(EndpointError, match="does not answer in time. Give a longer --timeout, or a smaller --max"):
            Endpoint(server.url, MODEL, KEY, timeout_s=0.1).complete(CHAT)
        assert len(server.requests) == 3
    assert [said.split(" The endpoint")[0] for said in caplog.messages] == ["asking again in 0.0 seconds:"] * 2


def test_a_redirection_without_end():
    with pytest.raises(EndpointError, match="breaks its answers off"):
        _complete([Fault(307, headers={"Location": "/v1/chat/completions"})] * 99)


def test_what_is_late_has_other_tries_than_who_is_busy():
    """Else a single slow answer after a busy minute would end a run."""
    late, busy = Say("Late.", delay_s=PATIENCE_S), Fault(503)
    completion, requests = _complete([busy, busy, late, busy, Fault(200), Say("Hello.")], timeout_s=1.0)
    assert completion.text == "Hello."
    assert len(requests) == 6


MALFORMED = [
    "error parsing tool call: raw='{\"proposal_id\": }', err=invalid character '}'",
    "XML syntax error on line 8: element <function> closed by </parameter>",
    "expected element type <function> but have <parameter>",
    "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error at line 1",
    "Failed to parse input at pos 395: <tool_call>",
    "The model produced output that does not match the expected peg-native format",
]


@pytest.mark.parametrize("words", MALFORMED)
def test_a_call_that_its_server_cannot_read_is_asked_for_again_and_ends_no_run(words, monkeypatch):
    monkeypatch.setattr(endpoint_module, "RETRIES", 5)
    malformed = Fault(500, {"error": {"code": 500, "message": words}})
    with chat_server([malformed, malformed, Say("Hello."), *[malformed] * 3]) as server:
        endpoint = Endpoint(server.url, MODEL, KEY)
        assert endpoint.complete(CHAT, tool_schemas()).text == "Hello."
        with pytest.raises(ChatRefusedError) as told:
            endpoint.complete(CHAT, tool_schemas())
        assert len(server.requests) == 6
    assert str(told.value) == (
        f"The endpoint {server.url} cannot read the tool call (500: {words}). "
        "The model may do better with --tool-format json."
    )


@pytest.mark.parametrize("loading", [0, 4])
def test_a_check_lets_a_call_that_cannot_be_read_pass(loading):
    with chat_server([*[Fault(503)] * loading, Fault(500, {"error": {"message": MALFORMED[0]}})]) as server:
        Endpoint(server.url, MODEL, KEY).check(tool_schemas())
        assert len(server.requests) == loading + 1


@pytest.mark.parametrize("body", [b"<html>Hi</html>", {"detail": "No auth."}, {"error": "No auth."}, {"choices": []}])
def test_a_check_asks_once_where_the_address_is_no_apis(body):
    with chat_server([Fault(200, body)]) as server:
        with pytest.raises(EndpointError, match=f"The endpoint {server.url} "):
            Endpoint(server.url, MODEL, KEY).check()
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_check_waits_for_a_model_that_is_being_loaded_and_for_nothing_else(status, monkeypatch):
    monkeypatch.setattr(endpoint_module, "RETRIES", 5)
    with chat_server([Fault(status)] * 8 + [Say("Yes.")] + [Fault(500)] * 9) as server:
        Endpoint(server.url, MODEL, KEY).check()
        assert len(server.requests) == 9
        with pytest.raises(EndpointError, match="fails"):
            Endpoint(server.url, MODEL, KEY).check()
        assert len(server.requests) == 9 + 1 + endpoint_module.CHECK_RETRIES


CUT_OFF = _told(400, "Could not finish the message because max_tokens or model output limit was reached. Try again.")


def test_a_reasoning_model_that_comes_to_no_answer_was_cut_off():
    with chat_server([CUT_OFF] * 2) as server:
        endpoint = Endpoint(server.url, MODEL, KEY)
        endpoint.check(max_tokens=700)
        assert endpoint.complete(CHAT, max_tokens=700) == Completion("", (), Usage(cost=None), "length")
    assert [request["max_tokens"] for request in server.requests] == [700, 700]


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("before", [290, 295, 299, 300, 301])
def test_no_part_of_a_key_gets_out_where_an_answer_is_cut(status, before):
    words = "x" * (before - len(KEY)) + KEY + "x" * 99
    body = words.encode() if status == 200 else {"error": {"message": words}}
    with chat_server([Fault(status, body)]) as server, pytest.raises(EndpointError) as told:
        Endpoint(server.url, MODEL, KEY).check()
    assert KEY[:4] not in str(told.value)
    assert "[" in str(told.value)


def test_no_key_gets_out(caplog):
    caplog.set_level(logging.DEBUG)
    with chat_server([], api_key="another") as server:
        endpoint = Endpoint(server.url.replace("//", "//user:password@"), MODEL, KEY)
        with pytest.raises(EndpointError) as told:
            endpoint.complete(CHAT)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert caplog.text
    for text in (str(told.value), repr(told.value), repr(endpoint), caplog.text, endpoint.address):
        assert KEY not in text
    assert "password" not in str(told.value)


def test_an_answer_of_the_size_that_is_allowed_is_read(monkeypatch):
    body = Say("x" * 10_000).body(0)
    for most, enough in ((len(body), True), (len(body) - 1, False)):
        monkeypatch.setattr(endpoint_module, "MOST_BYTES", most)
        monkeypatch.setattr(endpoint_module, "WAITS_S", ())
        with chat_server([Fault(200, body)]) as server:
            endpoint = Endpoint(server.url, MODEL, None)
            if enough:
                assert len(endpoint.complete(CHAT).text) == 10_000
            else:
                with pytest.raises(EndpointError, match="answers with what is no completion: "):
                    endpoint.complete(CHAT)
