"""An evaluation from request to folder: play what is missing, work out the figures, write the files.

    run = evaluate(Request(split="test", ...), made(sys.argv[1:]), Console())

The files are results.json, table.md and score.png, beside those of `run_folder.py`, and what is exported.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ..agents.react.settings import ReactSettings
from ..rollouts.own_server import own_server
from . import RequestError, export_sft, results
from .agents import NO_EXAMPLE, maker
from .jobs import jobs, played, seeds
from .pace import Pace, SpentError, with_progress
from .plots import draw
from .provenance import Made
from .results import Run, run_of
from .run_folder import RunFolder
from .table import page

HELD_OUT = ("test", "reference")
"""Splits that are held out: no agent may learn from them."""


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
    concurrency: int
    """Audits at once."""
    base_url: str | None
    """A running environment; None for one of our own."""
    examples: bool
    """Whether sft.jsonl is written."""
    min_score: float
    """Of an episode, to be exported as an example."""
    max_cost: float | None = None
    """US dollars for the audits of a run, those of before it was resumed among them."""


def evaluate(request: Request, made: Made, console: Console) -> Run:
    """Play what is missing, and write the files. Progress goes to the console.

    Raises:
        ImportError, EndpointError, LocalModelError: Before anything is played.
        RequestError: What was asked for cannot be done, before anything is played; or no example is good enough, when
            everything else is written.
        PlayError, OwnServerError: An episode could not be played; those that were are kept.
        SpentError: The next might cost more than is left of the money; those that were are kept.
    """
    _check(request)
    todo = jobs(request.agents, seeds(request.split, request.tiers, request.episodes), request.react)
    folder = RunFolder(request.out)
    folder.open(todo, request.resume)
    pace = Pace(todo, folder.done.values(), request.max_cost)
    with contextlib.ExitStack() as stack:
        if folder.todo:
            base_url = request.base_url or stack.enter_context(own_server())
            playing = stack.enter_context(played(folder.todo, base_url, request.concurrency, pace))
            for record, episode in with_progress(playing, pace, console):
                folder.add(record, episode)
    if folder.todo:
        spent = f"--max-cost {request.max_cost:g} may not do for another audit: {pace.words()}."
        raise SpentError(f"{spent} Go on with --resume and a higher one.")
    run = run_of(request.split, request.baseline, folder.put_in_order(), made)
    _write(run, folder, request)
    return run


def _check(request: Request) -> None:
    """Find out what cannot work before anything is played."""
    if request.examples and request.split in HELD_OUT:
        raise RequestError(
            f"The {request.split} split is held out, and whoever learns from it cannot be measured on it: "
            "export examples of --split train or validation."
        )
    for agent in request.agents:
        maker(agent, request.react)


def _write(run: Run, folder: RunFolder, request: Request) -> None:
    (folder.path / results.NAME).write_text(results.as_json(run), encoding="utf-8")
    (folder.path / "table.md").write_text(page(run), encoding="utf-8")
    draw(run, folder.path)
    if request.examples:
        examples = (record for record in folder.records() if record.agent not in NO_EXAMPLE)
        export_sft.write(examples, folder.path / "sft.jsonl", request.min_score)
