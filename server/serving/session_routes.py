"""The routes of sessions: the WebSocket of openenv's protocol, and MCP over HTTP and over a WebSocket.

    app.include_router(session_routes(sessions))

Messages are read and answered by `ws_messages` and `mcp_requests`; here a connection becomes a session, and ends.
"""

from __future__ import annotations

import asyncio
import math
from functools import partial

from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import WSErrorCode
from pydantic_core import to_json

from ..world.errors import EpisodeError
from . import mcp_requests, ws_messages
from .gate import address_of
from .limits import RETRY_AFTER_S
from .logs import about
from .mcp_requests import McpRequests
from .refusals import RefusedError, refusal
from .sessions import ServerFullError, Session, Sessions
from .sockets import Inbox, converse, say_goodbye

SESSION_HEADER = "Mcp-Session-Id"
SESSION_ENDED = "The session has ended."
TOO_EARLY = "The session sends more messages a second than this server takes."
NEEDS_ONE_PROCESS = (
    "MCP over plain HTTP needs a server of one process, and this one has several: requests would miss their session. "
    "Use the WebSocket at /mcp, or servers of one process behind a balancer that learns the Mcp-Session-Id header."
)


def session_routes(sessions: Sessions, processes: int = 1, agent_only: bool = False) -> APIRouter:
    """The endpoints at which episodes are played.

    Args:
        sessions: Of this process.
        processes: That answer at this address. A WebSocket stays with the one that it came to, a request does not.
        agent_only: Whether the clients are agents, which choose no episode.
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
        except ServerFullError as full:
            return await say_goodbye(socket, ws_messages.refused(full, sessions.refused))
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            refused = refusal(problem)
            sessions.refused(refused.code)
            return await say_goodbye(socket, ws_messages.error(WSErrorCode.SESSION_ERROR, refused.sentence))

        def step_in_place(raw: bytes) -> bytes | None:
            action = ws_messages.read_step(raw)
            if action is None or session.early_s():
                return None
            session.touch()
            return ws_messages.take_step(session, action)

        try:
            await converse(
                Inbox(socket),
                session,
                partial(ws_messages.reply, session, mcp=mcp),
                in_place=step_in_place,
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
            session, _ = await inbox.unless_gone(mcp.open(options, address_of(socket.scope)))
        except WebSocketDisconnect:
            return inbox.close()
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            return await say_goodbye(socket, to_json(mcp.failed(None, problem)).decode())

        async def reply(raw: str | bytes) -> str:
            try:
                answered = await mcp.answer(mcp_requests.read(raw), session, options)
            except RefusedError as problem:
                answered = mcp.failed(None, problem)
            # A notification has no answer.
            return "" if answered is None else to_json(answered).decode()

        def farewell(sentence: str) -> str:
            return to_json(mcp_requests.failure(None, JsonRpcErrorCode.SERVER_ERROR, sentence)).decode()

        try:
            await converse(inbox, session, reply, farewell=farewell)
        finally:
            sessions.close(session)

    def refused(
        status: int,
        sentence: str,
        code: JsonRpcErrorCode = JsonRpcErrorCode.INVALID_REQUEST,
        headers: dict[str, str] | None = None,
    ) -> Response:
        sessions.refused(str(status))
        return JSONResponse(mcp_requests.failure(None, code, sentence), status, headers)

    @router.post("/mcp", tags=["MCP"])
    async def mcp_post(request: Request) -> Response:
        """JSON-RPC: MCP's streamable HTTP, and openenv's session calls."""
        if processes > 1:
            return refused(501, NEEDS_ONE_PROCESS)
        wanted = request.headers.get(SESSION_HEADER)
        session = sessions.get(wanted)
        if wanted is not None and session is None:
            # MCP's way to say that the client has to initialize anew.
            return refused(404, SESSION_ENDED)
        try:
            message = mcp_requests.read(await request.body())
        except RefusedError as problem:
            return JSONResponse(mcp.failed(None, problem))
        about_session = session or _named(sessions, message)
        if about_session is not None:
            about(about_session)
            about_session.touch()
            if early_s := about_session.early_s():
                wait = {"Retry-After": str(math.ceil(early_s))}
                return refused(429, TOO_EARLY, JsonRpcErrorCode.SERVER_ERROR, wait)
        options, inbox = mcp_requests.options_of_address(request.query_params), Inbox(request)
        try:
            answered = await inbox.unless_gone(mcp.answer(message, session, options, address_of(request.scope)))
        except WebSocketDisconnect:
            return Response(status_code=499)  # nginx's, which nobody reads
        finally:
            inbox.close()
        if answered is None:
            return Response(status_code=202)
        if answered.get("error", {}).get("code") == JsonRpcErrorCode.SERVER_ERROR.value:  # there is no free slot
            return JSONResponse(answered, 503, {"Retry-After": str(RETRY_AFTER_S)})
        result = answered.get("result", {})
        opened = result.get("_meta", {}).get("session_id")
        if about_session is None and (made := sessions.get(opened or result.get("session_id"))):
            for _ in range(3):  # turns, in which the event loop reads that a client has left, and tells of it
                await asyncio.sleep(0)
            if await request.is_disconnected():
                sessions.close(made)
        headers = {SESSION_HEADER: opened} if opened else None
        return Response(to_json(answered), media_type="application/json", headers=headers)

    @router.delete("/mcp", tags=["MCP"])
    async def mcp_delete(request: Request) -> Response:
        """End the session of the Mcp-Session-Id header."""
        session = sessions.get(request.headers.get(SESSION_HEADER))
        if session is None:
            sessions.refused("404")
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
    session.touch()
    return session


def _named(sessions: Sessions, message: object) -> Session | None:
    """The session that the params of a request name, as openenv's clients do."""
    params = message.get("params") if isinstance(message, dict) else None
    return sessions.get(params.get("session_id")) if isinstance(params, dict) else None
