"""The page at / and /page/: static files, which play over /ws like any other client, and what they ask besides.

    add_page(built, data.routes())

The browser asks each time whether a file has changed, and is told so without the file where it has not.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = Path(__file__).parents[1] / "page"
HEADERS = {
    # Nothing comes from another host, and no script but the page's own files runs.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def add_page(built: FastAPI, data: Sequence[BaseRoute]) -> None:
    """Serve / and /page/, and send whoever asks for /web to /.

    Args:
        built: The application.
        data: Routes below /page that go before its files.
    """
    # Python asks the operating system for types, and some systems say that JavaScript is plain text.
    mimetypes.add_type("text/javascript", ".js")
    below = [*data, Mount("/", StaticFiles(directory=FILES))]
    mount = Mount("/page", routes=below, middleware=[Middleware(_with_headers)])
    built.router.routes += [Route("/", _index), Route("/web", _to_index), mount]


async def _index(_: Request) -> FileResponse:
    return FileResponse(FILES / "index.html", headers=HEADERS)


async def _to_index(_: Request) -> RedirectResponse:
    # Where openenv's tools look for a page. The address is relative, as a proxy may have put a path before it.
    return RedirectResponse("./")


def _with_headers(app: ASGIApp) -> ASGIApp:
    """Has HEADERS in every answer of an application."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await app(scope, receive, told)

    return wrapped
