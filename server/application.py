"""The application: openenv's HTTP app, with a WebSocket and an MCP endpoint of our own. Wiring only.

    app = build_app(Settings(max_sessions=4))

Episodes are played in sessions over /ws and /mcp, which are ours and speak openenv's protocols (`serving/` says what
they do otherwise). The page at /, /ready and /metrics are ours too. All other routes are openenv's. Of these, /reset,
/step and /state are stateless: each call meets a new environment. OPENENV_MODE=production removes them. FastAPI's /docs
and /redoc load scripts from another host, so /docs leads to /openapi.json instead.

One event loop serves all sessions of a process. A step is shorter than the hop to a thread, so it is answered in place
(`websocket_protocol.py`). An episode takes longer to make, so another process makes it (`build_process.py`),
or a thread if a language model words it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from openenv.core.env_server.http_server import create_fastapi_app
from openenv.core.env_server.types import ConcurrencyConfig
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from ..models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from ..rollouts.reference_auditors import reference_results
from .serving import limits
from .serving.episode_log import EpisodeLog, LogFiles
from .serving.guard import Guard
from .serving.http_protocol import RequestProtocol
from .serving.logs import SessionLog
from .serving.metrics import Metrics
from .serving.page import page_routes
from .serving.refusals import http_answer
from .serving.routes import SESSION_HEADER, routes
from .serving.sessions import Listener, Sessions
from .serving.settings import Settings, SettingsError
from .serving.websocket_protocol import SessionProtocol
from .synth_audit_environment import SynthAuditEnvironment
from .world.errors import EpisodeError

UVICORN_OPTIONS: dict[str, Any] = {
    "http": RequestProtocol,
    "ws": SessionProtocol,
    "ws_max_size": limits.LARGEST_FRAME,
    # Observations are small, and compressing one takes longer than making it.
    "ws_per_message_deflate": False,
    "access_log": False,
    # Pings keep a silent connection alive on its way through proxies. That nobody answers them ends nothing: the event
    # loop of a client may be held up by ten minutes of generation. A client that is gone is found out by its silence.
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": None,
    # What a stop waits for at most, once every session has been told.
    "timeout_graceful_shutdown": 5,
}
ENV_NAME = "synth_audit_env"
NOT_OPENENVS = ("/", "/ws", "/mcp", "/docs", "/docs/oauth2-redirect", "/redoc")
"""Paths of openenv's application that ours answers itself, or does not have."""
RESULTS = Path("outputs")
"""The evaluations and training runs that the page shows, from where the server was started."""
LOG_DRAINED_WITHIN_S = 3.0
"""The time that a stop leaves the episode log to be written to its end."""


def build_app(chosen: Settings, environment: Callable[[], SynthAuditEnvironment] | None = None) -> FastAPI:
    """Make the ASGI application.

    Its `state.sessions` is the table of sessions. `environment` makes that of a session; None for that of the settings.

    Raises:
        SettingsError: The Actor's endpoint is invalid, its key is missing, or the folder of the episode log cannot be
            written.
    """
    environment = environment or environments(chosen)
    metrics = Metrics(chosen.max_sessions)
    listeners: list[Listener] = [metrics, SessionLog()]
    files = log_files(chosen)
    most_waiting = max(limits.EPISODES_WAITING, 2 * chosen.max_sessions)
    kept = None if files is None else EpisodeLog(files, metrics.registry, most_waiting)
    if kept is not None:
        listeners.append(kept)
    sessions = Sessions(
        environment,
        limit=chosen.max_sessions,
        idle_timeout_s=chosen.session_timeout,
        per_address=chosen.sessions_per_address,
        messages_per_second=chosen.messages_per_second,
        listeners=listeners,
    )
    built = create_fastapi_app(
        env=environment,
        env_name=ENV_NAME,
        action_cls=SynthAuditAction,
        observation_cls=SynthAuditObservation,
        state_cls=SynthAuditState,
        reset_observation_cls=SynthAuditObservation,
        concurrency_config=ConcurrencyConfig(
            max_concurrent_envs=chosen.max_sessions, session_timeout=chosen.session_timeout
        ),
    )
    built.title, built.state.sessions = "SynthAudit.Env", sessions
    if kept is not None:
        built.router.on_shutdown.append(partial(kept.close, LOG_DRAINED_WITHIN_S))
    built.router.routes[:] = [route for route in built.routes if getattr(route, "path", None) not in NOT_OPENENVS]
    built.include_router(routes(sessions, metrics, processes=chosen.workers, agent_only=chosen.agent_only))
    # Relative, as a proxy may have put a path before it.
    built.router.routes.append(Route("/docs", RedirectResponse("openapi.json"), include_in_schema=False))
    built.router.routes += page_routes(
        chosen, sessions, lambda options: reference_results(environment(), options), RESULTS
    )
    # The last one added stands before the others. A browser asks without a token whether it may ask with one.
    built.add_middleware(Guard, settings=chosen, refused=sessions.refused)
    if chosen.allow_origin:
        every, exposed = ["*"], [SESSION_HEADER, "Retry-After"]
        origins: dict[str, Any] = {"allow_origins": chosen.allow_origin, "expose_headers": exposed}
        built.add_middleware(CORSMiddleware, allow_methods=every, allow_headers=every, **origins)
    # Starlette's exception is the base of FastAPI's: the router raises the former where there is no such route.
    for kind in (EpisodeError, RequestValidationError, HTTPException, Exception):
        built.add_exception_handler(kind, partial(http_answer, sessions.refused))
    return built


def environments(chosen: Settings) -> Callable[[], SynthAuditEnvironment]:
    """The maker of the sessions' environments, which share the model and its cache.

    Raises:
        SettingsError: The Actor's endpoint is invalid, or its key is not in the environment.
    """
    make = partial(SynthAuditEnvironment, settled=chosen.settled, aside=True)
    if chosen.actor_model is None:
        return make
    # Here, since importing `openai` takes a second, and most servers need none of it.
    from ..chat.access import find_endpoint
    from ..chat.errors import EndpointError
    from .llm_actor.actor import LlmActor
    from .llm_actor.prose_cache import ProseCache, default_folder

    endpoint = None
    if chosen.actor_url is not None:
        try:
            endpoint = find_endpoint(chosen.actor_url, chosen.actor_model, chosen.actor_api_key_env, os.environ)
        except EndpointError as problem:
            raise SettingsError(f"The Actor's model cannot be asked. {problem}") from problem
    cache = ProseCache(chosen.actor_cache or default_folder())
    llm = LlmActor(chosen.actor_model, cache, endpoint, at_once=chosen.max_sessions)
    return partial(make, tell=llm.tell, actor=chosen.actor)


def log_files(chosen: Settings) -> LogFiles | None:
    """The files of the episode log; None where none is kept. Raises SettingsError where they cannot be written."""
    if chosen.episode_log is None:
        return None
    try:
        return LogFiles(chosen.episode_log)
    except OSError as problem:
        told = f"The episode log cannot be kept in {chosen.episode_log}: {problem.strerror or problem}."
        raise SettingsError(told) from problem


def collect_less() -> None:
    """Calm the garbage collector, once all is imported and built.

    A walk through all that was imported stops every session for a tenth of a second, and frequent walks through young
    objects cost an eighth of every step. A running episode is some two thousand objects, and next to no cycles are left
    behind: so a walk comes when a hundred episodes' worth of objects has been added, and takes a few milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
