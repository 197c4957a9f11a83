"""HTTP to an endpoint that all threads of a run share: answers are bounded, and a wait that one is told is kept by all.

    client = OpenAI(base_url=url, http_client=BoundedHttp(timeout_s=120.0))

A timeout is of silence. An endpoint that sends spaces for ever, as some do while a model thinks, is never silent, and
one that sends tens of megabytes would fill the memory: both are ended here.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any

from openai import APITimeoutError, DefaultHttpxClient, OpenAIError

_LOG = logging.getLogger(__name__)
MOST_BYTES = 8 * 2**20
"""Of a body. The longest answers of models have a hundredth of that."""
WHOLE = 10
"""Timeouts that an answer may take in all. DeepSeek sends empty lines for up to ten minutes (its docs, "Rate Limit")."""
BUSY = (429, 503)
"""What an endpoint answers that is there, and loads a model or counts requests: it is waited for as usual."""
LONGEST_WAIT_S = 120.0
"""The `openai` package waits no longer either: a request that is to wait for an hour fails at once."""
_RETRY_DELAY = re.compile(rb'"retryDelay":\s*"([\d.]+)s"')
"""How Gemini says it: in the body, without a Retry-After."""
_OF_THE_TRANSFER = ("content-encoding", "content-length", "transfer-encoding")


class TooMuchError(OpenAIError):
    """An answer is longer than any that a model writes."""


class BoundedHttp(DefaultHttpxClient):
    """The HTTP client of the `openai` package."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._most_s = WHOLE * timeout_s
        self._not_before = 0.0
        """When anything may be sent again, on the monotonic clock."""

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and read the whole answer.

        Raises:
            APITimeoutError, TooMuchError: It takes too long, though it is never silent, or it is too long.
        """
        if (wait := self._not_before - time.monotonic()) > 0:
            time.sleep(wait)
        began, body = time.monotonic(), bytearray()
        response = super().send(request, **{**options, "stream": True})
        try:
            for part in response.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise TooMuchError
                if time.monotonic() - began > self._most_s:
                    raise APITimeoutError(request=request)
        finally:
            response.close()
        headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_TRANSFER}
        if response.status_code in BUSY:
            if "retry-after" not in headers and (told := _RETRY_DELAY.search(body)):
                headers["retry-after"] = told[1].decode()
            self._hold(headers.get("retry-after", ""))
        return type(response)(response.status_code, headers=headers, content=bytes(body), request=response.request)

    def __del__(self) -> None:
        self.close()

    def _hold(self, retry_after: str) -> None:
        """Have all threads wait for what one of them was told."""
        try:
            wait = float(retry_after)
        except ValueError:
            return  # none, or a date: whoever was told it waits alone
        until = time.monotonic() + wait
        # Said once, though all that were under way are told the same.
        if 0 < wait <= LONGEST_WAIT_S and until > self._not_before + 1.0:
            _LOG.info("The endpoint is busy: nothing is sent to it for %g seconds", wait)
            self._not_before = until
