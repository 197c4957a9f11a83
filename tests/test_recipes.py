"""The recipes of docs/how-to: their blocks, applied to a copy of the tree, make what they promise."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to"
BLOCK = re.compile(r'^```(diff|python) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
RECIPES = {
    "add-a-tool": (
        "test_tool_records.py",
        "training/test_audit_tools.py",
        "test_packaging.py::test_the_runtime_plan_can_be_read",
    ),
    "add-an-operator": (
        "server/world/test_operators.py::test_a_bug_is_in_one_clause_of_the_question_and_in_nothing_else",
    ),
    "add-an-error-type": ("test_error_types.py", "server/audit/test_briefing.py"),
    "add-a-protocol-rule": ("server/world/test_protocol.py",),
}
"""Each page with the tests that must hold in the copy as well."""


def changed(text: str, diff: str) -> str:
    """A text with the hunks of a diff applied. A hunk has no line numbers: what it keeps must stand there once."""
    for hunk in diff.split("@@\n")[1:]:
        lines = [line or " " for line in hunk.splitlines()]
        old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in kept) for kept in (" -", " +"))
        assert text.count(old) == 1, f"stands there {text.count(old)} times:\n{old}"
        text = text.replace(old, new)
    return text


@pytest.mark.slow
@pytest.mark.parametrize("page", RECIPES)
def test_who_follows_it_gets_what_it_promises(page, tmp_path):
    tree = tmp_path / "synth_audit_env"
    files = ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(files, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("outputs/", "notebooks/")):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    blocks = BLOCK.findall((HOW_TO / f"{page}.md").read_text(encoding="utf-8"))
    assert blocks[-1][1] == "play.py"
    for kind, title, text in blocks:
        path = tree / title
        path.write_text(changed(path.read_text(encoding="utf-8"), text) if kind == "diff" else text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    tests = [tree / "tests" / name for name in RECIPES[page]]
    for command in ([tree / "play.py"], ["-m", "pytest", "-q", "-n", "0", *tests]):
        done = subprocess.run([sys.executable, *command], env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
