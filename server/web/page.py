"""The page at /web: the workbench's three tabs, as openenv mounts them beside its own playground.

    LatePage(app, lambda: build_page(environment, sessions, logs, outputs))

Imported only where the page is served: Gradio takes a second to import.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import gradio as gr
from fastapi import FastAPI, Response
from openenv.core.env_server.web_interface import create_web_interface_app
from starlette.routing import Mount

from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.serving.sessions import AuditEnvironment, Sessions
from synth_audit_env.server.web.audit_tab import audit_tab
from synth_audit_env.server.web.look import ARROWS, FOLLOW, STAY, dress
from synth_audit_env.server.web.page_guard import guard, speak_plainly
from synth_audit_env.server.web.replay_tab import replay_tab
from synth_audit_env.server.web.results_tab import results_tab
from synth_audit_env.server.web.visitors import Visitors

_HEAD = (
    '<div class="wb-head"><h1>SynthAudit workbench</h1><p>Audit what an Actor proposes for the patients of a trial, '
    "replay what an agent did, and read the results. <b>Synthetic data, not for clinical use.</b></p></div>"
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#166534"/>'
    '<path d="M3.5 8.5l3 3 6-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
"""A tick on green."""


def workbench(visitors: Visitors, logs: Path | None, outputs: Path) -> gr.Blocks:
    """The page's tabs.

    Args:
        visitors: Whose desks the audit tab shows.
        logs: The server's own episode logs; None where it keeps none.
        outputs: What evaluation and training wrote.
    """
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


async def _icon() -> Response:
    return Response(_ICON, media_type="image/svg+xml")


def build_page(
    environment: Callable[[], AuditEnvironment],
    sessions: Sessions,
    logs: Path | None,
    outputs: Path,
    name: str,
    title: str,
) -> FastAPI:
    """openenv's application with its page and ours in it, in our look, and an icon where browsers look for one.

    Args:
        environment: Makes the one that the visitors of openenv's playground share.
        sessions: That visitors of the workbench play in.
        logs: The server's own episode logs; None where it keeps none.
        outputs: What evaluation and training wrote.
        name: Of the environment.
        title: Of the page.
    """
    # Gradio tells its makers of every page that is built, unless it is told not to.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

    def tab(manager: Any, *_: Any) -> gr.Blocks:
        speak_plainly(manager)
        return workbench(Visitors(sessions), logs, outputs)

    page = create_web_interface_app(
        cast(Any, environment),  # it takes what makes one, as `create_app` does
        SynthAuditAction,
        SynthAuditObservation,
        env_name=name,
        gradio_builder=tab,
        custom_tab_name="Workbench",
        custom_tab_primary=True,
        title_override=title,
        state_cls=SynthAuditState,
        reset_observation_cls=SynthAuditObservation,
    )
    # At the root, above the page's mount.
    page.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    (mount,) = (route for route in page.routes if isinstance(route, Mount) and route.path == "/web")
    dress(guard(mount, sessions.refused))
    return page
