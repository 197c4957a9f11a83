"""How far a run is: audits, the time and money that the rest may take, and whether the money is enough for another.

    pace = Pace(jobs, kept, max_cost=20.0)          # US dollars
    pace.words()        # 132 of 800 audits, about 1:10:00 left, US$ 3.21 of about 19.40

The first audit of an agent and tier is played alone, to see what one costs. Others begin where they fit beside those
that are running, if each costs as much as the most expensive one so far. So no audit that is paid for is broken off.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..server.world.tasks import ALL_TIERS
from .agents import kind_of
from .episodes import Episode
from .jobs import Job, Played

EVERY_S = 30.0  # between two lines where there is no terminal
_LOG = logging.getLogger(__name__)


class SpentError(RuntimeError):
    """Another audit might cost more than is left, or its cost is not known. The message says how to go on."""


class Pace:
    """The progress and the budget of one run."""

    def __init__(self, jobs: Sequence[Job], kept: Iterable[Episode] = (), max_cost: float | None = None) -> None:
        self._models = any(kind_of(job.agent) for job in jobs)
        self._room = math.inf if max_cost is None else max_cost
        self._spent = 0.0
        self._highest_cost: dict[tuple[str, str], float] = {}
        self._running: Counter[tuple[str, str]] = Counter()
        self.total, self.done = len(jobs), 0
        self._all, self._over = sum(self._weight(job.agent, job.tier) for job in jobs), 0
        for episode in kept:
            self.add(episode)
        self._began, self._before = time.monotonic(), self._over

    def _weight(self, agent: str, tier: str) -> int:
        """How long an audit takes, relative to others: by its proposals; 0 where others ask a model and it does not."""
        return sum(ALL_TIERS[tier].proposals) if kind_of(agent) or not self._models else 0

    def may_begin(self, job: Job) -> bool:
        """Whether the money is enough for the next audit; if so, it counts as running."""
        kind = job.agent, job.tier
        if self._room < math.inf and kind_of(job.agent):
            promised = sum(self._highest_cost.get(one, 0.0) for one in self._running.elements())
            room = round(self._room - self._spent - promised, 6)  # sums of dollars are not right to the last digit
            if room <= 0 or (self._highest_cost[kind] > room if kind in self._highest_cost else self._running[kind]):
                return False
        self._running[kind] += 1
        return True

    def failed(self, job: Job) -> None:
        """Count an audit that failed. What it had cost is not known."""
        self._running[job.agent, job.tier] -= 1

    def add(self, episode: Episode) -> None:
        """Count an audit that is over. Raises SpentError where its cost is not known, and there is a limit."""
        kind, cost = (episode.agent, episode.tier), episode.usage.cost
        if cost is None and self._room < math.inf:
            raise SpentError(
                "The endpoint does not say how many tokens an answer takes, so --max-cost cannot be held: go on with "
                "--resume, and without it."
            )
        cost = math.inf if cost is None else cost
        self.done, self._over, self._spent = self.done + 1, self._over + self._weight(*kind), self._spent + cost
        self._running[kind] -= min(1, self._running[kind])
        self._highest_cost[kind] = max(cost, self._highest_cost.get(kind, 0.0))

    def words(self) -> str:
        """All of it in one line."""
        said = [f"{self.done} of {self.total} audits"]
        if fresh := self._over - self._before:
            left = (time.monotonic() - self._began) * (self._all - self._over) / fresh
            said.append(f"about {timedelta(seconds=round(left))} left")
        if 0 < self._spent < math.inf:
            said.append(f"US$ {self._spent:.2f} of about {self._spent * self._all / self._over:.2f}")
        return ", ".join(said)


def with_progress(played: Iterable[Played], pace: Pace, console: Console) -> Iterator[Played]:
    """The same, while it is said how far the run is: by a bar on a terminal, or now and then by a line in the log."""
    columns, said_at = (TextColumn("{task.description}"), BarColumn(None), TimeElapsedColumn()), time.monotonic()
    with Progress(*columns, console=console, expand=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(pace.words(), total=pace.total, completed=pace.done)
        for one in played:
            yield one
            pace.add(one[1])
            bar.update(task, completed=pace.done, description=pace.words())
            if bar.disable and time.monotonic() - said_at > EVERY_S:
                said_at = time.monotonic()
                _LOG.info(pace.words())
