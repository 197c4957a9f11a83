"""A conversation on a WebSocket: message, answer, message, answer, until one side has had enough.

    await converse(socket, session, sessions, reply)

It ends when the client leaves or asks to, or when the session is closed by somebody else: for being idle, or over
/mcp. openenv's endpoint waits in `receive` for good; this one can be woken from there, which is what lets an idle or
half-open socket be closed together with its session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from synth_audit_env.server.serving.sessions import Session, Sessions

SESSION_ENDED = 1001
"""WebSocket close code "going away"."""


async def converse(
    socket: WebSocket,
    session: Session,
    sessions: Sessions,
    reply: Callable[[str | bytes], Awaitable[str | None]],
    *,
    farewell: Callable[[str], str],
) -> None:
    """Serve an accepted socket until the conversation is over, and close it.

    Args:
        socket: The accepted socket.
        session: The session that it serves.
        sessions: Where the use of the session is noted.
        reply: Answers one message; None ends the conversation.
        farewell: Makes the last message of a session that was closed under the socket, from the reason.
    """
    ended_because = ""
    try:
        async with asyncio.timeout(None) as until:

            def hang_up(why: str) -> None:
                nonlocal ended_because
                ended_because = why
                until.reschedule(asyncio.get_running_loop().time())

            session.hang_up = hang_up
            try:
                while (message := await socket.receive())["type"] != "websocket.disconnect":
                    sessions.touch(session)
                    text = message.get("text")
                    answer = await reply(message["bytes"] if text is None else text)
                    if answer is None:
                        break
                    await socket.send_text(answer)
                else:
                    return
            finally:
                session.hang_up = None
    except WebSocketDisconnect:
        return
    except TimeoutError:
        if not until.expired():
            raise
        await say_goodbye(socket, farewell(ended_because), SESSION_ENDED, ended_because)
    else:
        await say_goodbye(socket, None)


async def say_goodbye(socket: WebSocket, message: str | None, code: int = 1000, reason: str = "") -> None:
    """Send a last message and close. A peer that is gone, or that reads nothing, is not waited for."""
    try:
        async with asyncio.timeout(1.0):
            if message is not None:
                await socket.send_text(message)
            await socket.close(code, reason)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        # Too late for words: returning makes the server drop the connection.
        return
