"""A model behind an OpenAI-compatible endpoint: hosted routers, vLLM, llama.cpp, Ollama.

    endpoint = Endpoint("http://127.0.0.1:11434/v1", "qwen3:4b", None)
    endpoint.check(tool_schemas())              # EndpointError, one sentence, when it cannot be had
    completion = endpoint.complete([{"role": "user", "content": "Audit this."}], tool_schemas())

What may pass is tried again: 429, 5xx, timeouts and broken connections by the `openai` package, which honours
Retry-After up to two minutes; answers that are no completion here. The key goes into the request and nowhere else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from openai import APIConnectionError, APIStatusError, APITimeoutError, BadRequestError, Omit, OpenAI
from pydantic import ValidationError

from synth_audit_env.chat.completion import Completion, ToolCall, Usage
from synth_audit_env.chat.wire import Answer, WireUsage

_LOG = logging.getLogger(__name__)
RETRIES = 12
"""Waits of 0.5, 1, 2, 4 and then 8 s, less up to a quarter, unless the endpoint asks for others: about a minute, since
limits are mostly counted by the minute."""
CHECK_RETRIES = 2
"""Before anything is under way, whoever mistyped an address need not wait a minute to be told."""
UNREADABLE_WAITS_S = (0.5, 2.0, 8.0)
"""Before an answer that is no completion is asked for again: routers send such while a model behind them restarts."""
_QUOTED = 300
"""Characters of an endpoint's words that an error repeats."""


class EndpointError(RuntimeError):
    """A completion cannot be had, and trying again would not help. The sentence says why; no key is in it."""


@dataclass(frozen=True, slots=True)
class Price:
    """What an endpoint charges, in US dollars per million tokens."""

    prompt: float
    completion: float


class Endpoint:
    """A `ChatModel`. It may be used from several threads."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None,
        *,
        temperature: float | None = None,
        timeout_s: float = 120.0,
        price: Price | None = None,
    ) -> None:
        """Make one; nothing is sent yet.

        Args:
            base_url: Of the API, up to and without /chat/completions; mostly it ends in /v1.
            model: As the endpoint names it.
            api_key: None for an endpoint that asks for none.
            temperature: Of sampling, 0 to 2; None for the endpoint's own.
            timeout_s: Seconds without a byte of an answer after which a try is given up.
            price: For an endpoint that does not report costs itself.
        """
        self.name = model
        self.address = _shown(base_url)
        """The URL as errors show it."""
        self._key = api_key
        # In each request, since the package itself would fall back to OPENAI_API_KEY, OPENAI_CUSTOM_HEADERS and
        # others, which are not meant for this endpoint.
        self._headers = {"Authorization": f"Bearer {api_key}" if api_key else Omit()}
        self._sampling = {} if temperature is None else {"temperature": temperature}
        self._limit_name = "max_tokens"
        self._price = price
        self._client = OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            timeout=timeout_s,
            max_retries=RETRIES,
        )

    def check(self, tools: Sequence[Mapping[str, Any]] = ()) -> None:
        """Ask for a word, to see that endpoint, key, model and tools are all there.

        Raises:
            EndpointError: They are not.
        """
        client = self._client.with_options(max_retries=CHECK_RETRIES)
        self._ask(client, [{"role": "user", "content": "Say yes."}], tools, max_tokens=16)

    def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
    ) -> Completion:
        """Continue a chat by one message; see `ChatModel`.

        Raises:
            EndpointError: There is no completion to be had, after retries where these could help.
        """
        waits = iter(UNREADABLE_WAITS_S)
        while True:
            body = self._ask(self._client, messages, tools, max_tokens)
            try:
                return self._completion(Answer.model_validate_json(body))
            except ValidationError:
                wait = next(waits, None)
            if wait is None:
                words = body.decode("utf-8", "replace")
                raise self._error(f"answers with what is no completion: {_cut(words)!r}.")
            _LOG.info("The answer is no completion: asking again in %s seconds", wait)
            time.sleep(wait)

    def _ask(
        self,
        client: OpenAI,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        max_tokens: int | None,
    ) -> bytes:
        """The body of an answer of status 200."""
        request: dict[str, Any] = {"model": self.name, "messages": list(messages), **self._sampling}
        request["extra_headers"] = self._headers
        if tools:
            request["tools"] = list(tools)
        if max_tokens is not None:
            request[self._limit_name] = max_tokens
        try:
            answer: bytes = client.chat.completions.with_raw_response.create(**request).http_response.content
        except BadRequestError as problem:
            # OpenAI's own reasoning models take the limit by its newer name only, which many others do not know.
            if self._limit_name == "max_tokens" and "max_completion_tokens" in problem.message:
                self._limit_name = "max_completion_tokens"
                return self._ask(client, messages, tools, max_tokens)
            raise self._error(_status_words(problem, self.name, self._key)) from None
        except APIStatusError as problem:
            raise self._error(_status_words(problem, self.name, self._key)) from None
        except APITimeoutError:
            raise self._error("does not answer in time.") from None
        except APIConnectionError as problem:
            cause = f" ({_cut(str(problem.__cause__))})" if problem.__cause__ else ""
            raise self._error(f"cannot be reached, or breaks its answers off{cause}.") from None
        return answer

    def _completion(self, answer: Answer) -> Completion:
        choice = answer.choices[0]
        message = choice.message
        calls = tuple(
            ToolCall(call.id or "", call.function.name, call.function.arguments) for call in message.tool_calls or ()
        )
        text, reason = message.content or "", choice.finish_reason or "stop"
        if message.refusal and not text:
            text, reason = message.refusal, "refusal"
        return Completion(text, calls, self._usage(answer.usage), reason)

    def _usage(self, told: WireUsage | None) -> Usage:
        if told is None:
            return Usage(cost=None)
        cost = told.cost
        if cost is None and self._price is not None:
            million = 1_000_000
            cost = (told.prompt_tokens * self._price.prompt + told.completion_tokens * self._price.completion) / million
        return Usage(told.prompt_tokens, told.completion_tokens, cost)

    def _error(self, words: str) -> EndpointError:
        sentence = f"The endpoint {self.address} {words}"
        # Some endpoints repeat the key that they refuse.
        return EndpointError(sentence.replace(self._key, "[key]") if self._key else sentence)


def _status_words(problem: APIStatusError, model: str, key: str | None) -> str:
    """What an endpoint means by a status, and its own words for it."""
    status, words = problem.status_code, _words(problem)
    if status in (401, 403):
        meant = "refuses the key" if key else "asks for a key, and none is given"
    elif status == 404:
        meant = f"knows no model {model!r}, or no chat completions at this address"
    elif status == 429:
        meant = "turns us away for too many requests"
    elif status >= 500:
        meant = "fails"
    else:
        meant = f"refuses the request to {model!r}"
    return f"{meant} ({status}: {words})." if words else f"{meant} ({status})."


def _words(problem: APIStatusError) -> str:
    told = problem.body
    if isinstance(told, Mapping):
        told = told.get("message") or told.get("detail") or told.get("error") or told
    return _cut(str(told)).rstrip(".") if told else ""


def _cut(text: str) -> str:
    """Text on one line, and not much of it."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def _shown(url: str) -> str:
    """A URL without what may be secret in it: a user with a password, a query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
