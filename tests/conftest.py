"""Servers on free loopback ports, in a thread of the test process, so that a test can look at their sessions.

Kept light: most tests of this folder need no server, so what a server needs is imported when one is asked for.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from synth_audit_env.tests.patience import PATIENCE_S, wait_until

# Tests start many processes, each of which would else compile anew all that it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Times are measured by benchmarks: a Hypothesis example may take as long as a busy machine needs. Not all environments
# of .ci/run have Hypothesis.
with contextlib.suppress(ImportError):
    from hypothesis import settings

    settings.register_profile("repeatable", deadline=None, derandomize=True)
    settings.load_profile("repeatable")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell script's background job ignores Ctrl-C, and so would all that tests start, which are to stop at it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def rpc_request(method: str, /, **params: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@dataclass
class Server:
    """A running server."""

    host: str
    port: int
    sessions: Any
    """Its table of sessions."""
    app: Any
    """The application."""
    settings: Any
    connections: Callable[[], set[Any]]
    """Those that the server holds open."""
    loop: asyncio.AbstractEventLoop
    """On which it runs, in a thread of its own."""
    clients: contextlib.ExitStack
    """What is closed when it stops."""
    left: int = 0
    """Sessions that tests before left open: over HTTP a session has no socket, and lasts until its timeout."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}:{self.port}"

    @cached_property
    def http(self) -> Any:
        """httpx' client of its routes: `server.http.get("/health")`."""
        import httpx

        return self.clients.enter_context(httpx.Client(base_url=self.url, trust_env=False, timeout=PATIENCE_S))

    def rpc(self, method: str, /, *, path: str = "/mcp", headers: dict[str, str] | None = None, **params: Any) -> Any:
        """POST a JSON-RPC request; returns httpx' response."""
        import httpx

        asked = rpc_request(method, **params)
        return httpx.post(self.url + path, json=asked, headers=headers, trust_env=False, timeout=PATIENCE_S)

    def bare_socket(self, path: str) -> socket.socket:
        """A socket that has been made a WebSocket, and does nothing by itself from then on."""
        connection = socket.create_connection((self.host, self.port), timeout=PATIENCE_S)
        connection.sendall(HANDSHAKE.format(path=path, host=self.host).encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        return connection

    def wait_for_sessions(self, count: int) -> None:
        """Wait until so many sessions of the test are open: a server learns of a closed socket a moment later."""
        wait_until(
            # Those from before may end meanwhile.
            lambda: count in (len(self.sessions), max(0, len(self.sessions) - self.left)),
            lambda: f"{len(self.sessions)} sessions are open, {self.left} of them from before, not {count}",
        )

    def end_sessions(self) -> None:
        """End every session, as a timeout does, which on a busy machine would come at a moment of its own."""

        async def end() -> None:
            for session in list(self.sessions._open.values()):
                self.sessions.close(session)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(PATIENCE_S)


class Talk:
    """A raw WebSocket on which a test says whatever it wants."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    def send(self, message: object) -> None:
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def receive(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        answer = json.loads(self.socket.recv(timeout=timeout_s))
        assert isinstance(answer, dict)
        return answer

    def ask(self, message: object) -> dict[str, Any]:
        """Send a message, as it is if text or bytes, else as JSON, and return the answer."""
        self.send(message)
        return self.receive()

    def rpc(self, method: str, /, **params: object) -> dict[str, Any]:
        return self.ask(rpc_request(method, **params))

    def reset(self, **options: object) -> dict[str, Any]:
        return self.ask({"type": "reset", "data": options})

    def step(self, **action: object) -> dict[str, Any]:
        return self.ask({"type": "step", "data": action})

    def state(self) -> dict[str, Any]:
        answer = self.ask({"type": "state"})
        assert answer["type"] == "state", answer
        return answer["data"]


@contextlib.contextmanager
def running(environment: Callable[[], Any] | None = None, **settings: Any) -> Iterator[Server]:
    import uvicorn

    from synth_audit_env.server import application
    from synth_audit_env.server.serving.settings import Settings

    chosen = Settings(**settings)
    built = application.build_app(chosen, environment)
    server = uvicorn.Server(uvicorn.Config(built, log_level="warning", **application.UVICORN_OPTIONS))
    # Named as TCP, or asyncio leaves out TCP_NODELAY, and each answer over HTTP waits 40 ms for an acknowledgement.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.005)
            host, port = listener.getsockname()
            loop = server.servers[0].get_loop()
            state = server.server_state
            with contextlib.ExitStack() as clients:
                yield Server(host, port, built.state.sessions, built, chosen, lambda: state.connections, loop, clients)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server did not stop"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server: `serve(max_sessions=2, session_timeout_s=0.5, environment=Faulty)`, or any other setting."""
    with contextlib.ExitStack() as stack:

        def start(
            *, session_timeout_s: float | None = None, environment: Callable[[], Any] | None = None, **settings: Any
        ) -> Server:
            return stack.enter_context(running(environment, session_timeout=session_timeout_s, **settings))

        yield start


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with the usual settings, for the tests that leave it as they find it."""
    with running() as started:
        yield started


@pytest.fixture(autouse=True)
def sessions_of_tests_before(request: pytest.FixtureRequest) -> None:
    """Count what is open on the shared server before a test, since what it waits for is its own."""
    if "server" in request.fixturenames and isinstance(shared := request.getfixturevalue("server"), Server):
        shared.left = len(shared.sessions)


@pytest.fixture
def talk() -> Iterator[Callable[[str], Talk]]:
    """Open a raw WebSocket: `talk(server.ws_url + "/ws")`. It is closed after the test."""
    from websockets.sync.client import connect

    with contextlib.ExitStack() as stack:

        def open_socket(url: str) -> Talk:
            return Talk(stack.enter_context(connect(url, proxy=None, max_size=None, close_timeout=1)))

        yield open_socket


@pytest.fixture
def answering() -> Iterator[Callable[..., int]]:
    """Serve HTTP whose every GET is answered by a function of it: `answering(lambda asked: (200, ""))` is the port."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    with contextlib.ExitStack() as stack:

        def start(answer: Callable[[BaseHTTPRequestHandler], tuple[int, str]]) -> int:
            class Answering(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    status, body = answer(self)
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(body.encode())

                def log_message(self, *_: object) -> None:
                    """Tests print nothing."""

            http = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Answering))
            threading.Thread(target=http.serve_forever, daemon=True).start()
            stack.callback(http.shutdown)
            return http.server_port

        yield start


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is configured, and an endpoint that fails is asked twice more, as soon as it lets us."""
    for name in ("API_BASE_URL", "MODEL_NAME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("synth_audit_env.chat.endpoint.RETRIES", 2)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
