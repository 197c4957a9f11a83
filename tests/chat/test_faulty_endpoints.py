"""Endpoints that misbehave under a whole evaluation: each has its sentence and status, and hurts no other audit."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env import evaluation
from synth_audit_env.chat import endpoint, patience
from synth_audit_env.comparison import run as running
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Deed, Fault, Say, chat_server

AGENT = f"react:{MODEL}"
FLAGS = "--tier easy --episodes 3 --concurrency 3 --tool-format native --timeout 0.5 --out run --agent".split()
ENDED = f"1 of the 3 audits of {AGENT} were ended for it: gave_up in episodes.jsonl says why."
GOOD = Say(calls=[("approve", {"proposal_id": "PROP-001"})])
APPROVED = GOOD.body(0)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(endpoint, "RETRIES", 2)
    monkeypatch.setattr(endpoint, "UNREADABLE_WAITS_S", (0.0, 0.0))
    monkeypatch.setattr(patience, "WHOLE", 2)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])
    for name in ("ENV_BASE_URL", "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def _head(connection: BaseHTTPRequestHandler, length: int | None = None) -> None:
    connection.send_response(200)
    connection.send_header("Content-Type", "application/json")
    if length is None:
        connection.close_connection = True
    else:
        connection.send_header("Content-Length", str(length))
    connection.end_headers()


def _silent(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait()


def _slow_to_begin(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait(0.2)
    _head(connection, len(APPROVED))
    connection.wfile.write(APPROVED)


def _in_pieces(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    _head(connection, len(APPROVED))
    for start in range(0, len(APPROVED), 100):
        over.wait(0.05)
        connection.wfile.write(APPROVED[start : start + 100])


def _spaces(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    _head(connection)
    while not over.wait(0.02):
        connection.wfile.write(b" \n")


def _spaces_first(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    _head(connection)
    connection.wfile.write(b" \n" * 1_000 + APPROVED)


def _gone(connection: BaseHTTPRequestHandler, over: threading.Event) -> None:
    connection.close_connection = True
    connection.connection.shutdown(socket.SHUT_RDWR)


def _told(status: int, words: str, **headers: str) -> Fault:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, {"error": {"message": words}}, sent)


def _body(**fields: Any) -> Fault:
    return Fault(200, {**json.loads(APPROVED), **fields})


def _message(**fields: Any) -> Fault:
    return _body(choices=[{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **fields}}])


OUT_OF_TIME = "does not answer in time. Give a longer --timeout, or a smaller --max-tokens."
NO_COMPLETION = "answers with what is no completion: "
BROKEN = "cannot be reached, or breaks its answers off ("
LOOP = Fault(307, headers={"Location": "/v1/chat/completions"})
HUGE = APPROVED.replace(b'"content": null', b'"content": "%s"' % (b"x" * (20 * 2**20)))

ENDS_THE_RUN = {
    "never answers": (Deed(_silent), OUT_OF_TIME),
    "sends spaces for ever": (Deed(_spaces), OUT_OF_TIME),
    "hangs up at once": (Deed(_gone), BROKEN),
    "hangs up within its answer": (Fault(200, APPROVED, cut=True), BROKEN),
    "redirects to itself": (LOOP, BROKEN),
    "redirects to a login": (Fault(302, headers={"Location": "/login"}), f"{NO_COMPLETION}'<html>Log in</html>'."),
    "truncated JSON": (Fault(200, APPROVED[:40]), NO_COMPLETION),
    "an empty body": (Fault(200, b""), f"{NO_COMPLETION}''."),
    "an HTML page": (Fault(200, b"<html>Hi"), f"{NO_COMPLETION}'<html>Hi'. Mostly the URL of an API ends in /v1."),
    "JSON of another shape": (Fault(200, {"answer": "yes"}), NO_COMPLETION),
    "JSON that is a list": (Fault(200, b"[1, 2]"), NO_COMPLETION),
    "choices that are null": (_body(choices=None), NO_COMPLETION),
    "invalid UTF-8": (Fault(200, b'{"choices": "\xff\xfe"}'), NO_COMPLETION),
    "20 MB": (Fault(200, HUGE), "answers with more than 8 MB, which is no completion."),
    "an error within a 200": (Fault(200, {"error": {"message": "Upstream."}}), "fails while it answers (Upstream)."),
    "an error as the reason": (Say("Half", finish_reason="error"), "fails while it answers (it does not say why)."),
    "429 for ever": (_told(429, "Slow down."), "turns us away for too many requests (429: Slow down)."),
    "429 for an hour": (_told(429, "Come back.", Retry_After="3600"), "turns us away for too many requests (429: Come"),
    "a list of errors": (Fault(429, b'[{"error": {"message": "Quota."}}]'), "too many requests (429: Quota)."),
    "500": (_told(500, "Out of memory."), "fails (500: Out of memory)."),
    "502 as a page": (Fault(502, b"<html>Bad Gateway"), "fails (502: <html>Bad Gateway)."),
    "503 for ever": (_told(503, "Loading model"), "fails (503: Loading model)."),
    "529": (_told(529, "Overloaded"), "fails (529: Overloaded)."),
    "401": (_told(401, "Expired."), "asks for a key, and none is given (401: Expired)."),
    "402": (_told(402, "No credit."), f"refuses the request to '{MODEL}' (402: No credit)."),
    "403": (_told(403, "Not yours."), "asks for a key, and none is given (403: Not yours)."),
    "404": (_told(404, "Gone."), f"knows no model '{MODEL}', or no chat completions at this address (404: Gone)."),
}
ENDS_ITS_AUDIT = {
    "400 for its length": _told(400, "This model's maximum context length is 4096 tokens."),
    "500 for its length": _told(500, "Context size has been exceeded."),
    "413": _told(413, "Too large."),
    "422": _told(422, "Unprocessable."),
    "a filter": _told(400, "Content management policy."),
    "no choice": _body(choices=[]),
    "no content and no call": _message(content=None),
    "a call that its server cannot read": _told(500, "error parsing tool call: raw='{'"),
}
NAMELESS = {"id": "1", "type": "function", "function": {"name": None, "arguments": "{}"}}
DOES_NO_HARM = {
    "slow to begin": Deed(_slow_to_begin),
    "slow to send": Deed(_in_pieces),
    "spaces, and then an answer": Deed(_spaces_first),
    "429 once, with a time": _told(429, "Slow down.", Retry_After="0.05"),
    "429 once, without": _told(429, "Slow down."),
    "another type of content": Fault(200, APPROVED, {"Content-Type": "text/plain"}),
    "tokens that are NaN": Fault(200, APPROVED.replace(b'"prompt_tokens": 100', b'"prompt_tokens": NaN')),
    "a call without a name": _message(content=None, tool_calls=[NAMELESS]),
    "arguments that are no JSON": Say(calls=[("approve", "{proposal_id")]),
    "arguments that are NaN": Say(calls=[("approve", '{"proposal_id": NaN}')]),
    "arguments as the JSON of JSON": Say(calls=[("approve", json.dumps('{"proposal_id": "PROP-001"}'))]),
    "thoughts alone": _message(content=None, reasoning_content="Hm."),
}


class Audits:
    """Answers well, but so often not to the audit of the first episode."""

    def __init__(self, fault: Say | Fault | Deed, times: int) -> None:
        self.fault, self.left = fault, times
        self._first = SynthAuditEnvironment().reset(task_id="oversight_easy", seed=1_000_000).protocol_excerpt or ""

    def __call__(self, request: dict[str, Any]) -> Say | Fault | Deed:
        messages = request["messages"]
        # The audits of one episode come one after the other, so that no lock is needed.
        if self.left and any(self._first in (message["content"] or "") for message in messages):
            self.left -= 1
            return self.fault
        reported = Say(calls=[("submit_audit_report", {"report": "None."})])
        return reported if any(message["role"] == "tool" for message in messages) else GOOD


def _played(script: Any, server: Any, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status and lines on stderr of an evaluation, less those of waiting; a run that was ended is gone on with."""
    with chat_server(script) as models:
        flags = [*FLAGS, AGENT, "--model-url", models.url, "--base-url", server.url]
        status = evaluation.main(flags)
        said = capsys.readouterr().err.splitlines()
        if status == 1:
            assert _gave_up() == [False] * 2, "the others are not kept"
            script.left = 0
            assert evaluation.main([*flags, "--resume"]) == 0
    assert "Traceback" not in "\n".join(said)
    waiting = ("Retrying request", "asking again")
    return status, [line for line in said if not any(words in line for words in waiting)]


