"""What stands before every route: token, origins of web pages, rates, agent-only mode, and limits on bodies.

    app.add_middleware(Guard, settings=chosen, refused=sessions.refused)

A request is judged by its address and its headers before its body is read. /health is open to everybody, since whoever
watches over a server holds no token of it. A refusal is a status and one sentence; on a WebSocket it takes the place of
the handshake. Nothing here knows what a body means.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ..audit.reset_options import check_body
from ..world.errors import EpisodeError
from . import limits, strict_json
from .refusals import RefusedError, answer, refusal
from .sessions import Rate
from .settings import Settings

OPEN = "/health"
FOR_AGENTS = frozenset({OPEN, "/ready", "/metrics", "/metadata", "/schema", "/mcp"})
"""All paths of agent-only mode. No route among them resets, steps or tells the state but through the tools of /mcp."""
READS_STRICTLY = "/mcp"
"""The path whose route reads strictly itself. openenv's take the last of two equal keys, and true for a number."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings, refused: Callable[[str], None]) -> None:
        """Stand before an application; `refused` is told the status of each refusal."""
        self._app, self._settings, self._refused = app, settings, refused
        self._rate = Rate(settings.requests_per_second) if settings.requests_per_second else None
        self._held = 0
        """Bytes of the large bodies that are still coming."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        if scope.get("method") == "HEAD":
            # Whoever probes may want the status alone: uvicorn sends no body then.
            scope = {**scope, "method": "GET"}
        refusal = self._refusal(scope, Headers(scope=scope))
        # No route reads a body of the other methods.
        if refusal is None and scope.get("method") in ("POST", "PUT", "PATCH", "DELETE"):
            try:
                body = await self._body(scope, receive)
            except ClientDisconnect:
                return None
            if isinstance(body, JSONResponse):
                refusal = body
            else:
                refusal, receive = _misread(scope["path"], body), _again(body, receive)
        if refusal is None:
            return await self._app(scope, receive, send)
        self._refused(str(refusal.status_code))
        if scope["type"] == "websocket":
            return await WebSocket(scope, receive, send).send_denial_response(refusal)
        return await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        if "content-length" in headers and "transfer-encoding" in headers:
            # RFC 9112, 6.1: a proxy in between may have taken the other of the two, and the rest for a request.
            told = "A request may have Content-Length or Transfer-Encoding, not both."
            return answer(400, told, {"Connection": "close"})
        if scope["path"] == OPEN and scope.get("method") == "GET":
            return None
        if self._rate is not None and self._rate.wait_s(address_of(scope)):
            return answer(429, "Too many requests from your address.", {"Retry-After": "1"})
        if (token := self._settings.synth_audit_token) is not None:
            scheme, _, shown = headers.get("authorization", "").partition(" ")
            # Compared in a time that does not tell how much of it was right.
            is_right = hmac.compare_digest(shown.strip(" ").encode("latin-1"), token.encode())
            if not is_right or scheme.lower() != "bearer":
                return answer(401, "A bearer token is needed: set SYNTH_AUDIT_TOKEN.", {"WWW-Authenticate": "Bearer"})
        if not self._is_welcome(headers):
            return answer(403, "Pages of other sites may not call this server: see --allow-origin.")
        if self._settings.agent_only and scope["path"] not in FOR_AGENTS:
            return answer(403, "This server serves agents only, through the tools of /mcp.")
        return None

    def _is_welcome(self, headers: Headers) -> bool:
        """True if no web page calls, or one of ours, or one of an allowed origin.

        Browsers let any page open a WebSocket to any server, and post plain text to it. They name the page in the
        header Origin, which programs do not send.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._settings.allow_origin:
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:
            # Brackets around what is no address.
            return False

    async def _body(self, scope: Scope, receive: Receive) -> bytes | JSONResponse:
        """The body, or why it is refused. Raises ClientDisconnect where the client has left before its end."""
        body, held = bytearray(), 0
        try:
            async with asyncio.timeout(limits.BODY_WITHIN_S):
                # Counted rather than believed: a chunked body declares no length, and a declared one may lie.
                async for piece in Request(scope, receive).stream():
                    body += piece
                    if len(body) > limits.LONGEST_MESSAGE:
                        return answer(413, f"The body of a request may have {limits.LONGEST_MESSAGE} bytes at most.")
                    if len(body) > limits.SMALL_BODY:
                        self._held, held = self._held + len(body) - held, len(body)
                    if held and self._held > limits.LARGE_BODIES:
                        told = "Too many large requests are being sent: try again in a moment."
                        return answer(503, told, {"Retry-After": str(limits.RETRY_AFTER_S)})
        except TimeoutError:
            return answer(408, f"The body of a request has to come within {limits.BODY_WITHIN_S:g} s.")
        finally:
            self._held -= held
        return bytes(body)


def _misread(path: str, body: bytes) -> JSONResponse | None:
    """The refusal of a body that openenv would read as something else."""
    if not body or path == READS_STRICTLY:
        return None
    try:
        value = strict_json.read(body)
        if path == "/reset":
            check_body(value)
    except (EpisodeError, RefusedError) as problem:
        return answer(422, refusal(problem).sentence)
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    """ASGI's receive for a request whose body is read: the body in one piece, then whatever comes after it."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return unread.pop() if unread else await receive()

    return received


def address_of(scope: Scope) -> str:
    """Whom a request is counted for: its IPv4 address, or the /64 network that one household has of IPv6.

    Behind a proxy that uvicorn trusts (FORWARDED_ALLOW_IPS) it is the address that the proxy tells.
    """
    shown, _ = scope.get("client") or ("", 0)
    try:
        address = ipaddress.ip_address(shown)
    except ValueError:
        return str(shown)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))
