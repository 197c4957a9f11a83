"""The client of the `openai` package, which asks again where a fault may pass, less what it would ask again in vain.

    client = PatientClient(base_url=url, api_key=key, timeout=120.0, max_retries=12)

An answer that takes too long, a tool call that its own server cannot read, and what is refused with the status of an
outage end a request at once: how often to ask for another is for `Endpoint` to say, which knows what each costs.
"""

from __future__ import annotations

import sys
from typing import Any

from openai import APITimeoutError, OpenAI, OpenAIError

from synth_audit_env.chat.refusal import is_malformed_call, is_no_outage


class PatientClient(OpenAI):
    """The client. What it overrides is private to the package, which has no other way to say this."""

    def _should_retry(self, response: Any) -> bool:
        told = response.status_code, response.text
        return not (is_malformed_call(*told) or is_no_outage(*told)) and super()._should_retry(response)

    def _sleep_for_retry(self, *, response: Any, **of_the_try: Any) -> None:
        problem: Any = sys.exception()
        if response is None and isinstance(problem, OpenAIError):
            raise problem
        if response is None and _timed_out(problem):
            raise APITimeoutError(request=problem.request) from problem
        super()._sleep_for_retry(response=response, **of_the_try)


def _timed_out(problem: BaseException | None) -> bool:
    """By name, since the package takes its HTTP from one of two libraries."""
    return any(kind.__name__ == "TimeoutException" for kind in type(problem).__mro__)
