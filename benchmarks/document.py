"""The results of server.py and environments.py as the tables of docs/speed.md.

    uv run python benchmarks/document.py            # prints the tables
    uv run python benchmarks/document.py --write    # writes them into the page, between its two marks

The server's tables are document.md.jinja, filled in. A test compares the page with outputs/bench: run this after each
run of server.py or environments.py.
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
ENVIRONMENTS = REPORT.with_name("environments.json")
BEGIN_ENVIRONMENTS = "<!-- Made by benchmarks/document.py out of outputs/bench/environments.json. -->"
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


def environments_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The report of environments.py, in Markdown: times, and ratios to our hard tier."""
    lines = ["| environment | a step, µs | of ours | a reset, ms | of ours |", "| --- | ---: | ---: | ---: | ---: |"]
    for row in rows:
        step, reset = f"{row['step_us']:,.0f}", f"{row['reset_us'] / 1000:.2g}"
        lines.append(
            f"| {row['environment']} | {step} | {_ratio(row['step_ratio'])} | {reset} | {_ratio(row['reset_ratio'])} |"
        )
    return "\n".join(lines)


def put(text: str, made: str, begin: str = BEGIN) -> str:
    """A document with this in the place of the text between the marks. Raises ValueError where it has no marks."""
    before, rest = text.split(begin)
    _, after = rest.split(END, 1)
    return f"{before}{begin}\n\n{made}\n\n{END}{after}"


def page(text: str) -> str:
    """The page with the figures of the last reports. Without a report of environments.py its table stays as it is."""
    text = put(text, document(json.loads(REPORT.read_text(encoding="utf-8"))))
    if ENVIRONMENTS.exists():
        rows = json.loads(ENVIRONMENTS.read_text(encoding="utf-8"))["environments"]
        text = put(text, environments_table(rows), BEGIN_ENVIRONMENTS)
    return text


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
    made = page(DOCUMENT.read_text(encoding="utf-8"))
    print(made)
    if chosen.write:
        DOCUMENT.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
