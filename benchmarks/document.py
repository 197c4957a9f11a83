"""Writes the results of server.py and environments.py into docs/speed.md, as the tables of document.md.jinja.

    uv run python benchmarks/document.py

A test compares the page with outputs/bench: run this after each run of server.py or environments.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "outputs" / "bench"
DOCUMENT = ROOT / "docs" / "speed.md"
BEGIN = "<!-- Made by benchmarks/document.py out of outputs/bench/{}.json. -->"
END = "<!-- Up to here. -->"


def document(report: Mapping[str, Any]) -> str:
    """The tables of a report, in Markdown."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
    templates.filters |= {"ratio": _ratio, "spread": _spread}
    return templates.get_template("document.md.jinja").render(report=report, wrong=wrong_answers(report)).strip()


def wrong_answers(report: Mapping[str, Any]) -> int:
    """The wrong answers of all servers; none where a report is not of servers."""
    parts = [*report.get("cells", ()), *report.get("mixed", ()), *([report["floods"]] if "floods" in report else ())]
    return sum(part["errors"] for part in parts)


def page(text: str) -> str:
    """The page with the figures of the last reports."""
    for name in ("server", "environments"):
        made = document(json.loads((REPORTS / f"{name}.json").read_text(encoding="utf-8")))
        before, rest = text.split(begin := BEGIN.format(name))
        text = f"{before}{begin}\n\n{made}\n\n{END}{rest.split(END, 1)[1]}"
    return text


def _spread(figures: Mapping[str, float]) -> str:
    return f"{_ratio(figures['median'])} ({_ratio(figures['low'])}–{_ratio(figures['high'])})"


def _ratio(value: float) -> str:
    # Two figures of what is small: 0.02 could be 0.015.
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
