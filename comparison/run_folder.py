"""The folder of a run while it is played: what is there already, and what comes to it.

    folder = RunFolder(Path("outputs/eval/test"))
    episodes = folder.open(jobs, resume=True)           # of the jobs that are done
    for one in played(folder.todo): episodes += folder.add(one)

    episodes.jsonl   an episode a line, in the order of the jobs; each replays (`rollouts/episode_log.py`)
    transcripts/     what a model wrote, a file an episode (`rollouts/model_transcript.py`)
    .early/17.jsonl  the episode of job 17, counted from 0, while one in front of it is not over

A run that was cut off is the beginning of an unbroken one, and what was early, so that going on gives the same bytes
wherever agents do the same when they play again: all do but those that ask a model.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..rollouts import model_transcript
from ..rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord, iterate_log
from ..server.world.tasks import TIERS
from . import results_file
from .agents import asked
from .episodes import OtherWorldError, episode_of
from .jobs import Job, Played
from .results import Episode

EPISODES = "episodes.jsonl"
EARLY = ".early"
"""With a dot, so that the workbench takes it for no run."""


class RunFolderError(ValueError):
    """A folder cannot take a run. The message is one sentence."""


class RunFolder:
    """Its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: Sequence[Job] = ()
        self._places: dict[tuple[str, str, int], int] = {}
        self._in_line = 0
        """Episodes of the log."""
        self._early: dict[int, tuple[str, Episode]] = {}
        """Lines that wait for others, by place."""

    @property
    def early(self) -> list[Episode]:
        """Episodes that are done and wait for others."""
        return [episode for _, episode in self._early.values()]

    @property
    def todo(self) -> list[Job]:
        """The jobs that are not done."""
        return [job for place, job in enumerate(self._jobs) if place >= self._in_line and place not in self._early]

    def open(self, jobs: Sequence[Job], resume: bool) -> list[Episode]:
        """Make the folder ready for all jobs of a run: one that is there and is to go on, or a new one.

        Returns:
            The episodes in the log, which are of the first jobs. Those that wait for others come out of `add`.

        Raises:
            RunFolderError: There is a run and it is not to go on, or it is another one; or nothing can be written.
        """
        log = self.path / EPISODES
        if not resume and (log.exists() or (self.path / EARLY).exists()):
            raise RunFolderError(f"{self.path} holds a run: --resume goes on with it, --out names another folder.")
        if not log.exists() and (self.path / results_file.NAME).exists():
            # As a checkout has them: results are kept in it, and logs are not.
            raise RunFolderError(
                f"{self.path} holds the results of a run without its log, and they would be replaced: "
                "--out names another folder; to make them anew, remove this one first."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _drop_half_line(log)
        except OSError as problem:
            raise RunFolderError(f"{self.path} cannot be written to ({problem.strerror}).") from problem
        self._jobs = jobs
        self._places = {(job.agent, job.tier, job.seed): place for place, job in enumerate(jobs)}
        done = self._done()
        self._in_line = len(done)
        self._read_early()
        return [*done, *self._line_up()]

    def add(self, played: Played) -> list[Episode]:
        """Write down the episode of a job. Whatever happens next, it is kept.

        Returns:
            The episodes that the log grew by, in the order of their jobs: none for one that has to wait for others.
        """
        one = played.episode
        place = self._places[one.agent, one.tier, one.seed]
        if one.transcript is not None:
            model_transcript.write(self.path / one.transcript, played.transcript)
        if place > self._in_line:
            (self.path / EARLY).mkdir(exist_ok=True)
            self._early_file(place).write_text(played.line, encoding="utf-8")
        self._early[place] = played.line, one
        return self._line_up()

    def _line_up(self) -> list[Episode]:
        """Write to the log what need not wait any more."""
        episodes = []
        while waited := self._early.get(self._in_line):
            line, episode = waited
            _append(self.path / EPISODES, line)
            # In this order, as a kill in between would lose it in the other.
            self._early_file(self._in_line).unlink(missing_ok=True)
            del self._early[self._in_line]
            self._in_line += 1
            episodes.append(episode)
        if not self._early:
            with contextlib.suppress(OSError):  # mostly it is not there
                (self.path / EARLY).rmdir()
        return episodes

    def _early_file(self, place: int) -> Path:
        return self.path / EARLY / f"{place}.jsonl"

    def records(self) -> Iterator[EpisodeRecord]:
        """The episodes, one at a time: all together they may not fit into memory.

        Raises:
            RunFolderError: A line is no episode.
        """
        return _records(self.path / EPISODES, self.path)

    def _done(self) -> list[Episode]:
        log = self.path / EPISODES
        return [self._checked(record, number, log, number + 1) for number, record in enumerate(self.records())]

    def _read_early(self) -> None:
        """Take up what waits for others, less what a kill left half written, or in line already."""
        for path in sorted((self.path / EARLY).glob("[0-9]*.jsonl")):
            place, line = int(path.stem), path.read_text(encoding="utf-8")
            if place < self._in_line or not line.endswith("\n"):
                path.unlink()
                continue
            (record,) = _records(path, self.path)
            self._early[place] = line, self._checked(record, place, path, 1)

    def _checked(self, record: EpisodeRecord, place: int, log: Path, number: int) -> Episode:
        """The episode of a line, which is that of the job in its place: so the rest will be of the same run."""
        # Compared with what the job would have written.
        if place >= len(self._jobs) or not _is_of(record, self._jobs[place]):
            raise RunFolderError(
                f"{log} is of another run: its line {number} is {record.agent} on seed {record.seed} of "
                f"{record.task}, played with version {record.version} and the options {dict(record.options)}."
            )
        if otherwise := _asked_otherwise(record, self._jobs[place]):
            raise RunFolderError(
                f"{log} is of another run: its line {number} is {record.agent}, asked with {otherwise}."
            )
        try:
            return episode_of(record)
        except OtherWorldError as problem:
            raise RunFolderError(f"{log}, line {number}: {problem}") from problem


def _records(path: Path, folder: Path) -> Iterator[EpisodeRecord]:
    try:
        yield from (model_transcript.with_transcript(record, folder) for record in iterate_log(path))
    except ValueError as problem:
        raise RunFolderError(str(problem)) from problem


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def _drop_half_line(path: Path) -> None:
    """Cut off what was being written when the run was; make the file if there is none."""
    path.touch()
    with path.open("r+b") as file:
        file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))


def _is_of(record: EpisodeRecord, job: Job) -> bool:
    return (record.agent, record.task, record.seed, record.version, record.options) == (
        job.agent,
        TIERS[job.tier].task_id,
        job.seed,
        PACKAGE_VERSION,
        job.options,
    )


def _asked_otherwise(record: EpisodeRecord, job: Job) -> str:
    """What the record's model was asked with and the job's is not, as words; empty where that is all the same."""
    kept, now = record.settings or {}, asked(job.agent, job.react)
    differing = [name for name in now if kept.get(name, ...) != now[name]]
    return ", ".join(f"{name} {kept.get(name, 'not known')} and not {now[name]}" for name in differing)
