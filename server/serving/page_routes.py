"""The page at / and /page/: static files, which play over /ws like any other client, and what they ask besides.

    add_page(built, data.routes())

The browser asks each time whether a file has changed, and is told so without the file where it has not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .file_answers import NO_FILE, answer_with

FILES = Path(__file__).parents[1] / "page"
HEADERS = {
    # Nothing comes from another host, and no script but the page's own files runs.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def add_page(built: FastAPI, data: Sequence[BaseRoute]) -> None:
    """Serve / and /page/.

    Args:
        built: The application.
        data: Routes below /page that go before its files.
    """
    below = [*data, Route("/{path:path}", _file)]
    built.router.routes += [Route("/", _index), Mount("/page", routes=below, middleware=[Middleware(_with_headers)])]


async def _index(request: Request) -> Response:
    answer = await asyncio.to_thread(answer_with, FILES / "index.html", request)
    answer.headers.update(HEADERS)
    return answer


async def _file(request: Request) -> Response:
    return await asyncio.to_thread(_static, request)


def _static(request: Request) -> Response:
    home = os.path.realpath(FILES)
    try:
        file = Path(os.path.realpath(os.path.join(home, request.path_params["path"])))
    except (OSError, ValueError):
        raise HTTPException(404, NO_FILE) from None
    if not file.is_relative_to(home):
        raise HTTPException(404, NO_FILE)
    return answer_with(file, request)


def _with_headers(app: ASGIApp) -> ASGIApp:
    """Has HEADERS in every answer of an application."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await app(scope, receive, told)

    return wrapped
