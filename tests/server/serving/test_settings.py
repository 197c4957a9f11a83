"""Flags and environment variables of the server."""

import re
from pathlib import Path

import pytest

from synth_audit_env.server.serving.settings import FLAGS, Settings, SettingsError, as_variables, read


def test_defaults():
    assert read([], {}) == Settings(host="127.0.0.1", port=8000, max_sessions=64, session_timeout_s=1800.0)


def test_every_flag_is_also_a_variable():
    wanted = Settings(host="0.0.0.0", port=9, max_sessions=2, session_timeout_s=1.5)
    flags = ["--host", "0.0.0.0", "--port", "9", "--max-sessions", "2", "--session-timeout", "1.5"]
    variables = {"HOST": "0.0.0.0", "PORT": "9", "MAX_SESSIONS": "2", "SESSION_TIMEOUT": "1.5"}
    assert read(flags, {}) == read([], variables) == wanted


def test_a_flag_wins_and_an_empty_variable_is_none():
    assert read(["--port", "1"], {"PORT": "2", "HOST": " "}) == Settings(port=1)


def test_no_timeout():
    assert read(["--session-timeout", "0"], {}).session_timeout_s is None


@pytest.mark.parametrize("name", ["port", "max-sessions", "session-timeout"])
@pytest.mark.parametrize("value", ["abc", "-1", "1e999", "nan", "9" * 50, "²"])
def test_bad_values_are_named_as_the_user_wrote_them(name, value):
    with pytest.raises(SettingsError, match=rf"^--{name} must be a") as flag:
        read([f"--{name}={value}"], {})
    assert repr(value) in str(flag.value)
    variable = name.replace("-", "_").upper()
    with pytest.raises(SettingsError, match=rf"^{variable} must be a"):
        read([], {variable: value})


def test_a_host_that_is_none():
    with pytest.raises(SettingsError, match=r"^HOST must be an address.*'x86_64-conda-linux-gnu'\.$"):
        read([], {"HOST": "x86_64-conda-linux-gnu"})
    with pytest.raises(SettingsError, match=r"^--host"):
        read(["--host", "a" * 300], {})


@pytest.mark.parametrize("value", ["0", "100001", "1.5"])
def test_sessions_are_counted(value):
    with pytest.raises(SettingsError, match="from 1 to"):
        read(["--max-sessions", value], {})


def test_an_llm_actor_by_flag_and_by_variable():
    wanted = Settings(
        actor="llm",
        actor_model="m",
        actor_url="http://127.0.0.1:9/v1",
        actor_api_key_env="KEY",
        actor_cache=Path("prose"),
    )
    flags = ["--actor", "llm", "--actor-model", "m", "--actor-url", "http://127.0.0.1:9/v1"]
    flags += ["--actor-api-key-env", "KEY", "--actor-cache", "prose"]
    variables = {"ACTOR": "llm", "ACTOR_MODEL": "m", "ACTOR_URL": "http://127.0.0.1:9/v1"}
    variables |= {"ACTOR_API_KEY_ENV": "KEY", "ACTOR_CACHE": "prose"}
    assert read(flags, {}) == read([], variables) == wanted
    assert read(["--actor", "scripted"], variables).actor == "scripted"


def test_without_a_flag_the_actor_is_the_script():
    assert (read([], {}).actor, read([], {}).actor_model) == ("scripted", None)


@pytest.mark.parametrize(
    ("flags", "variables", "sentence"),
    [
        (["--actor", "gpt"], {}, "--actor must be scripted or llm, but it is 'gpt'."),
        ([], {"ACTOR": "LLM"}, "ACTOR must be scripted or llm, but it is 'LLM'."),
        (["--actor", "llm"], {}, "--actor llm needs a model: give --actor-model or set ACTOR_MODEL."),
        ([], {"ACTOR": "llm", "ACTOR_MODEL": " "}, "ACTOR llm needs a model: give --actor-model or set ACTOR_MODEL."),
        (["--actor-url", "http://x"], {}, "--actor-url is for a model: give --actor-model or set ACTOR_MODEL."),
        ([], {"ACTOR_API_KEY_ENV": "K"}, "ACTOR_API_KEY_ENV is for a model: give --actor-model or set ACTOR_MODEL."),
    ],
)
def test_an_actor_that_cannot_be_meant(flags, variables, sentence):
    with pytest.raises(SettingsError) as told:
        read(flags, variables)
    assert str(told.value) == sentence


def test_a_settlement_by_flag_and_by_variable():
    for settlement in ("immediate", "terminal"):
        wanted = Settings(settlement=settlement)
        flags = ["--settlement", settlement]
        assert read(flags, {}) == read([], {"SETTLEMENT": settlement}) == read([], as_variables(flags)) == wanted
        assert wanted.settled == settlement
        assert Settings(settlement=settlement, agent_only=True).settled == settlement
    assert (Settings().settled, Settings(agent_only=True).settled) == (None, "immediate")
    with pytest.raises(SettingsError, match="^SETTLEMENT must be immediate or terminal, but it is 'late'.$"):
        read([], {"SETTLEMENT": "late"})


