"""The page at /web: the workbench's three tabs, as openenv mounts them beside its own playground.

    LatePage(app, partial(build_page, sessions, logs, outputs, env=environment, ...))

Imported only where the page is served: Gradio takes a second to import.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Response
from openenv.core.env_server.web_interface import create_web_interface_app
from starlette.routing import Mount

from ..serving.sessions import Sessions
from .audit_tab import audit_tab
from .look import ARROWS, FOLLOW, STAY, dress
from .page_guard import guard, speaking_plainly
from .replay_tab import replay_tab
from .results_tab import results_tab
from .visitors import Visitors

_HEAD = (
    '<div class="wb-head"><h1>SynthAudit workbench</h1><p>Audit what an Actor proposes for the patients of a trial, '
    "replay what an agent did, and read the results. <b>Synthetic data, not for clinical use.</b></p></div>"
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#166534"/>'
    '<path d="M3.5 8.5l3 3 6-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
"""A tick on green."""


async def _icon() -> Response:
    return Response(_ICON, media_type="image/svg+xml")


def build_page(sessions: Sessions, logs: Path | None, outputs: Path, **served: Any) -> FastAPI:
    """openenv's application with its page, of which the workbench is the first tab, in our look; `served` is openenv's.

    The workbench is played in `sessions`, replays the episode logs of `logs`, if any, and shows results of `outputs`.
    """
    # Gradio tells its makers of every page that is built, unless it is told not to.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    visitors = Visitors(sessions)

    def tab(manager: Any, *_: Any) -> gr.Blocks:
        for name in ("reset_environment", "step_environment"):
            setattr(manager, name, speaking_plainly(getattr(manager, name)))
        return _workbench(visitors, logs, outputs)

    page = create_web_interface_app(**served, gradio_builder=tab, custom_tab_name="Workbench", custom_tab_primary=True)
    # At the root, above the page's mount.
    page.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    (mount,) = (route for route in page.routes if isinstance(route, Mount) and route.path == "/web")
    dress(guard(mount, sessions.refused))
    return page


def _workbench(visitors: Visitors, logs: Path | None, outputs: Path) -> gr.Blocks:
    page: gr.Blocks = gr.Blocks(analytics_enabled=False)
    with page:
        gr.HTML(_HEAD, js_on_load=None)
        with gr.Tabs():
            with gr.Tab("Audit"):
                audit_tab(visitors)
            with gr.Tab("Replay"):
                replay_tab(logs)
            with gr.Tab("Results"):
                results_tab(outputs)
        for js in (ARROWS, FOLLOW, STAY):
            page.load(fn=None, js=js, api_visibility="private")

        async def closed(request: gr.Request) -> None:
            visitors.left(request.session_hash)

        page.unload(closed)
    return page
