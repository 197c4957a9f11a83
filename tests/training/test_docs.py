"""The training figures of README and docs are those that the evaluation wrote, cell by cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "outputs" / "train" / "cpu-tiny"
COLUMNS = ("| | score, easy | score, medium | skill, easy | skill, medium |", "| --- | ---: | ---: | ---: | ---: |")


def told(page: str) -> list[list[str]]:
    """The tables of a page that set models beside a start, each as its rows."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    begins = [place for place, line in enumerate(lines) if line == COLUMNS[0]]
    tables = []
    for place in begins:
        assert lines[place + 1] == COLUMNS[1]
        end = next(later for later in range(place + 2, len(lines)) if not lines[later].startswith("|"))
        tables.append(lines[place + 2 : end])
    return tables


def written(folder: str) -> list[str]:
    """The same rows, out of the tables that the evaluation wrote."""
    page = (RUNS / folder / "table.md").read_text(encoding="utf-8")
    cells: dict[str, list[str]] = {}
    for metric in ("Score", "Skill"):
        for title in (f"{metric} by tier", f"{metric} less outputs/train/cpu-tiny/start's by tier, paired"):
            rows = page.split(f"## {title}\n", 1)[1].split("\n##", 1)[0]
            for name, easy, medium in re.findall(
                r"^\| outputs/train/cpu-tiny/(\S+) \| ([^|]*) \| ([^|]*) \|", rows, re.M
            ):
                if (name == "start") == ("less" not in title):
                    cells.setdefault(name, []).extend((easy, medium))
    label = {name: name if name == "start" else f"{name} less start" for name in cells}
    return [f"| {label[name]} | {' | '.join(figures)} |" for name, figures in cells.items()]


@pytest.mark.parametrize(
    ("page", "folders"), [("README.md", ["evaluation"]), ("docs/training.md", ["evaluation", "greedy"])]
)
def test_every_row_is_as_it_was_written(page: str, folders: list[str]) -> None:
    assert told(page) == [written(folder) for folder in folders]
