"""A model behind an OpenAI-compatible endpoint: hosted routers, vLLM, llama.cpp, Ollama.

    endpoint = Endpoint("http://127.0.0.1:11434/v1", "qwen3:4b", None)
    endpoint.check(tool_schemas())              # EndpointError, in one sentence, when it does not work
    completion = endpoint.complete([{"role": "user", "content": "Audit this."}], tool_schemas())

Retries and timeouts are those of the `openai` package: it asks again after 429, 5xx, a timeout and a broken connection,
and honours Retry-After. The key goes into the request and nowhere else.
"""

import json
import math
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import openai

from .completion import THOUGHTS, Chat, Completion, ToolCall, Tools, Usage
from .errors import ChatRefusedError, EndpointError, ToolsRefusedError

RETRIES = 10
"""The `openai` package waits 0.5, 1, 2, 4 and then 8 s: about a minute, since rate limits are mostly counted
by the minute."""
CHECK_RETRIES = 2
"""Those of the first request. A user who mistyped an address should not wait a minute for the error."""
REFUSALS = (400, 413, 422, 500)
"""Statuses that are about this chat. llama.cpp and Ollama answer 500 to a tool call that they cannot read."""
_QUOTED = 300
"""Characters of an endpoint's words that an error repeats."""
_SECRET = 6
"""Characters from which a key is removed from an answer. A shorter one is no secret, and may be a word of it."""
_READ_FROM_CALLS = ("id", "function", "type", "index")
"""Fields of a tool call. Any other is one that only its endpoint knows, such as Gemini's signature of its thoughts."""


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
    ) -> None:
        """Make one; nothing is sent yet.

        Args:
            base_url: Of the API, up to and without /chat/completions; mostly it ends in /v1.
            model: As the endpoint names it.
            api_key: None for an endpoint that asks for none.
            temperature: Of sampling, 0 to 2; None for the endpoint's own.
            timeout_s: Seconds without a byte of an answer after which a try is given up.
        """
        self.name = model
        parts = urlsplit(base_url)
        self.address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        """The URL as errors show it: without a password or a query."""
        self._key = api_key
        # In each request, since the package itself would fall back to OPENAI_API_KEY, which is of another endpoint.
        self._headers = {"Authorization": f"Bearer {api_key}" if api_key else openai.Omit()}
        self._sampling = {} if temperature is None else {"temperature": temperature}
        self._limit_name = "max_tokens"
        self._client = openai.OpenAI(base_url=base_url, api_key=api_key or "none", timeout=timeout_s)
        # When the endpoint goes, or the program ends, and not by __del__, which may run when modules are gone already.
        weakref.finalize(self, self._client.close)

    def check(self, tools: Tools = (), max_tokens: int | None = None) -> None:
        """Ask for one word, to see that endpoint, key, model and tools work.

        The limit of tokens is that of later completions: a reasoning model refuses one that its thoughts do not fit.

        Raises:
            EndpointError: One of them does not.
        """
        self.complete([{"role": "user", "content": "Say yes."}], tools, max_tokens, retries=CHECK_RETRIES)

    def complete(
        self, messages: Chat, tools: Tools = (), max_tokens: int | None = None, *, retries: int | None = None
    ) -> Completion:
        """Continue a chat by one message; see `ChatModel`.

        Raises:
            EndpointError: There is no completion, after retries where these could help.
        """
        client = self._client.with_options(max_retries=RETRIES if retries is None else retries)
        request: dict[str, Any] = {"model": self.name, "messages": list(messages), **self._sampling}
        if tools:
            request["tools"] = list(tools)
        try:
            body = self._ask(client, request, max_tokens)
        except openai.APIStatusError as problem:
            raise self._refusal(problem, tools) from None
        except openai.APITimeoutError:
            raise self._error(
                "does not answer in time. Give a longer --timeout, or a smaller --max-tokens and fewer audits at once "
                "(--concurrency); docs/small-models.md has flags for a model on a CPU."
            ) from None
        except openai.APIConnectionError as problem:
            cause = f" ({self._quoted(str(problem.__cause__))})" if problem.__cause__ else ""
            raise self._error(f"cannot be reached, or breaks its answers off{cause}.") from None
        return self._read(body)

    def _ask(self, client: openai.OpenAI, request: dict[str, Any], max_tokens: int | None) -> bytes:
        """The body of an answer of status 200."""
        limit: dict[str, Any] = {} if max_tokens is None else {self._limit_name: max_tokens}
        try:
            raw = client.chat.completions.with_raw_response.create(**request, **limit, extra_headers=self._headers)
        except openai.BadRequestError as problem:
            # OpenAI's reasoning models want the limit by its newer name, which many others do not know.
            if "max_tokens" not in limit or "max_completion_tokens" not in problem.message:
                raise
            self._limit_name = "max_completion_tokens"
            return self._ask(client, request, max_tokens)
        body: bytes = raw.http_response.content
        return body

    def _read(self, body: bytes) -> Completion:
        """The completion in the body of an answer. Raises ChatRefusedError where there is none."""
        if self._key and len(self._key) >= _SECRET:  # some endpoints repeat what they were sent
            body = body.replace(json.dumps(self._key)[1:-1].encode(), b"[key]")
        try:
            answer = json.loads(body)
            failure = answer.get("error") or answer["choices"][0].get("error")
            if failure:  # routers have sent the status by the time a model fails
                raise self._error(f"fails while it answers ({self._quoted(_words(failure))}).", ChatRefusedError)
            return completion_of(answer["choices"][0], usage_of(answer.get("usage")))
        except (ValueError, AttributeError, LookupError, TypeError):
            words = self._quoted(body.decode("utf-8", "replace"))
            page = " Mostly the URL of an API ends in /v1." if words.startswith("<") else ""
            raise self._error(f"answers with what is no completion: {words!r}.{page}", ChatRefusedError) from None

    def _refusal(self, problem: openai.APIStatusError, tools: Tools) -> EndpointError:
        """The error of an answer that is not of status 200."""
        status, words = problem.status_code, self._quoted(_words(problem.body)).rstrip(".")
        if status in (401, 403):
            meaning = "refuses the key" if self._key else "asks for a key, and none is given"
        elif status == 404:
            meaning = f"knows no model {self.name!r}, or no chat completions at this address"
        elif status == 429:
            meaning = "turns us away for too many requests"
        else:
            meaning = "fails" if status >= 500 else f"refuses the request to {self.name!r}"
        kind, advice = ChatRefusedError if status in REFUSALS else EndpointError, ""
        if tools and status in (400, 404, 422) and "tool" in words.lower():
            kind, advice = ToolsRefusedError, " A model without tool calls can be asked with --tool-format json."
        return self._error(f"{meaning} ({status}{f': {words}' if words else ''}).{advice}", kind)

    def _quoted(self, words: str) -> str:
        """The endpoint's words on one line, cut. The key is removed first, since a cut could leave a part of it."""
        line = " ".join(self._without_key(words).split())
        return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"

    def _error(self, words: str, kind: type[EndpointError] = EndpointError) -> EndpointError:
        return kind(self._without_key(f"The endpoint {self.address} {words}"))

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def completion_of(choice: Mapping[str, Any], usage: Usage) -> Completion:
    """A choice of an answer in our terms. Raises ValueError, LookupError or TypeError where it is none."""
    message = choice["message"]
    text, reason = _text(message.get("content")), str(choice.get("finish_reason") or "stop")
    if not text and message.get("refusal"):
        text, reason = _text(message["refusal"]), "refusal"
    thoughts = {name: message[name] for name in THOUGHTS if message.get(name) not in (None, [])}
    words = (message.get("reasoning"), message.get("reasoning_content"))
    thought = next((thought for thought in words if thought and isinstance(thought, str)), "")
    return Completion(text, tuple(map(_call, message.get("tool_calls") or ())), usage, reason, thoughts, thought)


