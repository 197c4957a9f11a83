"""The address of a running environment: which is taken, and which ends the program with a sentence."""

from argparse import ArgumentParser

import pytest

from synth_audit_env.rollouts.environment import read_base_url


@pytest.mark.parametrize(
    ("given", "variable", "url"),
    [
        ("http://127.0.0.1:8000", "http://another", "http://127.0.0.1:8000"),
        ("ws://a.host", "", "ws://a.host"),
        ("http://[::1]:8000", "", "http://[::1]:8000"),
        (None, " http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
        ("", " ", None),
    ],
)
def test_an_address_is_the_flag_or_the_variable(given, variable, url, monkeypatch):
    monkeypatch.setenv("ENV_BASE_URL", variable)
    assert read_base_url(ArgumentParser(), given) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:8000", "must start with http:// or https:// and name a host, but it is 'localhost:8000'."),
        ("ftp://a.host", "must start with http:// or https:// and name a host"),
        ("http://a b", "must start with http:// or https:// and name a host"),
        ("http://[::1", "must start with http:// or https:// and name a host"),
        ("http://a.host:99999", "must start with http:// or https:// and name a host"),
        ("http://127.0.0.1:11434/v1/", "is the environment's, and the model's is --model-url"),
    ],
)
@pytest.mark.parametrize("name", ["--base-url", "ENV_BASE_URL"])
def test_another_text_ends_the_program(name, url, words, monkeypatch, capsys):
    monkeypatch.setenv("ENV_BASE_URL", url)
    with pytest.raises(SystemExit, match="2"):
        read_base_url(ArgumentParser(), url if name == "--base-url" else None)
    assert f"error: {name} {words}" in capsys.readouterr().err
