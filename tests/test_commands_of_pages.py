"""The commands of README and docs run as they are written, in a fresh clone with the environment of `uv sync --frozen`.

A command is a line of a `console` block that begins with "$ ", with the lines that continue it. All of them run, but
for those under marks, which are comments over the block:

    <!-- by hand 2026-12-02 -->                         the day on which a person last ran the block
    <!-- by hand 2026-12-02: `uv run server` -->        the same of its commands that begin so; the others run here
    <!-- not run, needs a GPU -->                       nobody has run it here, and why
"""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^((?:<!-- (?:by hand|not run)\b[^\n]* -->\n)*)```console\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"(by hand \d{4}-\d\d-\d\d(?:, [^`:]+)?|not run\b[^`:]+)(?:: (`[^`]+`(?:, `[^`]+`)*))?")
PATIENCE_S = 600.0
"""For all commands of a page together, on a busy machine."""
PIP = 'pip() { test "$*" = "install uv"; }'
"""uv is there already, and tests need no network."""


@dataclass(frozen=True)
class Command:
    """A command of a page."""

    text: str
    mark: str | None
    """Why it is not run here; None for one that is."""


def commands_of(text):
    """Every command of a page, in its order."""
    for marks, body in BLOCK.findall(text):
        commands = []
        for line in body.split("\n"):
            if line.startswith("$ "):
                commands.append(line.removeprefix("$ "))
            elif commands and goes_on(commands[-1]):
                commands[-1] += f"\n{line}"
        why = {}
        for mark in re.findall("<!-- (.*?) -->", marks):
            read = MARK.fullmatch(mark)
            assert read, f"a mark is a day or a reason, and the commands that it is for: {mark}"
            for name in re.findall("`([^`]+)`", read[2] or "") or [""]:
                found = [command for command in commands if command.startswith(name)]
                assert found, f"no command begins with {name}"
                why |= dict.fromkeys(found, read[1])
        yield from (Command(command, why.get(command)) for command in commands)


def goes_on(command):
    """Whether a command goes on in the next line: after a backslash, or within quotes."""
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return command.endswith("\\")


COMMANDS = {path.relative_to(ROOT).as_posix(): list(commands_of(path.read_text(encoding="utf-8"))) for path in PAGES}


def test_no_block_of_commands_is_overlooked():
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert len(BLOCK.findall(text)) == len(re.findall("^ *```console", text, re.MULTILINE)), path
        assert not re.search(r"^```(bash|sh|shell)$", text, re.MULTILINE), f"{path}: commands are `console` blocks"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A fresh clone, with the environment that the lock makes."""
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    changed = subprocess.run(["git", "diff", "--binary", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    if changed.strip():
        subprocess.run(["git", "apply"], cwd=folder, input=changed, check=True)
    sh("uv sync --frozen", folder)
    return folder


def sh(script, folder):
    """What a shell prints that runs these lines and stops at the first that fails, in an activated environment."""
    ours = ("VIRTUAL_ENV", "PYTHONPATH", "UV_LOCKED")
    setting = {name: value for name, value in os.environ.items() if name not in ours}
    setting |= {"PATH": f"{folder}/.venv/bin{os.pathsep}{setting['PATH']}", "UV_FROZEN": "1", "UV_OFFLINE": "1"}
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f"{PIP}\n{script}"],
        cwd=folder,
        env=setting,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
    return ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, of in COMMANDS.items() if any(not one.mark for one in of)])
def test_the_commands_of_a_page_run(page, clone):
    printed = sh("\n".join(command.text for command in COMMANDS[page] if not command.mark), clone)
    assert sh("git status --porcelain -- outputs", clone) == "", "results go to folders that git ignores"
    if page == "README.md":
        (shown,) = re.findall(r"--mode heuristic\n(.*?)\n\$", (ROOT / page).read_text("utf-8"), re.DOTALL)
        rows = iter([line.rstrip() for line in printed.splitlines()])
        assert [line for line in shown.splitlines() if line != "..." and line not in rows] == [], "in this order"
