"""Flags and environment variables of the server."""

import os
from pathlib import Path

import pytest

from synth_audit_env.server.serving.settings import Flags, Settings, SettingsError, as_variables, read

EVERY = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("9", 9),
    "max_sessions": ("2", 2),
    "session_timeout": ("1.5", 1.5),
    "workers": ("2", 2),
    "agent_only": ("true", True),
    "settlement": ("terminal", "terminal"),
    "allow_origin": ("https://lab.example/, http://127.0.0.1:7860", ("https://lab.example", "http://127.0.0.1:7860")),
    "sessions_per_address": ("8", 8),
    "requests_per_second": ("20", 20),
    "messages_per_second": ("50", 50),
    "log_format": ("json", "json"),
    "episode_log": ("~/episodes", Path("~/episodes").expanduser()),
    "actor": ("llm", "llm"),
    "actor_model": ("m", "m"),
    "actor_url": ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    "actor_api_key_env": ("KEY", "KEY"),
    "actor_cache": ("prose", Path("prose")),
}
"""By field: what a user writes, and what is meant."""


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Set the variables of the server, and no other: `environment(PORT="9")`."""
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)

    def set_variables(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


def flag(field):
    return f"--{field.replace('_', '-')}"


def flags(**given):
    return [flag(field) if value == "true" else f"{flag(field)}={value}" for field, value in given.items()]


def told(arguments):
    with pytest.raises(SettingsError) as refused:
        read(arguments)
    return str(refused.value)


def test_every_setting_is_a_flag_and_a_variable(environment):
    assert set(EVERY) == set(Flags.model_fields)
    wanted = Settings(**{field: meant for field, (_, meant) in EVERY.items()})
    written = {field: value for field, (value, _) in EVERY.items()}
    assert read(flags(**written)) == wanted
    variables = as_variables(flags(**written))
    assert set(variables) == {field.upper() for field in EVERY}
    environment(**variables)
    assert read([]) == wanted


def test_a_flag_wins_and_an_empty_variable_is_none(environment):
    environment(PORT="2", HOST=" ", workers="2")
    assert read(["--port", "1"]) == Settings(port=1)


def test_a_blank_flag_takes_back_its_variable(environment):
    may_be_blank = ("settlement", "allow_origin", "episode_log", *(name for name in EVERY if name.startswith("actor_")))
    environment(**{field.upper(): EVERY[field][0] for field in may_be_blank})
    given = [f"{flag(field)}=" for field in may_be_blank]
    assert read(given) == Settings()
    environment(**as_variables(given))
    assert read([]) == Settings()
    assert told(["--actor", "llm", "--actor-model", " "]).startswith("--actor llm needs a model")


@pytest.mark.parametrize(
    ("field", "value", "start", "end"),
    [
        *(
            (field, value, "must be a ", f", but it is {value!r}.")
            for field in ("port", "max_sessions", "session_timeout")
            for value in ("abc", "-1", "1e999", "nan", "9" * 50, "²")
        ),
        *(
            ("max_sessions", value, "must be a whole number from 1 to 100000, ", "'.")
            for value in ("0", "100001", "1.5")
        ),
        ("workers", "0", "must be a whole number from 1 to 256, but it is ", "'0'."),
        ("messages_per_second", "-1", "must be a whole number from 0 to 1000000, but it is ", "'-1'."),
        ("port", "65536", "must be a whole number from 0 to 65535, but it is ", "'65536'."),
        (
            "session_timeout",
            "31536001",
            "must be a number of seconds up to 31536000, or 0 for never, but ",
            "'31536001'.",
        ),
        ("log_format", "xml", "must be text or json, but it is ", "'xml'."),
        ("settlement", "late", "must be immediate or terminal, but it is ", "'late'."),
        ("allow_origin", "*", "must be origins such as https://example.org", "'*'."),
        ("allow_origin", "https://a.example/path", "must be origins such as https://example.org", "path'."),
        ("actor", "gpt", "must be scripted or llm, but it is ", "'gpt'."),
        ("actor", "LLM", "must be scripted or llm, but it is ", "'LLM'."),
        ("actor", "llm", "llm needs a model: ", "give --actor-model or set ACTOR_MODEL."),
        ("actor_url", "http://x", "is for a model: ", "give --actor-model or set ACTOR_MODEL."),
        ("actor_api_key_env", "K", "is for a model: ", "give --actor-model or set ACTOR_MODEL."),
    ],
)
def test_an_invalid_setting_is_named_as_the_user_wrote_it(environment, field, value, start, end):
    sentence = told([f"{flag(field)}={value}"])
    assert sentence.startswith(f"{flag(field)} {start}")
    assert sentence.endswith(end)
    environment(**{field.upper(): value})
    assert told([]) == sentence.replace(flag(field), field.upper(), 1)


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("False", False), ("", False)])
def test_agents_only_by_variable(environment, value, meant):
    environment(AGENT_ONLY=value)
    assert read([]).agent_only is meant
    environment(AGENT_ONLY="perhaps")
    assert told([]).startswith("AGENT_ONLY must be true or false")


def test_the_help_says_what_every_flag_and_every_variable_means(capsys):
    with pytest.raises(SystemExit, match="0"):
        read(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for field, setting in Flags.model_fields.items():
        assert flag(field) in shown
        assert setting.description in shown
    for variable in ("SYNTH_AUDIT_TOKEN", "MAX_SESSIONS"):
        assert variable in shown


def test_the_token_is_a_variable_alone_and_is_not_repeated(environment, capsys):
    token = "0123456789abcdef"
    environment(SYNTH_AUDIT_TOKEN=f" {token}\n")
    chosen = read([])
    assert chosen.synth_audit_token == token
    assert token not in repr(chosen)
    with pytest.raises(SystemExit, match="2"):
        read(["--synth-audit-token", token])
    assert "unrecognized arguments" in capsys.readouterr().err
    environment(SYNTH_AUDIT_TOKEN=" ")
    assert read([]).synth_audit_token is None
    for short in ("0123456789abcde", "0123456789 abcdef", "0123456789äbcdef", "0123456789\x07abcdef"):
        os.environ["SYNTH_AUDIT_TOKEN"] = short
        sentence = told([])
        assert sentence.startswith("SYNTH_AUDIT_TOKEN must be a text of 16 characters or more")
        assert short not in sentence
