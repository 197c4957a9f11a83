"""A small real server that speaks OpenAI's chat completions: each answer is scripted, the faulty ones too.

    with chat_server([Fault(429, headers={"Retry-After": "1"}), Say("Hello.")], api_key="secret") as server:
        Endpoint(server.url, server.model, "secret").complete([{"role": "user", "content": "Hi."}])
        server.requests[0]["messages"]

A script is a list, which is answered in order and must suffice, or a function from a request to its answer. Like real
endpoints it answers 401 for a wrong key, 404 for a model that it does not have, and 404 anywhere but at its address.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeAlias

MODEL = "scripted-model"


@dataclass(frozen=True)
class Say:
    """A well-formed completion."""

    text: str | None = None
    calls: Sequence[tuple[str, Any]] = ()
    """Name and arguments: a dict, or a string that is sent as it is."""
    finish_reason: str | None = None
    refusal: str | None = None
    usage: Mapping[str, Any] | None = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 10})
    delay_s: float = 0.0
    """Before it is sent."""
    thoughts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the message beside."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields of each call beside."""
    error: Mapping[str, Any] | None = None
    """What went wrong on the way."""

    def body(self, number: int) -> bytes:
        calls = [
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
                **self.extra,
            }
            for place, (name, given) in enumerate(self.calls)
        ]
        message = {"role": "assistant", "content": self.text, "refusal": self.refusal, **self.thoughts}
        if calls:
            message["tool_calls"] = calls
        reason = self.finish_reason or ("tool_calls" if calls else "stop")
        choice = {"index": 0, "message": message, "finish_reason": reason}
        if self.error is not None:
            choice["error"] = self.error
        answer = {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 0,
            "model": MODEL,
            "choices": [choice],
        }
        if self.usage is not None:
            answer["usage"] = dict(self.usage)
        return json.dumps(answer).encode()


@dataclass(frozen=True)
class Fault:
    """Anything else."""

    status: int = 200
    body: bytes | Mapping[str, Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Half of the body is sent, then the connection is closed."""


@dataclass(frozen=True)
class Deed:
    """What no answer describes: it is given the connection, and an event that is set when the server is to end."""

    do: Callable[[BaseHTTPRequestHandler, threading.Event], None]


Script: TypeAlias = "Sequence[Say | Fault | Deed] | Callable[[dict[str, Any]], Say | Fault | Deed]"


@dataclass
class ChatServer:
    """A running server."""

    url: str
    model: str = MODEL
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies that were answered from the script, in order."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Headers of these, names in small letters."""


@contextlib.contextmanager
def chat_server(script: Script, *, api_key: str | None = None, port: int = 0) -> Iterator[ChatServer]:
    """Serve until the block is left. With a key, requests without it are refused."""
    lock, left = threading.Lock(), threading.Event()

    class Answering(_Answering):
        key = api_key
        over = left

        def answer(self, request: dict[str, Any]) -> Fault | Deed:
            with lock:
                number = len(served.requests)
                served.requests.append(request)
                served.headers.append({name.lower(): value for name, value in self.headers.items()})
            if callable(script):
                answer = script(request)
            else:
                answer = script[number] if number < len(script) else Fault(418, {"error": {"message": "No script."}})
            if isinstance(answer, Fault | Deed):
                return answer
            if answer.delay_s:
                left.wait(answer.delay_s)
            return Fault(200, answer.body(number))

    with ThreadingHTTPServer(("127.0.0.1", port), Answering) as server:
        served = ChatServer(f"http://127.0.0.1:{server.server_port}/v1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            left.set()
            server.shutdown()
            thread.join()


class _Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    key: ClassVar[str | None]
    over: ClassVar[threading.Event]

    def answer(self, request: dict[str, Any]) -> Fault | Deed:
        raise NotImplementedError

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self._refusal(request) or self.answer(request)
        # The client may be gone by now, having waited long enough; nobody is left to be told so.
        with contextlib.suppress(ConnectionError):
            if isinstance(answer, Deed):
                answer.do(self, self.over)
            else:
                self._send(answer)

    def do_GET(self) -> None:
        """What a proxy sends whoever is not logged in."""
        self._send(Fault(200, b"<html>Log in</html>", {"Content-Type": "text/html"}))

    def _refusal(self, request: dict[str, Any]) -> Fault | None:
        if self.path != "/v1/chat/completions":
            return Fault(404, {"detail": "Not Found"})
        given = self.headers.get("Authorization", "")
        if self.key is not None and given != f"Bearer {self.key}":
            # As careless as some: it repeats what it was given.
            return Fault(401, {"error": {"message": f"Incorrect API key provided: {given.removeprefix('Bearer ')}."}})
        if request["model"] != MODEL:
            return Fault(404, {"error": {"message": f"The model {request['model']!r} does not exist."}})
        return None

    def _send(self, fault: Fault) -> None:
        body = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body).encode()
        self.send_response(fault.status)
        for name, value in {"Content-Type": "application/json", **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing: the tests look at what was asked."""
