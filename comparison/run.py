"""An evaluation from request to folder: play what is not played yet, work the figures out, write everything down.

    run = evaluate(Request(split="test", ...), made(sys.argv[1:]), Console())

The files are results.json, table.md and score.png, beside those of `run_folder.py`, and what is exported.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison import export_sft, page, results_file, workers
from synth_audit_env.comparison.agents import NO_EXAMPLE, check
from synth_audit_env.comparison.intervals import figures
from synth_audit_env.comparison.jobs import Job, Played, jobs, seeds
from synth_audit_env.comparison.plots import draw
from synth_audit_env.comparison.results import Episode, Made, Run
from synth_audit_env.comparison.run_folder import RunFolder
from synth_audit_env.rollouts.own_server import own_server

HELD_OUT = ("test", "reference")
"""Splits that nobody is to learn from."""


class ExportError(ValueError):
    """There is nothing to export. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    split: str
    tiers: tuple[str, ...]
    episodes: int
    """Of each tier; the reference split has its own number."""
    agents: tuple[str, ...]
    """The baseline among them."""
    baseline: str
    react: ReactSettings
    """How ReAct agents ask their models."""
    out: Path
    resume: bool
    workers: int
    base_url: str | None
    """A running environment; None for one of our own."""
    exports: frozenset[str]
    """Of "sft" and "inspect"."""
    min_score: float
    """Of an episode, to be exported as an example."""


def evaluate(request: Request, made: Made, console: Console) -> Run:
    """Carry a request out, and show how far it is where the console is a terminal.

    Raises:
        ImportError, UnknownAgentError, EndpointError, LocalModelError, RunFolderError: Before anything is played.
        PlayError, OwnServerError: An episode could not be played; those that were are kept.
        ExportError: Examples were asked for of a split that is held out, before anything is played; or none is good
            enough, when everything else is written.
    """
    _check(request)
    todo = list(jobs(request.agents, seeds(request.split, request.tiers, request.episodes), request.react))
    folder = RunFolder(request.out)
    episodes = folder.open(todo, request.resume)
    with _played(folder.todo, request) as fresh:
        for one in _shown(fresh, len(todo), len(todo) - len(folder.todo), console):
            episodes += folder.add(one)
    by_agent = _sorted(request, episodes)
    of_agents, differences = figures(by_agent, request.baseline)
    run = Run(request.split, request.baseline, by_agent, of_agents, differences, made)
    _write(run, folder, request)
    return run


def _check(request: Request) -> None:
    """What would otherwise be found out when half of it is done."""
    if "sft" in request.exports and request.split in HELD_OUT:
        raise ExportError(
            f"The {request.split} split is held out, and whoever learns from it cannot be measured on it: "
            "export examples of --split train or validation."
        )
    if "inspect" in request.exports:
        import_module("synth_audit_env.comparison.export_inspect")
    for agent in request.agents:
        check(agent, request.react, plays_here=request.workers == 1)


@contextlib.contextmanager
def _played(todo: Sequence[Job], request: Request) -> Iterator[Iterable[Played]]:
    """What comes of jobs; no server is started where there are none."""
    if not todo:
        yield ()
        return
    with contextlib.ExitStack() as stack:
        base_url = request.base_url or stack.enter_context(own_server())
        yield stack.enter_context(workers.played(todo, base_url, request.workers))


def _shown(played: Iterable[Played], total: int, done: int, console: Console) -> Iterator[Played]:
    """The same, with a bar on a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=total, completed=done)
        for one in played:
            yield one
            progress.update(bar, advance=1, description=f"{one.episode.agent}, {one.episode.tier}")


def _sorted(request: Request, episodes: Sequence[Episode]) -> dict[str, dict[str, tuple[Episode, ...]]]:
    """By agent and tier, both in the order asked for."""
    sorted_: dict[tuple[str, str], list[Episode]] = {}
    for one in episodes:
        sorted_.setdefault((one.agent, one.tier), []).append(one)
    return {agent: {tier: tuple(sorted_[agent, tier]) for tier in request.tiers} for agent in request.agents}


def _write(run: Run, folder: RunFolder, request: Request) -> None:
    (folder.path / results_file.NAME).write_text(results_file.as_json(run), encoding="utf-8")
    (folder.path / "table.md").write_text(page.page(run), encoding="utf-8")
    draw(run, folder.path)
    if "sft" in request.exports:
        examples = (record for record in folder.records() if record.agent not in NO_EXAMPLE)
        try:
            export_sft.write(examples, folder.path / "sft.jsonl", request.min_score)
        except ValueError as problem:
            raise ExportError(str(problem)) from problem
    if "inspect" in request.exports:
        from synth_audit_env.comparison import export_inspect  # of an extra, needed nowhere else

        export_inspect.write(folder.records(), folder.path / "inspect", run.made)
