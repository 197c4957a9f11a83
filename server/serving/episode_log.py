"""Keeps every finished episode of the server's sessions: a line of JSON each, in the files of a folder.

    log = EpisodeLog(LogFiles(Path("episodes")))
    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=1800.0, listeners=[log])
    ...
    log.close(timeout_s=5.0)
    records = [record for path in sorted(Path("episodes").glob("*.jsonl")) for record in read_log(path)]

The lines are those of `rollouts/episode_log.py`: `read_log` reads them, and `replay` plays them again, in any session.
Beside that a line tells the session, the episode's id, and when it began and ended; not whose address it was played
from. An episode that another reset, or the end of its session, cuts short is only counted.

No step waits for the disk: a thread makes the lines and writes them. When the disk is full, or too slow, or gone,
episodes are missing from the log, which is counted (synth_audit_episode_log_episodes_total in /metrics) and warned of.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from ...episode_line import WORLD_VERSION, episode_line, task_name
from ...models import SynthAuditObservation, SynthAuditState
from ..answers import logged
from . import limits
from .sessions import Acted, Listener, Session

log = logging.getLogger(__name__)

WRITTEN, LOST, ABANDONED = FATES = ("written", "lost", "abandoned")
"""The fate of an episode: it is in the log; it should be and is not; it was cut short."""


class LogFiles:
    """The files of one process, for one thread. A file that is full is followed by another.

    A file is named after when it was begun and after its process, so that many processes may share a folder and its
    files sort by time: episodes-20260131T120000.000000Z-4711.jsonl. Nothing here ever deletes a file. A write that does
    not go through (a full disk, a quota) is taken back. Lines are handed to the operating system and not forced onto
    the disk.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder, with its parents. The first file is made by the first line.

        Raises:
            OSError: The folder cannot be made, or nothing can be written in it.
        """
        self._folder = folder
        self._path: Path | None = None
        """The file for the next line; None to begin another one."""
        folder.mkdir(parents=True, exist_ok=True)
        # A file that is gone again at once.
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")

    def append(self, line: bytes) -> None:
        """Write a line, or several. Each comes with its line break.

        Raises:
            OSError: Nothing of it is in the file. The next one may well be.
        """
        # Somebody may have removed the folder.
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._path is None:
            self._path = self._folder / f"episodes-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}.jsonl"
        with self._path.open("ab", buffering=0) as file:
            start, rest = file.tell(), memoryview(line)
            try:
                while rest:
                    # One call, but on a disk that is nearly full: there the second one says what is wrong.
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(start)
                raise
            if file.tell() >= limits.LARGEST_LOG_FILE:
                self._path = None


@dataclass(slots=True)
class _Running:
    """An episode, as far as it is played. The actions and answers are those of the server, not copies."""

    began_at: float
    """Seconds since 1970."""
    steps: list[Acted] = field(default_factory=list)
    text: int = 0
    """Characters of reasons and reports so far."""


class EpisodeLog(Listener):
    """Listens to the sessions of one process."""

    def __init__(
        self, files: LogFiles, registry: CollectorRegistry | None = None, most_waiting: int = limits.EPISODES_WAITING
    ) -> None:
        """Begin a log in these files. While so many finished episodes wait to be written, further ones are lost.

        The registry is that of the metrics.
        """
        told = "Episodes by what became of them in the episode log: written, lost (finished, not in it) or abandoned."
        self.counted = Counter("synth_audit_episode_log_episodes", told, ["fate"], registry=registry)
        for fate in FATES:
            self.counted.labels(fate)
        self._running: dict[str, _Running] = {}
        self._files, self._most_waiting, self._closed = files, most_waiting, False
        self._waiting: SimpleQueue[Callable[[], bytes] | None] = SimpleQueue()
        """Each makes the line of a finished episode."""
        self._writer = Thread(target=self._write_all, name="synth-audit-episode-log", daemon=True)
        self._writer.start()

    def began(self, session: Session, seconds: float) -> None:
        """Keep an episode from here on."""
        self.closed(session)
        self._running[session.id] = _Running(time.time())

    def acted(self, session: Session, acted: Acted) -> None:
        """Keep a step of a running episode, unless that has more text than any audit."""
        if (running := self._running.get(session.id)) is None:
            return
        action = acted.action
        if action.metadata:
            # openenv's, of any size and content. The referee does not look at them.
            acted = acted._replace(action=action.model_copy(update={"metadata": {}}))
        running.steps.append(acted)
        running.text += len(action.reason or "") + len(action.report or "")
        if running.text > limits.EPISODE_TEXT:
            del self._running[session.id]
            self._lose("its actions have more text than an audit can take")
        elif acted.answer.outcome is not None:
            self._finished(self._running.pop(session.id), session)

    def _finished(self, running: _Running, session: Session) -> None:
        """Hand an episode to the writer."""
        if self._closed:
            self._lose("the log is closed")
        elif self._waiting.qsize() >= self._most_waiting:
            self._lose("the disk is slower than the episodes")
        else:
            assert session.opening is not None, "an episode has begun"
            # With a model for the Actor the state tells at the end which notes had the model's words.
            ended = session.opening, session.environment.options, session.environment.state, time.time()
            self._waiting.put(partial(_line, running, session.id, *ended))

    def closed(self, session: Session) -> None:
        """Let go of what the session had begun."""
        if self._running.pop(session.id, None) is not None:
            self.counted.labels(ABANDONED).inc()

    def close(self, timeout_s: float) -> None:
        """Write what waits, for so long at most. What is not written by then, or ends after this, is lost."""
        self._closed = True
        self._waiting.put(None)
        self._writer.join(timeout_s)
        if self._writer.is_alive():
            log.warning("The episode log was not written to its end in %g s.", timeout_s)

    def _lose(self, why: str, fault: Exception | None = None) -> None:
        """Count an episode that will not be in the log, and warn of it."""
        self.counted.labels(LOST).inc()
        log.warning("An episode is missing from the episode log: %s.", why, exc_info=fault)

    def _write_all(self) -> None:
        closing = False
        while not closing:
            # A busy event loop lets this thread have a turn every five milliseconds: a line a turn would be too few.
            batch = [self._waiting.get(), *(self._waiting.get_nowait() for _ in range(min(15, self._waiting.qsize())))]
            closing = batch[-1] is None
            ended = [make for make in batch if make is not None]
            try:
                self._files.append(b"".join(make() for make in ended))
            except Exception as problem:  # noqa: BLE001  # told; the next episodes are to be kept all the same
                # A full disk needs no traceback, a fault of ours does.
                fault = None if isinstance(problem, OSError) else problem
                for _ in ended:
                    self._lose(f"it cannot be written ({problem!r})", fault)
            else:
                self.counted.labels(WRITTEN).inc(len(ended))


def _line(
    played: _Running,
    session_id: str,
    opening: SynthAuditObservation,
    options: Mapping[str, Any],
    state: SynthAuditState,
    ended_at: float,
) -> bytes:
    """The line of an episode, from its steps, its observation of the reset, reset's options and its last state."""
    episode = {"task": task_name(options), "seed": state.seed, "split": state.split}
    # A server does not know who audits.
    known = {**episode, "version": WORLD_VERSION, "agent": "client", "options": options}
    rewards, outcome = [step.answer.reward for step in played.steps], played.steps[-1].answer.outcome
    result: dict[str, Any] = {"rewards": rewards, "outcome": outcome}
    if state.actor_model is not None:
        result |= {"actor_model": state.actor_model, "rewritten": state.rewritten or []}
    result |= {"session": session_id, "episode_id": state.episode_id}
    result |= {"started": _utc(played.began_at), "finished": _utc(ended_at)}
    observations = [opening.model_dump_json().encode(), *(logged(step.message) for step in played.steps)]
    return episode_line(known, [step.action for step in played.steps], observations, result)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
