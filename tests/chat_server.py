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
from typing import Any, TypeAlias

MODEL = "scripted-model"


@dataclass(frozen=True)
class Say:
    """A well-formed completion."""

    text: str | None = None
    calls: Sequence[tuple[str, Any]] = ()
    """Name and arguments: a dict, or a string that is sent as it is."""
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 10})
    delay_s: float = 0.0
    """Before it is sent."""
    thoughts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the message beside."""
    error: Mapping[str, Any] | None = None
    """What went wrong on the way."""

    def body(self, number: int) -> bytes:
        calls = [
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for place, (name, given) in enumerate(self.calls)
        ]
        message = {"role": "assistant", "content": self.text, **self.thoughts}
        if calls:
            message["tool_calls"] = calls
        reason = self.finish_reason or ("tool_calls" if calls else "stop")
        choice = {"index": 0, "message": message, "finish_reason": reason}
        if self.error is not None:
            choice["error"] = self.error
        head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 0, "model": MODEL}
        answer: dict[str, Any] = {**head, "choices": [choice]}
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


Script: TypeAlias = "Sequence[Say | Fault] | Callable[[dict[str, Any]], Say | Fault]"


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
def chat_server(script: Script, *, api_key: str | None = None) -> Iterator[ChatServer]:
    """Serve until the block is left. With a key, requests without it are refused."""
    lock, left = threading.Lock(), threading.Event()

    class Connection(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fault = _refusal(self.path, self.headers.get("Authorization", ""), api_key, request) or self.answer(request)
            body = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body).encode()
            # The client may be gone by now, having waited long enough; nobody is left to be answered.
            with contextlib.suppress(ConnectionError):
                self.send_response(fault.status)
                for name, value in {"Content-Type": "application/json", **fault.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.close_connection = self.close_connection or fault.cut
                self.wfile.write(body[: len(body) // 2] if fault.cut else body)

        def answer(self, request: dict[str, Any]) -> Fault:
            with lock:
                number = len(served.requests)
                served.requests.append(request)
                served.headers.append({name.lower(): value for name, value in self.headers.items()})
            if callable(script):
                answer = script(request)
            else:
                answer = script[number] if number < len(script) else Fault(418, {"error": {"message": "No script."}})
            if isinstance(answer, Fault):
                return answer
            left.wait(answer.delay_s)
            return Fault(200, answer.body(number))

        def log_message(self, *words: object) -> None:
            """Print nothing: the tests look at what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Connection) as server:
        served = ChatServer(f"http://127.0.0.1:{server.server_port}/v1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            left.set()
            server.shutdown()
            thread.join()


def _refusal(path: str, given: str, api_key: str | None, request: dict[str, Any]) -> Fault | None:
    """The answer to a request that is not taken from the script; None for one that is."""
    if path != "/v1/chat/completions":
        return Fault(404, {"detail": "Not Found"})
    if api_key is not None and given != f"Bearer {api_key}":
        # As careless as some: it repeats what it was given.
        return Fault(401, {"error": {"message": f"Incorrect API key provided: {given.removeprefix('Bearer ')}."}})
    if request["model"] != MODEL:
        return Fault(404, {"error": {"message": f"The model {request['model']!r} does not exist."}})
    return None
