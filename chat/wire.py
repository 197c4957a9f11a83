"""A chat completion as endpoints send it: the fields that are read, as loosely as they are filled in practice.

    answer = Answer.model_validate_json(body)
    answer.choices[0].completion(Usage(), thoughts=())

What is left out, null or of an older shape is taken for what it means; anything else fails validation. What reasoning
models want to be told again with their own answers is kept as it came.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from .completion import Completion, ToolCall, Usage
from .refusal import own_words

_OF_THE_FORMAT = ("type", "index")
"""Fields of a tool call that say what its place in the message says anyway."""


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


def _can_be_sent(value: Any) -> bool:
    """Whether a value that came as JSON is JSON: readers take NaN and infinities, which no endpoint takes back."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


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

    model_config = ConfigDict(extra="allow")

    id: Word = ""
    function: Annotated[WireFunction, BeforeValidator(_mapping)] = WireFunction()

    @property
    def extra(self) -> dict[str, Any]:
        """Fields that only this endpoint knows, such as Gemini's `extra_content` with the signature of its thoughts."""
        given = (self.model_extra or {}).items()
        return {
            name: value
            for name, value in given
            if name not in _OF_THE_FORMAT and value is not None and _can_be_sent(value)
        }


class WireMessage(BaseModel):
    """The assistant's message."""

    content: Annotated[str | None, BeforeValidator(_plain_text)] = None
    refusal: str | None = None
    tool_calls: list[Annotated[WireCall, BeforeValidator(_mapping)]] | None = None
    reasoning_content: Any = None
    """DeepSeek's, and of others that follow it."""
    reasoning_details: Any = None
    """OpenRouter's, in which providers' signatures are."""
    reasoning: Any = None
    """vLLM's, Ollama's and OpenRouter's, as words; OpenRouter's is a copy of what is in the details."""

    def thoughts(self, fields: Sequence[str]) -> dict[str, Any]:
        """What the model thought, by the field that it came in. An empty text counts: DeepSeek misses it as well."""
        given = {name: getattr(self, name) for name in fields}
        return {name: value for name, value in given.items() if value not in (None, []) and _can_be_sent(value)}


class WireChoice(BaseModel):
    """One of the answers."""

    message: WireMessage
    finish_reason: str | None = None
    error: Any = None

    def completion(self, usage: Usage, thoughts: Sequence[str]) -> Completion:
        """The answer in our terms, with the thoughts of these fields of the message."""
        said = self.message
        calls = (
            ToolCall(one.id, one.function.name, one.function.arguments, one.extra) for one in said.tool_calls or ()
        )
        text, reason = said.content or "", self.finish_reason or "stop"
        if said.refusal and not text:
            text, reason = said.refusal, "refusal"
        words = (said.reasoning, said.reasoning_content)
        thought = next((one for one in words if one and isinstance(one, str)), "")
        return Completion(text, tuple(calls), usage, reason, said.thoughts(thoughts), thought)


class WireUsage(BaseModel):
    """What it took."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    cost: Annotated[float | None, BeforeValidator(_amount)] = None
    """US dollars, where the endpoint says so itself, as OpenRouter does."""


class Answer(BaseModel):
    """The body of an answer of status 200."""

    choices: list[WireChoice] | None = None
    usage: WireUsage | None = None
    error: Any = None
    """What went wrong, since routers have sent the status by the time that a model fails."""

    @property
    def failure(self) -> str | None:
        """What the endpoint says of a failure on the way, which may be nothing; None where there was none."""
        first = self.choices[0] if self.choices else None
        told = self.error or (first and first.error)
        return own_words(told) if told or (first and first.finish_reason == "error") else None
