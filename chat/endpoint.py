"""A model behind an OpenAI-compatible endpoint: hosted routers, vLLM, llama.cpp, Ollama.

    endpoint = Endpoint("http://127.0.0.1:11434/v1", "qwen3:4b", None)
    endpoint.check(tool_schemas())              # EndpointError, in one sentence, when it does not work
    completion = endpoint.complete([{"role": "user", "content": "Audit this."}], tool_schemas())

Faults that may pass are tried again. The `openai` package does so for 429, 5xx and broken connections, and honours
Retry-After up to two minutes; this module does so for timeouts and for answers that are no completion. Answers are
bounded in size and in time. The key goes into the request and nowhere else.
"""

import json
import logging
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import openai
from pydantic_core import from_json

from .completion import THOUGHTS, Chat, Completion, Price, Tools
from .errors import ChatRefusedError, EndpointError, MalformedCallError, ToolsRefusedError
from .wire import completion_of, is_malformed_call, is_too_long, meaning, own_words, takes_no_tools, usage_of

_LOG = logging.getLogger(__name__)
RETRIES = 12
"""Of the `openai` package. It waits 0.5, 1, 2, 4 and then 8 s, less up to a quarter, unless the endpoint asks for other
times. That is about a minute in all, since rate limits are mostly counted by the minute."""
CHECK_RETRIES = 2
"""Of the first request. A user who mistyped an address should not wait a minute for the error."""
WAITS_S = (0.5, 2.0, 8.0)
"""Waits before an answer that is late or no completion is asked for again. Routers send such answers while a model
behind them restarts, and a model may write a readable call next time."""
BUSY = (429, 503)
"""Statuses of an endpoint that works, but loads a model or counts requests. Such an endpoint is waited for."""
MOST_BYTES = 8 * 2**20
"""Of an answer. It is a hundred times the longest that models write."""
WHOLE = 10
"""How many timeouts an answer may take in all. DeepSeek sends empty lines for ten minutes (its docs, "Rate Limit")."""
_QUOTED = 300
"""Characters of an endpoint's words that an error repeats."""
_SECRET = 6
"""Length in characters from which a key is removed from what a model says."""
_CUT_OFF = b'{"choices": [{"message": {}, "finish_reason": "length"}]}'


