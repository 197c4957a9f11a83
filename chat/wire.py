"""A chat completion as endpoints send it: the fields that are read, as loosely as they are filled in practice.

    answer = Answer.model_validate_json(body)
    answer.choices[0].message.content

What is left out, null or of an older shape is taken for what it means; anything else fails validation.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field


def _mapping(value: Any) -> Any:
    """An object that is left empty: a call that names no function is the model's mistake, not the endpoint's."""
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    """A name or an id. Some servers number the calls."""
    return str(value) if isinstance(value, str | int) else ""


def _json_text(value: Any) -> str:
    """Arguments are JSON text; some servers send the value itself."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _plain_text(value: Any) -> Any:
    """Content is text; some models answer in parts, of which those of type text are the answer."""
    if not isinstance(value, list):
        return value
    parts = [part for part in value if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def _amount(value: Any) -> float | None:
    """A number of tokens or dollars; None for what cannot be one, such as NaN."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def _count(value: Any) -> int | None:
    amount = _amount(value)
    return None if amount is None else int(amount)


Count: TypeAlias = Annotated[int | None, BeforeValidator(_count)]
Word: TypeAlias = Annotated[str, BeforeValidator(_word)]


class WireFunction(BaseModel):
    """The function that a tool call names."""

    name: Word = ""
    arguments: Annotated[str, BeforeValidator(_json_text)] = ""


class WireCall(BaseModel):
    """A tool call."""

    id: Word = ""
    function: Annotated[WireFunction, BeforeValidator(_mapping)] = WireFunction()


class WireMessage(BaseModel):
    """The assistant's message."""

    content: Annotated[str | None, BeforeValidator(_plain_text)] = None
    refusal: str | None = None
    tool_calls: list[Annotated[WireCall, BeforeValidator(_mapping)]] | None = None


class WireChoice(BaseModel):
    """One of the answers."""

    message: WireMessage
    finish_reason: str | None = None


class WireUsage(BaseModel):
    """What it took."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    cost: Annotated[float | None, BeforeValidator(_amount)] = None
    """US dollars, where the endpoint says so itself, as OpenRouter does."""


class Answer(BaseModel):
    """The body of an answer of status 200."""

    choices: list[WireChoice] = Field(min_length=1)
    usage: WireUsage | None = None
