"""An evaluation from request to folder: play what is missing, work out the figures, write the files.

    run = evaluate(EvaluationRequest(split="test", ...), made(sys.argv[1:]), Console())

    episodes.jsonl   an episode a line; each replays (`rollouts/episode_log.py`)
    transcripts/     what a model wrote, a file an episode (`rollouts/model_transcript.py`)
    results.json, table.md, and what is exported
    score.png, where the extra `eval` is installed

An episode is written as soon as it is over, so that a run that is cut off loses none: the lines of the log are in the
order in which the audits ended. The figures are in the order of the jobs, so that going on gives the same results as an
unbroken run, wherever agents do the same when they play again: all do but those that ask a model.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from ..agents.react.settings import ReactSettings
from ..episode_line import WORLD_VERSION, task_name
from ..rollouts import model_transcript
from ..rollouts.episode_log import EpisodeRecord, iterate_log
from ..rollouts.own_server import own_server
from . import RequestError, export_sft, has_eval, results
from .agents import NO_EXAMPLE, maker, model_settings
from .episodes import OtherWorldError, PlayedEpisode, episode_of
from .jobs import Job, PlayedJob, jobs, played, seeds
from .plots import draw
from .provenance import Made
from .results import Run, run_of
from .table import page

EPISODES = "episodes.jsonl"
EVERY_S = 30.0  # between two lines on how far a run is, where there is no terminal
HELD_OUT = ("test", "reference")
"""Splits that are held out: no agent may learn from them."""
Key = tuple[str, str, int]
"""Agent, tier and seed, which are of one job only."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """The agents and the episodes, and how they are played."""

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
    min_score: float | None
    """Of an episode, to be exported as an example in sft.jsonl; None where that is not written."""


def evaluate(request: EvaluationRequest, made: Made, console: Console) -> Run:
    """Play what is missing, and write the files. Progress goes to the console.

    Raises:
        EndpointError, LocalModelError: Before anything is played.
        RequestError: What was asked for cannot be done, before anything is played; or no example is good enough, when
            everything else is written.
        PlayError, OwnServerError: An episode could not be played; those that were are kept.
    """
    if request.min_score is not None and request.split in HELD_OUT:
        raise RequestError(
            f"The {request.split} split is held out, and whoever learns from it cannot be measured on it: "
            "export examples of --split train or validation."
        )
    of_tiers = seeds(request.split, request.tiers, request.episodes)
    for agent in request.agents:
        maker(agent, request.react)  # an agent that there is none of is refused before anything is played
    todo = jobs(request.agents, of_tiers, request.react)
    folder = RunFolder(request.out, todo, request.resume)
    with contextlib.ExitStack() as stack:
        if folder.todo:
            base_url = request.base_url or stack.enter_context(own_server())
            playing = stack.enter_context(played(folder.todo, base_url, request.concurrency))
            _keep(playing, folder, len(todo), console)
    run = run_of(request.split, request.baseline, folder.episodes(), made)
    (request.out / results.NAME).write_text(results.as_json(run), encoding="utf-8")
    (request.out / "table.md").write_text(page(run), encoding="utf-8")
    if has_eval():
        draw(run, request.out)
    if request.min_score is not None:
        examples = (record for record in folder.records() if record.agent not in NO_EXAMPLE)
        export_sft.write(examples, request.out / "sft.jsonl", request.min_score)
    return run


def _keep(playing: Iterable[PlayedJob], folder: RunFolder, total: int, console: Console) -> None:
    """Add each episode as it comes, while a bar on a terminal, or now and then a line in the log, says how many are."""
    told_at, quiet = time.monotonic(), not console.is_terminal
    for record, episode in track(playing, "Audits", total - len(folder.done), console=console, disable=quiet):
        folder.add(record, episode)
        if quiet and time.monotonic() - told_at > EVERY_S:
            told_at = time.monotonic()
            _LOG.info("%d of %d audits", len(folder.done), total)


class RunFolder:
    """The folder of a run while it is played: the episodes that are there, and those that are added."""

    def __init__(self, path: Path, jobs: Sequence[Job], resume: bool) -> None:
        """Make the folder ready for all jobs of a run: one that is there and is to go on, or a new one.

        Raises:
            RequestError: There is a run and it is not to go on, or it is another one; or nothing can be written.
        """
        self.path, self.log = path, path / EPISODES
        if not resume and self.log.exists():
            raise RequestError(f"{self.path} holds a run: --resume goes on with it, --out names another folder.")
        if not self.log.exists() and (self.path / results.NAME).exists():
            # As a checkout has them: results are kept in it, and logs are not.
            raise RequestError(
                f"{self.path} holds the results of a run without its log, and they would be replaced: "
                "--out names another folder; to make them anew, remove this one first."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.log.touch()
            with self.log.open("r+b") as file:
                # A line that a killed run did not finish goes.
                file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))
        except OSError as problem:
            raise RequestError(f"{self.path} cannot be written to ({problem.strerror}).") from problem
        self._jobs: dict[Key, Job] = {(job.agent, job.tier, job.seed): job for job in jobs}
        self.done: dict[Key, PlayedEpisode] = {}
        """The episodes of the log, in its order."""
        for number, record in enumerate(self.records(), start=1):
            self.done[_key(record)] = self._checked(record, number)

    @property
    def todo(self) -> list[Job]:
        """The jobs that are not done."""
        return [job for key, job in self._jobs.items() if key not in self.done]

    def add(self, record: EpisodeRecord, episode: PlayedEpisode) -> None:
        """Append the episode of a job to the log, and write its transcript if there is one."""
        model_transcript.keep(record, self.path)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(record.line())
        self.done[_key(record)] = episode

    def episodes(self) -> list[PlayedEpisode]:
        """The episodes of all jobs, in their order."""
        return [self.done[key] for key in self._jobs]

    def records(self) -> Iterator[EpisodeRecord]:
        """The episodes, one at a time: all together they may not fit into memory.

        Raises:
            RequestError: A line is no episode.
        """
        try:
            yield from (model_transcript.with_transcript(record, self.path) for record in iterate_log(self.log))
        except ValueError as problem:
            raise RequestError(str(problem)) from problem

    def _checked(self, record: EpisodeRecord, number: int) -> PlayedEpisode:
        """The episode of a line, which must be what a job of this run writes."""
        key = _key(record)
        job = None if key in self.done else self._jobs.get(key)
        of_job = job and (task_name(job.options), WORLD_VERSION, job.options)
        if job is None or (record.task, record.version, record.options) != of_job:
            raise RequestError(
                f"{self.log} is of another run: its line {number} is {record.agent} on seed {record.seed} of "
                f"{record.task}, played with version {record.version} and the options {dict(record.options)}."
            )
        kept, now = record.settings or {}, model_settings(job.agent, job.react)
        differing = [f"{name} {kept.get(name)} and not {now[name]}" for name in now if kept.get(name, ...) != now[name]]
        if differing:
            otherwise = ", ".join(differing)
            raise RequestError(f"{self.log} is of another run: its line {number} is {record.agent} with {otherwise}.")
        try:
            return episode_of(record)
        except OtherWorldError as problem:
            raise RequestError(f"{self.log}, line {number}: {problem}") from problem


def _key(record: EpisodeRecord) -> Key:
    return record.agent, record.opening.difficulty, record.seed
