"""A conversation on a WebSocket: message, answer, message, answer, until one side has had enough.

    await converse(Inbox(socket), session, reply, in_place=step, farewell=goodbye)

It ends when the client leaves or asks to, or when the session is closed for being idle or over /mcp. openenv's endpoint
waits in `receive` for good, so that it cannot close the socket of an idle session; this one can be woken. It also
notices a client that leaves while its answer is being made, which may take a language model minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from .logs import about
from .sessions import Session
from .websocket_protocol import HOOKS, Hooks

SESSION_ENDED = 1001
"""WebSocket close code "going away"."""
LISTENING_AFTER_S = 0.5
"""An answer that is not there by then is a long one: only then is it worth looking whether the client still waits."""
END_IS_HEARD_WITHIN_S = 1.0
"""When a connection is closed its end is waiting to be received; where none comes, the connection is open."""

T = TypeVar("T")
Reply = Callable[[str | bytes], Coroutine[Any, Any, str | None]]


class Inbox:
    """What a client sends on a socket, or after the body of a request: that it leaves."""

    def __init__(self, socket: WebSocket | Request) -> None:
        """Take an accepted socket, or a request whose body is read. From then on nobody else receives from it."""
        self.socket = socket
        self.is_idle = False
        """Whether all that has come is answered, and the next message waited for."""
        self._ahead: asyncio.Future[Message] | None = None
        """The next message, where it was waited for before it was asked for."""

    async def next(self) -> str | bytes:
        """The content of the next message.

        Raises:
            WebSocketDisconnect: The client has left.
        """
        if self._ahead is None:
            self.is_idle = True
            try:
                message = await self.socket.receive()
            finally:
                self.is_idle = False
        else:
            message, self._ahead = await self._ahead, None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(SESSION_ENDED)
        text: str | None = message.get("text")
        content: str | bytes = message["bytes"] if text is None else text
        return content

    async def unless_gone(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something that the client waits for. A message that comes meanwhile is kept, and none is read after it.

        It is done in a task of its own, so that a client that sends without waiting for answers keeps nobody waiting.

        Raises:
            WebSocketDisconnect: The client has left; the work was cancelled.
        """
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait([working], timeout=LISTENING_AFTER_S)
            if not working.done():
                ahead = self._ahead = self._ahead or asyncio.ensure_future(self.socket.receive())
                both: list[asyncio.Future[Any]] = [working, ahead]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                if not working.done() and (ahead.exception() or ahead.result()["type"].endswith(".disconnect")):
                    raise WebSocketDisconnect(SESSION_ENDED)
            return await working
        finally:
            working.cancel()

    def close(self) -> None:
        """Stop reading."""
        if self._ahead is not None:
            self._ahead.cancel()


async def converse(
    inbox: Inbox,
    session: Session,
    reply: Reply,
    *,
    in_place: Callable[[bytes], bytes | None] | None = None,
    farewell: Callable[[str], str],
) -> None:
    """Serve a socket until the conversation is over, and close it.

    Args:
        inbox: Of the socket.
        session: The session that it serves.
        reply: Answers one message; None ends the conversation, and an empty text is no answer.
        in_place: Answers the messages that nothing has to be waited for, as UTF-8, where the connection can have that
            done without this task (`websocket_protocol.py`); None for the others, which `reply` then gets.
        farewell: Makes the last message of a session that was closed under the socket, from the reason.
    """
    reason, socket = "", cast(WebSocket, inbox.socket)
    hooks = socket.scope.get("extensions", {}).get(HOOKS, Hooks())
    about(session)
    try:
        async with asyncio.timeout(None) as until:

            def hang_up(why: str) -> None:
                nonlocal reason
                reason = why
                until.reschedule(asyncio.get_running_loop().time())

            def answer_in_place(content: bytes) -> bytes | None:
                return in_place(content) if in_place is not None and inbox.is_idle and not session.closed else None

            session.hang_up = hang_up
            context = copy_context()  # by which the log knows the session
            hooks.in_place = lambda content: context.run(answer_in_place, content)
            hooks.control_frame = session.early_s
            try:
                await _answer_all(inbox, session, reply)
            finally:
                session.hang_up = None
                hooks.in_place = hooks.control_frame = None
                inbox.close()
    except WebSocketDisconnect:
        return
    except TimeoutError:
        if not until.expired():
            raise
        await say_goodbye(socket, farewell(reason), SESSION_ENDED, reason)
    else:
        await say_goodbye(socket, None)


async def _answer_all(inbox: Inbox, session: Session, reply: Reply) -> None:
    """Answer one message after another, until the client asks for the end.

    Raises:
        WebSocketDisconnect: It has left.
    """
    socket = cast(WebSocket, inbox.socket)
    while True:
        content = await inbox.next()
        session.touch()
        while early_s := session.early_s():
            # Nothing is lost: what comes early waits, and what comes after it waits in the connection.
            await asyncio.sleep(early_s)
        answer = await inbox.unless_gone(reply(content))
        if answer is None:
            return
        if answer:
            try:
                await socket.send_text(answer)
            except RuntimeError:
                # uvicorn may have closed the connection meanwhile, over a frame that broke the protocol.
                inbox.close()
                if await is_over(socket):
                    raise WebSocketDisconnect(SESSION_ENDED) from None
                session.refused("500")
                raise


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
    except RuntimeError:
        if not await is_over(socket):
            raise


async def is_over(socket: WebSocket) -> bool:
    """Whether a connection on which nothing could be sent has been closed. What still comes on it is thrown away.

    uvicorn closes a connection by itself over a frame that breaks the protocol. To send on it after that is a
    RuntimeError, as are mistakes of ours on one that is open; only its end, which is there to be received, tells.
    """
    try:
        async with asyncio.timeout(END_IS_HEARD_WITHIN_S):
            while socket.client_state is WebSocketState.CONNECTED:
                await socket.receive()
    except TimeoutError:
        return False
    return True
