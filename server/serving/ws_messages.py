"""openenv's /ws protocol: one message of a client in, one answer out.

    answer = await reply(session, '{"type": "step", "data": {"action_type": "approve", "proposal_id": "PROP-001"}}')

The messages and answers are those of openenv 0.10, so that its own clients work. openenv's endpoint ends the session on
JSON that is no object, on a binary frame and on a ValueError in a validator, and sends the text of any exception to the
client. Here every message has an answer and the session goes on. Nothing here knows sockets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from openenv.core.env_server.mcp_types import CallToolAction, WSMCPMessage
from openenv.core.env_server.serialization import deserialize_action, serialize_observation
from openenv.core.env_server.types import (
    BaseMessage,
    WSCloseMessage,
    WSErrorCode,
    WSResetMessage,
    WSStateMessage,
    WSStepMessage,
)
from pydantic_core import to_json

from ...models import SynthAuditAction
from .. import openenv_tools
from ..answers import written
from . import strict_json
from .mcp_requests import McpRequests
from .refusals import RefusedError, clip, refusal
from .sessions import Session

MESSAGES: dict[str, type[BaseMessage]] = {
    "reset": WSResetMessage,
    "step": WSStepMessage,
    "state": WSStateMessage,
    "close": WSCloseMessage,
    "mcp": WSMCPMessage,
}


class _Step(BaseMessage):
    """openenv's step message with the action in it."""

    type: Literal["step"]
    data: SynthAuditAction


_STEP = _Step.__pydantic_validator__


async def reply(session: Session, raw: str | bytes, mcp: McpRequests) -> str | None:
    """Answer one message, the content of a frame. None when the client asked to close.

    `mcp` answers the JSON-RPC requests that a client may wrap in messages of type "mcp".
    """
    try:
        return await _answer(session, raw, mcp)
    except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
        return refused(problem, session.refused)


def reply_in_place(session: Session, raw: bytes) -> bytes | None:
    """Answer a step at once. None for every other message, and for a step that comes too early: they are `reply`'s."""
    action = read_step(raw)
    if action is None or session.closed or session.early_s():
        return None
    session.touch()
    try:
        return session.act(action).message
    except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
        return refused(problem, session.refused).encode()


def read_step(raw: bytes) -> SynthAuditAction | None:
    """The action of a message that is a step, read in one pass. None for every other message."""
    try:
        step: _Step = _STEP.validate_json(raw)
    except ValueError:
        # Another message, or a step that is to be refused in words.
        return None
    return step.data


async def _answer(session: Session, raw: str | bytes, mcp: McpRequests) -> str | None:
    match _message(raw):
        case WSResetMessage(data=options):
            return written(await session.reset(options)).decode()
        case WSStepMessage(data=arguments) if arguments.get("type") in openenv_tools.TYPES:
            called = openenv_tools.answered(deserialize_action(arguments, CallToolAction), session.step)
            return to_json({"type": "observation", "data": serialize_observation(called)}).decode()
        case WSStepMessage(data=arguments):
            return session.act(SynthAuditAction.model_validate(arguments)).message.decode()
        case WSStateMessage():
            return f'{{"type":"state","data":{session.environment.state.model_dump_json()}}}'
        case WSMCPMessage(data=request):
            # A notification has no answer, but on this socket every message has one.
            answered = await mcp.answer(request, session) or {}
            return to_json({"type": "mcp", "data": answered}).decode()
        case _:
            return None


def _message(raw: str | bytes) -> BaseMessage:
    """Read one message. Raises RefusedError, or ValidationError where its data are wrong."""
    if isinstance(raw, bytes):
        raise RefusedError("Binary frames are not understood: send JSON as text.", WSErrorCode.INVALID_JSON)
    message = strict_json.read(raw)
    if not isinstance(message, dict):
        raise RefusedError("Invalid message: it must be a JSON object with a type.")
    kind = message.get("type", "")
    if not isinstance(kind, str) or kind not in MESSAGES:
        sentence = f"Unknown message type: {clip(str(kind))}. There are {', '.join(MESSAGES)}."
        raise RefusedError(sentence, WSErrorCode.UNKNOWN_TYPE)
    return MESSAGES[kind].model_validate(message)


def refused(problem: Exception, count: Callable[[str], None]) -> str:
    """The answer where something was raised, which is counted by its code."""
    told = refusal(problem)
    count(told.code)
    return error(told.ws_code, told.sentence, **told.details)


def error(code: WSErrorCode, sentence: str, **more: Any) -> str:
    """The answer when there is none."""
    return to_json({"type": "error", "data": {"message": sentence, "code": code.value, **more}}).decode()
