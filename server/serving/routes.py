"""The routes of sessions (/ws, and MCP over HTTP and over a WebSocket), and those for whoever watches over the server.

    app.include_router(routes(sessions, metrics))

Messages are read and answered by `ws_messages` and `mcp_requests`; here a connection becomes a session, and ends.
/ready is 503 on a full server, which is no reason to restart it. /health, which says that the process lives, is
openenv's.
"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, PlainTextResponse
from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import WSErrorCode
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic_core import to_json

from ..world.errors import EpisodeError
from . import mcp_requests, strict_json, ws_messages
from .guard import address_of
from .limits import RETRY_AFTER_S
from .logs import about
from .mcp_requests import McpRequests
from .metrics import Metrics
from .refusals import RefusedError, refusal
from .sessions import ServerFullError, Session, Sessions
from .sockets import converse, say_goodbye, unless_gone

SESSION_HEADER = "Mcp-Session-Id"
NEEDS_ONE_PROCESS = (
    "MCP over plain HTTP needs a server of one process, and this one has several: requests would miss their session. "
    "Use the WebSocket at /mcp, or servers of one process behind a balancer that learns the Mcp-Session-Id header."
)


def routes(sessions: Sessions, metrics: Metrics, processes: int = 1, agent_only: bool = False) -> APIRouter:
    """The endpoints at which episodes are played and watched over.

    Args:
        sessions: Of this process.
        metrics: What it counts.
        processes: That answer at this address. A WebSocket stays with the one that it came to, a request does not.
        agent_only: True if the clients are agents, which choose no episode.
    """
    router = APIRouter()
    mcp = McpRequests(sessions, agent_only)

    @router.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        """Speak openenv's session protocol; `?session_id=` attaches to a session that /mcp has opened."""
        await socket.accept()
        wanted = socket.query_params.get("session_id")
        try:
            session = sessions.open(address_of(socket.scope)) if wanted is None else _free_session(sessions, wanted)
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            refused = refusal(problem)
            sessions.refused(refused.code)
            code = refused.ws_code if isinstance(problem, ServerFullError) else WSErrorCode.SESSION_ERROR
            return await say_goodbye(socket, ws_messages.error(code, refused.sentence, **refused.details))
        answer = partial(ws_messages.reply, session, mcp=mcp)
        in_place = partial(ws_messages.reply_in_place, session)
        farewell = partial(ws_messages.error, WSErrorCode.SESSION_ERROR)
        try:
            await converse(socket, session, answer, in_place=in_place, farewell=farewell)
        finally:
            if wanted is None:
                sessions.close(session)

    @router.websocket("/mcp")
    async def mcp_socket(socket: WebSocket) -> None:
        """JSON-RPC, the socket being the session. The address takes reset's options."""
        await socket.accept()
        options = mcp_requests.options_of_address(socket.query_params)
        try:
            session, _ = await unless_gone(socket, mcp.open(options, address_of(socket.scope)))
        except WebSocketDisconnect:
            return None
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            return await say_goodbye(socket, to_json(mcp.failed(None, problem)).decode())

        async def reply(raw: str | bytes) -> str:
            answered = await mcp.answer(raw.encode() if isinstance(raw, str) else raw, session, options)
            # A notification has no answer.
            return "" if answered is None else to_json(answered).decode()

        def farewell(sentence: str) -> str:
            return to_json(mcp_requests.failure(None, JsonRpcErrorCode.SERVER_ERROR, sentence)).decode()

        try:
            await converse(socket, session, reply, farewell=farewell)
        finally:
            sessions.close(session)

    def refused(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
        sessions.refused(str(status))
        return JSONResponse(mcp_requests.failure(None, JsonRpcErrorCode.INVALID_REQUEST, sentence), status, headers)

    @router.post("/mcp", tags=["MCP"])
    async def mcp_post(request: Request) -> Response:
        """JSON-RPC: MCP's streamable HTTP, and openenv's session calls."""
        if processes > 1:
            return refused(501, NEEDS_ONE_PROCESS)
        wanted = request.headers.get(SESSION_HEADER)
        session = sessions.get(wanted)
        if wanted is not None and session is None:
            # MCP's way to say that the client has to initialize anew.
            return refused(404, "The session has ended.")
        try:
            message = strict_json.read(await request.body())
        except RefusedError as problem:
            return JSONResponse(mcp.failed(None, problem))
        params = message.get("params") if isinstance(message, dict) else None
        # openenv's clients name their session in the params.
        known = session or sessions.get(params.get("session_id") if isinstance(params, dict) else None)
        if known is not None:
            about(known)
            known.touch()
            if known.early_s():
                return refused(429, "Too many requests of this session.", {"Retry-After": "1"})
        options = mcp_requests.options_of_address(request.query_params)
        try:
            answered = await unless_gone(request, mcp.answer(message, session, options, address_of(request.scope)))
        except WebSocketDisconnect:
            return Response(status_code=499)  # nginx's, which nobody reads
        if answered is None:
            return Response(status_code=202)
        if answered.get("error", {}).get("code") == JsonRpcErrorCode.SERVER_ERROR.value:  # there is no free slot
            return JSONResponse(answered, 503, {"Retry-After": str(RETRY_AFTER_S)})
        opened = answered.get("result", {}).get("_meta", {}).get("session_id")
        headers = {SESSION_HEADER: opened} if opened else None
        return Response(to_json(answered), media_type="application/json", headers=headers)

    @router.delete("/mcp", tags=["MCP"])
    async def mcp_delete(request: Request) -> Response:
        """End the session of the Mcp-Session-Id header."""
        session = sessions.get(request.headers.get(SESSION_HEADER))
        if session is None:
            return refused(404, "The session has ended.")
        sessions.close(session)
        return Response(status_code=204)

    @router.get("/ready", tags=["Probes"])
    async def ready() -> Response:
        """Whether another session would be taken: 503 on a full server."""
        is_full = len(sessions) >= sessions.limit
        told = {"status": "full" if is_full else "ready", "sessions": len(sessions), "limit": sessions.limit}
        return JSONResponse(told, 503, {"Retry-After": str(RETRY_AFTER_S)}) if is_full else JSONResponse(told)

    @router.get("/metrics", tags=["Probes"], response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """What the server has counted, in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router


def _free_session(sessions: Sessions, session_id: str) -> Session:
    session = sessions.get(session_id)
    if session is None:
        raise EpisodeError(f"Unknown session_id: {session_id}")
    if session.hang_up is not None:
        raise EpisodeError(f"Session {session_id} already has an attached WebSocket")
    session.touch()
    return session
