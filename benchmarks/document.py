"""The report of a comparison for docs/deploying.md, as a table of ratios, figures and aims, and for the README.

    uv run python benchmarks/document.py            # prints it
    uv run python benchmarks/document.py --write    # and puts it in the place of what is between the two marks there

A test compares both documents with outputs/bench/server.json, so after a run of server.py this is to be run as well.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_audit_env.benchmarks.figures import LONG
from synth_audit_env.benchmarks.processes import MEBIBYTE

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "outputs" / "bench" / "server.json"
DOCUMENT, README = ROOT / "docs" / "deploying.md", ROOT / "README.md"
BEGIN = "<!-- Made by benchmarks/document.py out of outputs/bench/server.json. -->"
END = "<!-- Up to here. -->"
ECHO, BASE, OURS, GROUPS = "echo", "openenv-async", "ours", "ours, groups of 8"
NAMES = {
    ECHO: "bare WebSocket",
    "openenv-sync": "openenv, sync step",
    BASE: "openenv, async step",
    OURS: "ours, an episode for each session",
    GROUPS: "ours, groups of eight in one episode, as in GRPO",
}
OWN_PACE = "ours, each session at its own pace"
Figures = Mapping[str, Any]


def document(report: Figures) -> str:
    """All of it, in Markdown."""
    return "\n\n".join([_ratios(report), _figures(report), _aims(report)])


def headline(report: Figures) -> str:
    """What the README tells of it: what a step costs, since processor time is steadier than steps a second."""
    alone, groups = (_cells(report)[name]["ratios"]["processor_us_per_step"] for name in (OURS, GROUPS))
    rounds = report["settings"]["rounds"]
    return (
        f"With {_crowd(report)} sessions in the hard tier, metrics, log and limits on, a step takes {_spread(alone)}\n"
        "times the processor time that it takes openenv's own server around an environment that does nothing, or\n"
        f"{_spread(groups)} times where eight sessions each play one episode, as in GRPO (`uv run python\n"
        f"benchmarks/server.py`; median, least and greatest of {rounds} rounds)."
    )


def put(text: str, made: str) -> str:
    """A document with this in the place of what is between the marks.

    Raises:
        ValueError: It has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"There is no place for it: {BEGIN} and {END} have to be there.")
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def _ratios(report: Figures) -> str:
    """Every server beside openenv's async one under the same load."""
    crowd, memory = _crowd(report), report["memory"]
    heads = (
        f"at {crowd} sessions",
        "processor time a step",
        "steps/s",
        "99th percentile",
        "resets/s",
        "memory a session",
    )
    rows = [_row(NAMES[name], cell, memory.get(name), memory[BASE]) for name, cell in _cells(report).items()]
    rows.append(_row(OWN_PACE, _mixed(report)[OURS], None, memory[BASE]))
    return "\n".join(["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1), *rows])


def _row(name: str, cell: Figures, held: Figures | None, base: Figures) -> str:
    ratios = cell["ratios"]
    told = [
        *(_spread(ratios[figure]) for figure in ("processor_us_per_step", "steps_per_s", "p99_ms")),
        _ratio(ratios["resets_per_s"]["median"]),
        "" if held is None else _ratio(held["per_session"] / base["per_session"]),
    ]
    if cell["server"] == BASE:
        told = ["1"] * len(told)
    return "| " + " | ".join([name, *told]) + " |"


def _figures(report: Figures) -> str:
    """What the ratios are made of, a line for each thing that somebody may want to know."""
    cells, mixed = _cells(report), _mixed(report)
    lines = [
        f"openenv's async server: {_absolute(cells[BASE])}; at their own pace {_absolute(mixed[BASE])}.",
        f"Ours: {_absolute(cells[OURS])}; at their own pace {_absolute(mixed[OURS])}.",
        *(_memory(report), _client(report), _errors(report), *_workers(report)),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _memory(report: Figures) -> str:
    base, ours = (report["memory"][name] for name in (BASE, OURS))
    steps, moved = report["drift"]["steps"], report["drift"]["drift"] / MEBIBYTE
    theirs, of_ours = (told["per_session"] / 1024 for told in (base, ours))
    return (
        f"Memory of a session, of {ours['sessions']} on each server: openenv's async {theirs:.0f} KiB, "
        f"ours {of_ours:.0f}. Over {steps:,} steps ours moved by {moved:+.1f} MiB in {LONG:,}."
    )


def _client(report: Figures) -> str:
    count, machine = report["settings"]["clients"], report["machine"]
    echo, base, ours = (_median(_cells(report)[name], "steps_per_s") for name in (ECHO, BASE, OURS))
    return (
        f"On {machine['cores']} cores ({machine['processor']}), {report['settings']['rounds']} rounds. "
        f"The load came from {count} client process{'es' * (count > 1)}, which played {echo:,.0f} steps/s to the "
        f"bare WebSocket: {echo / base:.1f} times what openenv's async server answered, "
        f"{echo / ours:.1f} times what ours did."
    )


def _errors(report: Figures) -> str:
    cells = [*report["cells"], *report["mixed"], *report["workers"], *report["memory"].values(), report["drift"]]
    counts = sorted({cell["sessions"] for cell in report["cells"]})
    return f"Answers that were wrong, at {', '.join(map(str, counts))} sessions: {sum(one['errors'] for one in cells)}."


def _workers(report: Figures) -> list[str]:
    one, *more = report["workers"] or [None]
    shared = f"on {report['machine']['cores']} cores that they shared with the client"
    return [
        f"{cell['workers']} workers served {_spread(cell['ratios']['steps_per_s'])} times what {one['workers']} did,"
        f" with {cell['sessions']} sessions, {shared}."
        for cell in more
    ]


def _aims(report: Figures) -> str:
    rows = [f"| {aim['aim']} | {aim['measured']:.3g} | {'yes' if aim['met'] else '**no**'} |" for aim in report["aims"]]
    return "\n".join(["| aim for ours | measured | met |", "| --- | ---: | --- |", *rows])


def _crowd(report: Figures) -> int:
    return int(report["mixed"][0]["sessions"])


def _cells(report: Figures) -> dict[str, Figures]:
    return {cell["server"]: cell for cell in report["cells"] if cell["sessions"] == _crowd(report)}


def _mixed(report: Figures) -> dict[str, Figures]:
    return {cell["server"]: cell for cell in report["mixed"]}


def _absolute(cell: Figures) -> str:
    figures = ("processor_us_per_step", "processor_us_per_reset", "steps_per_s", "p99_ms", "reset_p99_ms")
    step, reset, steps, late, reset_late = (_median(cell, figure) for figure in figures)
    return (
        f"{step:.0f} µs of processor time a step and {reset / 1e3:.1f} ms a reset, {steps:,.0f} steps/s, 99 % of the "
        f"steps within {late:.1f} ms and of the resets within {reset_late:.0f} ms"
    )


def _median(cell: Figures, figure: str) -> float:
    return float(cell[figure]["median"])


def _spread(figures: Figures) -> str:
    return f"{_ratio(figures['median'])} ({_ratio(figures['low'])}–{_ratio(figures['high'])})"


def _ratio(value: float) -> str:
    # Two figures of what is small: 0.02 could be 0.015.
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print, and write where it is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("report", nargs="?", type=Path, default=REPORT, help="what server.py has written")
    parser.add_argument("--write", action="store_true", help="put it into docs/deploying.md and the README")
    chosen = parser.parse_args(argv)
    report = json.loads(chosen.report.read_text(encoding="utf-8"))
    made = document(report)
    print(made)
    if chosen.write:
        for path, part in ((DOCUMENT, made), (README, headline(report))):
            path.write_text(put(path.read_text(encoding="utf-8"), part), encoding="utf-8")


if __name__ == "__main__":
    main()
