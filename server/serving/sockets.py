"""A conversation on a WebSocket: message, answer, message, answer, until one side has had enough.

    await converse(socket, session, reply, in_place=step, farewell=goodbye)

It ends when the client leaves or asks to, or when the session is closed for being idle or over /mcp. openenv's endpoint
waits in `receive` for good, so that it cannot close the socket of an idle session; this one can be woken. It also
notices a client that leaves while its answer is being made, which may take a language model minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from .logs import about
from .sessions import Session
from .websocket_protocol import HOOKS, Hooks

SESSION_ENDED = 1001
"""WebSocket close code "going away"."""

T = TypeVar("T")
Reply = Callable[[str | bytes], Coroutine[Any, Any, str | None]]


def hooks_of(socket: WebSocket) -> Hooks:
    """The hooks of a connection. Without `SessionProtocol` nothing calls them."""
    return cast(Hooks, socket.scope.get("extensions", {}).get(HOOKS) or Hooks())


async def unless_gone(client: WebSocket | Request, work: Coroutine[Any, Any, T]) -> T:
    """Do something that a client waits for, in a task of its own, so that others have their turns.

    Args:
        client: An accepted socket, or a request whose body is read.
        work: What it waits for.

    Raises:
        WebSocketDisconnect: The client has left; the work was cancelled.
    """
    gone = hooks_of(client).lost.wait() if isinstance(client, WebSocket) else client.receive()
    working: asyncio.Future[T] = asyncio.ensure_future(work)
    leaving: asyncio.Future[Any] = asyncio.ensure_future(gone)
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise WebSocketDisconnect(SESSION_ENDED)
        return await working
    finally:
        working.cancel()
        leaving.cancel()


async def converse(
    socket: WebSocket,
    session: Session,
    reply: Reply,
    *,
    in_place: Callable[[bytes], bytes | None] | None = None,
    farewell: Callable[[str], str],
) -> None:
    """Serve a socket until the conversation is over, and close it.

    Args:
        socket: An accepted one.
        session: The session that it serves.
        reply: Answers one message; None ends the conversation, and an empty text is no answer.
        in_place: Answers a message, UTF-8 both, where that needs no waiting (`websocket_protocol.py`); None for the
            other messages, which `reply` then gets.
        farewell: Makes the last message of a session that was closed under the socket, from the reason.
    """
    reason, hooks = "", hooks_of(socket)
    about(session)
    try:
        async with asyncio.timeout(None) as until:

            def hang_up(why: str) -> None:
                nonlocal reason
                reason = why
                until.reschedule(asyncio.get_running_loop().time())

            session.hang_up = hang_up
            if in_place is not None:
                # The log knows the session by the context.
                hooks.in_place = partial(cast(Any, copy_context().run), in_place)
            try:
                await _answer_all(socket, session, reply)
            finally:
                session.hang_up = hooks.in_place = None
    except WebSocketDisconnect:
        return
    except TimeoutError:
        if not until.expired():
            raise
        await say_goodbye(socket, farewell(reason), SESSION_ENDED, reason)
    else:
        await say_goodbye(socket, None)


async def _answer_all(socket: WebSocket, session: Session, reply: Reply) -> None:
    """Answer one message after another, until the client asks for the end. Raises WebSocketDisconnect if it leaves."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        session.touch()
        while early_s := session.early_s():
            # Nothing is lost: what comes early waits, and what comes after it waits in the connection.
            await asyncio.sleep(early_s)
        text: str | None = message.get("text")
        answer = await unless_gone(socket, reply(message["bytes"] if text is None else text))
        if answer is None:
            return
        if answer:
            await socket.send_text(answer)
    raise WebSocketDisconnect(SESSION_ENDED)


async def say_goodbye(socket: WebSocket, message: str | None, code: int = 1000, reason: str = "") -> None:
    """Send a last message and close. A peer that is gone, or that reads nothing, is not waited for."""
    try:
        async with asyncio.timeout(1.0):
            if message is not None:
                await socket.send_text(message)
            await socket.close(code, reason)
    except (TimeoutError, WebSocketDisconnect):
        # Too late for words: returning makes the server drop the connection.
        return
