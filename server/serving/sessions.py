"""The sessions of a server: each is one environment, in one of a fixed number of slots, until it is closed or idle.

    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=1800.0)
    session = sessions.open()
    observation = await session.reset({"task_id": "oversight_hard", "seed": 42})
    sessions.close(session)

Closing a session frees its slot first, and hangs up the socket that serves it then, so that a peer who has vanished
without a word cannot keep it. Everything happens on one event loop, so nothing is locked.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from openenv.core.env_server.mcp_types import JsonRpcErrorCode
from openenv.core.env_server.types import WSErrorCode

from ...models import SynthAuditAction, SynthAuditObservation
from ..answers import AnswerWriter
from ..audit.episode import Answer
from ..synth_audit_environment import SynthAuditEnvironment
from ..world.errors import EpisodeError
from .refusals import RefusedError

log = logging.getLogger(__name__)

ADDRESS_LIMIT_REACHED = "ADDRESS_LIMIT_REACHED"
"""The code in metrics where an address has all its sessions. Clients get openenv's CAPACITY_REACHED."""


class Rate:
    """Counts the requests of each client alone, and anew in each second: what is above the rate waits for the next."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow so many a second; the clock tells seconds."""
        self._per_second, self._clock = per_second, clock
        self._second, self._counted = 0, Counter[Hashable]()

    def wait_s(self, client: Hashable) -> float:
        """Count a request: 0.0 if it is within the rate, else the seconds that are left until the next second."""
        now = self._clock()
        if int(now) != self._second:
            self._second, self._counted = int(now), Counter()
        self._counted[client] += 1
        return 0.0 if self._counted[client] <= self._per_second else self._second + 1 - now


class ServerFullError(RefusedError):
    """Every slot is taken, or every one that an address may have."""

    def __init__(self, active: int, limit: int, of: str = "The server", code: str | None = None) -> None:
        super().__init__(
            f"{of} is full: {active} of {limit} sessions are in use. Try again when one has ended.",
            WSErrorCode.CAPACITY_REACHED,
            JsonRpcErrorCode.SERVER_ERROR,
            code,
            active_sessions=active,
            max_sessions=limit,
        )


class Acted(NamedTuple):
    """The referee's answer to an action."""

    action: SynthAuditAction
    answer: Answer
    message: bytes
    """openenv's, with the answer."""
    seconds: float
    """How long the referee took."""


class Listener:
    """Is called when something happens in the sessions, which waits for it: so what it does must be short."""

    def opened(self, session: Session) -> None:
        """A slot was filled."""

    def closed(self, session: Session) -> None:
        """A slot was freed, for whatever reason."""

    def began(self, session: Session, seconds: float) -> None:
        """The episode of `session.opening` has begun. It took so long to make."""

    def acted(self, session: Session, acted: Acted) -> None:
        """The referee has answered an action. With an outcome, that has ended the episode."""

    def refused(self, code: str) -> None:
        """Something was refused as a whole: openenv's code, ADDRESS_LIMIT_REACHED, an HTTP status; 500 is our fault."""


class Session:
    """One environment, and what its slot needs to know of it."""

    def __init__(
        self,
        environment: SynthAuditEnvironment,
        listeners: Sequence[Listener] = (),
        address: str = "",
        rate: Rate | None = None,
    ) -> None:
        self.environment, self.address, self._listeners, self._rate = environment, address, listeners, rate
        """The address is the client's, as far as the server sees it."""
        self.id = str(uuid.uuid4())
        self.hang_up: Callable[[str], None] | None = None
        """Ends the conversation on the socket that serves this session, saying why; None while there is none."""
        self.last_used = time.monotonic()
        """When something was last asked of it."""
        self.timer: asyncio.TimerHandle | None = None
        """Ends it for being idle."""
        self.resetting, self.closed = 0, False
        """Resets under way, of which a model may make one that takes longer than an idle session may live."""
        self.opening: SynthAuditObservation | None = None
        """How the running episode began; None before the first."""
        self._writer: AnswerWriter | None = None
        """Of the running episode's answers."""

    async def reset(self, options: Mapping[str, Any]) -> SynthAuditObservation:
        """Start an episode. When that is refused, the one that runs goes on."""
        self._check_open()
        self.resetting += 1
        started = time.perf_counter()
        try:
            opening = await self.environment.reset_async(**options)
        finally:
            self.resetting -= 1
            self.touch()
        if self.closed:
            self.environment.close()
            self._check_open()
        self.opening, seconds = opening, time.perf_counter() - started
        self._writer = AnswerWriter(opening)
        _tell(self._listeners, "began", self, seconds)
        return opening

    def step(self, action: SynthAuditAction) -> SynthAuditObservation:
        """Act, with the answer as an observation."""
        return self.environment.observation(self.act(action).answer)

    def act(self, action: SynthAuditAction) -> Acted:
        """Act once in the running episode: at once, since a step is shorter than a wait for it."""
        self._check_open()
        started = time.perf_counter()
        answer = self.environment.act(action)
        seconds = time.perf_counter() - started
        assert self._writer is not None, "there is no answer before the first reset"
        acted = Acted(action, answer, self._writer.write(answer), seconds)
        _tell(self._listeners, "acted", self, acted)
        return acted

    def touch(self) -> None:
        """Note that something was asked of the session just now."""
        self.last_used = time.monotonic()

    def early_s(self) -> float:
        """Count a message: 0.0 if it is within the session's rate, else the seconds by which it is too early."""
        return 0.0 if self._rate is None else self._rate.wait_s(self.id)

    def refused(self, code: str) -> None:
        """A message of this session was refused."""
        _tell(self._listeners, "refused", code)

    def _check_open(self) -> None:
        """Raise when the session was closed while a message of it waited: its slot may be somebody else's by now."""
        if self.closed:
            raise EpisodeError("The session has ended.")


