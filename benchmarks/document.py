"""The results of server.py as the tables of docs/speed.md.

    uv run python benchmarks/document.py            # prints the tables
    uv run python benchmarks/document.py --write    # writes them into the page, between its two marks

The tables are document.md.jinja, filled in. A test compares the page with outputs/bench/server.json, so run this after
each run of server.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "outputs" / "bench" / "server.json"
DOCUMENT = ROOT / "docs" / "speed.md"
BEGIN = "<!-- Made by benchmarks/document.py out of outputs/bench/server.json. -->"
END = "<!-- Up to here. -->"


def document(report: Mapping[str, Any]) -> str:
    """All results, in Markdown."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    environment.filters |= {"ratio": _ratio, "spread": _spread}
    crowd, cells, own_pace = crowded(report)
    template = environment.get_template("document.md.jinja")
    return template.render(report=report, cells=cells, own_pace=own_pace, crowd=crowd).strip()


def crowded(report: Mapping[str, Any]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The number of sessions that the tables are about, and by server what it did under so many, in waves or not."""
    crowd = report["mixed"][0]["sessions"]
    cells = {cell["server"]: cell for cell in report["cells"] if cell["sessions"] == crowd}
    return crowd, cells, {cell["server"]: cell for cell in report["mixed"]}


def put(text: str, made: str) -> str:
    """A document with this in the place of what is between the marks. Raises ValueError where it has no marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def _spread(figures: Mapping[str, float]) -> str:
    return f"{_ratio(figures['median'])} ({_ratio(figures['low'])}–{_ratio(figures['high'])})"


def _ratio(value: float) -> str:
    # Two figures of what is small: 0.02 could be 0.015.
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print, and write where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put it into docs/speed.md")
    chosen = parser.parse_args(argv)
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    print(document(report))
    if chosen.write:
        DOCUMENT.write_text(put(DOCUMENT.read_text(encoding="utf-8"), document(report)), encoding="utf-8")


if __name__ == "__main__":
    main()
