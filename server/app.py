"""The server: openenv's HTTP app, with a WebSocket and an MCP endpoint of our own. Wiring only.

    uv run server --port 8000
    uvicorn synth_audit_env.server.app:app

/health, /schema, /metadata, the task routes and the web page at /web (with ENABLE_WEB_INTERFACE=true) are openenv's,
and so are /reset, /step and /state over plain HTTP, which are stateless: each call meets an environment of its own.
OPENENV_MODE=production takes those three away; /ws still resets and steps. Episodes live in sessions, over /ws or
/mcp, and those two endpoints replace openenv's under the same protocols: its /ws ends a session over a malformed
message, lets the text of any exception out, keeps the socket of a session that it has reaped, and holds a thread for
each session; its /mcp cannot reach an environment whose tools are typed actions.

One process serves all sessions, on one event loop: a step is shorter than the hop to a thread. Only an episode that a
language model tells is made in a thread.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import ConcurrencyConfig, WSErrorCode
from pydantic_core import from_json, to_json

from synth_audit_env.models import SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.serving import mcp_requests, settings, ws_messages
from synth_audit_env.server.serving.actors import environments
from synth_audit_env.server.serving.body_limit import BodyLimit
from synth_audit_env.server.serving.mcp_requests import McpRequests, RpcError
from synth_audit_env.server.serving.refusals import refusal, without_inputs
from synth_audit_env.server.serving.sessions import AuditEnvironment, ServerFullError, Session, Sessions
from synth_audit_env.server.serving.settings import Settings, SettingsError
from synth_audit_env.server.serving.sockets import Inbox, converse, say_goodbye

if TYPE_CHECKING:
    app: FastAPI

ENV_NAME = "synth_audit_env"
LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes. A longer WebSocket message ends the connection with 1009; up to here it is answered, or refused in words."""
SESSION_HEADER = "Mcp-Session-Id"
UVICORN_OPTIONS: dict[str, Any] = {
    "ws_max_size": LARGEST_FRAME,
    # Observations are small, and compressing one takes longer than making it.
    "ws_per_message_deflate": False,
    "access_log": False,
    # A stop waits for nobody: an episode can be played again from its seed.
    "timeout_graceful_shutdown": 2,
}


def build_app(chosen: Settings, environment: Callable[[], AuditEnvironment] | None = None) -> FastAPI:
    """Make the ASGI application.

    Args:
        chosen: How many sessions, for how long, and with which Actor.
        environment: Makes the environment of a session; None for what the settings say.

    Returns:
        The application. Its `state.sessions` is the table of sessions.

    Raises:
        SettingsError: The Actor's endpoint cannot be meant, or its key is not there.
    """
    environment = environment or environments(chosen, os.environ)
    built = create_app(
        environment,
        SynthAuditAction,
        SynthAuditObservation,
        env_name=ENV_NAME,
        concurrency_config=ConcurrencyConfig(
            max_concurrent_envs=chosen.max_sessions, session_timeout=chosen.session_timeout_s
        ),
        state_cls=SynthAuditState,
        reset_observation_cls=SynthAuditObservation,
    )
    built.title = "SynthAudit.Env"
    routes = built.router.routes
    routes[:] = [route for route in routes if getattr(route, "path", None) not in ("/ws", "/mcp")]
    sessions = Sessions(environment, limit=chosen.max_sessions, idle_timeout_s=chosen.session_timeout_s)
    built.include_router(session_routes(sessions))
    built.state.sessions = sessions
    built.add_middleware(BodyLimit, largest=ws_messages.LONGEST_MESSAGE)
    built.add_exception_handler(EpisodeError, _episode_refused)
    built.add_exception_handler(RequestValidationError, _request_refused)
    built.add_exception_handler(HTTPException, _http_refused)
    return built


