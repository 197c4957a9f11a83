"""What a training run needs of servers: processes, cores and memory, out of what benchmarks/server.py has measured.

    uv run python scripts/capacity.py --rollouts 512 65536 --between-steps 10

Every rollout is a session. It makes a step, waits while the model generates the next turn, and so on; how long that
wait is, is the one figure that the user has to bring. The rest is measured and in outputs/bench/server.json. Nothing is
simulated: the formulas are in `need`, and docs/deploying.md says what they leave out.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from synth_audit_env.benchmarks.processes import MEBIBYTE

MEASURED = Path(__file__).resolve().parent.parent / "outputs" / "bench" / "server.json"
SERVER = "ours"
"""What the report calls this server."""
ROLLOUTS = (512, 65_536)
GIBIBYTE = 1 << 30


class ReportError(ValueError):
    """The benchmark's report is not there, or does not say what is needed of it."""


@dataclass(frozen=True)
class Measured:
    """What one server process takes."""

    step_s: float
    """Processor time of a step, in seconds."""
    reset_s: float
    """Processor time of a reset, in seconds."""
    process_bytes: float
    """Memory of a process without sessions."""
    session_bytes: float
    """Memory of a session in use."""
    sessions: int
    """How many there were in that process."""


@dataclass(frozen=True)
class Assumed:
    """What the user has to say."""

    between_steps_s: float = 10.0
    """From one step of a session to its next: the generation of a turn, and whatever else a trainer does."""
    steps_per_episode: float = 47.0
    """What the heuristic auditor takes in an episode of the hard tier, on average."""
    busy: float = 0.5
    """Share of its core that a process is planned to be busy. The nearer to 1, the longer steps wait for each other."""


@dataclass(frozen=True)
class Need:
    """What so many rollouts in flight take."""

    rollouts: int
    steps_per_s: float
    cores: float
    """Busy all the time."""
    processes: int
    memory_bytes: float
    opening_s: float
    """Until all have had their first observation, when they all begin at once."""


def need(rollouts: int, measured: Measured, assumed: Assumed) -> Need:
    """Work it out, for so many rollouts in flight at a time."""
    steps_per_s = rollouts / assumed.between_steps_s
    cores = steps_per_s * (measured.step_s + measured.reset_s / assumed.steps_per_episode)
    processes = max(math.ceil(cores / assumed.busy), math.ceil(rollouts / measured.sessions))
    return Need(
        rollouts=rollouts,
        steps_per_s=steps_per_s,
        cores=cores,
        processes=processes,
        memory_bytes=processes * measured.process_bytes + rollouts * measured.session_bytes,
        opening_s=rollouts * measured.reset_s / processes,
    )


def read(report: Path) -> Measured:
    """What benchmarks/server.py has measured of this server, with as many sessions as it went up to.

    Raises:
        ReportError: There is no such report, or a figure is missing.
    """
    try:
        told: Mapping[str, Any] = json.loads(report.read_text())
        cells = [cell for cell in told["cells"] if cell["server"] == SERVER]
        cell = max(cells, key=lambda one: int(one["sessions"]))
        memory = told["memory"][SERVER]
        return Measured(
            step_s=cell["processor_us_per_step"]["median"] / 1e6,
            reset_s=cell["processor_us_per_reset"]["median"] / 1e6,
            process_bytes=memory["before"],
            session_bytes=memory["per_session"],
            sessions=cell["sessions"],
        )
    except FileNotFoundError as problem:
        raise ReportError(f"{report} is not there: benchmarks/server.py writes it.") from problem
    except (KeyError, TypeError, ValueError) as problem:
        raise ReportError(f"{report} is no report of benchmarks/server.py: {problem!r}.") from problem


def print_table(needs: Sequence[Need], measured: Measured, assumed: Assumed) -> None:
    """Print what is needed, and what it follows from."""
    columns = ("rollouts in flight", "steps/s", "busy cores", "processes, a core each", "memory, GiB", "first burst, s")
    table = Table(title="What a training run needs of servers")
    for column in columns:
        table.add_column(column, justify="right")
    for one in needs:
        figures = (f"{one.steps_per_s:,.0f}", f"{one.cores:.2f}", f"{one.processes:,}")
        table.add_row(f"{one.rollouts:,}", *figures, f"{one.memory_bytes / GIBIBYTE:.2f}", f"{one.opening_s:.2f}")
    console = Console(width=110)
    console.print(table)
    console.print(
        f"Measured: {measured.step_s * 1e6:.0f} µs of processor time a step, {measured.reset_s * 1e6:.0f} µs a "
        f"reset, {measured.process_bytes / MEBIBYTE:.0f} MiB a process, {measured.session_bytes / MEBIBYTE:.3f} MiB a "
        f"session, all with {measured.sessions:,} sessions in a process, which is taken for the most.\n"
        f"Assumed: {assumed.between_steps_s:g} s between two steps of a session, {assumed.steps_per_episode:g} steps "
        f"an episode, processes {assumed.busy:.0%} busy.",
        highlight=False,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    default = Assumed()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rollouts", type=_more_than_0(int), nargs="+", default=ROLLOUTS, metavar="N")
    for flag, value in vars(default).items():
        name = "--" + flag.removesuffix("_s").replace("_", "-")
        parser.add_argument(name, type=_more_than_0(float), default=value, dest=flag, help=f"default {value:g}")
    parser.add_argument("--measured", type=Path, default=MEASURED, help="the report of benchmarks/server.py")
    chosen = parser.parse_args(arguments)
    assumed = Assumed(chosen.between_steps_s, chosen.steps_per_episode, chosen.busy)
    try:
        measured = read(chosen.measured)
    except ReportError as problem:
        print(problem, file=sys.stderr)
        return 1
    print_table([need(rollouts, measured, assumed) for rollouts in chosen.rollouts], measured, assumed)
    return 0


def _more_than_0(kind: Callable[[str], float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value < math.inf:
            raise ValueError(text)
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
