"""Writes reports, and those of server.py and environments.py into docs/speed.md, as the tables of document.md.jinja.

    uv run python benchmarks/document.py

A test compares the page with outputs/bench: run this after each run of server.py or environments.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from synth_audit_env.comparison.provenance import made

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "outputs" / "bench"
DOCUMENT = ROOT / "docs" / "speed.md"
BEGIN = "<!-- Made by benchmarks/document.py out of outputs/bench/{}.json. -->"
END = "<!-- Up to here. -->"


def write_report(path: Path, program: str, chosen: argparse.Namespace, found: Mapping[str, object]) -> dict[str, Any]:
    """Write a report: its origin and machine, the settings, and what was found. Returns all."""
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    report: dict[str, Any] = {
        "made": asdict(made((), ("uv", "run", "python", program))),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": processors[0].partition(":")[2].strip() if processors else platform.machine(),
        },
        # Where the report goes says nothing to others.
        "settings": {name: value for name, value in vars(chosen).items() if name != "out"},
        **found,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return report


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
        table = document(json.loads((REPORTS / f"{name}.json").read_text(encoding="utf-8")))
        before, rest = text.split(begin := BEGIN.format(name))
        text = f"{before}{begin}\n\n{table}\n\n{END}{rest.split(END, 1)[1]}"
    return text


def _spread(figures: Mapping[str, float]) -> str:
    return f"{_ratio(figures['median'])} ({_ratio(figures['low'])}–{_ratio(figures['high'])})"


def _ratio(value: float) -> str:
    # Two figures of what is small: 0.02 could be 0.015.
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
