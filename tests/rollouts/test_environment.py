"""The address of a running environment: which is taken, and which ends the program with a sentence."""

from argparse import ArgumentParser

import pytest

from synth_audit_env.rollouts.environment import read_base_url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://a.host/web/", "ws://a.host", "http://[::1]:8000"])
def test_an_address_is_taken_as_it_is(url, monkeypatch):
    monkeypatch.setenv("ENV_BASE_URL", "http://another")
    assert read_base_url(ArgumentParser(), url) == url


def test_the_variable_stands_in(monkeypatch):
    monkeypatch.setenv("ENV_BASE_URL", " http://127.0.0.1:8000 ")
    assert read_base_url(ArgumentParser(), None) == "http://127.0.0.1:8000"
    monkeypatch.setenv("ENV_BASE_URL", " ")
    assert read_base_url(ArgumentParser(), "") is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:8000", "must start with http:// or https:// and name a host, but it is 'localhost:8000'."),
        ("ftp://a.host", "must start with http:// or https:// and name a host"),
        ("http://", "must start with http:// or https:// and name a host"),
        ("http://a b", "must start with http:// or https:// and name a host"),
        ("http://[::1", "is no URL (Invalid IPv6 URL)"),
        ("http://a.host:99999", "is no URL (Port out of range 0-65535)"),
        ("http://a.host:port", "is no URL (Port could not be cast to integer value as 'port')"),
        ("http://127.0.0.1:11434/v1/", "is the environment's, and the model's is --model-url"),
    ],
)
@pytest.mark.parametrize("name", ["--base-url", "ENV_BASE_URL"])
def test_what_can_be_none_ends_the_program(name, url, words, monkeypatch, capsys):
    monkeypatch.setenv("ENV_BASE_URL", url)
    with pytest.raises(SystemExit) as ended:
        read_base_url(ArgumentParser(), url if name == "--base-url" else None)
    assert ended.value.code == 2
    assert f"error: {name} {words}" in capsys.readouterr().err
