"""Turns exceptions into what a client may be told: one sentence, whatever was raised.

    refusal(error).sentence

The text of an EpisodeError or a RefusedError is meant for the client, and so is a list of what pydantic found wrong
with an action. Any other exception may hold anything (a path, a value of the hidden truth), so its text goes to the log
and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from fastapi.exceptions import RequestValidationError
from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import WSErrorCode
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..world.errors import EpisodeError
from . import limits

log = logging.getLogger(__name__)

OUR_FAULT = "The server failed to do that; its log says why. The session goes on."
STATELESS = " Over plain HTTP each call meets a new environment: play episodes over /ws or /mcp."


class RefusedError(Exception):
    """A message or a request that is refused as a whole, and what to answer."""

    def __init__(
        self,
        sentence: str,
        ws_code: WSErrorCode = WSErrorCode.VALIDATION_ERROR,
        rpc_code: JsonRpcErrorCode = JsonRpcErrorCode.INVALID_PARAMS,
        code: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.ws_code, self.rpc_code = sentence, ws_code, rpc_code
        """The codes are those of openenv's protocol and of JSON-RPC."""
        self.details = details
        """Further fields of an answer of openenv's protocol."""
        self.code: str = code or ws_code.value
        """Under which it is counted: openenv's error code, or 500 where the fault is the server's."""


def refusal(error: Exception) -> RefusedError:
    """Say what the client may know of an exception; log it when that is not all there is to know."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, ValidationError):
        findings = without_inputs(error.errors(include_url=False, include_context=False, include_input=False))
        told = "; ".join(f"{'.'.join(map(str, found['loc'])) or 'message'}: {found['msg']}" for found in findings)
        told = f"Invalid message: {clip(told)}"
        return RefusedError(told, rpc_code=JsonRpcErrorCode.INVALID_REQUEST, errors=findings)
    if isinstance(error, EpisodeError):
        return RefusedError(clip(str(error)), WSErrorCode.EXECUTION_ERROR)
    log.error("An exception that no client should see the text of", exc_info=error)
    return RefusedError(OUR_FAULT, WSErrorCode.EXECUTION_ERROR, JsonRpcErrorCode.INTERNAL_ERROR, "500")


def without_inputs(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first of pydantic's findings, without what was sent: that may be huge, and a NaN cannot be said in JSON."""
    return [
        {
            "type": found["type"],
            # An unknown field is found under its own name, which the client chose.
            "loc": [part[: limits.LONGEST_NAME] if isinstance(part, str) else part for part in found["loc"]],
            "msg": clip(found["msg"]),
        }
        for found in islice(findings, limits.MOST_FINDINGS)
    ]


async def http_answer(count: Callable[[str], None], request: Request, problem: Exception) -> Response:
    """Answer an HTTP request whose route has raised something, and count that by its code."""
    detail: Any
    status, headers = 422, None
    if isinstance(problem, HTTPException):
        # Typed as text, but openenv puts pydantic's findings here as they are.
        detail, status, headers = problem.detail, problem.status_code, problem.headers
        detail = without_inputs(detail) if isinstance(detail, list) else detail
    elif isinstance(problem, RequestValidationError):
        detail = without_inputs(problem.errors())
    elif isinstance(problem, EpisodeError):
        detail = refusal(problem).sentence + (STATELESS if request.url.path == "/step" else "")
    else:
        detail, status = refusal(problem).sentence, 500
    count(str(status))
    return answer(status, detail, headers)


def answer(status: int, detail: Any, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal of an HTTP request: a sentence, or a list of findings."""
    return JSONResponse({"detail": detail}, status, headers)


def clip(sentence: str) -> str:
    """The sentence, cut where it becomes a nuisance."""
    return sentence if len(sentence) <= limits.LONGEST_SENTENCE else f"{sentence[: limits.LONGEST_SENTENCE]} …"
