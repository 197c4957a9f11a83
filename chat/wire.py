"""Reads what endpoints send: completions, as loosely as their fields are filled in practice, and refusals.

    completion = completion_of(answer["choices"][0], usage_of(answer.get("usage"), price=None), thoughts=())
    meaning(401, "qwen3:4b", key=None)       # "asks for a key, and none is given"
    own_words(problem.body)                  # "No API key provided."

What is left out, null or of an older shape is taken for what it means; anything else is a ValueError. What reasoning
models want to be told again with their own answers is kept as it came. The words of a refusal may repeat the key: the
caller removes it before it shows them.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .completion import Completion, Price, ToolCall, Usage

_READ_FROM_CALLS = ("id", "function", "type", "index")
"""Fields of a tool call. Any other is one that only its endpoint knows."""
_TOO_LONG = re.compile(r"context_length_exceeded|context[ _-]?(length|size|window)", re.IGNORECASE)
"""In the words of OpenAI, vLLM and llama.cpp."""
_MALFORMED_CALL = re.compile(
    r"pars(e|ing) tool call|XML syntax error|failed to parse XML|expected element type|"
    r"failed to parse input at pos|output that does not match the expected",
    re.IGNORECASE,
)
"""In the words of Ollama, then of llama.cpp."""


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
    kept = {name: value for name, value in given.items() if value not in (None, [])}
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


def meaning(status: int, model: str, key: str | None) -> str:
    """What follows the endpoint's name in a sentence."""
    if status in (401, 403):
        return "refuses the key" if key else "asks for a key, and none is given"
    if status == 404:
        return f"knows no model {model!r}, or no chat completions at this address"
    if status == 429:
        return "turns us away for too many requests"
    return "fails" if status >= 500 else f"refuses the request to {model!r}"


def own_words(told: Any) -> str:
    """What the body of an answer, or the error in it, says; empty where it says nothing."""
    if isinstance(told, list) and told:  # as Gemini has it
        return own_words(told[0])
    if not isinstance(told, Mapping):
        return str(told) if told else ""
    if isinstance(inner := told.get("error"), Mapping):
        return own_words(inner)
    words = str(told.get("message") or told.get("detail") or inner or dict(told) or "")
    # OpenRouter's own message is the same for all that a provider says.
    of_provider = told.get("metadata")
    raw = of_provider.get("raw") if isinstance(of_provider, Mapping) else None
    return f"{words}: {raw}" if raw else words


def is_malformed_call(status: int, words: str) -> bool:
    """Whether the model wrote a tool call that its own server cannot read. It is no outage."""
    return status >= 500 and _MALFORMED_CALL.search(words) is not None


def takes_no_tools(status: int, words: str) -> bool:
    """Whether the tools are refused, as far as the words tell.

    Ollama says that the model "does not support tools", vLLM that "tool choice requires --enable-auto-tool-choice",
    and routers that they know nobody who takes them.
    """
    return status in (400, 404, 422) and "tool" in words.lower()


def is_too_long(status: int, words: str) -> bool:
    """Whether the chat is longer than the model's context. llama.cpp refuses such chats as if it failed itself."""
    return status in (400, 413, 500) and _TOO_LONG.search(words) is not None


def _call(given: Any) -> ToolCall:
    """A call. One that names no function is the model's mistake, not the endpoint's."""
    call = given if isinstance(given, dict) else {}
    function = call["function"] if isinstance(call.get("function"), dict) else {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):  # some servers send the value in place of its JSON text
        arguments = "" if arguments is None else json.dumps(arguments)
    # Such as Gemini's `extra_content` with the signature of its thoughts.
    extra = {name: value for name, value in call.items() if name not in _READ_FROM_CALLS and value is not None}
    return ToolCall(_word(call.get("id")), _word(function.get("name")), arguments, extra)


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
