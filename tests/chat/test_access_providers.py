"""The providers by name, each against a server that does as it does: address, key, limit, refusals, thoughts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.settings import ReactSettings, react_auditor
from synth_audit_env.chat.access import PROVIDERS
from synth_audit_env.chat.completion import Usage
from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.models import SynthAuditObservation
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, ChatServer, Fault, Say, chat_server

pytestmark = pytest.mark.usefixtures("hasty")

KEY = "sk-of-this-provider"
LOCAL = ("vllm", "ollama", "llamacpp")
Answer = Callable[[dict[str, Any]], Say | Fault]
CALL = [("review_proposal", {"proposal_id": "PROP-001"})]


def _auditor(name: str, server: ChatServer, **settings: Any) -> ReactAuditor:
    """An agent whose provider's server stands here, with the key where its provider has it."""
    variables = {PROVIDERS[name].key_variable: KEY}
    return react_auditor(ReactSettings(url=server.url, model=MODEL, provider=name, **settings), variables)


def _second_request(name: str, answer: Answer, **settings: Any) -> tuple[dict[str, Any], ReactAuditor]:
    """What is sent after the check, a first answer and its action: the chat with the first answer in it."""
    world = SynthAuditEnvironment()
    with chat_server(answer, api_key=KEY) as server:
        auditor = _auditor(name, server, **settings)
        seen: SynthAuditObservation = world.reset(task_id="oversight_easy", seed=42)
        for _ in range(2):
            seen = world.step(auditor.act(seen))
        return server.requests[-1], auditor


def test_every_provider_has_an_address_and_a_key_of_its_own():
    for field in ("base_url", "key_variable"):
        assert len({getattr(one, field) for one in PROVIDERS.values()}) == len(PROVIDERS)
    for name, one in PROVIDERS.items():
        assert one.base_url.startswith("http://127.0.0.1:" if name in LOCAL else "https://")
        assert one.key_needed == (name not in LOCAL)


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_address_and_the_key_are_the_providers_own(name, monkeypatch):
    asked: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        "synth_audit_env.chat.endpoint.Endpoint.check", lambda self, *_: asked.append((self.address, self._key))
    )
    variables = {one.key_variable: f"key of {other}" for other, one in PROVIDERS.items()}
    # What the environment names besides is for whoever names no provider.
    variables["API_BASE_URL"] = "http://127.0.0.1:9/v1"
    react_auditor(ReactSettings(model=MODEL, provider=name), variables)
    react_auditor(ReactSettings(model=MODEL, provider=name, key_variable="MINE"), {"MINE": "mine"})
    address = PROVIDERS[name].base_url
    assert asked == [(address, f"key of {name}"), (address, "mine")]


@pytest.mark.parametrize("name", PROVIDERS)
def test_without_a_key_a_hosted_one_is_refused_and_ones_own_is_asked(name):
    with chat_server([Say("Yes.")]) as server:
        settings = ReactSettings(url=server.url, model=MODEL, provider=name)
        if name in LOCAL:
            react_auditor(settings, {"HF_TOKEN": "hf_for_the_hub_alone"})
            assert "authorization" not in server.headers[0]
        else:
            with pytest.raises(EndpointError, match=f"the variable {PROVIDERS[name].key_variable} is not set"):
                react_auditor(settings, {})
            assert server.requests == []


def _openai(request: dict[str, Any]) -> Say | Fault:
    """A reasoning model of OpenAI's."""
    for name, words in (
        ("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model."),
    ):
        if name in request:
            return Fault(400, {"error": {"message": words, "param": name}})
    return Say(calls=CALL)


def test_openai():
    request, auditor = _second_request("openai", _openai)
    assert request["max_completion_tokens"] == 4_096
    assert auditor.conversation.usage == Usage(200, 20, None), "it tells no cost"
    with chat_server(_openai, api_key=KEY) as server:
        with pytest.raises(EndpointError, match="'temperature' does not support"):
            _auditor("openai", server, temperature=0.5)
        assert ["max_tokens" in request for request in server.requests] == [True, False], "it wants the newer name"


def _anthropic(request: dict[str, Any]) -> Say | Fault:
    if "temperature" in request:
        return Fault(400, {"error": {"message": "`temperature` is deprecated for this model."}})
    return Say("I look at the first.", CALL)


def test_anthropic():
    request, _ = _second_request("anthropic", _anthropic)
    assert request["max_tokens"] == 4_096
    assert set(request) == {"model", "messages", "tools", "max_tokens"}
    with (
        chat_server(_anthropic, api_key=KEY) as server,
        pytest.raises(EndpointError, match="`temperature` is deprecated for this model"),
    ):
        _auditor("anthropic", server, temperature=0.0)


SIGNED = {"extra_content": {"google": {"thought_signature": "c2lnbmVk"}}}


def test_gemini():
    busy = iter([Fault(429, b'[{"error": {"code": 429, "details": [{"retryDelay": "0.05s"}]}}]')])
    request, _ = _second_request("gemini", lambda request: next(busy, Say(calls=CALL, extra=SIGNED)))
    (call,) = request["messages"][2]["tool_calls"]
    assert call["extra_content"] == SIGNED["extra_content"], "it refuses a chat without the signatures"


DETAILS = [{"type": "reasoning.encrypted", "data": "c2VjcmV0"}]


def test_openrouter():
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.25}
    say = Say(calls=CALL, usage=usage, thoughts={"reasoning": "Hm.", "reasoning_details": DETAILS})
    request, auditor = _second_request("openrouter", lambda request: say)
    assert _thoughts(request) == {"reasoning_details": DETAILS}
    assert auditor.conversation.usage == Usage(200, 20, 0.5)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("vllm", {"reasoning": "Hm."}),
        ("vllm", {"reasoning": "Hm.", "reasoning_content": "Hm."}),
        ("ollama", {"reasoning": "Hm."}),
        ("llamacpp", {"reasoning_content": "Hm."}),
    ],
)
def test_a_server_of_ones_own_gets_its_thoughts_back_in_the_field_that_it_reads(name, wanted):
    request, _ = _second_request(name, lambda request: Say(calls=CALL, thoughts=wanted))
    assert _thoughts(request) == wanted


def test_ollama_says_what_it_does_to_long_chats(caplog):
    caplog.set_level("INFO", "synth_audit_env.agents")
    with chat_server([Say("Yes.")] * 2, api_key=KEY) as server:
        _auditor("ollama", server)
        assert "OLLAMA_CONTEXT_LENGTH" in caplog.text
        caplog.clear()
        _auditor("vllm", server)
        assert caplog.text == ""


def _thoughts(request: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the model's first answer, as it is sent back, that are of no other message."""
    answer = request["messages"][2]
    assert answer["role"] == "assistant", json.dumps(request)
    return {name: value for name, value in answer.items() if name not in ("role", "content", "tool_calls")}
