"""JSON-RPC at /mcp: finds the session of a request, starts its episode, hands tool calls to the referee.

Three kinds of client reach the same eight tools and the same referee:

- **MCP clients** speak streamable HTTP: POST `initialize`, then `tools/list` and `tools/call` under the Mcp-Session-Id
  header that they were given, DELETE at the end. The answer to `initialize` carries the opening of the episode as its
  `instructions`; since a host need not show these to its model, the same text is a resource. Reset's options may be in
  the address: `http://host:8000/mcp?task_id=oversight_hard&seed=42`.
- **openenv's clients** POST `openenv/session/create`, whose params are reset's options, and name the `session_id` in
  the params of later requests. They may attach a WebSocket to the session (`/ws?session_id=…`) and reset there.
- **Over a WebSocket** the socket is the session. `/mcp` starts an episode when it opens (options in the address); on
  `/ws` a message of type "mcp" acts in the episode that a message of type "reset" started.

So an MCP session begins with an episode running. A tool call outside a session is refused: it would step an environment
that nobody has reset. A call is a step, with the same budget and rewards as over /ws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from openenv.core.env_server.mcp_types import JsonRpcErrorCode, JsonRpcRequest, JsonRpcResponse
from openenv.core.env_server.serialization import serialize_observation
from pydantic import Field
from pydantic_core import from_json

from ... import __version__
from ...models import MAX_ID, SynthAuditObservation, action_of
from ..audit.episode import OVER
from ..openenv_tools import listing
from . import strict_json
from .refusals import RefusedError, clip, refusal
from .sessions import ServerFullError, Session, Sessions

PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Revisions of MCP whose streamable HTTP this is, newest first."""
OPENING: Mapping[str, str] = {"uri": "audit://opening", "name": "opening", "mimeType": "text/plain"}
"""The one resource, as MCP lists it: task, proposals and protocol, as `initialize` gives them in its instructions."""
OVER_FOR_TOOLS = "The episode is over: a new session starts another, no tool does."
NEEDS_A_SESSION = "It needs a session: open one with initialize or openenv/session/create."
FOR_AGENTS = frozenset({"task_id", "settlement", "actor"})
"""Options of reset that leave the choice of the episode to the server. A seed names one, a split may have few of them,
and a choice of error types tells what there is to find."""


class StrictRequest(JsonRpcRequest):
    """A request. The answer repeats its id, so it is short, and not read as another type than it was."""

    id: (
        Annotated[str, Field(strict=True, max_length=MAX_ID)]
        | Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
        | None
    ) = None


