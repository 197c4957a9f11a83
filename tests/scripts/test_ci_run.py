""".ci/run makes every stage, and the first that fails ends all of them. No stage does its work here."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from synth_audit_env.tests.patience import PATIENCE_S

RUN = Path(__file__).parents[2] / ".ci" / "run"
STAGES = (
    "environment, Debian's programs, training environment, docs, lint, Dockerfile, format, types, tests, training, "
    "slow tests, certificate, integrations, manifest, running server, deployment, browser, soak, "
    "cost of the page"
).split(", ")
UV = """#!/usr/bin/env bash
case "$*" in
    $FAILS) echo "so it fails" && exit 7 ;;
    venv*) mkdir -p "${@: -1}/bin" && cp "$0" "${@: -1}/bin/python" ;;
    "sync --quiet"*) mkdir -p "$UV_PROJECT_ENVIRONMENT/bin" && cp "$0" "$UV_PROJECT_ENVIRONMENT/bin/python" ;;
    *soak.py*) echo "what the soak found" && log=${@: -1} && echo "what its server said" >"${log%.json}.log" ;;
esac
"""
"""In the place of uv, and of the Python of the training environments."""


@pytest.fixture
def run(tmp_path):
    """Runs it: `run(FAILS="run pytest")` with what fails, by the arguments of uv."""
    for name, text in (("uv", UV), ("apt-get", "#!/bin/sh\nexit 1\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run_all(FAILS="-"):  # noqa: N803  # a variable of the shell
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        given = {"FAILS": FAILS, "TMPDIR": str(tmp_path), "PATH": path}
        return subprocess.run(
            ["bash", str(RUN)], env=os.environ | given, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    return run_all


def begun(done):
    return re.findall(r"^=== (.*?): ", done.stdout, re.MULTILINE)


def test_every_stage_is_made_and_told_of_once(run):
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(begun(done)) == sorted(STAGES)
    assert sorted(re.findall(r"^--- (.*) took \d+ s$", done.stdout, re.MULTILINE)) == sorted(STAGES)
    assert "All stages passed in" in done.stdout
    # The log of the soak's server once stood where what the soak found was to be kept.
    assert done.stdout.count("what the soak found") == 1


@pytest.mark.parametrize(
    ("fails", "never_begun"),
    [
        ("run pytest", {"slow tests", "certificate", "soak"}),
        ("sync --quiet --extra unsloth", {"slow tests", "certificate", "soak"}),
        ("*tests/test_notebooks.py", {"certificate", "soak"}),
        ("*tests/integrations/test_verifiers.py", set()),
        ("run python scripts/soak.py*", set()),
    ],
)
def test_a_stage_that_fails_ends_the_run_with_its_status_and_what_it_said(run, fails, never_begun):
    done = run(fails)
    assert done.returncode == 7
    assert "so it fails" in done.stdout
    assert "All stages passed" not in done.stdout
    assert not never_begun & set(begun(done))
