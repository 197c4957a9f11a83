"""The routes for whoever watches over the server: /ready for a balancer, /metrics for Prometheus.

    app.include_router(probe_routes(sessions, metrics))

/health, which says that the process lives, is openenv's. /ready says whether a new session would be taken: it is 503
on a full server, which is no reason to restart it. One that stops answers nobody.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel

from .episode_log import EpisodeLog
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
    """The two routes.

    Args:
        sessions: Of this process. Where one of their listeners is an episode log, /metrics has its counts as well.
        metrics: What it counts.
    """
    router = APIRouter(tags=["Probes"])
    for listener in sessions.listeners:
        if isinstance(listener, EpisodeLog):
            metrics.show(listener.counted)

    @router.get(
        "/ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "No slot is free."}},
    )
    async def ready() -> Response:
        """Whether another session would be taken."""
        told = Readiness(status=_status(sessions), sessions=len(sessions), limit=sessions.limit)
        if told.status == "ready":
            return JSONResponse(told.model_dump())
        return JSONResponse(told.model_dump(), 503, {"Retry-After": str(RETRY_AFTER_S)})

    @router.get("/metrics", response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """What the server has counted, in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _status(sessions: Sessions) -> Literal["ready", "full"]:
    return "ready" if len(sessions) < sessions.limit else "full"