class McpRequests:
    """Answers the requests of one server process."""

    def __init__(self, sessions: Sessions, agent_only: bool = False) -> None:
        """Answer for these sessions.

        To agents only, the server draws the episodes: a client that could choose one, or begin another in its session,
        could play it to the end, read the truth, and begin it again.
        """
        self._sessions, self._agent_only = sessions, agent_only

    async def answer(
        self,
        message: object,
        session: Session | None,
        options: Mapping[str, Any] | None = None,
        address: str = "",
    ) -> dict[str, Any] | None:
        """Answer one request with the JSON of its answer, or None for a notification, which has none.

        Args:
            message: The request: its JSON in UTF-8, or what that says.
            session: The session of the socket or the header that it came with, if any.
            options: Reset's options from the URL, for the episode of a session that it opens.
            address: Of the client, for whom such a session is counted.
        """
        request_id = None
        try:
            if isinstance(message, bytes):
                message = strict_json.read(message)
            request = StrictRequest.model_validate(message)
            request_id = request.id
            if "id" not in request.model_fields_set and request.method.startswith("notifications/"):
                return None
            result = await self._result(request.method, request.params, session, options or {}, address)
        except Exception as problem:  # noqa: BLE001  # refusal() logs what it does not tell
            return self.failed(request_id, problem)
        return {"jsonrpc": "2.0", "id": request_id, "result": result}

    def failed(self, request_id: str | int | None, problem: Exception) -> dict[str, Any]:
        """Count what a request came to, and say it: the JSON of the answer."""
        refused = refusal(problem)
        self._sessions.refused(refused.code)
        # JSON-RPC's own codes have none for a full server, so openenv's goes with it.
        data = {"code": refused.ws_code.value, **refused.details} if isinstance(problem, ServerFullError) else None
        return failure(request_id, refused.rpc_code, refused.sentence, data)

    async def open(self, options: Mapping[str, Any], address: str) -> tuple[Session, SynthAuditObservation]:
        """A new session for a client's address, and the opening of its episode.

        Raises:
            ServerFullError: There is no free slot.
            EpisodeError: Reset refuses the options. No slot is taken then.
        """
        chosen = sorted(name for name, value in options.items() if value is not None and name not in FOR_AGENTS)
        if self._agent_only and chosen:
            leave_out = ", ".join(chosen)
            raise RefusedError(f"This server serves agents only and draws the episode itself: leave out {leave_out}.")
        session = self._sessions.open(address)
        try:
            return session, await session.reset(options)
        except BaseException:
            self._sessions.close(session)
            raise

    async def _result(
        self, method: str, params: Mapping[str, Any], session: Session | None, options: Mapping[str, Any], address: str
    ) -> dict[str, Any]:
        match method:
            case "ping":
                return {}
            case "initialize" | "openenv/session/create":
                # MCP's clients put reset's options into the address, openenv's into the params.
                is_openenvs = method != "initialize"
                asked = {**options, **params} if is_openenvs else options
                if session is None:
                    session, opening = await self.open(asked, address)
                elif session.opening is None or (is_openenvs and params and not self._agent_only):
                    opening = await session.reset(asked)
                else:
                    opening = session.opening
                if is_openenvs:
                    return {"session_id": session.id, **serialize_observation(opening)}
                wanted = params.get("protocolVersion")
                return {
                    "protocolVersion": wanted if wanted in PROTOCOL_VERSIONS else PROTOCOL_VERSIONS[0],
                    "capabilities": {"tools": {}, "resources": {}},
                    "serverInfo": {"name": "synth_audit_env", "version": __version__},
                    "instructions": _text_of(opening),
                    # The session's id, which streamable HTTP puts into a header.
                    "_meta": {"session_id": session.id},
                }
            case "openenv/session/close" if session is not None:
                told = "Close this session by closing its socket, or with DELETE."
                raise RefusedError(told, rpc_code=JsonRpcErrorCode.INVALID_REQUEST)
        if session is None and "session_id" in params:
            session = self._sessions.get(params["session_id"])
            if session is None:
                raise RefusedError(f"Unknown session_id: {clip(str(params['session_id']))}")
        match method:
            case "tools/list":
                return {"tools": listing()}
            case "resources/list":
                return {"resources": [dict(OPENING)]}
            case "openenv/session/close" | "tools/call" | "resources/read":
                if session is None:
                    raise RefusedError(NEEDS_A_SESSION, rpc_code=JsonRpcErrorCode.INVALID_REQUEST)
                if method == "openenv/session/close":
                    self._sessions.close(session)
                    return {"session_id": session.id, "closed": True}
                if method == "tools/call":
                    return _called(session, params)
                if session.opening is None or params.get("uri") != OPENING["uri"]:
                    raise RefusedError(f"There is one resource, {OPENING['uri']}, once an episode has begun.")
                text = {"mimeType": OPENING["mimeType"], "text": _text_of(session.opening)}
                return {"contents": [{"uri": OPENING["uri"], **text}]}
        raise RefusedError(f"Method not found: {clip(method)}", rpc_code=JsonRpcErrorCode.METHOD_NOT_FOUND)


def _called(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Step the episode. A tool or an id that does not exist is the referee's to answer, and costs what it costs."""
    name, arguments = params.get("name"), params.get("arguments")
    if not isinstance(name, str) or not name or not isinstance(arguments, dict | None):
        raise RefusedError("A tool call needs the 'name' of a tool, and 'arguments' must be an object.")
    try:
        action = action_of(name, arguments or {})
    except ValueError as problem:
        # A result rather than a protocol error, for the model that called to read and correct.
        return {"content": [{"type": "text", "text": clip(str(problem))}], "isError": True}
    data = from_json(session.act(action).message)["data"]
    seen = data["observation"]
    if seen["error"] == OVER:
        seen |= {"error": OVER_FOR_TOOLS, "feedback": OVER_FOR_TOOLS}
    content = [{"type": "text", "text": seen["error"] or seen["feedback"]}]
    return {"content": content, "structuredContent": data, "isError": seen["error"] is not None}


def _text_of(opening: SynthAuditObservation) -> str:
    """The opening of an episode for a model that reads text."""
    return f"{opening.feedback}\n\n{opening.protocol_excerpt or ''}".strip()


def options_of_address(query: Mapping[str, str]) -> dict[str, Any]:
    """Reset's options as an address spells them. What is no number stays text, for reset to refuse by name."""
    options: dict[str, Any] = {name: value for name, value in query.items() if name != "session_id"}
    for name in options.keys() & {"seed", "index", "level"}:
        value = options[name]
        options[name] = int(value) if value.removeprefix("-").isdecimal() and len(value) < 20 else value
    if "error_types" in options:
        options["error_types"] = options["error_types"].split(",")
    return options


def failure(
    request_id: str | int | None, code: JsonRpcErrorCode, sentence: str, data: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON of an error."""
    return JsonRpcResponse.error_response(code, sentence, data, request_id).model_dump()
