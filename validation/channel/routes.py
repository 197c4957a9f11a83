"""Every route of the server, and how the scan reads it, so that a route that is added cannot be forgotten.

    routes = served_routes()
    unread(routes)                                                     # [] while each is read
    documents("http://127.0.0.1:8000", list(requests_of(routes)))      # what each request is answered

The routes are those of FastAPI's own table. What plays an episode is read by `plays.py`; whatever else there is, is
asked for here, with every method that it takes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.routing import Route, WebSocketRoute

from ...server.app import ENV_NAME
from ...server.world.tasks import SPLITS
from .raw_sockets import HttpLine

PLAYED = (
    *(("WEBSOCKET", "/ws"), ("WEBSOCKET", "/mcp"), ("POST", "/mcp")),
    *(("POST", "/web/reset"), ("POST", "/web/step"), ("GET", "/web/state")),
)
"""At which episodes are played."""
GRADIO = (("Mount", "/web"), ("WEBSOCKET", "/ws/ui"))
"""The web page, and what keeps it up to date. openenv's part shows, with the time of day, what the routes at /web/ say;
that the workbench shows the same with flipped labels is tested where it is made (tests/server/web/test_panes.py)."""
COUNTING = ("/metrics", "/ready")
"""Routes that count sessions and steps, and so change while episodes run whatever the labels are: what they count is
compared between a server and one whose labels are flipped."""
_OF_THE_PROCESS = re.compile(rb"(?m)^(?:# .*|process_.*|python_.*|.*_seconds.*|.*_created.*)\n?")
"""Lines of /metrics about time and memory, which no two processes share."""
WITH_WEB_PAGE = {"ENABLE_WEB_INTERFACE": "true", "GRADIO_ANALYTICS_ENABLED": "False"}
"""Variables of a server that serves all that the image does."""
_TABLE = """
import json
from synth_audit_env.server.app import build_app
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.validation.channel.routes import routes_of
app = build_app(Settings())
app.state.page.mount(app.state.page.build())
print(json.dumps(sorted(routes_of(app))))
"""
CLOCK = re.compile(rb"(?im)^(date|sec-websocket-accept): [^\r]*\r\n")
"""Headers that no two answers share."""
_BODIES: Mapping[str, Sequence[Mapping[str, object]]] = {
    "/{env_name}/tasks": [{"split": split} for split in (*SPLITS, "none")],
    "/{env_name}/num_tasks": [{"split": split} for split in (*SPLITS, "none")],
    "/{env_name}/task": [{"split": split, "index": index} for split in SPLITS for index in (0, 14, 10**9)],
    "/{env_name}/task_range": [{"split": split, "start": 3, "stop": 9} for split in SPLITS],
    "/reset": [{"seed": 42}, {"seed": 42, "task_id": "oversight_adaptive"}, {"seed": "is_wrong"}, {"labels": True}],
    "/step": [{"action": {"action_type": "review_proposal"}}, {"action": {"action_type": "explain"}}, {}],
}
"""What is posted to a route by its path, refused bodies among them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one route."""

    method: str
    route: str
    """As FastAPI's table has it."""
    path: str
    body: str | None = None


def served_routes() -> set[tuple[str, str]]:
    """Those of the server as the image starts it, from a process of its own: Gradio leaves an event loop unclosed."""
    command = [sys.executable, "-c", _TABLE]
    said = subprocess.run(command, env={**os.environ, **WITH_WEB_PAGE}, stdout=subprocess.PIPE, check=True)
    return {(method, path) for method, path in json.loads(said.stdout.splitlines()[-1])}


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of every route; WEBSOCKET for a socket, and for what is mounted whole its class."""
    found = set()
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            found.add(("WEBSOCKET", route.path))
        elif isinstance(route, Route):
            found |= {(method, route.path) for method in route.methods or ()}
        else:
            found.add((type(route).__name__, str(getattr(route, "path", route))))
    return found


def requests_of(routes: set[tuple[str, str]]) -> Iterator[Request]:
    """What there is to ask of these routes without an episode."""
    for method, route in sorted(routes - {*PLAYED, *GRADIO}):
        path = route.replace("{env_name}", ENV_NAME)
        if method in ("GET", "HEAD", "DELETE") and "{" not in path:
            yield Request(method, route, path)
        elif method == "POST":
            for body in _BODIES.get(route, ()):
                yield Request(method, route, path, json.dumps(body))


def unread(routes: set[tuple[str, str]]) -> list[str]:
    """The routes that are neither played at nor asked for, Gradio's apart."""
    asked = {(one.method, one.route) for one in requests_of(routes)}
    return [f"{method} {path}" for method, path in sorted(routes - asked - {*PLAYED, *GRADIO})]


def counts(base_url: str) -> dict[str, bytes]:
    """What a server counts, by route, without what it tells of its process."""
    asked = [Request("GET", path, path) for path in COUNTING]
    answers = documents(base_url, asked)
    return {one.path: _OF_THE_PROCESS.sub(b"", answers[one].partition(b"\r\n\r\n")[2]) for one in asked}


def documents(base_url: str, requests: Sequence[Request]) -> dict[Request, bytes]:
    """What a server answers to each, but for the clock."""
    with HttpLine(base_url) as line:
        return {one: CLOCK.sub(b"", line.request(one.method, one.path, one.body)) for one in requests}
