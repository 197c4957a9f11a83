"""Every figure that is published is of the world as it is: what outputs/ has and what README and docs copy from it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from synth_audit_env import __version__
from synth_audit_env.episode_line import WORLD_VERSION

ROOT = Path(__file__).parents[1]
HISTORIES = {"docs/changelog.md", "docs/lab-notebook.md"}
"""What is told there is of the version that it names."""
MAJOR = __version__.partition(".")[0]
NAMED = re.compile(rf"\b(?:synth_audit_env|[Vv]ersions?)(?: of)? ({MAJOR}\.\d+(?:\.\d+)?)")
PICTURES = {".png", ".svg"}


def tracked(*patterns: str) -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-s", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line.split("\t")[1]) for line in told.stdout.splitlines() if not line.startswith("120000")]


def versions_in(value: object) -> Iterator[str]:
    """Those under the name `version`, at any depth."""
    if isinstance(value, dict):
        for name, of in value.items():
            yield from [str(of)] if name == "version" else versions_in(of)
    elif isinstance(value, list):
        for one in value:
            yield from versions_in(one)


def versions_of(file: Path) -> set[str]:
    """The worlds that a file says it is of; each line of a log has to."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        return set(versions_in(json.loads(text))) or {"none"}
    if file.suffix == ".jsonl":
        return set().union(*(set(versions_in(json.loads(line))) or {"none"} for line in text.splitlines()))
    return named(text) or {"none"}


def named(text: str) -> set[str]:
    return set(NAMED.findall(text))


def stale(root: Path, files: list[Path]) -> dict[str, set[str]]:
    """Files of another world than this one, or of none that is said; a picture is of the results in its folder."""
    found: dict[str, set[str]] = {}
    for file in files:
        if file.suffix in PICTURES:
            beside = [other for other in files if other.parent == file.parent and other.suffix not in PICTURES]
            said = {"none"} if not beside else {WORLD_VERSION}
        else:
            said = versions_of(root / file)
        if said != {WORLD_VERSION}:
            found[file.as_posix()] = said
    return found


def test_what_outputs_has_is_of_this_world() -> None:
    files = tracked("outputs")
    assert {file.suffix for file in files} >= {".json", ".md", ".png"}
    assert stale(ROOT, files) == {}, f"figures of another world than {WORLD_VERSION}: play them anew"


def test_what_readme_and_docs_say_is_of_this_world() -> None:
    pages = [page for page in tracked("README.md", "docs/*.md", "docs/**/*.md") if page.as_posix() not in HISTORIES]
    said = {page.as_posix(): named((ROOT / page).read_text(encoding="utf-8")) for page in pages}
    assert WORLD_VERSION in said["README.md"]
    assert WORLD_VERSION in said["docs/results.md"]
    # The citation names the package, which may be newer than the last change of the world.
    said["README.md"].discard(__version__)
    assert {page: versions - {WORLD_VERSION} for page, versions in said.items() if versions - {WORLD_VERSION}} == {}
