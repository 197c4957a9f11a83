"""The page at /: static files, which play over /ws like any other client.

    add_page(built)
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).parents[1] / "page"
POLICY = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy: nothing comes from another host, and no script but the page's own files runs."""


def add_page(built: FastAPI) -> None:
    """Serve / and /page/."""

    @built.get("/", include_in_schema=False)
    def index() -> Response:
        return FileResponse(FILES / "index.html", headers={"Content-Security-Policy": POLICY})

    built.mount("/page", StaticFiles(directory=FILES))
