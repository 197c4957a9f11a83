"""Limits the bodies of HTTP requests: their length, the time they take, and how their JSON is read (`strict_json`).

    app.add_middleware(BodyLimit, refused=sessions.refused)

uvicorn limits WebSocket messages but not bodies, and openenv's routes read theirs with a reader that takes the last of
two equal keys, and true for a number. Nothing here knows what a body means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..reset_options import check_body
from ..world.errors import EpisodeError
from . import limits, strict_json
from .refusals import answer

STRICT_THEMSELVES = frozenset({"/mcp"})
"""Paths whose routes read strictly, and refuse in a form of their own."""


class BodyLimit:
    """ASGI middleware: answers 413 to a body that is too long, 408 to one that is late, and 422 to invalid JSON."""

    def __init__(self, app: ASGIApp, refused: Callable[[str], None]) -> None:
        """Stand before an application; `refused` is told the status of each refusal."""
        self._app, self._refused = app, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and pass the request on or refuse it."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            # No route reads a body of these, so none is kept.
            return await self._app(scope, receive, send)
        try:
            async with asyncio.timeout(limits.BODY_WITHIN_S):
                body = await _body(scope, receive)
        except ClientDisconnect:
            return None
        except TimeoutError:
            self._refused("408")
            late = answer(408, f"The body of a request has to come within {limits.BODY_WITHIN_S:g} s.")
            return await late(scope, receive, send)
        if (refusal := _refusal(scope, body)) is not None:
            self._refused(str(refusal.status_code))
            return await refusal(scope, receive, send)
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            # After the body comes what comes: a route that streams its answer waits here for the client to leave.
            return unread.pop() if unread else await receive()

        return await self._app(scope, again, send)


def _refusal(scope: Scope, body: bytes) -> JSONResponse | None:
    if len(body) > limits.LONGEST_MESSAGE:
        return answer(413, f"The body of a request may have {limits.LONGEST_MESSAGE} bytes at most.")
    if body and scope["path"] not in STRICT_THEMSELVES and _is_json(scope):
        try:
            value = strict_json.read(body)
            if scope["path"] == "/reset":
                check_body(value)
        except EpisodeError as problem:
            return answer(422, str(problem))
        except ValueError as problem:
            return answer(422, f"Invalid JSON: {problem}.")
    return None


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The body, or as much of it as is too much. Raises ClientDisconnect where the client has left before its end."""
    body = bytearray()
    # Counted rather than believed: a chunked body declares no length, and a declared one may lie.
    async for piece in Request(scope, receive).stream():
        body += piece
        if len(body) > limits.LONGEST_MESSAGE:
            break
    return bytes(body)


def _is_json(scope: Scope) -> bool:
    """Whether a route would read the body as JSON, by FastAPI's rule; its older releases do so without a type too."""
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("", "application/json") or (kind.startswith("application/") and kind.endswith("+json"))
