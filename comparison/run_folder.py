"""The folder of a run while it is played: what is there already, and what comes to it.

    folder = RunFolder(Path("outputs/eval/test"))
    episodes = folder.open(jobs, resume=True)           # of the jobs that are done
    for one in played: folder.add(one)

    episodes.jsonl   an episode a line, in the order of the jobs; each replays (`rollouts/episode_log.py`)
    timing.jsonl     its wall time: the only thing here that differs from run to run

A run that was cut off is the beginning of an unbroken one, so that going on gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from synth_audit_env.comparison import results_file
from synth_audit_env.comparison.agents import asked
from synth_audit_env.comparison.episodes import OtherWorldError, episode_of
from synth_audit_env.comparison.jobs import Job, Played
from synth_audit_env.comparison.results import Episode
from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord, iterate_log
from synth_audit_env.server.tasks import TIERS

EPISODES = "episodes.jsonl"
TIMING = "timing.jsonl"

Timing = dict[tuple[str, str], list[float]]
"""Agent and tier to the seconds that their episodes took, as far as they are known."""


class RunFolderError(ValueError):
    """A folder cannot take a run. The message is one sentence."""


class RunFolder:
    """Its files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, jobs: Sequence[Job], resume: bool) -> list[Episode]:
        """Make the folder ready for a run.

        Args:
            jobs: All of the run.
            resume: Whether a run that is there goes on; else there must be none.

        Returns:
            The episodes of the jobs that are done: the first of them.

        Raises:
            RunFolderError: There is a run and it is not to go on, or it is another one; or nothing can be written.
        """
        log = self.path / EPISODES
        if not resume and log.exists():
            raise RunFolderError(f"{self.path} holds a run: --resume goes on with it, --out names another folder.")
        if not log.exists() and (self.path / results_file.NAME).exists():
            # As a checkout has them: results are kept in it, and logs are not.
            raise RunFolderError(
                f"{self.path} holds the results of a run without its log, and they would be replaced: "
                "--out names another folder; to make them anew, remove this one first."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name in (EPISODES, TIMING):
                _drop_half_line(self.path / name)
        except OSError as problem:
            raise RunFolderError(f"{self.path} cannot be written to ({problem.strerror}).") from problem
        return self._done(jobs)

    def add(self, played: Played) -> None:
        """Write down an episode. Whatever happens next, it is kept."""
        one = played.episode
        timing = {"agent": one.agent, "tier": one.tier, "seed": one.seed, "seconds": round(played.seconds, 4)}
        for name, line in ((TIMING, json.dumps(timing) + "\n"), (EPISODES, played.line)):
            with (self.path / name).open("a", encoding="utf-8") as file:
                file.write(line)

    def records(self) -> Iterator[EpisodeRecord]:
        """The episodes, one at a time: all together they may not fit into memory.

        Raises:
            RunFolderError: A line is no episode.
        """
        try:
            yield from iterate_log(self.path / EPISODES)
        except ValueError as problem:
            raise RunFolderError(str(problem)) from problem

    def _done(self, jobs: Sequence[Job]) -> list[Episode]:
        log, found = self.path / EPISODES, []
        for number, record in enumerate(self.records()):
            # Compared with what the job would have written, so that the rest is of the same run.
            if number == len(jobs) or not _is_of(record, jobs[number]):
                raise RunFolderError(
                    f"{log} is of another run: its line {number + 1} is {record.agent} on seed {record.seed} of "
                    f"{record.task}, played with version {record.version} and the options {dict(record.options)}."
                )
            if otherwise := _asked_otherwise(record, jobs[number]):
                raise RunFolderError(
                    f"{log} is of another run: its line {number + 1} is {record.agent}, asked with {otherwise}."
                )
            try:
                found.append(episode_of(record))
            except OtherWorldError as problem:
                raise RunFolderError(f"{log}, line {number + 1}: {problem}") from problem
        return found

    def timing(self) -> Timing:
        """How long the episodes took."""
        seconds: Timing = {}
        seen = {}
        for line in (self.path / TIMING).read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            # An episode that was timed and then cut off before it was written was played again: the last one counts.
            seen[one["agent"], one["tier"], one["seed"]] = float(one["seconds"])
        for (agent, tier, _), value in seen.items():
            seconds.setdefault((agent, tier), []).append(value)
        return seconds


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
