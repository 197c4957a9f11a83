"""What a client is told when something is refused or fails: one sentence, whatever was raised.

    try:
        ...
    except Exception as error:
        return refusal(error)

An EpisodeError's text is meant for the client, and so is a list of what pydantic found wrong with an action. Any other
exception may hold anything (a path, a value of the hidden truth), so its text goes to the log and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from openenv.core.env_server.types import WSErrorCode
from pydantic import ValidationError

from ..world.errors import EpisodeError

log = logging.getLogger(__name__)

OUR_FAULT = "The server failed to do that; its log says why. The session goes on."
LONGEST_SENTENCE = 1_000
"""Characters: a refusal may quote what was sent, which may be a megabyte."""
MOST_FINDINGS = 5
LONGEST_NAME = 64


@dataclass(frozen=True)
class Refusal:
    """What to answer."""

    sentence: str
    findings: list[dict[str, Any]] | None = None
    """Where the values of a message are wrong, as pydantic lists it, without the values themselves."""
    ours: bool = False
    """Whether the fault is the server's."""

    @property
    def code(self) -> str:
        """Under which it is counted: openenv's error code, or the HTTP status of a fault."""
        if self.ours:
            return "500"
        return str((WSErrorCode.EXECUTION_ERROR if self.findings is None else WSErrorCode.VALIDATION_ERROR).value)


def refusal(error: Exception) -> Refusal:
    """Say what the client may know of an exception; log it when that is not all there is to know."""
    if isinstance(error, ValidationError):
        findings = without_inputs(error.errors(include_url=False, include_context=False, include_input=False))
        told = "; ".join(f"{'.'.join(map(str, found['loc'])) or 'message'}: {found['msg']}" for found in findings)
        return Refusal(f"Invalid message: {clip(told)}", findings)
    if isinstance(error, EpisodeError):
        return Refusal(clip(str(error)))
    log.error("An exception that no client should see the text of", exc_info=error)
    return Refusal(OUR_FAULT, ours=True)


def without_inputs(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first of pydantic's findings, without what was sent: that may be huge, and a NaN cannot be said in JSON."""
    return [
        {
            "type": found["type"],
            # An unknown field is found under its own name, which the client chose.
            "loc": [part[:LONGEST_NAME] if isinstance(part, str) else part for part in found["loc"]],
            "msg": clip(found["msg"]),
        }
        for found in islice(findings, MOST_FINDINGS)
    ]


def documented(schema: dict[str, Any]) -> dict[str, Any]:
    """The server's OpenAPI schema, corrected: FastAPI has it that a 422 lists findings, but ours may be a sentence."""
    findings = {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}
    told = schema["components"]["schemas"]["HTTPValidationError"]["properties"]
    told["detail"] = {"anyOf": [{"type": "string"}, findings]}
    for operation in (operation for path in schema["paths"].values() for operation in path.values()):
        if "422" in operation["responses"]:
            shown = operation["responses"]["422"]["content"]["application/json"]
            shown["schema"] = {"$ref": "#/components/schemas/HTTPValidationError"}
    return schema


def clip(sentence: str) -> str:
    """The sentence, cut where it becomes a nuisance."""
    return sentence if len(sentence) <= LONGEST_SENTENCE else sentence[:LONGEST_SENTENCE] + " …"
