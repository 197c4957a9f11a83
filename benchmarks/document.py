"""The results of server.py and environments.py as the tables of docs/speed.md.

    uv run python benchmarks/document.py            # prints the tables
    uv run python benchmarks/document.py --write    # writes them into the page, each between its two marks

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
REPORTS = ROOT / "outputs" / "bench"
DOCUMENT = ROOT / "docs" / "speed.md"
BEGIN = "<!-- Made by benchmarks/document.py out of outputs/bench/{}. -->"
END = "<!-- Up to here. -->"


def document(report: Mapping[str, Any]) -> str:
    """The report of server.py, in Markdown."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    environment.filters |= {"ratio": _ratio, "spread": _spread}
    crowd, cells, own_pace = crowded(report)
    template = environment.get_template("document.md.jinja")
    return template.render(report=report, cells=cells, own_pace=own_pace, crowd=crowd).strip()


def crowded(report: Mapping[str, Any]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """The number of sessions, and by server its figures under so many: in waves, and at their own pace."""
    crowd = report["mixed"][0]["sessions"]
    cells = {cell["server"]: cell for cell in report["cells"] if cell["sessions"] == crowd}
    return crowd, cells, {cell["server"]: cell for cell in report["mixed"]}


def environments_table(report: Mapping[str, Any]) -> str:
    """The report of environments.py, in Markdown: times, and ratios to our hard tier."""
    lines = ["| environment | a step, µs | of ours | a reset, ms | of ours |", "| --- | ---: | ---: | ---: | ---: |"]
    for row in report["environments"]:
        step, reset = f"{row['step_us']:,.0f}", f"{row['reset_us'] / 1000:.2g}"
        ratios = _ratio(row["step_ratio"]), _ratio(row["reset_ratio"])
        lines.append(f"| {row['environment']} | {step} | {ratios[0]} | {reset} | {ratios[1]} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the figures of the last reports. A table without a report stays as it is."""
    for name, table in (("server.json", document), ("environments.json", environments_table)):
        if not (REPORTS / name).exists():
            continue
        made = table(json.loads((REPORTS / name).read_text(encoding="utf-8")))
        before, rest = text.split(begin := BEGIN.format(name))
        _, after = rest.split(END, 1)
        text = f"{before}{begin}\n\n{made}\n\n{END}{after}"
    return text


def _spread(figures: Mapping[str, float]) -> str:
    return f"{_ratio(figures['median'])} ({_ratio(figures['low'])}–{_ratio(figures['high'])})"


def _ratio(value: float) -> str:
    # Two figures of what is small: 0.02 could be 0.015.
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print, and write where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    chosen = parser.parse_args(argv)
    made = page(DOCUMENT.read_text(encoding="utf-8"))
    print(made)
    if chosen.write:
        DOCUMENT.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
