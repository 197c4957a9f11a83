"""How a run came to be: the command, and the commit of this checkout or of none."""

import shlex
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from synth_audit_env.comparison import provenance
from synth_audit_env.comparison.provenance import made


def git(folder, *arguments):
    mine = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    asked = subprocess.run(["git", *mine, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return asked.stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    root.mkdir()
    monkeypatch.setattr(provenance, "ROOT", root)
    (root / "code.py").write_text("1")
    for command in ("init --quiet", "add code.py", "commit --quiet -m One"):
        git(root, *command.split())
    return root


def test_the_commit_is_that_of_the_checkout_and_changes_make_it_dirty_but_results_do_not(checkout, monkeypatch):
    (checkout / "outputs").mkdir()
    (checkout / "outputs" / "results.json").write_text("{}")
    one = made([])
    assert (one.commit, one.dirty) == (git(checkout, "rev-parse", "HEAD"), False)
    assert abs(datetime.fromisoformat(one.date) - datetime.now(UTC)) < timedelta(minutes=1)
    (checkout / "code.py").write_text("2")
    assert made([]).dirty
    # Installed within the checkout of another project.
    (installed := checkout / "site-packages").mkdir()
    monkeypatch.setattr(provenance, "ROOT", installed)
    elsewhere = made([])
    assert (elsewhere.commit, elsewhere.dirty) == ("unknown", False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("https://user:pass@host.example/v1", "https://host.example/v1"),
        ("--model-url=https://pass@host.example:8443/v1?key=pass#pass", "--model-url=https://host.example:8443/v1"),
        ("wss://user:p%40s@s@host.example?key=a@pass b", "wss://host.example"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("react:org/model@main?", "react:org/model@main?"),
        ("my runs/a", "my runs/a"),
    ],
)
def test_what_is_secret_in_a_url_is_left_out(given, told):
    assert shlex.split(made(["--model-url", given]).command)[-2:] == ["--model-url", told]
