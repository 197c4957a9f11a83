"""openenv's /ws protocol: one message of a client in, one answer out.

    answer = await reply(session, '{"type": "step", "data": {"action_type": "approve", "proposal_id": "PROP-001"}}')

The messages and answers are openenv 0.10's to the letter, so that its own clients work. What differs is what may not
happen: openenv's endpoint ends the session on JSON that is no object, on a binary frame and on a ValueError in a
validator, and sends the text of any exception to the client. Here every message has an answer and the session goes on.

Nothing here knows sockets; what an agent's action does is the environment's business.
"""

from __future__ import annotations

from typing import Any, Literal

from openenv.core.env_server.mcp_types import WSMCPMessage
from openenv.core.env_server.types import (
    BaseMessage,
    WSCloseMessage,
    WSErrorCode,
    WSResetMessage,
    WSStateMessage,
    WSStepMessage,
)
from pydantic_core import to_json

from synth_audit_env.models import SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.serving import strict_json
from synth_audit_env.server.serving.mcp_requests import McpRequests
from synth_audit_env.server.serving.refusals import clip, refusal
from synth_audit_env.server.serving.sessions import Session

LONGEST_MESSAGE = strict_json.LONGEST
"""Characters. uvicorn lets longer messages pass (`LARGEST_FRAME` of server/app.py), to be refused here in words."""

_START = {"metadata", "task_id", "difficulty", "actor_proposals"}
"""The first fields of an observation as it is written."""
_OUTSIDE = {"done", "reward"}
_REST = _OUTSIDE | _START
_SERIALIZER = SynthAuditObservation.__pydantic_serializer__
"""Called without `model_dump_json`, whose handling of its many options takes a microsecond a message."""

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


class UnreadableError(Exception):
    """A message that is none of ours."""

    def __init__(self, code: WSErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


async def reply(session: Session, raw: str | bytes, mcp: McpRequests) -> str | None:
    """Answer one message.

    Args:
        session: Whose message it is.
        raw: The content of the frame, text or binary.
        mcp: Answers the JSON-RPC requests that a client may wrap in messages of type "mcp".

    Returns:
        The text to send back, or None when the client asked to close.
    """
    try:
        return await _answer(session, _text(raw), mcp)
    except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
        return _refused(problem, session)


def step_at_once(session: Session, raw: str | bytes) -> str | None:
    """Answer a step, read in one pass and made on the spot. None for every other message: it is `reply`'s.

    Most messages are steps, and what `reply` and its caller need in order to wait for an answer costs as much as one.
    """
    if isinstance(raw, bytes) or len(raw) > strict_json.MOST_VALUES:
        # What is long may hold more than is worth making, which `reply` finds out before it makes it.
        return None
    try:
        step: _Step = _STEP.validate_json(raw)
        # pydantic takes the last of two equal keys. None came twice where there are as many colons as there are keys in
        # the action and around it; the other messages have texts with colons of their own, or metadata.
        if raw.count(":") != 2 + len(step.data.model_fields_set):
            strict_json.read(raw)
    except ValueError:
        # Another message, or a step that is to be refused in words.
        return None
    try:
        return observation_answer(session.step(step.data), session)
    except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
        return _refused(problem, session)


async def _answer(session: Session, raw: str, mcp: McpRequests) -> str | None:
    match _message(raw):
        case WSResetMessage(data=options):
            return observation_answer(await session.reset(options), session)
        case WSStepMessage(data=arguments):
            return observation_answer(session.step(SynthAuditAction.model_validate(arguments)), session)
        case WSStateMessage():
            return f'{{"type":"state","data":{session.environment.state.model_dump_json()}}}'
        case WSMCPMessage(data=request):
            # A notification has no answer, but on this socket every message has one.
            answered = await mcp.answer(request, session) or {}
            return to_json({"type": "mcp", "data": answered}).decode()
        case _:
            return None


def _message(raw: str) -> BaseMessage:
    """Read one message. Raises UnreadableError, or ValidationError where its data are wrong."""
    try:
        message = strict_json.read(raw)
    except ValueError as problem:
        raise UnreadableError(WSErrorCode.INVALID_JSON, f"Invalid JSON: {problem}.") from problem
    if not isinstance(message, dict):
        raise UnreadableError(WSErrorCode.VALIDATION_ERROR, "Invalid message: it must be a JSON object with a type.")
    kind = message.get("type", "")
    if not isinstance(kind, str) or kind not in MESSAGES:
        raise UnreadableError(
            WSErrorCode.UNKNOWN_TYPE,
            f"Unknown message type: {clip(str(kind))}. There are {', '.join(MESSAGES)}.",
        )
    return MESSAGES[kind].model_validate(message)


def observation_answer(observation: SynthAuditObservation, session: Session) -> str:
    """The answer to reset and step: openenv's `serialize_observation`, written in one pass instead of three.

    Half of the writing is the list of proposals, which only a decision changes. So when a list comes again the session
    keeps how an answer with it begins. (The first time it is not worth the second call of the serializer.)
    """
    listed = tuple(observation.actor_proposals)
    start = (*map(id, listed), observation.task_id, observation.difficulty)  # ids, since comparing models is slow
    before = session.written
    if observation.metadata or before is None or before[0] != start:
        fields = _SERIALIZER.to_json(observation, exclude=_OUTSIDE).decode()
        # With the summaries themselves, as an id says who it is only while its object lives.
        session.written = None if observation.metadata else (start, listed, "")
    else:
        begun = before[2] or _SERIALIZER.to_json(observation, include=_START).decode()
        session.written = (start, listed, begun)
        # `{"metadata":{},…,"actor_proposals":[…]}` and `{"feedback":…}` become one object.
        fields = f"{begun[:-1]},{_SERIALIZER.to_json(observation, exclude=_REST).decode()[1:]}"
    ending = f',"metadata":{to_json(observation.metadata).decode()}' if observation.metadata else ""
    reward, done = to_json(observation.reward).decode(), "true" if observation.done else "false"
    return f'{{"type":"observation","data":{{"observation":{fields},"reward":{reward},"done":{done}{ending}}}}}'


def _text(raw: str | bytes) -> str:
    if isinstance(raw, bytes):
        raise UnreadableError(WSErrorCode.INVALID_JSON, "Binary frames are not understood: send JSON as text.")
    if len(raw) > LONGEST_MESSAGE:
        sentence = f"The message has {len(raw)} characters; {LONGEST_MESSAGE} is the limit."
        raise UnreadableError(WSErrorCode.VALIDATION_ERROR, sentence)
    return raw


def _refused(problem: Exception, session: Session) -> str:
    if isinstance(problem, UnreadableError):
        session.refused(problem.code.value)
        return error(problem.code, str(problem))
    refused = refusal(problem)
    session.refused(refused.code)
    if refused.findings is None:
        return error(WSErrorCode.EXECUTION_ERROR, refused.sentence)
    return error(WSErrorCode.VALIDATION_ERROR, refused.sentence, errors=refused.findings)


def error(code: WSErrorCode, sentence: str, **more: Any) -> str:
    """The answer when there is none."""
    return to_json({"type": "error", "data": {"message": sentence, "code": code.value, **more}}).decode()
