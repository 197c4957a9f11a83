"""The HTTP that threads share: a wait that all keep, retries that are not in vain, answers that are bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from synth_audit_env.chat import endpoint as endpoint_module
from synth_audit_env.chat import patience
from synth_audit_env.chat.endpoint import Endpoint, EndpointError
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server

CHAT = [{"role": "user", "content": "Hi."}]
QUOTA = b'[{"error": {"code": 429, "details": [{"@type": "RetryInfo", "retryDelay": "45.837906927s"}]}}]'


@pytest.fixture
def waits(monkeypatch):
    """What is waited, on a clock that nothing else moves."""
    waited: list[float] = []
    monkeypatch.setattr("openai._base_client.time.sleep", waited.append)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: sum(waited), sleep=waited.append))
    monkeypatch.setattr(endpoint_module, "RETRIES", 0)
    return waited


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(429, headers={"Retry-After": "90"}), 90.0),
        (Fault(503, headers={"Retry-After": "1.5"}), 1.5),
        (Fault(429, QUOTA), 45.837906927),
    ],
)
def test_a_wait_that_one_request_is_told_holds_for_the_next(fault, seconds, waits):
    with chat_server([fault, Say("One."), Say("Two.")]) as server:
        endpoint = Endpoint(server.url, MODEL, None)
        with pytest.raises(EndpointError, match=str(fault.status)):
            endpoint.complete(CHAT)
        assert [endpoint.complete(CHAT).text for _ in range(2)] == ["One.", "Two."]
    assert waits == [pytest.approx(seconds)]


def test_those_that_have_waited_do_not_come_all_at_once(waits, monkeypatch):
    with chat_server([Fault(429, headers={"Retry-After": "7"}), *map(Say, "abc")]) as server:
        endpoint = Endpoint(server.url, MODEL, None)
        monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: 100.0, sleep=waits.append))
        with pytest.raises(EndpointError, match="429"):
            endpoint.complete(CHAT)
        for _ in range(3):
            endpoint.complete(CHAT)
    assert waits == pytest.approx([7.0, 7.1, 7.2])


@pytest.mark.parametrize("told", ["3600", "soon", "nan", "-1", "0", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_nobody_waits_for_what_is_no_time_to_wait(told, waits):
    with chat_server([Fault(429, headers={"Retry-After": told}), Say("One.")]) as server:
        endpoint = Endpoint(server.url, MODEL, None)
        with pytest.raises(EndpointError, match="429"):
            endpoint.complete(CHAT)
        assert endpoint.complete(CHAT).text == "One."
    assert waits == []


def test_who_is_turned_away_waits_on_as_long_as_others_are_answered(monkeypatch):
    """A limit is of all threads together, so that one of many may be turned away each time."""
    monkeypatch.setattr(endpoint_module, "RETRIES", 1)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    refused: list[int] = []

    def answer(request: dict[str, Any]) -> Say | Fault:
        if request["messages"][0]["content"] == "Other.":
            return Say("Other.")
        refused.append(1)
        if len(refused) <= 4:  # within two rounds of retries another thread gets through
            with ThreadPoolExecutor(1) as other:
                other.submit(endpoint.complete, [{"role": "user", "content": "Other."}]).result()
        return Fault(429)

    with chat_server(answer) as server:
        endpoint = Endpoint(server.url, MODEL, None)
        with pytest.raises(EndpointError, match="turns us away for too many requests"):
            endpoint.complete(CHAT)
    assert len(refused) == 6, "two rounds beside others, and one alone"


def test_an_answer_of_the_size_that_is_allowed_is_read(monkeypatch):
    body = Say("x" * 10_000).body(0)
    for most, enough in ((len(body), True), (len(body) - 1, False)):
        monkeypatch.setattr(patience, "MOST_BYTES", most)
        monkeypatch.setattr(endpoint_module, "UNREADABLE_WAITS_S", ())
        with chat_server([Fault(200, body)]) as server:
            endpoint = Endpoint(server.url, MODEL, None)
            if enough:
                assert len(endpoint.complete(CHAT).text) == 10_000
            else:
                with pytest.raises(EndpointError, match="answers with more than "):
                    endpoint.complete(CHAT)


def test_connections_are_closed_with_their_endpoint():
    with chat_server([Say("One.")]) as server:
        endpoint = Endpoint(server.url, MODEL, None)
        endpoint.complete(CHAT)
        http = endpoint._client._client
        del endpoint
    assert http.is_closed
    assert not hasattr(http, "__del__"), "which at exit may run when the modules that it needs are gone"
