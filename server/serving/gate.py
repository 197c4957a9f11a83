"""Access control: the bearer token, origins of web pages, the request rate of an address, and agent-only mode.

    app.add_middleware(Gate, settings=chosen, refused=sessions.refused)

It stands before everything else and reads nothing of a request but its address and its headers. /health is open to
everybody, since whoever watches over a server holds no token of it. A refusal is a status and one sentence; on a
WebSocket it takes the place of the handshake.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from .rates import Rate
from .refusals import answer
from .settings import Settings

OPEN = "/health"
FOR_AGENTS = frozenset({OPEN, "/ready", "/metrics", "/metadata", "/schema", "/mcp"})
"""All there is in agent-only mode. No route in it resets, steps or tells the state but through the tools of /mcp."""


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings, refused: Callable[[str], None]) -> None:
        """Stand before an application; `refused` is told the status of each refusal."""
        self._app = app
        self._token = None if settings.synth_audit_token is None else settings.synth_audit_token.encode()
        self._origins = settings.allow_origin
        self._rate = Rate(settings.requests_per_second) if settings.requests_per_second else None
        self._agent_only = settings.agent_only
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        is_open = scope["type"] == "http" and scope["path"] == OPEN and scope["method"] in ("GET", "HEAD")
        asked = scope["type"] in ("http", "websocket") and not is_open
        refusal = self._refusal(scope) if asked else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        self._refused(str(refusal.status_code))
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        wait_s = self._rate.wait_s(address_of(scope)) if self._rate is not None else 0.0
        if wait_s:
            return answer(429, "Too many requests from your address.", {"Retry-After": str(math.ceil(wait_s))})
        if self._token is not None:
            scheme, _, shown = headers.get("authorization", "").partition(" ")
            # Compared in a time that does not tell how much of it was right.
            is_right = hmac.compare_digest(shown.strip(" ").encode("latin-1"), self._token)
            if not is_right or scheme.lower() != "bearer":
                return answer(401, "This server asks for a bearer token.", {"WWW-Authenticate": "Bearer"})
        if not self._is_welcome(headers):
            return answer(403, "Pages of other sites may not call this server: see --allow-origin.")
        if self._agent_only and scope["path"] not in FOR_AGENTS:
            return answer(403, "This server serves agents only, through the tools of /mcp.")
        return None

    def _is_welcome(self, headers: Headers) -> bool:
        """Whether a browser that calls on behalf of a page does so for one of ours, or of an allowed origin.

        Browsers let any page open a WebSocket to any server, and post plain text to it: that they say for which page
        they do so is the only thing to go by. Programs say nothing of the kind.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:
            # Brackets around what is no address.
            return False


def address_of(scope: Scope) -> str:
    """Whom a request is counted for: its IPv4 address, or the /64 network that one household has of IPv6.

    Behind a proxy that uvicorn trusts (FORWARDED_ALLOW_IPS) it is the address that the proxy tells.
    """
    client = scope.get("client")
    if client is None:
        return ""
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
