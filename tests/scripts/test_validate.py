"""openenv's validator is given what git knows of a checkout, and no virtual environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.fixture
def checkout(tmp_path):
    """A checkout with a virtual environment that is not called .venv."""
    (tmp_path / "scripts").mkdir()
    for name in ("openenv.yaml", "scripts/validate.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "venv" / "lib").mkdir(parents=True)
    (tmp_path / "venv" / "lib64").symlink_to("lib")
    return tmp_path


def test_a_virtual_environment_of_another_name_is_no_part_of_what_is_validated(checkout):
    manifest, command = checkout / "openenv.yaml", [checkout / "scripts" / "validate.sh", "--level", "static"]
    for text, status in (
        (manifest.read_text(), 0),
        (manifest.read_text().replace("range: [-24.0, 24.0]", "range: 1"), 1),
    ):
        manifest.write_text(text)
        done = subprocess.run(command, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout
