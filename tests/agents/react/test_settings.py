"""Flags become settings, settings an agent; what cannot be meant or had is said."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from synth_audit_env.agents.react.settings import (
    ROUTER,
    ROUTER_MODEL,
    ReactSettings,
    add_flags,
    react_auditor,
    read_flags,
)
from synth_audit_env.chat.endpoint import Endpoint, EndpointError
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server
from synth_audit_env.tool_records import tool_schemas


def _settings(*flags: str) -> ReactSettings:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return read_flags(parser, parser.parse_args(flags))


def test_every_flag():
    flags = (
        "--model m --model-url http://h/v1 --api-key-env K --tool-format json --max-tokens 90 "
        "--temperature 0.5 --timeout 9"
    )
    settings = _settings(*flags.split())
    assert settings == ReactSettings("http://h/v1", "m", "K", "json", 90, 0.5, 9.0)
    assert _settings() == ReactSettings(), "without flags the defaults"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--max-tokens 0", "--max-tokens must be at least 1"),
        ("--timeout 0", "--timeout must be more than 0"),
        ("--timeout inf", "--timeout must be more than 0"),
        ("--temperature 3", "--temperature must be from 0 to 2"),
        ("--temperature nan", "--temperature must be from 0 to 2"),
    ],
)
def test_flags_that_cannot_be_meant(flags, words, capsys):
    with pytest.raises(SystemExit) as ended:
        _settings(*flags.split())
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("tool_format", ["auto", "native", "json"])
def test_the_agent_has_had_a_word_with_its_model(tool_format):
    with chat_server([Say("Yes.")], api_key="secret") as server:
        settings = ReactSettings(model=MODEL, tool_format=tool_format, temperature=0.25)
        auditor = react_auditor(settings, {"API_BASE_URL": server.url, "HF_TOKEN": "secret"})
    (request,) = server.requests
    # A limit of a few words would shut out models that think first.
    assert (auditor.name, request["temperature"], request["max_tokens"]) == (MODEL, 0.25, 4_096)
    others = {"max_tokens": 4_096, "temperature": 0.25, "endpoint": "127.0.0.1/v1"}
    assert auditor.settings == {"tool_format": "json" if tool_format == "json" else "native", **others}
    assert request.get("tools") == (None if tool_format == "json" else list(tool_schemas()))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (404, "No endpoints found that support tool use."),
    ],
)
def test_a_model_whose_endpoint_takes_no_tools_is_asked_for_json(status, words, caplog, monkeypatch):
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)

    def answer(request: dict[str, Any]) -> Say | Fault:
        return Fault(status, {"error": {"message": words}}) if "tools" in request else Say("Yes.")

    with chat_server(answer) as server:
        auditor = react_auditor(ReactSettings(server.url, MODEL), {})
        assert auditor.settings["tool_format"] == "json"
        (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert words.rstrip(".") in warning
        assert warning.endswith("A model without tool calls can be asked with --tool-format json. So it is here.")
        # Whoever asks for native calls gets them or nothing. A refusal for another reason is none of the tools.
        with pytest.raises(EndpointError, match="--tool-format json"):
            react_auditor(ReactSettings(server.url, MODEL, tool_format="native"), {})
        asked = len(server.requests)
        with pytest.raises(EndpointError, match="knows no model 'another'"):
            react_auditor(ReactSettings(server.url, "another"), {})
        assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("given", "named", "model"),
    [
        (ReactSettings(), {}, ROUTER_MODEL),
        (ReactSettings(), {"MODEL_NAME": "Qwen/other"}, "Qwen/other"),
        (ReactSettings(model="Qwen/other"), {}, "Qwen/other"),
    ],
)
def test_a_token_of_the_hub_is_enough(given, named, model, monkeypatch, caplog):
    monkeypatch.setattr(Endpoint, "check", lambda *_: None)
    with caplog.at_level("INFO", "synth_audit_env.agents"):
        auditor = react_auditor(given, {"HF_TOKEN": "hf_x", **named})
    assert (auditor.name, auditor.settings["endpoint"]) == (model, "router.huggingface.co/v1")
    assert caplog.messages == [f"no endpoint is named, so {model} is asked at {ROUTER} with the key in HF_TOKEN."]


@pytest.mark.parametrize(
    "variables", [{"HF_TOKEN": "hf_x", "API_BASE_URL": "http://127.0.0.1:9/v1"}, {"HF_TOKEN": " "}]
)
def test_whoever_names_an_endpoint_or_has_no_token_is_not_sent_to_the_hub(variables):
    with pytest.raises(EndpointError, match=r"No model is named|There is no endpoint"):
        react_auditor(ReactSettings(), variables)
