"""The page at /web, which is built once the server listens: until it is there, /web says so.

    LatePage(app, build)        # build() makes openenv's application with the page, for which Gradio is imported

Importing Gradio and building the page take longer than all the rest of a start. Knows nothing of what the page shows.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

log = logging.getLogger(__name__)

RETRY_AFTER_S = 2
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_OF_THE_PAGE = re.compile(r"/((web|favicon\.ico|ws/ui)(/.*)?)?")
_NOT_YET = "The page is being built: it shows here in a few seconds."
_FAILED = "The page could not be built; the server's log says why."


class LatePage:
    """Builds the page when the application starts, and has it served in the place of a note."""

    def __init__(self, app: FastAPI, build: Callable[[], FastAPI]) -> None:
        """Serve the note.

        Args:
            app: That serves the page when it is there.
            build: Makes an application, of which the routes of the page are taken. It is called in a thread.
        """
        self.build = build
        self._app = app
        self._failed = False
        for path in ("/", "/web", "/web/{rest:path}"):
            app.add_route(path, self._note, methods=_METHODS, include_in_schema=False)
        app.router.on_startup.append(self._start)
        app.router.on_shutdown.append(self._stop)

    def mount(self, page: FastAPI) -> None:
        """Serve what was built."""
        # Gradio sees to the headers for other origins unless the application that it was mounted on does.
        page.user_middleware = self._app.user_middleware
        others = [route for route in self._app.routes if getattr(route, "endpoint", None) != self._note]
        built = [route for route in page.routes if _OF_THE_PAGE.fullmatch(getattr(route, "path", " "))]
        self._app.router.routes[:] = [*others, *built]
        self._app.openapi_schema = None

    async def _start(self) -> None:
        self._serving = asyncio.create_task(self._serve())

    async def _stop(self) -> None:
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)

    async def _serve(self) -> None:
        try:
            page = await asyncio.to_thread(self.build)
            async with page.router.lifespan_context(page):
                self.mount(page)
                await asyncio.Event().wait()
        except Exception:
            log.exception("The page at /web could not be built")
            self._failed = True

    async def _note(self, _: Request) -> HTMLResponse:
        if self._failed:
            return HTMLResponse(f"<p>{_FAILED}</p>", 503)
        again = f'<meta http-equiv="refresh" content="{RETRY_AFTER_S}">'
        return HTMLResponse(f"{again}<p>{_NOT_YET}</p>", 503, {"Retry-After": str(RETRY_AFTER_S)})