class _BoundedHttp(openai.DefaultHttpxClient):
    """Reads whole answers: an endpoint may send spaces while a model thinks, and for ever, and never be timed out.

    The `openai` package does not retry the errors of its own kind that are raised here.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._most_s = WHOLE * timeout_s

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and read the answer, up to MOST_BYTES. Raises APITimeoutError, beside what HTTP may."""
        began, body = time.monotonic(), bytearray()
        try:
            with closing(super().send(request, **{**options, "stream": True})) as response:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        break
                    if time.monotonic() - began > self._most_s:
                        raise openai.APITimeoutError(request=request)
        except Exception as problem:
            if any(kind.__name__ == "TimeoutException" for kind in type(problem).__mro__):
                raise openai.APITimeoutError(request=request) from problem
            raise
        of_the_transfer = ("content-encoding", "content-length", "transfer-encoding")
        headers = {name: value for name, value in response.headers.items() if name not in of_the_transfer}
        whole = bytes(body[:MOST_BYTES])  # what is cut there is no completion
        told = response.status_code, whole.decode("utf-8", "replace")
        if is_malformed_call(*told) or is_too_long(*told):
            headers["x-should-retry"] = "false"  # which the package goes by
        return type(response)(response.status_code, headers=headers, content=whole, request=response.request)


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
        thoughts: Sequence[str] = THOUGHTS,
    ) -> None:
        """Make one; nothing is sent yet.

        Args:
            base_url: Of the API, up to and without /chat/completions; mostly it ends in /v1.
            model: As the endpoint names it.
            api_key: None for an endpoint that asks for none.
            temperature: Of sampling, 0 to 2; None for the endpoint's own.
            timeout_s: Seconds without a byte of an answer after which a try is given up.
            price: For an endpoint that does not report costs itself.
            thoughts: Fields of a message in which thoughts come, and are wanted back.
        """
        self.name = model
        self.address = _shown(base_url)
        """The URL as errors show it."""
        self._key = api_key
        # In each request, since the package itself would fall back to OPENAI_API_KEY, OPENAI_CUSTOM_HEADERS and
        # others, which are not meant for this endpoint.
        self._headers = {"Authorization": f"Bearer {api_key}" if api_key else openai.Omit()}
        self._sampling = {} if temperature is None else {"temperature": temperature}
        self._thoughts = thoughts
        self._limit_name = "max_tokens"
        self._price = price
        http = _BoundedHttp(timeout_s)
        # When the endpoint goes, or the program ends, and not by __del__, which may run when modules are gone already.
        weakref.finalize(self, http.close)
        self._client = openai.OpenAI(
            base_url=base_url, api_key=api_key or "none", timeout=timeout_s, max_retries=RETRIES, http_client=http
        )

    def check(self, tools: Tools = (), max_tokens: int | None = None) -> None:
        """Ask for one word, to see that endpoint, key, model and tools work.

        The limit of tokens is that of later completions: a reasoning model refuses one that its thoughts do not fit.

        Raises:
            EndpointError: One of them does not.
        """
        client = self._client.with_options(max_retries=CHECK_RETRIES)
        request = self._request([{"role": "user", "content": "Say yes."}], tools, max_tokens)
        # Where a call cannot be read all are there: it is the model that has answered, if badly.
        with suppress(MalformedCallError), self._errors_as_sentences(tools):
            try:
                body = self._ask(client, request)
            except openai.APIStatusError as problem:
                if problem.status_code not in BUSY:
                    raise
                body = self._ask(self._client, request)
            self._read(body)

    def complete(self, messages: Chat, tools: Tools = (), max_tokens: int | None = None) -> Completion:
        """Continue a chat by one message; see `ChatModel`.

        Raises:
            EndpointError: There is no completion, after retries where these could help.
        """
        waits = iter(WAITS_S)
        while True:
            try:
                with self._errors_as_sentences(tools):
                    body = self._ask(self._client, self._request(messages, tools, max_tokens))
                return self._read(body)
            except EndpointError as problem:
                wait = next(waits, None) if problem.may_pass else None
                if wait is None:
                    raise
                _LOG.info("asking again in %s seconds: %s", wait, problem)
            time.sleep(wait)

    def _request(self, messages: Chat, tools: Tools, max_tokens: int | None) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self.name, "messages": list(messages), **self._sampling}
        request["extra_headers"] = self._headers
        if tools:
            request["tools"] = list(tools)
        if max_tokens is not None:
            request[self._limit_name] = max_tokens
        return request

    def _ask(self, client: openai.OpenAI, request: dict[str, Any]) -> bytes:
        """The body of an answer of status 200."""
        try:
            body: bytes = client.chat.completions.with_raw_response.create(**request).http_response.content
            return body
        except openai.BadRequestError as problem:
            # OpenAI's reasoning models want the limit by its newer name, which many others do not know. An answer that
            # is cut off at it they send as an error.
            if "max_tokens or model output limit was reached" in problem.message:
                return _CUT_OFF
            if "max_tokens" not in request or "max_completion_tokens" not in problem.message:
                raise
        self._limit_name = "max_completion_tokens"
        limit = request.pop("max_tokens")
        return self._ask(client, {**request, self._limit_name: limit})

    @contextmanager
    def _errors_as_sentences(self, tools: Tools) -> Iterator[None]:
        """Turn what the `openai` package raises into an EndpointError."""
        try:
            yield
        except openai.APIStatusError as problem:
            status, body, key = problem.status_code, problem.response.text, self._key
            words = self._quoted(own_words(problem.body)).rstrip(".")
            malformed, too_long = is_malformed_call(status, body), is_too_long(status, body)
            kind = ChatRefusedError if too_long or status in (400, 413, 422) else EndpointError
            meant = "cannot read the tool call" if malformed else meaning(400 if too_long else status, self.name, key)
            advice = ""
            if too_long:
                advice = " Give a smaller --max-context."
            elif tools and malformed:
                advice = " The model may do better with --tool-format json."
            elif tools and takes_no_tools(status, words):
                kind, advice = ToolsRefusedError, " A model without tool calls can be asked with --tool-format json."
            sentence = f"{meant} ({status}{f': {words}' if words else ''}).{advice}"
            raise self._error(sentence, MalformedCallError if malformed else kind, may_pass=malformed) from None
        except openai.APITimeoutError:
            sentence = (
                "does not answer in time. Give a longer --timeout, or a smaller --max-tokens and fewer audits at once "
                "(--concurrency); docs/small-models.md has flags for a model on a CPU."
            )
            raise self._error(sentence, may_pass=True) from None
        except openai.APIConnectionError as problem:
            cause = f" ({self._quoted(str(problem.__cause__))})" if problem.__cause__ else ""
            raise self._error(f"cannot be reached, or breaks its answers off{cause}.") from None

    def _read(self, body: bytes) -> Completion:
        """The completion in the body of an answer. Raises EndpointError where there is none."""
        words = self._quoted(body.decode("utf-8", "replace"))
        try:
            answer = from_json(body, allow_inf_nan=False)
            choices = answer.get("choices")
            first = choices[0] if isinstance(choices, list) and choices else {}
            told = answer.get("error") or first.get("error")
            if told or first.get("finish_reason") == "error":  # routers have sent the status by the time a model fails
                why = self._quoted(own_words(told)).rstrip(".") or "it does not say why"
                raise self._error(f"fails while it answers ({why}).", may_pass=True)
            if choices == []:
                # The body has the shape of an answer, so the endpoint works. It has no answer to this chat.
                raise self._error(f"has no answer to this chat: {words!r}.", ChatRefusedError, may_pass=True)
            # Some endpoints repeat what they were sent. A shorter key is no secret, and may be a word of the answer.
            if self._key and len(self._key) >= _SECRET:
                first = json.loads(json.dumps(first).replace(json.dumps(self._key)[1:-1], "[key]"))
            return completion_of(first, usage_of(answer.get("usage"), self._price), self._thoughts)
        except (ValueError, AttributeError, LookupError):
            page = " Mostly the URL of an API ends in /v1." if words.startswith("<") else ""
            raise self._error(f"answers with what is no completion: {words!r}.{page}", may_pass=True) from None

    def _quoted(self, words: str) -> str:
        """The endpoint's words on one line, cut. The key is removed first, since a cut could leave a part of it."""
        line = " ".join(self._without_key(words).split())
        return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"

    def _error(self, words: str, kind: type[EndpointError] = EndpointError, *, may_pass: bool = False) -> EndpointError:
        error = kind(self._without_key(f"The endpoint {self.address} {words}"))
        error.may_pass = may_pass
        return error

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def _shown(url: str) -> str:
    """A URL without its secret parts: a user with a password, a query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