def session_routes(sessions: Sessions) -> APIRouter:
    """The two endpoints at which episodes are played."""
    router = APIRouter()
    mcp = McpRequests(sessions)

    @router.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        """Speak openenv's session protocol; `?session_id=` attaches to a session that /mcp has opened."""
        await socket.accept()
        wanted = socket.query_params.get("session_id")
        try:
            session = sessions.open() if wanted is None else _free_session(sessions, wanted)
        except ServerFullError as full:
            counts = {"active_sessions": full.active, "max_sessions": full.limit}
            told = ws_messages.error(WSErrorCode.CAPACITY_REACHED, str(full), **counts)
            return await say_goodbye(socket, told)
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            told = ws_messages.error(WSErrorCode.SESSION_ERROR, refusal(problem).sentence)
            return await say_goodbye(socket, told)
        try:
            await converse(
                Inbox(socket),
                session,
                sessions,
                partial(ws_messages.reply, session, mcp=mcp),
                at_once=partial(ws_messages.step_at_once, session),
                farewell=partial(ws_messages.error, WSErrorCode.SESSION_ERROR),
            )
        finally:
            if wanted is None:
                sessions.close(session)

    @router.websocket("/mcp")
    async def mcp_socket(socket: WebSocket) -> None:
        """JSON-RPC, the socket being the session. The address takes reset's options."""
        await socket.accept()
        inbox, options = Inbox(socket), mcp_requests.options_of_address(socket.query_params)
        try:
            session, _ = await inbox.unless_gone(mcp.open(options))
        except WebSocketDisconnect:
            return inbox.close()
        except RpcError as problem:
            failed = mcp_requests.failure(None, problem.code, str(problem), problem.data)
            return await say_goodbye(socket, to_json(failed).decode())

        async def reply(raw: str | bytes) -> str:
            return to_json(await _rpc(mcp, raw, session, options)).decode()

        def farewell(sentence: str) -> str:
            return to_json(mcp_requests.failure(None, JsonRpcErrorCode.SERVER_ERROR, sentence)).decode()

        try:
            await converse(inbox, session, sessions, reply, farewell=farewell)
        finally:
            sessions.close(session)

    @router.post("/mcp", tags=["MCP"])
    async def mcp_post(request: Request) -> Response:
        """JSON-RPC: MCP's streamable HTTP, and openenv's session calls."""
        wanted = request.headers.get(SESSION_HEADER)
        session = sessions.get(wanted)
        if wanted is not None and session is None:
            # MCP's way to say that the client has to initialize anew.
            failed = mcp_requests.failure(None, JsonRpcErrorCode.INVALID_REQUEST, "The session has ended.")
            return JSONResponse(failed, 404)
        options = mcp_requests.options_of_address(request.query_params)
        answered = await _rpc(mcp, await request.body(), session, options)
        if answered is None:
            return Response(status_code=202)
        opened = answered.get("result", {}).get("_meta", {}).get("session_id")
        headers = {SESSION_HEADER: opened} if opened else None
        return Response(to_json(answered), media_type="application/json", headers=headers)

    @router.delete("/mcp", tags=["MCP"])
    async def mcp_delete(request: Request) -> Response:
        """End the session of the Mcp-Session-Id header."""
        session = sessions.get(request.headers.get(SESSION_HEADER))
        if session is None:
            return Response(status_code=404)
        sessions.close(session)
        return Response(status_code=204)

    return router


def _free_session(sessions: Sessions, session_id: str) -> Session:
    session = sessions.get(session_id)
    if session is None:
        raise EpisodeError(f"Unknown session_id: {session_id}")
    if session.hang_up is not None:
        raise EpisodeError(f"Session {session_id} already has an attached WebSocket")
    sessions.touch(session)
    return session


async def _rpc(
    mcp: McpRequests, raw: str | bytes, session: Session | None, options: dict[str, Any]
) -> dict[str, Any] | None:
    try:
        message = from_json(raw)
    except ValueError as problem:
        return mcp_requests.failure(None, JsonRpcErrorCode.PARSE_ERROR, f"Parse error: {problem}")
    return await mcp.answer(message, session, options)


async def _episode_refused(request: Request, problem: Exception) -> Response:
    sentence = refusal(problem).sentence
    if request.url.path == "/step":
        sentence += " Over plain HTTP each call meets a new environment: play episodes over /ws or /mcp."
    return JSONResponse({"detail": sentence}, 422)


async def _request_refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    return JSONResponse({"detail": without_inputs(problem.errors())}, 422)


async def _http_refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    # Typed as text, but openenv puts pydantic's findings here as they are.
    detail: Any = problem.detail
    told = without_inputs(detail) if isinstance(detail, list) else detail
    return JSONResponse({"detail": told}, problem.status_code, problem.headers)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server until it is stopped."""
    try:
        chosen = settings.read(argv, os.environ)
        built = build_app(chosen)
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
    # A walk of the garbage collector through all that was imported stops every session for a tenth of a second. Frozen,
    # that is left out; and as a step leaves next to no cycles behind, the rest is looked at less often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvicorn.run(built, host=chosen.host, port=chosen.port, **UVICORN_OPTIONS)


def __getattr__(name: str) -> Any:
    # `app` is made when somebody asks for it (uvicorn does, by name), since main makes its own from the flags, and
    # since a wrong environment variable must not make this module unimportable.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = build_app(settings.read([], os.environ))
    return globals()["app"]


if __name__ == "__main__":
    main()