def test_the_page_settles_its_audits_at_their_end():
    page = {"ENABLE_WEB_INTERFACE": "true"}
    with pytest.raises(SettingsError, match="^--settlement must be terminal with the page at /web"):
        read(["--settlement", "immediate"], page)
    assert read(["--settlement", "terminal"], page).settled == "terminal"
    assert read(["--settlement", "immediate", "--agent-only"], page).settled == "immediate", "agents see no page"


def test_who_may_come_in_by_flag_and_by_variable():
    wanted = Settings(
        workers=2,
        agent_only=True,
        origins=("https://lab.example", "http://127.0.0.1:7860"),
        sessions_per_address=8,
        requests_per_second=20,
        messages_per_second=50,
        log_format="json",
        episode_log=Path("episodes"),
    )
    flags = ["--workers", "2", "--agent-only", "--allow-origin", "https://lab.example/, http://127.0.0.1:7860"]
    flags += ["--sessions-per-address", "8", "--requests-per-second", "20", "--messages-per-second", "50"]
    flags += ["--log-format", "json", "--episode-log", "episodes"]
    variables = as_variables(flags)
    assert set(variables) == {
        *("WORKERS", "AGENT_ONLY", "ALLOW_ORIGIN", "SESSIONS_PER_ADDRESS", "REQUESTS_PER_SECOND"),
        *("MESSAGES_PER_SECOND", "LOG_FORMAT", "EPISODE_LOG"),
    }
    assert read(flags, {}) == read([], variables) == wanted


def test_the_help_says_what_every_flag_and_every_variable_means(capsys):
    with pytest.raises(SystemExit, match="0"):
        read(["--help"], {})
    told = capsys.readouterr().out
    for flag in (*FLAGS, "agent-only"):
        variable = flag.replace("-", "_").upper()
        assert re.search(rf"^--{flag} +{variable} .*[a-z]", told, re.MULTILINE), flag
    for variable in ("SYNTH_AUDIT_TOKEN", "ENABLE_WEB_INTERFACE"):
        assert re.search(rf"^ +{variable} .*[a-z]", told, re.MULTILINE), variable


def test_the_token_is_a_variable_alone_and_is_not_repeated():
    token = "0123456789abcdef"
    chosen = read([], {"SYNTH_AUDIT_TOKEN": f" {token}\n"})
    assert chosen.token == token
    assert token not in repr(chosen)
    assert read([], {"SYNTH_AUDIT_TOKEN": " "}).token is None
    for short in ("0123456789abcde", "0123456789 abcdef", "0123456789äbcdef", "0123456789\x07abcdef"):
        with pytest.raises(SettingsError, match="^SYNTH_AUDIT_TOKEN must have 16 characters or more") as told:
            read([], {"SYNTH_AUDIT_TOKEN": short})
        assert short not in str(told.value)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--log-format", "xml"], "--log-format must be text or json, but it is 'xml'."),
        (["--workers", "0"], "--workers must be a whole number from 1 to 256, but it is '0'."),
        (["--messages-per-second", "-1"], "--messages-per-second must be a whole number from 0 to 1000000, but"),
        (["--allow-origin", "*"], "--allow-origin must be origins such as https://example.org, but one is '*'."),
        (["--allow-origin", "https://a.example/path"], "--allow-origin must be origins"),
    ],
)
def test_settings_that_cannot_be_meant(flags, sentence):
    with pytest.raises(SettingsError) as told:
        read(flags, {})
    assert str(told.value).startswith(sentence)


@pytest.mark.parametrize("shown", ["true", "True", "1", "yes"])
def test_several_processes_and_a_page_are_not_to_be_had_together(shown):
    for flags, variables, name in ((["--workers", "2"], {}, "--workers"), ([], {"WORKERS": "2"}, "WORKERS")):
        assert (
            read(flags, variables).workers == read(flags, {**variables, "ENABLE_WEB_INTERFACE": "false"}).workers == 2
        )
        with pytest.raises(SettingsError, match=rf"^{name} must be 1 .*'2': set ENABLE_WEB_INTERFACE=false"):
            read(flags, {**variables, "ENABLE_WEB_INTERFACE": shown})
    assert read([], {"ENABLE_WEB_INTERFACE": shown}).workers == 1


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("False", False), ("", False)])
def test_agents_only_by_variable(value, meant):
    assert read([], {"AGENT_ONLY": value}).agent_only is meant
    with pytest.raises(SettingsError, match="^AGENT_ONLY must be true or false, but it is 'perhaps'"):
        read([], {"AGENT_ONLY": "perhaps"})
