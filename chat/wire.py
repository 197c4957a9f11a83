"""A chat completion as endpoints send it: the fields that are read, as loosely as they are filled in practice.

    answer = Answer.model_validate_json(body)
    answer.choices[0].message.content

What is left out, null or of an older shape is taken for what it means; anything else fails validation.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _json_text(value: Any) -> Any:
    """Arguments are JSON text; some servers send the object itself."""
    return json.dumps(value) if isinstance(value, dict) else value or ""


def _plain_text(value: Any) -> Any:
    """Content is text; some models answer in parts, of which those of type text are the answer."""
    if not isinstance(value, list):
        return value
    return "".join(part.get("text") or "" for part in value if isinstance(part, dict) and part.get("type") == "text")


class WireFunction(BaseModel):
    """The function that a tool call names."""

    name: str = ""
    arguments: Annotated[str, BeforeValidator(_json_text)] = ""


def _function(value: Any) -> Any:
    """A call that names no function is the model's mistake, to be told to it, not the endpoint's."""
    return value or {}


class WireCall(BaseModel):
    """A tool call."""

    id: str | None = None
    function: Annotated[WireFunction, BeforeValidator(_function)] = WireFunction()


class WireMessage(BaseModel):
    """The assistant's message."""

    content: Annotated[str | None, BeforeValidator(_plain_text)] = None
    refusal: str | None = None
    tool_calls: list[WireCall] | None = None


class WireChoice(BaseModel):
    """One of the answers."""

    message: WireMessage
    finish_reason: str | None = None


class WireUsage(BaseModel):
    """What it took."""

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    cost: float | None = None
    """US dollars, where the endpoint says so itself, as OpenRouter does."""


class Answer(BaseModel):
    """The body of an answer of status 200."""

    choices: list[WireChoice] = Field(min_length=1)
    usage: WireUsage | None = None
