"""Who is at the page: a desk for each browser tab, and the session of the server that it plays in.

    visitors = Visitors(sessions)
    desk = await visitors.start(key, address, "oversight_easy", "validation", None)
    visitors.act(key, {"action_type": "approve", "proposal_id": "PROP-001"})

A person's audit takes a slot like any other session, so that the server's limits, metrics and episode log count it.
The slot is free again when the tab has been closed for a while, or nothing was done for as long as a session may be
idle; what was learnt so far can still be read and saved. A page that is opened anew in its tab, by hand or since its
connection was lost, has another key, and can be given the desk of the one before. Everything happens on the server's
event loop, so nothing is locked. Knows no page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ...models import SynthAuditAction, SynthAuditObservation
from ..serving.sessions import ServerFullError, Session, Sessions
from ..synth_audit_environment import SynthAuditEnvironment
from ..world.errors import EpisodeError
from .desk import SETTLEMENT, Desk, DeskError, read_action

GRACE_S = 600.0
"""Seconds that a tab may be away: a phone that sleeps, a connection that breaks while somebody reads.

A third of what a session may be idle for. Where a server allows less than this, that ends the session first.
"""
UNUSED_GRACE_S = 60.0
"""Seconds that a tab may be away in which nothing has been done yet: nothing is lost with its slot."""
MOST_KEPT = 1_000
"""Desks that are remembered at most. The page says when one is gone."""
MOST_TABS = 10_000
"""Pages that are remembered by their tab at most."""
GONE = "Choose a task and start an audit first."
MOVED = "This audit goes on in another tab, or where this page was opened again. To have it here, load this page anew."


@dataclass
class _Seat:
    """What a desk takes for its environment: a session, whose resets were waited for elsewhere."""

    session: Session
    opening: SynthAuditObservation | None = None

    def reset(self, **_: Any) -> SynthAuditObservation:
        assert self.opening is not None, "the session was reset before the desk"
        opening, self.opening = self.opening, None
        return opening

    def step(self, action: SynthAuditAction) -> SynthAuditObservation:
        return self.session.step(action)

    @property
    def state(self) -> Any:
        return self.session.environment.state


@dataclass
class Visitor:
    """One tab."""

    desk: Desk
    seat: _Seat
    ended: str | None = None
    """Why the session is over; None while it is not."""
    starting: bool = False
    leaving: asyncio.TimerHandle | None = field(default=None, repr=False)


class Visitors:
    """Those of one server process."""

    def __init__(self, sessions: Sessions, grace_s: float = GRACE_S) -> None:
        """Nobody is there yet.

        Args:
            sessions: Whose slots they take.
            grace_s: Seconds after which the slot of a closed tab is freed.
        """
        self._sessions = sessions
        self._grace_s = grace_s
        self._by_key: dict[str, Visitor] = {}
        self._tabs: dict[str, str] = {}
        """For each page, the latest last, the name of its tab."""

    def __len__(self) -> int:
        return len(self._by_key)

    def desk(self, key: str | None) -> Desk | None:
        """The desk of a tab; None where it has none, or not yet an audit."""
        visitor = self._by_key.get(key or "")
        return visitor.desk if visitor is not None and visitor.desk.started else None

    def arrive(self, key: str, tab: str) -> Desk | None:
        """A page was opened.

        Args:
            key: Of the page.
            tab: What the browser calls its tab: a name that nobody can guess, the same for all pages that it shows one
                after the other. A tab that is duplicated has the name of the first.

        Returns:
            The desk that another page of the tab has, with its audit: `take_over` gives it to this one.
        """
        if not tab:
            return None
        self._tabs.pop(key, None)
        self._tabs[key] = tab
        while len(self._tabs) > MOST_TABS:
            del self._tabs[next(iter(self._tabs))]
        return self.desk(self._other_page(key))

    def take_over(self, key: str) -> None:
        """Give a page the desk of the other page of its tab, which has none then."""
        other = self._other_page(key)
        if other is not None:
            self._by_key[key] = self._by_key.pop(other)
            self.here(key)

    def gone(self, key: str | None) -> str:
        """Why a page has no desk."""
        return GONE if self._other_page(key) is None else MOVED

    def _other_page(self, key: str | None) -> str | None:
        tab = self._tabs.get(key or "")
        return next((one for one, its in self._tabs.items() if its == tab and one != key and one in self._by_key), None)

    def ended(self, key: str | None) -> str | None:
        """Why nothing more can be done at a desk, though its audit may not be over; None where it can."""
        visitor = self._by_key.get(key or "")
        return None if visitor is None else visitor.ended

    async def start(
        self,
        key: str,
        address: str,
        task_id: str | None,
        split: str | None,
        seed: int | None,
        level: str | None = None,
        error_types: Sequence[str] | None = None,
    ) -> Desk:
        """Begin an audit in place of the one before.

        Args:
            key: Of the tab.
            address: Of its browser, for the server's limits.
            task_id: As `Desk.start` takes it; so are the next four.
            split: Of the seed.
            seed: None to have one drawn.
            level: Of an adaptive audit.
            error_types: Likewise.

        Raises:
            DeskError: There is no such audit, or no free slot. The audit before goes on.
        """
        visitor = self._seated(key, address)
        if visitor.starting:
            raise DeskError("The audit before is still being made: wait for it.")
        self._stay(visitor)
        visitor.starting = True
        asked: dict[str, Any] = {
            "task_id": task_id,
            "split": split,
            "seed": seed,
            "level": level,
            "error_types": error_types,
        }
        try:
            visitor.seat.opening = await visitor.seat.session.reset({**asked, "settlement": SETTLEMENT})
            visitor.desk.start(**asked)
        except EpisodeError as refusal:
            if not visitor.desk.started:
                self.forget(key)
            raise DeskError(str(refusal)) from refusal
        finally:
            visitor.starting = False
        return visitor.desk

    def act(self, key: str | None, action: Mapping[str, Any]) -> SynthAuditObservation:
        """Take an action at a desk. Raises DeskError where it cannot be taken; it then cost nothing."""
        visitor = self._by_key.get(key or "")
        if visitor is None:
            raise DeskError(self.gone(key))
        if visitor.ended is not None and not visitor.desk.over:
            raise DeskError(f"{visitor.ended} What you have learnt can still be saved; start another to go on.")
        session = visitor.seat.session
        self._stay(visitor)
        meant = read_action(action)
        early_s = self._sessions.early_s(session)
        if early_s:
            raise DeskError(f"Too fast for this server: wait {early_s:.1f} s.")
        self._sessions.touch(session)
        return visitor.desk.act(meant)

    def here(self, key: str | None) -> None:
        """Somebody looks at something, which costs nothing: the tab has not been closed, and its session is in use."""
        visitor = self._by_key.get(key or "")
        if visitor is not None and visitor.ended is None:
            self._stay(visitor)
            self._sessions.touch(visitor.seat.session)

    def left(self, key: str | None) -> None:
        """The tab was closed, or its connection broke. If nothing comes of it for a while, its slot is freed."""
        visitor = self._by_key.get(key or "")
        if visitor is None:
            self._tabs.pop(key or "", None)
            return
        if visitor.ended is not None:
            return
        self._stay(visitor)
        session = visitor.seat.session
        # Nobody can tell which: a browser that goes and one that is cut off look the same from here.
        grace_s = self._grace_s if visitor.desk.under_way else min(self._grace_s, UNUSED_GRACE_S)
        why = f"The session has ended, since its page was closed or out of reach for {grace_s:g} s."
        visitor.leaving = asyncio.get_running_loop().call_later(grace_s, self._sessions.close, session, why)

    def forget(self, key: str | None) -> None:
        """Free the slot of a tab and drop its desk."""
        visitor = self._by_key.pop(key or "", None)
        self._tabs.pop(key or "", None)
        if visitor is not None:
            self._stay(visitor)
            self._sessions.close(visitor.seat.session)

    def _stay(self, visitor: Visitor) -> None:
        if visitor.leaving is not None:
            visitor.leaving.cancel()
            visitor.leaving = None

    def _seated(self, key: str, address: str) -> Visitor:
        """The visitor in a session that is open."""
        visitor = self._by_key.get(key)
        if visitor is not None and visitor.ended is None:
            return visitor
        try:
            session = self._sessions.open(address)
        except ServerFullError as full:
            raise DeskError(str(full)) from full
        seat = _Seat(session)
        # A desk that begins anew keeps nothing of the audit before, so the one that is over is let go only now.
        visitor = Visitor(Desk(cast(SynthAuditEnvironment, seat)), seat)
        session.hang_up = _ender(visitor)
        self._by_key.pop(key, None)
        self._by_key[key] = visitor
        self._drop_oldest()
        return visitor

    def _drop_oldest(self) -> None:
        over = [key for key, visitor in self._by_key.items() if visitor.ended is not None]
        for key in over[: max(0, len(self._by_key) - MOST_KEPT)]:
            del self._by_key[key]


def _ender(visitor: Visitor) -> Callable[[str], None]:
    def end(why: str) -> None:
        visitor.ended = why

    return end
