"""openenv's validator is given what git knows of a checkout, and no virtual environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def run(*command):
    command = [*command, "--level", "static"]
    return subprocess.run(command, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path):
    """One with a virtual environment that is not called .venv."""
    (tmp_path / "scripts").mkdir()
    for name in ("openenv.yaml", "scripts/validate.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "venv" / "lib").mkdir(parents=True)
    (tmp_path / "venv" / "lib64").symlink_to("lib")
    return tmp_path


def test_a_virtual_environment_of_another_name_is_no_part_of_what_is_validated(checkout):
    plain = run("openenv", "validate", str(checkout))
    assert "Verdict: FAIL" in plain.stdout, "openenv has mended it: the script is not needed any more"
    done = run(str(checkout / "scripts" / "validate.sh"))
    assert done.returncode == 0, done.stderr
    assert "PASS  static.manifest" in done.stdout
    manifest = checkout / "openenv.yaml"
    manifest.write_text(manifest.read_text().replace("range: [-24.0, 24.0]", "range: 1"))
    done = run(str(checkout / "scripts" / "validate.sh"))
    assert (done.returncode, "Verdict: FAIL" in done.stdout) == (1, True), "what fails fails"
