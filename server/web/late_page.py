"""The page at /web, which is built while the server already serves: until it is there, /web says so."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
_OF_THE_PAGE = re.compile(r"/(web(/.*)?|favicon\.ico|ws/ui)?")


class LatePage:
    """What an application serves at /web: first a note, then the page."""

    def __init__(self, app: FastAPI, build: Callable[[], FastAPI]) -> None:
        """Serve the note, and once `app` has started call `build`, in a thread, for an application with the page."""
        self.build, self._app = build, app
        again = f'<meta http-equiv="refresh" content="{RETRY_AFTER_S}">'
        self._note = HTMLResponse(f"{again}<p>The page is being built: it shows here in a few seconds.</p>", 503)
        self._note.headers["Retry-After"] = str(RETRY_AFTER_S)
        for path in ("/", "/web", "/web/{rest:path}"):
            app.add_route(path, self._answer, methods=["GET", "HEAD", "POST"], include_in_schema=False)
        app.router.on_startup.append(self._start)
        app.router.on_shutdown.append(self._stop)

    def mount(self, page: FastAPI) -> None:
        """Serve the page."""
        # Gradio sees to the headers for other origins unless the application that it was mounted on does.
        page.user_middleware = self._app.user_middleware
        others = [route for route in self._app.routes if getattr(route, "endpoint", None) != self._answer]
        built = [route for route in page.routes if _OF_THE_PAGE.fullmatch(getattr(route, "path", " "))]
        self._app.router.routes[:] = [*others, *built]
        self._app.openapi_schema = None

    async def _start(self) -> None:
        self._serving = asyncio.create_task(self._serve())

    async def _stop(self) -> None:
        self._serving.cancel()
        await asyncio.wait([self._serving])

    async def _serve(self) -> None:
        try:
            page = await asyncio.to_thread(self.build)
            async with page.router.lifespan_context(page):
                self.mount(page)
                await asyncio.Event().wait()
        except Exception:
            log.exception("The page at /web could not be built")
            self._note = HTMLResponse("<p>The page could not be built; the server's log says why.</p>", 503)

    async def _answer(self, _: Request) -> HTMLResponse:
        return self._note
