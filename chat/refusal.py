"""What an endpoint means by a status that is no success: in our words, and in its own.

    meaning(401, "qwen3:4b", key=None)       # "asks for a key, and none is given"
    own_words(problem)                       # "No API key provided."

Its own words may repeat the key: whoever shows them takes it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from openai import APIStatusError, BadRequestError

_NO_ROOM_TO_ANSWER = "max_tokens or model output limit was reached"
_TOO_LONG = re.compile(r"context_length_exceeded|context[ _-]?(length|size|window)", re.IGNORECASE)
"""In the words of OpenAI, vLLM and llama.cpp."""


def meaning(status: int, model: str, key: str | None) -> str:
    """What follows the endpoint's name in a sentence."""
    if status in (401, 403):
        return "refuses the key" if key else "asks for a key, and none is given"
    if status == 404:
        return f"knows no model {model!r}, or no chat completions at this address"
    if status == 429:
        return "turns us away for too many requests"
    return "fails" if status >= 500 else f"refuses the request to {model!r}"


def own_words(problem: APIStatusError) -> str:
    """What the body of the answer says; empty where it says nothing."""
    told = problem.body
    if isinstance(told, Mapping):
        told = told.get("message") or told.get("detail") or told.get("error") or told
    return str(told) if told else ""


def wants_newer_limit(problem: BadRequestError) -> bool:
    """OpenAI's own reasoning models take the limit by its newer name only, which many others do not know."""
    return "max_completion_tokens" in problem.message


def was_cut_off(problem: BadRequestError) -> bool:
    """OpenAI's reasoning models refuse where others answer with what they have, and why they stopped."""
    return _NO_ROOM_TO_ANSWER in problem.message


def is_too_long(problem: APIStatusError) -> bool:
    """Whether the chat is longer than the model's context."""
    return problem.status_code in (400, 413) and _TOO_LONG.search(problem.message) is not None
