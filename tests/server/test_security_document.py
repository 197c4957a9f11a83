"""SECURITY.md names for each promise what keeps it and which tests hold it: all of them are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [ROOT / "models.py", *(ROOT / "server").rglob("*.py"), *(ROOT / "tests" / "server").rglob("*.py")]
ROWS = re.findall(r"^\| (.+) \| (.*`.+) \| (.*`.+) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)


def test_every_promise_is_looked_at():
    assert len(ROWS) >= 15


@pytest.mark.parametrize(("where", "tests"), [row[1:] for row in ROWS], ids=[row[0][:40] for row in ROWS])
def test_what_a_promise_names_is_there(where, tests):
    file = None
    for name in re.findall(r"`([^`]+)`", f"{where} {tests}"):
        if name.endswith(".py"):
            # By its path, or by its name alone where only one is called so.
            (file,) = (path for path in FILES if path.as_posix().endswith(f"/{name}"))
        elif name.startswith(("test_", "Test")):
            assert re.search(rf"\b(def|class) {name}\b", file.read_text()), f"{file.name} has no {name}"
        else:
            assert (ROOT / name).is_dir(), name
