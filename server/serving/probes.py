"""The routes for whoever watches over the server: /ready for a balancer, /metrics for Prometheus.

    app.include_router(probe_routes(sessions, metrics))

/health, which says that the process lives, is openenv's. /ready says whether a new session would be taken: it is 503
on a full server, which is no reason to restart it. One that stops answers nobody.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel

from .limits import RETRY_AFTER_S
from .metrics import Metrics
from .sessions import Sessions


class Readiness(BaseModel):
    """Whether the process that answers would take another session."""

    status: Literal["ready", "full"]
    sessions: int
    """Open now."""
    limit: int
    """That can be open at a time."""


def probe_routes(sessions: Sessions, metrics: Metrics) -> APIRouter:
    """The two routes, over the sessions of this process and what it counts."""
    router = APIRouter(tags=["Probes"])

    @router.get(
        "/ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "No slot is free."}},
    )
    async def ready(response: Response) -> Readiness:
        """Whether another session would be taken."""
        is_full = len(sessions) >= sessions.limit
        if is_full:
            response.status_code, response.headers["Retry-After"] = 503, str(RETRY_AFTER_S)
        return Readiness(status="full" if is_full else "ready", sessions=len(sessions), limit=sessions.limit)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """What the server has counted, in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router