def usage_of(counts: Any) -> Usage:
    """Tokens as far as the endpoint counts them, and its cost in US dollars where it says that, as OpenRouter does."""
    given = counts if isinstance(counts, Mapping) else {}
    cost = given.get("cost")
    cost = float(cost) if isinstance(cost, int | float) and math.isfinite(cost) else None
    return Usage(int(given.get("prompt_tokens") or 0), int(given.get("completion_tokens") or 0), cost)


def _call(call: Mapping[str, Any]) -> ToolCall:
    """A call. One that names no function is the model's mistake, not the endpoint's."""
    function = call.get("function") or {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str):  # some servers send the value in place of its JSON text
        arguments = "" if arguments is None else json.dumps(arguments)
    extra = {name: value for name, value in call.items() if name not in _READ_FROM_CALLS and value is not None}
    return ToolCall(str(call.get("id") or ""), str(function.get("name") or ""), arguments, extra)


def _text(value: Any) -> str:
    """Content is text; some models answer in parts, of which those of type text are the answer."""
    if isinstance(value, list):
        return "".join(part["text"] for part in value if part.get("type") == "text")
    if not isinstance(value, str | None):
        raise ValueError("The content is no text.")
    return value or ""


def _words(body: Any) -> str:
    """The message in the body of an error, or in a list of one, as Gemini has it; empty where it says nothing."""
    if isinstance(body, list) and body:
        return _words(body[0])
    if not isinstance(body, Mapping):
        return str(body or "")
    inner = body.get("error") or body.get("message") or body.get("detail")
    return _words(inner) if inner else str(dict(body) or "")
