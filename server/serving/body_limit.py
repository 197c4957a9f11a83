"""Refuses HTTP requests with bodies that no message of ours needs, before they fill the memory.

    app.add_middleware(BodyLimit, largest=2 * 1024 * 1024)

uvicorn limits WebSocket messages but not bodies. Nothing here knows what a body means.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware: answers 413 to a body of more than `largest` bytes."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what is read of its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # Counted rather than believed: a chunked body declares no length, and a declared one may lie.
            if read > self._largest:
                # Raised where the body is read, answered by the application's own handler.
                raise HTTPException(413, f"The body of a request may have {self._largest} bytes at most.")
            return message

        await self._app(scope, counted, send)
