"""What an endpoint means by a status that is no success, in our words and in its own.

    meaning(401, "qwen3:4b", key=None)       # "asks for a key, and none is given"
    own_words(problem.body)                  # "No API key provided."

Its own words may repeat the key: the caller removes it before it shows them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOO_LONG = re.compile(r"context_length_exceeded|context[ _-]?(length|size|window)", re.IGNORECASE)
"""In the words of OpenAI, vLLM and llama.cpp."""
_MALFORMED_CALL = re.compile(
    r"pars(e|ing) tool call|XML syntax error|failed to parse XML|expected element type|"
    r"failed to parse input at pos|output that does not match the expected",
    re.IGNORECASE,
)
"""In the words of Ollama, then of llama.cpp."""
_NO_OUTAGE = re.compile(r"requires --jinja|Unsupported param: tools|Context size has been exceeded", re.IGNORECASE)
"""What llama.cpp refuses with the status 500."""


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
    routers that they know nobody who takes them, and llama.cpp calls it a fault of its own.
    """
    return "tool" in words.lower() if status in (400, 404, 422) else status >= 500 and "--jinja" in words


def is_no_outage(status: int, words: str) -> bool:
    """Whether a request is refused for its content, though the status says that the server fails."""
    return status >= 500 and _NO_OUTAGE.search(words) is not None


def is_too_long(status: int, words: str) -> bool:
    """Whether the chat is longer than the model's context."""
    return status in (400, 413, 500) and _TOO_LONG.search(words) is not None
