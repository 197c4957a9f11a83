"""A run: the episodes that were asked for, audited one after the other in one session.

    run = AuditRun(Request(("oversight_easy",), episodes=2), HeuristicAuditor(), log=None)
    run.audit("http://127.0.0.1:8000")
    print_table("heuristic", run.results)

It prints the transcript and keeps the log as it goes, so that what was audited is there however the run ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError
from ..agents.react.conversation import Conversation
from ..chat.endpoint import ChatRefusedError
from ..client import SyncSynthAuditEnv
from . import model_transcript
from .episode_log import EpisodeRecord
from .results_table import EpisodeResult
from .resumption import Earlier
from .rollout import Auditor, Step, Turn, play
from .started import Started, session, start
from .transcript import end_line, start_line, step_line

ENV_NAME = "synth_audit_env"
ADAPTIVE = "oversight_adaptive"
REFERENCE_SEEDS = (42, 137, 256, 512, 1024)
"""The episodes of the split that is audited when nothing else is asked for."""
CLEAN = frozenset({("oversight_easy", 42)})
"""Those with no error in them. They come last unless the split is asked for, so that a first run sees errors caught."""
CLEAN_EXIST = "Some episodes have no error, and approving everything is right: --task easy --seed 42 is one."


@dataclass(frozen=True, slots=True)
class Request:
    """Which episodes are audited, and what is printed of them."""

    tasks: tuple[str, ...]
    episodes: int = 1
    """Of each task."""
    seed: int | None = None
    """Of the first episode of each task; the next ones follow it."""
    split: str | None = None
    """Whose episodes, from its first; with a seed, the split that the seed must be of."""
    quiet: bool = False
    """Print the [END] lines only."""

    def options(self) -> Iterator[Mapping[str, Any]]:
        """Reset's options for each episode, in order."""
        for task in self.tasks:
            seeds = [seed for seed in REFERENCE_SEEDS if self.split or (task, seed) not in CLEAN]
            seeds += [seed for seed in REFERENCE_SEEDS if seed not in seeds]
            for number in range(self.episodes):
                if self.seed is not None:
                    split = {} if self.split is None else {"split": self.split}
                    yield {"task_id": task, "seed": self.seed + number, **split}
                elif self.split in (None, "reference"):
                    yield {"task_id": task, "seed": seeds[number]}
                else:
                    yield {"task_id": task, "split": self.split, "index": number}


@dataclass
class AuditRun:
    """A run under way."""

    request: Request
    auditor: Auditor
    log: IO[str] | None
    earlier: Earlier = field(default_factory=Earlier)
    """What an earlier run has done of it."""
    transcripts: Path | None = None
    """A folder beside the log for what a model writes; None where that is not kept."""
    results: list[EpisodeResult] = field(default_factory=list, init=False)
    """What the table needs. The episodes themselves are too big to keep thousands of."""
    missed: int = field(default=0, init=False)
    """Episodes that could not be audited, since their chat does not fit the model, or its endpoint refuses it."""

    def audit(self, base_url: str) -> None:
        """Audit every episode in one session, since the adaptive task follows a session's scores."""
        env = session(base_url)
        with env:
            self.take_up(env)
            for options in self.request.options():
                played = self.earlier.find(options)
                if played is None:
                    try:
                        self.keep(self._episode(env, options))
                    except (ContextError, ChatRefusedError) as problem:
                        self.miss(options, problem)
                elif options["task_id"] == ADAPTIVE:
                    played.act_again(options, lambda given: env.reset(**given).observation, _step(env))

    def take_up(self, env: SyncSynthAuditEnv) -> None:
        """Put what an earlier run has done into the results, which must be of such notes as this server has.

        Raises:
            ResumeError: It is not.
        """
        self.earlier.check_notes(env)
        self.results.extend(self.earlier.results)

    def record(
        self, started: Started, turns: Sequence[Turn], talk: ReactAuditor | Conversation | None
    ) -> EpisodeRecord:
        """What is kept of an episode that is over, and of the talk with its model where it has one."""
        if talk is None or not isinstance(self.auditor, ReactAuditor):
            return started.record(self.auditor.name, turns)
        told = model_transcript.told_of(talk)
        record = started.record(self.auditor.name, turns, settings=self.auditor.settings, **told)
        if self.transcripts is None:
            return record
        return replace(record, transcript=f"{self.transcripts.name}/{model_transcript.file_name(record)}")

    def keep(self, record: EpisodeRecord) -> None:
        """Put an episode that is over into the results and the log, when what its model wrote is kept."""
        self.results.append(EpisodeResult.of(record))
        if self.transcripts is not None and record.transcript is not None:
            model_transcript.write(self.transcripts.parent / record.transcript, model_transcript.as_text(record))
        if self.log is not None:
            self.log.write(record.line())
            self.log.flush()

    def miss(self, options: Mapping[str, Any], problem: ContextError | ChatRefusedError) -> None:
        """Say that an episode could not be audited. It is not in the results, and a resumed run plays it again."""
        self.missed += 1
        told = ", ".join(f"{name} {value}" for name, value in options.items() if name != "task_id")
        print(f"{options['task_id']} ({told}) is not audited: {problem}", file=sys.stderr)

    def say(self, line: str) -> None:
        """Print a line of the transcript, unless it is to be quiet."""
        if not self.request.quiet:
            print(f"{line}\n", end="", flush=True)  # in one write, which no signal cuts

    def _episode(self, env: SyncSynthAuditEnv, options: Mapping[str, Any]) -> EpisodeRecord:
        started = start(env, options)
        self.say(start_line(started.task, ENV_NAME, self.auditor.name))
        model = self.auditor if isinstance(self.auditor, ReactAuditor) else None
        turns: list[Turn] = []
        outcome = gave_up = None
        try:
            for turn in play(self.auditor, started.opening, _step(env)):
                turns.append(turn)
                self.say(step_line(turn))
            record = self.record(started, turns, model)
            outcome, gave_up = record.outcome, record.gave_up
        finally:
            # Also for an episode that broke off: whoever reads the lines waits for this one.
            print(f"{end_line(outcome, turns, gave_up)}\n", end="", flush=True)
        if gave_up is not None:
            print(gave_up, file=sys.stderr)
        return record


def _step(env: SyncSynthAuditEnv) -> Step:
    return lambda action: env.step(action).observation
