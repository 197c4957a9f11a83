"""Remembers which episodes were finished in this process: of those, and of no others, the truth may be told.

    finished = FinishedEpisodes()
    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=None, listeners=[finished])
    finished.options_of("my-episode")       # what reset makes the same episode of; None while it runs

A client may give two episodes one id. The last one that was finished counts, and none while any of them runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sessions import Acted, Listener, Session

MOST_FINISHED = 1_024
"""Episodes that are remembered, less than a kilobyte each."""


class FinishedEpisodes(Listener):
    """Listens to the sessions of one process."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        """By session: the id of the episode that runs."""
        self._finished: dict[str, dict[str, Any]] = {}
        """Reset's options by episode id, the oldest first."""

    def options_of(self, episode_id: str) -> Mapping[str, Any] | None:
        """Reset's options for the finished episode of that id; None where there is none, or one of that id runs."""
        # A copy, since other threads ask while sessions go on.
        return None if episode_id in list(self._running.values()) else self._finished.get(episode_id)

    def began(self, session: Session, seconds: float) -> None:
        """Keep the id whose truth is not to be told."""
        self._running[session.id] = session.environment.begun.episode_id or ""

    def finished(self, session: Session, acted: Acted) -> None:
        """Keep the episode that has ended."""
        episode_id = self._running.pop(session.id)
        self._finished.pop(episode_id, None)
        while len(self._finished) >= MOST_FINISHED:
            del self._finished[next(iter(self._finished))]
        self._finished[episode_id] = session.environment.options

    def closed(self, session: Session) -> None:
        """Let go of what the session had begun."""
        self._running.pop(session.id, None)
