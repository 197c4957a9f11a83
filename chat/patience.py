"""The HTTP client that the `openai` package uses here: it bounds answers, and says which errors not to retry.

    client = OpenAI(base_url=url, api_key=key, max_retries=12, http_client=PatientHttp(timeout_s=120.0))

All threads share it. When the endpoint tells one of them to wait, all of them wait. Answers are bounded in size and in
time: an endpoint may send spaces while a model thinks, and for ever, and no read timeout would end that.
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from typing import Any

from openai import APITimeoutError, DefaultHttpxClient, OpenAIError

from .refusal import is_malformed_call, is_no_outage

BUSY = (429, 503)
"""Statuses of an endpoint that works, but loads a model or counts requests. Such an endpoint is waited for."""
MOST_BYTES = 8 * 2**20
"""Of an answer. It is a hundred times the longest that models write."""
WHOLE = 10
"""How many timeouts an answer may take in all. DeepSeek sends empty lines for ten minutes (its docs, "Rate Limit")."""
LONGEST_WAIT_S = 120.0
"""The `openai` package waits no longer either. A client that is told to come back in an hour fails at once."""
APART_S = 0.1
"""Between the requests that have waited. If all came at once, they would be refused again."""
_RETRY_DELAY = re.compile(r'"retryDelay":\s*"([\d.]+)s"')
"""Gemini's Retry-After, which is in the body."""


class TooMuchError(OpenAIError):
    """An answer is longer than MOST_BYTES."""


class PatientHttp(DefaultHttpxClient):
    """The client. The `openai` package does not retry the errors of its own kind that are raised here."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._most_s = WHOLE * timeout_s
        self._not_before = self._next = 0.0

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and read the answer. Raises APITimeoutError and TooMuchError, beside what HTTP may."""
        if (now := time.monotonic()) < self._not_before:
            self._next = max(self._next + APART_S, self._not_before)
            time.sleep(self._next - now)
        began, body = time.monotonic(), bytearray()
        try:
            with closing(super().send(request, **{**options, "stream": True})) as response:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise TooMuchError
                    if time.monotonic() - began > self._most_s:
                        raise APITimeoutError(request=request)
        except Exception as problem:
            if any(kind.__name__ == "TimeoutException" for kind in type(problem).__mro__):
                raise APITimeoutError(request=request) from problem
            raise
        of_the_transfer = ("content-encoding", "content-length", "transfer-encoding")
        headers = {name: value for name, value in response.headers.items() if name not in of_the_transfer}
        told = response.status_code, body.decode("utf-8", "replace")
        if is_malformed_call(*told) or is_no_outage(*told):
            headers["x-should-retry"] = "false"  # which the package goes by
        if response.status_code in BUSY:
            if "retry-after" not in headers and (found := _RETRY_DELAY.search(told[1])):
                headers["retry-after"] = found[1]
            seconds = headers.get("retry-after", "")  # a date, which is rare, holds only whom it is told
            if seconds.replace(".", "", 1).isdecimal() and float(seconds) <= LONGEST_WAIT_S:
                self._not_before = max(self._not_before, time.monotonic() + float(seconds))
        return type(response)(response.status_code, headers=headers, content=bytes(body), request=response.request)
