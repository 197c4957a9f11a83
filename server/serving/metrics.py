"""What the server counts, for Prometheus: sessions, resets, steps, refusals, how long they took, how the audits went.

    metrics = Metrics(limit=64)
    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=None, listeners=[metrics])
    metrics.text()                              # what GET /metrics answers

No label is of a client's making, none names a session, a seed or an address, and an episode is told of when it is over
and not before: whoever reads the numbers learns nothing of the truth of a running audit.

Each process counts for itself. Where several serve at one address, a request for the numbers reaches any of them, so
they keep them in a folder that all can read (`shared`), and each answers with the sums.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from openenv.core.env_server.types import WSErrorCode
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from ...models import ACTION_TYPES
from ..world.tasks import LEVELS, TIERS
from .sessions import ADDRESS_LIMIT_REACHED, Acted, Listener, Session

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client is told, before it is imported, that processes share their numbers."""
UNKNOWN, FRONTIER = "unknown", "frontier"
"""The labels of a tool that does not exist, which clients could else make without end, and of all frontier levels."""
Table = dict[str, tuple[str, tuple[float, ...] | None]]
"""Metrics by name: what each tells, and its buckets, which a counter has none of."""
SESSION_CODES = (*(code.value for code in WSErrorCode), ADDRESS_LIMIT_REACHED)
"""The codes of sessions, shown before the first refusal. Others are HTTP statuses; 500 is a fault of the server's."""

STEP_SECONDS = (2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.2, 1.0, 5.0)
RESET_SECONDS = (5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)
RETURNS = (-5.0, -2.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
SCORES = tuple(tenth / 10 for tenth in range(11))
SKILLS = tuple(tenth / 10 for tenth in range(-10, 11, 2))
BY_TOOL: Table = {
    "steps": ("Actions answered, by tool.", None),
    "invalid_actions": ("Actions answered with an error, which cost a step and its penalty, by tool.", None),
    "step_seconds": ("How long the referee took over an action, by tool.", STEP_SECONDS),
}
BY_TIER: Table = {
    "resets": ("Episodes begun, by tier.", None),
    "reset_seconds": ("How long an episode took to make, by tier.", RESET_SECONDS),
    "episodes_finished": ("Episodes played to their end, by tier.", None),
    "episode_return": ("Sum of the rewards of a finished episode, by tier.", RETURNS),
    "episode_score": ("F-beta of a finished episode, by tier.", SCORES),
    "episode_skill": ("Skill of a finished episode, by tier: 0 is flagging everything, 1 is perfect.", SKILLS),
}


class Metrics(Listener):
    """The numbers of one application: a listener of its sessions."""

    def __init__(self, limit: int) -> None:
        """Start from zero. So many sessions there may be at a time."""
        self._folder = os.environ.get(FOLDER)
        self.registry = CollectorRegistry()
        if self._folder is None:
            # Of several processes it would be one of them, and each time another.
            ProcessCollector(registry=self.registry)
            GCCollector(registry=self.registry)
        named: dict[str, Any] = {"namespace": "synth_audit", "registry": self.registry}
        now = {**named, "multiprocess_mode": "livesum"}
        self._sessions = Gauge("sessions", "Sessions that are open.", **now)
        Gauge("sessions_limit", "Sessions that can be open at a time.", **now).set(limit)
        self._opened = Counter("sessions_opened", "Sessions opened so far.", **named)
        self._faults = Counter("faults", "Exceptions that were the server's fault, each in its log.", **named)
        told = "What was refused as a whole, by openenv's error code, HTTP status or ADDRESS_LIMIT_REACHED."
        self._refusals = Counter("refusals", told, ["code"], **named)
        for code in SESSION_CODES:
            self._refusals.labels(code)
        self._tools = _by_label("tool", [*ACTION_TYPES, UNKNOWN], BY_TOOL, named)
        self._tiers = _by_label("tier", [*TIERS, FRONTIER], BY_TIER, named)
        self._tiers |= dict.fromkeys((tier.name for tier in LEVELS.values()), self._tiers[FRONTIER])

    def opened(self, session: Session) -> None:
        """Count a session."""
        self._opened.inc()
        self._sessions.inc()

    def closed(self, session: Session) -> None:
        """Count a session less."""
        self._sessions.dec()

    def began(self, session: Session, seconds: float) -> None:
        """Count an episode, and how long it took to make."""
        tier = self._tiers[session.environment.begun.difficulty]
        tier.resets.inc()
        tier.reset_seconds.observe(seconds)

    def acted(self, session: Session, acted: Acted) -> None:
        """Count a step, and how the episode went where it has ended."""
        tool = self._tools.get(acted.action.action_type) or self._tools[UNKNOWN]
        tool.steps.inc()
        tool.step_seconds.observe(acted.seconds)
        if acted.answer.error is not None:
            tool.invalid_actions.inc()
        if (outcome := acted.answer.outcome) is not None:
            tier = self._tiers[session.environment.begun.difficulty]
            tier.episodes_finished.inc()
            tier.episode_return.observe(outcome["return_"])
            tier.episode_score.observe(outcome["score"])
            tier.episode_skill.observe(outcome["skill"])

    def refused(self, code: str) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(code).inc()
        if code == "500":
            self._faults.inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format; where processes share a folder, the sums over them."""
        if self._folder is None:
            return generate_latest(self.registry)
        _forget_the_dead(Path(self._folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _by_label(label: str, values: Iterable[str], table: Table, named: Mapping[str, Any]) -> dict[Any, SimpleNamespace]:
    """What is counted under each value. To look one up costs as much as to count, so each is looked up once."""
    families: dict[str, Counter | Histogram] = {}
    for name, (text, buckets) in table.items():
        more: dict[str, Any] = {"buckets": buckets} if buckets else {}
        families[name] = (Histogram if buckets else Counter)(name, text, [label], **named, **more)
    return {
        value: SimpleNamespace(**{name: family.labels(value) for name, family in families.items()}) for value in values
    }


@contextmanager
def shared() -> Iterator[None]:
    """Around what starts other processes to serve with: they share their numbers. This process counts nothing."""
    with tempfile.TemporaryDirectory(prefix="synth_audit_metrics_") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def _forget_the_dead(folder: Path) -> None:
    """Remove what processes that have ended say of now. What they have counted stays, as counters never go back."""
    for file in folder.glob("gauge_live*_*.db"):
        # Where its number is another user's by now, or it is itself, there is nothing to be sure of.
        with suppress(PermissionError):
            try:
                os.kill(int(file.stem.rpartition("_")[2]), 0)
            except ProcessLookupError:
                # Another process may be at it too.
                file.unlink(missing_ok=True)
