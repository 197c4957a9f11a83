"""Flags and environment variables of the server."""

import pytest

from synth_audit_env.server.serving.settings import Settings, SettingsError, read


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
