"""Reads a chat completion as endpoints send it, as loosely as its fields are filled in practice.

    completion = completion_of(answer["choices"][0], usage_of(answer.get("usage"), price=None), thoughts=())

What is left out, null or of an older shape is taken for what it means; anything else is a ValueError. What reasoning
models want to be told again with their own answers is kept as it came.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .completion import Completion, Price, ToolCall, Usage

_READ_FROM_CALLS = ("id", "function", "type", "index")
"""Fields of a tool call. Any other is one that only its endpoint knows."""


def completion_of(choice: Any, usage: Usage, thoughts: Sequence[str]) -> Completion:
    """One of the answers in our terms, with the thoughts that these fields of its message hold.

    An empty text among the thoughts is kept: DeepSeek misses it as well.

    Raises:
        ValueError: It is no answer.
    """
    message = choice.get("message") if isinstance(choice, dict) else None
    calls = (message.get("tool_calls") or []) if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(calls, list):
        raise ValueError("This is no choice with a message.")
    text, reason = _text(message.get("content")), str(choice.get("finish_reason") or "stop")
    if not text and (refusal := _text(message.get("refusal"))):
        text, reason = refusal, "refusal"
    given = {name: message.get(name) for name in thoughts}
    kept = {name: value for name, value in given.items() if value not in (None, []) and _can_be_sent(value)}
    # vLLM, Ollama and OpenRouter have the words in the first field, DeepSeek and those that follow it in the second.
    words = (message.get("reasoning"), message.get("reasoning_content"))
    thought = next((one for one in words if one and isinstance(one, str)), "")
    return Completion(text, tuple(map(_call, calls)), usage, reason, kept, thought)


def usage_of(told: Any, price: Price | None) -> Usage:
    """What it took, as far as the endpoint counts. OpenRouter tells the cost itself, in US dollars."""
    counts: Mapping[str, Any] = told if isinstance(told, dict) else {}
    asked, answered = _amount(counts.get("prompt_tokens")), _amount(counts.get("completion_tokens"))
    cost = _amount(counts.get("cost"))
    if cost is None and price is not None and asked is not None and answered is not None:
        cost = (asked * price.prompt + answered * price.completion) / 1_000_000
    return Usage(int(asked or 0), int(answered or 0), cost)


def _call(given: Any) -> ToolCall:
    """A call. One that names no function is the model's mistake, not the endpoint's."""
    call = given if isinstance(given, dict) else {}
    function = call["function"] if isinstance(call.get("function"), dict) else {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):  # some servers send the value in place of its JSON text
        arguments = "" if arguments is None else json.dumps(arguments)
    # Such as Gemini's `extra_content` with the signature of its thoughts.
    extra = {name: value for name, value in call.items() if name not in _READ_FROM_CALLS and value is not None}
    kept = {name: value for name, value in extra.items() if _can_be_sent(value)}
    return ToolCall(_word(call.get("id")), _word(function.get("name")), arguments, kept)


def _text(value: Any) -> str:
    """Content is text; some models answer in parts, of which those of type text are the answer."""
    if isinstance(value, list):
        parts = [part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text"]
        return "".join(part for part in parts if isinstance(part, str))
    if not isinstance(value, str | None):
        raise ValueError("The content is no text.")
    return value or ""


def _word(value: Any) -> str:
    """A name or an id. Some servers number the calls."""
    return str(value) if isinstance(value, str | int) else ""


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
