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

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError
from ..chat.errors import ChatRefusedError
from ..client import SyncSynthAuditEnv
from ..episode_line import task_name
from ..models import LlmActorState, SynthAuditObservation, SynthAuditState
from . import model_transcript
from .environment import session
from .episode_log import EpisodeRecord
from .resumption import episode_key
from .rollout import Auditor, Turn, play
from .transcript import end_line, start_line, step_line

ENV_NAME = "synth_audit_env"
REFERENCE_SEEDS = (42, 137, 256, 512, 1024)
"""The episodes of the split that is audited when nothing else is asked for. Each has an error, so that a first run sees
one caught."""
CLEAN_EXIST = "Some episodes have no error, and approving everything is right: --task easy --seed 6 is one."


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
    earlier: Mapping[str, EpisodeRecord] = field(default_factory=dict)
    """The episodes that an earlier run has played, by `episode_key`."""
    transcripts: Path | None = None
    """A folder beside the log for the answers of a model; None if they are not kept."""
    results: list[EpisodeRecord] = field(default_factory=list, init=False)
    """The episodes that are over, as far as the table needs them."""
    missed: int = field(default=0, init=False)
    """Episodes that could not be audited, since their chat does not fit the model, or its endpoint refuses it."""

    def audit(self, base_url: str) -> None:
        """Audit every episode in one session, since the adaptive task follows a session's scores."""
        env = session(base_url)
        with env:
            self.results.extend(self.earlier.values())
            for options in self.request.options():
                if episode_key(options) in self.earlier:
                    continue
                try:
                    self._keep(self._audit(env, options))
                except (ContextError, ChatRefusedError) as problem:
                    # It is not in the log, so that a resumed run plays it again.
                    self.missed += 1
                    others = ", ".join(f"{name} {value}" for name, value in options.items() if name != "task_id")
                    print(f"{options['task_id']} ({others}) is not audited: {problem}", file=sys.stderr)

    def _audit(self, env: SyncSynthAuditEnv, options: Mapping[str, Any]) -> EpisodeRecord:
        """Audit one episode, and print each line of it when it happens. Its record has options that replay it alone."""
        opening = env.reset(**options).observation
        state = env.state()
        if state.error_types is not None:
            # The content of an adaptive episode depends on the session: pinned, its line replays alone.
            options = {**options, "level": state.difficulty, "error_types": state.error_types}
        if isinstance(state, LlmActorState):
            # Who words the notes may be the server's choice, and the next server may choose otherwise.
            options = {**options, "actor": "llm"}
        self._say(start_line(task_name(options), ENV_NAME, self.auditor.name))
        turns: list[Turn] = []
        try:
            for turn in play(self.auditor, opening, lambda action: env.step(action).observation):
                turns.append(turn)
                self._say(step_line(turn))
            record = self._record(options, opening, turns, env.state())
        except BaseException:
            # Whoever reads the lines waits for the last one.
            _print(end_line(None, turns))
            raise
        _print(end_line(record.outcome, turns, record.gave_up))
        if record.gave_up is not None:
            print(record.gave_up, file=sys.stderr)
        return record

    def _record(
        self, options: Mapping[str, Any], opening: SynthAuditObservation, turns: list[Turn], state: SynthAuditState
    ) -> EpisodeRecord:
        """The record of an episode that is over."""
        record = EpisodeRecord.of(self.auditor.name, options, state.seed, state.split, opening, turns)
        if isinstance(state, LlmActorState):
            record = replace(record, actor_model=state.actor_model, rewritten=tuple(state.rewritten or ()))
        if isinstance(self.auditor, ReactAuditor):
            talk = self.auditor.conversation
            talk.observe(turns[-1].observation)
            folder = None if self.transcripts is None else self.transcripts.name
            record = model_transcript.with_model(record, self.auditor.settings, talk, folder)
        return record

    def _keep(self, record: EpisodeRecord) -> None:
        """Put an episode into the results and the log, when its model's transcript is kept."""
        self.results.append(record.last_turn_only())
        if self.transcripts is not None:
            model_transcript.keep(record, self.transcripts.parent)
        if self.log is not None:
            self.log.write(record.line())
            self.log.flush()

    def _say(self, line: str) -> None:
        if not self.request.quiet:
            _print(line)


def _print(line: str) -> None:
    """Print a line in one write, which no signal cuts."""
    print(f"{line}\n", end="", flush=True)