def _tell(listeners: Sequence[Listener], method: str, *news: object) -> None:
    """Tell every listener. One that fails is a matter for the log: the episode goes on, and the others hear of it."""
    for listener in listeners:
        try:
            getattr(listener, method)(*news)
        except Exception:
            log.exception("%s failed at what it was told.", type(listener).__name__)


class Sessions:
    """The slots of one server process."""

    def __init__(
        self,
        environment: Callable[[], SynthAuditEnvironment],
        *,
        limit: int,
        idle_timeout_s: float | None,
        per_address: int = 0,
        messages_per_second: int = 0,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """Make `limit` empty slots.

        Args:
            environment: Makes the environment of a new session.
            limit: How many sessions there may be at a time.
            idle_timeout_s: A session that nobody has asked anything for so long is closed; None for never.
            per_address: How many of them one address may have; 0 for any number.
            messages_per_second: At which a session is answered at most; 0 for no limit.
            listeners: Called when something happens.
        """
        self._environment, self._per_address = environment, per_address
        self._rate = Rate(messages_per_second) if messages_per_second else None
        self.limit, self.idle_timeout_s, self.listeners = limit, idle_timeout_s, listeners
        self._by_address: Counter[str] = Counter()
        self._open: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, address: str = "") -> Session:
        """Fill a slot for the client of an address.

        Raises:
            ServerFullError: There is none left, or none for that address.
        """
        if len(self._open) >= self.limit:
            raise ServerFullError(len(self._open), self.limit)
        if self._per_address and (taken := self._by_address[address]) >= self._per_address:
            raise ServerFullError(taken, self._per_address, "Your address", ADDRESS_LIMIT_REACHED)
        session = Session(self._environment(), self.listeners, address, self._rate)
        self._open[session.id] = session
        self._by_address[address] += 1
        if self.idle_timeout_s is not None:
            self._close_if_idle(session, self.idle_timeout_s)
        _tell(self.listeners, "opened", session)
        return session

    def get(self, session_id: object) -> Session | None:
        """The open session of that id."""
        return self._open.get(session_id) if isinstance(session_id, str) else None

    def finished(self, episode_id: str) -> dict[str, Any] | None:
        """Reset's options for the episode of that id that an open session has finished, and none has running."""
        # A copy, since a thread asks while sessions come and go.
        played = [session.environment for session in list(self._open.values())]
        played = [environment for environment in played if environment.begun.episode_id == episode_id]
        if not played or any(environment.state.outcome is None for environment in played):
            return None
        return played[-1].options

    def close(self, session: Session, why: str = "The session was closed on request.") -> None:
        """Free the slot, close the environment and hang up. A second call does nothing."""
        if self._open.pop(session.id, None) is None:
            return
        session.closed = True
        # What is zero is left out, or the table would hold every address that has ever called.
        self._by_address -= Counter([session.address])
        if session.timer is not None:
            session.timer.cancel()
        if session.hang_up is not None:
            session.hang_up(why)
        try:
            session.environment.close()
        except Exception:
            log.exception("The environment of session %s did not close cleanly.", session.id)
        _tell(self.listeners, "closed", session)

    def refused(self, code: str) -> None:
        """Somebody without a session was refused."""
        _tell(self.listeners, "refused", code)

    def _close_if_idle(self, session: Session, idle_s: float) -> None:
        # One timer a session that re-arms itself for what is left, since moving it on every step would cost more
        # than many a step.
        left = idle_s if session.resetting else session.last_used + idle_s - time.monotonic()
        if left > 0:
            session.timer = asyncio.get_running_loop().call_later(left, self._close_if_idle, session, idle_s)
        else:
            self.close(session, f"The session has ended after {idle_s:g} s without a message.")
