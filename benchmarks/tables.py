"""The report of a comparison as tables for the terminal.

print_report(report)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from synth_audit_env.benchmarks.processes import MEBIBYTE

WIDTH = 180
Figures = Mapping[str, float]
"""Median, low and high."""


def print_report(report: Mapping[str, Any]) -> None:
    """Print all of it: speed and latency, memory, workers, aims."""
    console = Console(width=WIDTH)
    console.print("Medians of the rounds; ratios are to openenv-async, round by round (least–greatest).")
    console.print(_speeds("All sessions reset, then all play to the end", report["cells"]))
    console.print(_speeds("Each session at its own pace: steps wait behind the resets of others", report["mixed"]))
    console.print(_memory(report))
    if report["workers"]:
        console.print(_workers(report["workers"]))
        console.print(_what_can_be_seen(report))
    console.print(_aims(report))


def _speeds(title: str, cells: list[Mapping[str, Any]]) -> Table:
    table = Table(
        *("sessions", "server", "CPU µs/step", "ratio", "steps/s", "ratio", "p50 ms", "p95 ms", "p99 ms", "ratio"),
        *("resets/s", "p99 ms", "CPU µs", "errors"),
        title=title,
        title_justify="left",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    before = None
    for cell in sorted(cells, key=lambda one: one["sessions"]):
        if before not in (None, cell["sessions"]):
            table.add_section()
        before, ratios = cell["sessions"], cell["ratios"]
        table.add_row(
            *(str(cell["sessions"]), cell["server"]),
            f"{cell['processor_us_per_step']['median']:.1f}",
            _spread(ratios["processor_us_per_step"], ".2f"),
            *(f"{cell['steps_per_s']['median']:,.0f}", _spread(ratios["steps_per_s"], ".2f")),
            *(f"{cell[name]['median']:.2f}" for name in ("p50_ms", "p95_ms", "p99_ms")),
            _spread(ratios["p99_ms"], ".2f"),
            *(f"{cell[name]['median']:,.0f}" for name in ("resets_per_s", "reset_p99_ms", "processor_us_per_reset")),
            str(cell["errors"]),
        )
    return table


def _memory(report: Mapping[str, Any]) -> Table:
    drift = report["drift"]
    sessions = next(iter(report["memory"].values()))["sessions"]
    table = Table(
        *("server", "before, MiB", f"with {sessions} sessions, MiB", "a session, KiB"),
        title="Memory of servers with a running hard episode in each session",
        title_justify="left",
        caption=f"Ours over {drift['steps']:,} steps: from {drift['first'] / MEBIBYTE:.1f} to "
        f"{drift['last'] / MEBIBYTE:.1f} MiB.",
        caption_justify="left",
    )
    for name, told in report["memory"].items():
        table.add_row(
            *(name, f"{told['before'] / MEBIBYTE:.1f}", f"{told['after'] / MEBIBYTE:.1f}"),
            f"{told['per_session'] / 1024:.1f}",
        )
    return table


def _workers(cells: list[Mapping[str, Any]]) -> Table:
    table = Table(
        *("workers", "sessions", "steps/s", f"of {cells[0]['workers']}", "CPU µs/step", "resets/s", "errors"),
        title="Several processes of our server",
        title_justify="left",
    )
    for cell in cells:
        table.add_row(
            *(str(cell["workers"]), str(cell["sessions"])),
            *(_spread(cell["steps_per_s"], ",.0f"), _spread(cell["ratios"]["steps_per_s"], ".2f")),
            f"{cell['processor_us_per_step']['median']:.1f}",
            *(f"{cell['resets_per_s']['median']:,.0f}", str(cell["errors"])),
        )
    return table


def _what_can_be_seen(report: Mapping[str, Any]) -> str:
    """What the number of cores lets the figures of several workers show."""
    cores, most = report["machine"]["cores"], report["workers"][-1]["workers"]
    needed = most + report["settings"]["clients"]
    if cores >= needed:
        return f"There is a core for each of {most} workers and each client process, so this is how they scale."
    return (
        f"{most} workers and the client would need {needed} cores to run at the same time, and there are {cores}: so "
        "this is what is left once the client has had its share, and no more. What a core of its own would serve is "
        "told by the processor time of a step."
    )


def _aims(report: Mapping[str, Any]) -> Table:
    table = Table("aim for our server", "measured", "met", title="Aims", title_justify="left")
    for aim in report["aims"]:
        table.add_row(aim["aim"], f"{aim['measured']:.3g}", "yes" if aim["met"] else "NO")
    return table


def _spread(figures: Figures, form: str) -> str:
    return f"{figures['median']:{form}} ({figures['low']:{form}}–{figures['high']:{form}})"