def _gave_up() -> list[bool]:
    """Of the audits of the model, in order."""
    lines = [json.loads(line) for line in Path("run/episodes.jsonl").read_text().splitlines()]
    return ["gave_up" in line for line in lines if line["agent"] == AGENT]


@pytest.mark.parametrize("kind", ENDS_THE_RUN)
def test_an_endpoint_that_is_of_no_use_ends_the_run_when_the_others_are_over(
    kind: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, sentence = ENDS_THE_RUN[kind]
    status, (said, kept) = _played(Audits(fault, 1_000), server, capsys)
    assert status == 1
    start = f"evaluation.py: {AGENT} did not finish the easy episode of seed 1000000: The endpoint http://127.0.0.1:"
    assert said.startswith(start)
    assert f"/v1 {sentence}" in said or sentence in said
    assert said.endswith(".")
    assert kept == "What was played is kept: --resume goes on."
    assert _gave_up() == [False] * 3, "after it went on"


@pytest.mark.parametrize("kind", ENDS_ITS_AUDIT)
def test_a_chat_without_an_answer_ends_its_audit_alone(
    kind: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = _played(Audits(ENDS_ITS_AUDIT[kind], 1_000), server, capsys)
    assert (status, said) == (0, [f"evaluation.py: {ENDED}"])
    assert _gave_up() == [True, False, False]


@pytest.mark.parametrize("kind", DOES_NO_HARM)
def test_what_can_be_mended_is(kind: str, server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = _played(Audits(DOES_NO_HARM[kind], 1), server, capsys)
    assert (status, said) == (0, [])
    assert _gave_up() == [False] * 3


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (_told(400, "It does not support tools."), "A model without tool calls can be asked with --tool-format json."),
        (_told(500, "tools param requires --jinja flag"), "can be asked with --tool-format json."),
        (_told(400, "max_tokens is too large"), f"refuses the request to '{MODEL}' (400: max_tokens is too large)."),
        (_told(401, "No key."), "asks for a key, and none is given (401: No key)."),
        (_told(404, "Not found."), f"knows no model '{MODEL}', or no chat completions at this address"),
        (Fault(200, b"<html>Welcome"), "Mostly the URL of an API ends in /v1."),
        (Deed(_silent), OUT_OF_TIME),
        (Fault(200, HUGE), "answers with more than 8 MB"),
    ],
)
def test_what_is_wrong_from_the_start_is_said_before_anything_is_played(
    answer: Fault | Deed, sentence: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (said,) = _played(lambda request: answer, server, capsys)
    assert status == 2
    assert sentence in said
    assert not Path("run").exists()
