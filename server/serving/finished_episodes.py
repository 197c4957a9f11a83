"""Remembers which episodes were finished in this process: of those, and of no others, the truth may be told.

    finished = FinishedEpisodes(settled=None)
    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=None, listeners=[finished])
    finished.options_of("my-episode")       # what reset makes the same episode of; None while it runs

A client may give two episodes one id. The last one that was finished counts, and none while any of them runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..audit.episode import SETTLEMENTS
from ..reset_options import to_play_again
from .sessions import Acted, Listener, Session

MOST_FINISHED = 1_024
"""Episodes that are remembered, less than a kilobyte each."""


class FinishedEpisodes(Listener):
    """Listens to the sessions of one process."""

    def __init__(self, settled: str | None = None) -> None:
        """Remember nothing yet.

        Args:
            settled: How the server settles every episode; None where reset may be told.
        """
        self._settled = settled or SETTLEMENTS[0]
        self._begun: dict[str, tuple[str, str]] = {}
        """By session: the id of the running episode, and how it is settled."""
        self._finished: dict[str, dict[str, Any]] = {}
        """Reset's options by episode id, the oldest first."""

    def options_of(self, episode_id: str) -> Mapping[str, Any] | None:
        """What reset makes the finished episode of that id of; None where there is none, or one of that id runs."""
        # A copy, since other threads ask while sessions go on.
        is_running = any(episode_id == begun for begun, _ in list(self._begun.values()))
        return None if is_running else self._finished.get(episode_id)

    def began(self, session: Session, options: Mapping[str, Any], seconds: float) -> None:
        """Note whose truth is not to be told."""
        episode_id = session.environment.begun.episode_id or ""
        self._begun[session.id] = episode_id, options.get("settlement") or self._settled

    def acted(self, session: Session, acted: Acted) -> None:
        """Keep the episode that this step has ended."""
        if not acted.answer.over or session.id not in self._begun:
            return
        episode_id, settlement = self._begun.pop(session.id)
        self._finished.pop(episode_id, None)
        while len(self._finished) >= MOST_FINISHED:
            del self._finished[next(iter(self._finished))]
        self._finished[episode_id] = to_play_again(session.environment.begun, settlement)

    def closed(self, session: Session) -> None:
        """Let go of what the session had begun."""
        self._begun.pop(session.id, None)
