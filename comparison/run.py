"""An evaluation from request to folder: play what is missing, work out the figures, write the files.

    run = evaluate(EvaluationRequest(split="test", ...), made(sys.argv[1:]))

    episodes.jsonl   an episode a line; each replays (`rollouts/episode_log.py`)
    transcripts/     what a model wrote, a file an episode (`rollouts/model_transcript.py`)
    results.json, table.md
    score.png, where the extra `eval` is installed

An episode is written as soon as it is over, so that a run that is cut off loses none: the lines of the log are in the
order in which the audits ended. The figures are in the order of the jobs, so that going on gives the same results as an
unbroken run, wherever agents do the same when they play again: all do but those that ask a model.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..agents.react.settings import ReactSettings
from ..episode_line import WORLD_VERSION
from ..rollouts import model_transcript
from ..rollouts.episode_log import EpisodeRecord, iterate_log
from ..rollouts.own_server import own_server
from . import RequestError, has_eval, results
from .agents import model_settings
from .episodes import PlayedEpisode, episode_of
from .jobs import Job, PlayedJob, jobs, play_all, seeds
from .plots import draw
from .provenance import Made
from .results import Run, run_of
from .table import page

EPISODES = "episodes.jsonl"
EVERY_S = 30.0  # between two lines on how far a run is
Key = tuple[str, str, int]
"""Agent, tier and seed, which are of one job only."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """The agents and the episodes, and how they are played."""

    split: str
    tiers: tuple[str, ...]
    episodes: int
    """The number in each tier; the reference split has its own."""
    agents: tuple[str, ...]
    """The baseline among them."""
    baseline: str
    react: ReactSettings
    """Settings of ReAct agents."""
    out: Path
    resume: bool
    concurrency: int
    """Audits at once."""
    base_url: str | None
    """A running environment; None for one of our own."""


def evaluate(request: EvaluationRequest, made: Made) -> Run:
    """Play what is missing, and write the files. Now and then a line in the log says how far the run is.

    Raises:
        EndpointError, RequestError: What was asked for cannot be done, before anything is played.
        PlayError, OwnServerError: An episode could not be played; those that were are kept.
    """
    settings = {agent: model_settings(agent, request.react) for agent in request.agents}
    todo = jobs(request.agents, seeds(request.split, request.tiers, request.episodes))
    folder = RunFolder(request.out, todo, settings, request.resume)
    with contextlib.ExitStack() as stack:
        if folder.todo:
            base_url = request.base_url or stack.enter_context(own_server())
            play_all(folder.todo, request.react, base_url, request.concurrency, folder.add)
    run = run_of(request.split, request.baseline, folder.episodes(), made)
    (request.out / results.NAME).write_text(results.as_json(run), encoding="utf-8")
    (request.out / "table.md").write_text(page(run), encoding="utf-8")
    if has_eval():
        draw(run, request.out)
    return run


class RunFolder:
    """The folder of a run while it is played: the episodes that are there, and those that are added."""

    def __init__(
        self, path: Path, jobs: Sequence[Job], settings: Mapping[str, Mapping[str, Any] | None], resume: bool
    ) -> None:
        """Make the folder ready for all jobs of a run: one that is there and is to go on, or a new one.

        The settings are those that each agent's model is asked with.

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
            _drop_half_line(self.log)
        except OSError as problem:
            raise RequestError(f"{self.path} cannot be written to ({problem.strerror}).") from problem
        self._jobs: dict[Key, Job] = {(job.agent, job.tier, job.seed): job for job in jobs}
        self._settings, self._told_at = settings, time.monotonic()
        self.done: dict[Key, PlayedEpisode] = {}
        """The episodes of the log, in its order."""
        try:
            for number, record in enumerate(iterate_log(self.log), start=1):
                self.done[_key(record)] = self._checked(record, number)
        except ValueError as problem:  # a RequestError is one
            raise RequestError(str(problem)) from problem

    @property
    def todo(self) -> list[Job]:
        """The jobs that are not done."""
        return [job for key, job in self._jobs.items() if key not in self.done]

    def add(self, played: PlayedJob) -> None:
        """Append the episode of a job to the log, and write its transcript if there is one."""
        record, episode = played
        model_transcript.keep(record, self.path)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(record.line())
        self.done[_key(record)] = episode
        if time.monotonic() - self._told_at > EVERY_S:
            self._told_at = time.monotonic()
            _LOG.info("%d of %d audits", len(self.done), len(self._jobs))

    def episodes(self) -> list[PlayedEpisode]:
        """The episodes of all jobs, in their order."""
        return [self.done[key] for key in self._jobs]

    def _checked(self, record: EpisodeRecord, number: int) -> PlayedEpisode:
        """The episode of a line, which must be what a job of this run writes."""
        key, of_another_run = _key(record), f"{self.log} is of another run: its line {number} is {record.agent}"
        job = None if key in self.done else self._jobs.get(key)
        if job is None or (record.version, record.options) != (WORLD_VERSION, job.options):
            raise RequestError(
                f"{of_another_run} on seed {record.seed} of {record.task}, played with version {record.version} and "
                f"the options {dict(record.options)}."
            )
        if record.settings != self._settings[job.agent]:
            raise RequestError(f"{of_another_run} with {record.settings}, and not {self._settings[job.agent]}.")
        return episode_of(record)


def _drop_half_line(log: Path) -> None:
    """Cut off the episode that a kill left half written at the end of a log."""
    whole = log.read_bytes()
    end = whole.rfind(b"\n") + 1
    if whole[end:].startswith(b'{"task":'):  # no other file is cut
        os.truncate(log, end)


def _key(record: EpisodeRecord) -> Key:
    return record.agent, record.opening.difficulty, record.seed
