"""A run: the episodes that were asked for, audited one after the other in one session.

    run = AuditRun(AuditRequest(("oversight_easy",), episodes=2), HeuristicAuditor(), log=None)
    run.audit("http://127.0.0.1:8000")
    print_table("heuristic", run.results)

It prints the transcript and keeps the log as it goes, so that what was audited is there however the run ends.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from ..client import SyncSynthAuditEnv
from ..episode_line import task_name
from . import model_transcript
from .audit import audit
from .environment import session
from .episode_log import EpisodeRecord
from .rollout import Auditor, Turn
from .transcript import end_line, start_line, step_line

ENV_NAME = "synth_audit_env"
REFERENCE_SEEDS = (42, 137, 256, 512, 1024)
"""The episodes of the split that is audited when nothing else is asked for. Each has an error, so that a first run sees
one caught; of all episodes some have none."""


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """The episodes to audit, and how much is printed of them."""

    tasks: tuple[str, ...]
    """By name: the task ids, and oversight_frontier-5 for a level of the frontier."""
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
            task_id, _, level = task.partition("-")
            chosen = {"task_id": task_id, "level": int(level)} if level else {"task_id": task_id}
            for number in range(self.episodes):
                if self.seed is not None:
                    split = {} if self.split is None else {"split": self.split}
                    yield {**chosen, "seed": self.seed + number, **split}
                elif self.split in (None, "reference"):
                    yield {**chosen, "seed": REFERENCE_SEEDS[number]}
                else:
                    yield {**chosen, "split": self.split, "index": number}


@dataclass
class AuditRun:
    """A run and its results so far."""

    request: AuditRequest
    auditor: Auditor
    log: IO[str] | None
    transcripts: Path | None = None
    """A folder beside the log for the answers of a model; None if they are not kept."""
    results: list[EpisodeRecord] = field(default_factory=list, init=False)
    """The episodes that are over, as far as the table needs them."""

    def audit(self, base_url: str) -> None:
        """Audit every episode in one session, since the adaptive task follows a session's scores."""
        env = session(base_url)
        with env:
            for options in self.request.options():
                self._keep(self._audit(env, options))

    def _audit(self, env: SyncSynthAuditEnv, options: Mapping[str, Any]) -> EpisodeRecord:
        """Audit one episode, and print each line of it when it happens. Its record has options that replay it alone."""
        opening = env.reset(**options).observation
        state = env.state()
        assert state.seed is not None, "an episode that was reset has a seed"
        assert state.split is not None, "an episode that was reset is of a split"
        if state.error_types is not None:
            # The content of an adaptive episode depends on the session: pinned, its line replays alone.
            options = {**options, "level": state.difficulty, "error_types": state.error_types}
        if state.actor_model is not None:
            # Who words the notes may be the server's choice, and the next server may choose otherwise.
            options = {**options, "actor": "llm"}
        say = (lambda line: None) if self.request.quiet else _print
        say(start_line(task_name(options), ENV_NAME, self.auditor.name))
        turns: list[Turn] = []

        def watch(turn: Turn) -> None:
            turns.append(turn)
            say(step_line(turn))

        try:
            record = audit(
                self.auditor,
                options,
                opening,
                lambda action: env.step(action).observation,
                name=self.auditor.name,
                seed=state.seed,
                split=state.split,
                folder=None if self.transcripts is None else self.transcripts.name,
                watch=watch,
            )
            state = env.state()
        except BaseException:
            # Whoever reads the lines waits for the last one.
            _print(end_line(None, turns))
            raise
        _print(end_line(record.outcome, turns, record.gave_up))
        if record.gave_up is not None:
            print(record.gave_up, file=sys.stderr)
        if state.actor_model is not None:
            record = replace(record, actor_model=state.actor_model, rewritten=tuple(state.rewritten or ()))
        return record

    def _keep(self, record: EpisodeRecord) -> None:
        """Put an episode into the results and the log, when its model's transcript is kept."""
        # A table needs no more, and whole episodes are too big to keep thousands of.
        self.results.append(replace(record, turns=record.turns[-1:], written=()))
        if self.transcripts is not None:
            model_transcript.keep(record, self.transcripts.parent)
        if self.log is not None:
            self.log.write(record.line())
            self.log.flush()


def _print(line: str) -> None:
    """Print a line in one write, which no signal cuts."""
    print(f"{line}\n", end="", flush=True)
