"""The client: one method per tool, over one WebSocket session.

    async with SynthAuditEnv(base_url="http://127.0.0.1:8000") as env:
        opening = await env.reset(task_id="oversight_easy", seed=42)
        print(opening.observation.protocol_excerpt)
        seen = await env.review_proposal("PROP-001")
        await env.flag_error("PROP-001", "age_boundary_error", reason="It ignored §3.2: 77 is above 72.",
                             fault="clause_ignored", where="3.2", should_be=72)

and without `await` in a notebook or a training loop:

    with SynthAuditEnv(base_url="http://127.0.0.1:8000").sync() as env:
        env.reset(task_id="oversight_easy", seed=42)
        print(env.review_proposal("PROP-001").observation.feedback)

A server that asks for a token gets that of the environment variable SYNTH_AUDIT_TOKEN, unless `headers` have another.

It knows the wire contract (`models.py`) and nothing of how an episode is made or judged.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, Unpack

from openenv.core.client_types import StepResult
from openenv.core.env_client import EnvClient
from openenv.core.sync_client import SyncEnvClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State as SocketState

from .models import SynthAuditAction, SynthAuditObservation, SynthAuditState

Result: TypeAlias = StepResult[SynthAuditObservation]
"""What reset, step and every tool return: `observation`, `reward`, `done`."""
R = TypeVar("R")
S = TypeVar("S")

SESSION_ERROR = "SESSION_ERROR"
"""openenv's code for a session that cannot be had any more."""
TOKEN_VARIABLE = "SYNTH_AUDIT_TOKEN"
SERVICE_RESTART = 1012
"""WebSocket close code of a server that is being stopped."""


class ResetOptions(TypedDict, total=False):
    """The options of reset."""

    seed: int | None
    """Which episode of the tier; the same seed is the same episode. At least 0."""
    task_id: str | None
    """The tier: oversight_easy, _medium, _hard, _expert, _frontier or _adaptive."""
    split: str | None
    """train, validation, test or reference. With `index` it names a seed, so give these two or `seed`."""
    index: int | None
    """Which task of the split, from 0."""
    settlement: Literal["immediate", "terminal"] | None
    """When rewards are paid: as decisions are made, or on the last step."""
    level: str | int | None
    """Of a frontier episode: 1 to 10; without it 1 + index % 10, of the task's index in its split. Of an adaptive
    episode: easy, medium, hard or expert, in place of what the session's scores ask for."""
    error_types: Sequence[str] | None
    """Of an adaptive episode: which errors it may hold."""
    actor: Literal["scripted", "llm"] | None
    """Who words the notes: the script, as on any server, or the model of the server, which may take longer than
    `message_timeout_s` for an episode that it has not worded before: raise that then."""
    episode_id: str | None
    """A name for the episode, kept in its state."""


class Claim(TypedDict, total=False):
    """A claim about what the Actor did wrong in its argument."""

    fault: str | None
    """Such as "clause_ignored"."""
    where: str | None
    """The clause, field or cohort feature of the fault, such as "5.3"."""
    should_be: str | float | None
    """The number or ISO date that the Actor should have gone by."""


class ServerRefusedError(RuntimeError):
    """The server answered with an error. The session and its episode go on; with CAPACITY_REACHED there is none.

    Nor is there one where the connection itself was refused: the code is then the HTTP status, such as "401".
    """

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(f"{sentence} ({code})")
        self.code = code
        """openenv's error code, such as VALIDATION_ERROR, EXECUTION_ERROR or CAPACITY_REACHED."""


class SessionLostError(ConnectionError):
    """The session is gone, and its episode with it: call reset to start another."""


class _Calls(Generic[R, S]):
    """What can be asked of a server, with or without `await`: R is a Result and S a SynthAuditState, or such to await.

    What a tool has found is `observation.result`, of the class that its method names. Of a decision the answer is that
    it is recorded; whether it was right is told when the episode is over.
    """

    def reset(self, **options: Unpack[ResetOptions]) -> R:
        """Start an episode. What is left out is the server's to choose.

        Returns:
            The first observation: the protocol and the proposals to audit.

        Raises:
            ServerRefusedError: An option is wrong or unknown, or the server is full (code CAPACITY_REACHED).
        """
        given = {name: value for name, value in options.items() if value is not None}
        started: R = super().reset(**given)  # type: ignore[misc]  # openenv's own, of the client this is mixed into
        return started

    def step(self, action: SynthAuditAction | Mapping[str, Any], **kwargs: Any) -> R:
        """Take one step. The action may also be a mapping in its wire format: `{"action_type": "approve", ...}`.

        Other arguments are ignored, as openenv ignores them.

        Returns:
            The observation, the reward of this step, and whether the episode is over.
        """
        stepped: R = super().step(action, **kwargs)  # type: ignore[misc]
        return stepped

    def state(self) -> S:
        """Ask for the episode's state; its outcome is null until the episode is over."""
        asked: S = super().state()  # type: ignore[misc]
        return asked

    def _take(self, tool: str, **arguments: Any) -> R:
        return self.step(SynthAuditAction(action_type=tool, **arguments))

    def review_proposal(self, proposal_id: str) -> R:
        """Read a proposal, such as "PROP-001": its verdict, confidence, reasoning and citations (ReviewResult)."""
        return self._take("review_proposal", proposal_id=proposal_id)

    def investigate_patient(self, patient_id: str) -> R:
        """Read a patient's raw record, such as that of "P0023" (PatientResult)."""
        return self._take("investigate_patient", patient_id=patient_id)

    def request_shap(self, patient_id: str, feature: str | None = None) -> R:
        """Get the exact Shapley values of the Actor's decision for a patient: of one field, or all (ShapResult)."""
        return self._take("request_shap", patient_id=patient_id, feature=feature)

    def cohort_analysis(self, feature: str) -> R:
        """Compare mortality between the groups of a record field, such as "ethnicity" (CohortResult).

        The result has the crude gap and the gap adjusted for stage.
        """
        return self._take("cohort_analysis", feature=feature)

    def temporal_audit(self, patient_id: str) -> R:
        """Put a patient's dated events in order, with the days between them (TimelineResult)."""
        return self._take("temporal_audit", patient_id=patient_id)

    def flag_error(
        self, proposal_id: str, error_type: str, reason: str, confidence: float | None = None, **claim: Unpack[Claim]
    ) -> R:
        """Decide that a proposal is wrong, and claim what the Actor did. The decision is final.

        Args:
            proposal_id: Such as "PROP-001".
            error_type: What is wrong, such as "age_boundary_error".
            reason: What the Actor did wrong, in words for people.
            confidence: Probability, 0 to 1, that this decision is right.
            **claim: What the Actor did: `fault`, `where` and `should_be`.
        """
        flag = {"error_type": error_type, "reason": reason, "confidence": confidence}
        return self._take("flag_error", proposal_id=proposal_id, **flag, **claim)

    def approve(self, proposal_id: str, confidence: float | None = None, **claim: Unpack[Claim]) -> R:
        """Decide that a proposal is right, with a probability of 0 to 1 that it is. The decision is final.

        The argument for it can have a fault all the same, which is claimed as in `flag_error`.
        """
        return self._take("approve", proposal_id=proposal_id, confidence=confidence, **claim)

    def submit_audit_report(self, report: str) -> R:
        """File the report, which ends the episode. The answer has the score and the truth (OutcomeResult)."""
        return self._take("submit_audit_report", report=report)


class SynthAuditEnv(  # type: ignore[misc]  # reset takes its own options only, so that a type checker sees a misspelt one
    _Calls[Awaitable[Result], Awaitable[SynthAuditState]],
    EnvClient[SynthAuditAction, SynthAuditObservation, SynthAuditState],
):
    """An audit session on a server.

    Each method that talks to the server may be awaited; use `.sync()` for plain calls. Each raises `ServerRefusedError`
    when the server refuses the message as a whole (a value of the wrong type, a step before reset). An action that is
    merely invalid (an id that does not exist, a proposal decided twice) is not refused: it costs a step and a penalty,
    and `observation.error` says what was wrong.

    openenv's client reconnects when its connection was lost, and goes on in another session without saying so. This
    one raises `SessionLostError` instead, until reset starts a new episode.

    Calls that are made at once are answered one after the other, in the order in which they were made. A call that is
    cancelled or interrupted before its answer gives the session up, because its effect on the episode is not known.
    """

    _episode_socket: Any = None
    """The connection on which the running episode was started; None before the first reset."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        websocket_ping_timeout_s: float | None = None,
        **options: Any,
    ) -> None:
        """Keep the server's address. Nothing is connected yet.

        Args:
            base_url: Such as "http://127.0.0.1:8000".
            headers: Sent with the handshake. An Authorization here wins over SYNTH_AUDIT_TOKEN.
            websocket_ping_timeout_s: Seconds without a pong after which the connection is given up; None for never,
                since minutes of generation on the client's own event loop hold up the reading of pongs. The next call
                notices a server that is gone.
            **options: openenv's: message_timeout_s, connect_timeout_s, provider and others.
        """
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        if any(name.lower() == "authorization" for name in headers or ()):
            sent = {}
        super().__init__(
            base_url,
            headers={**sent, **(headers or {})} or None,
            websocket_ping_timeout_s=websocket_ping_timeout_s,
            **options,
        )
        self._turn = asyncio.Lock()
        """Held from a message to its answer, as nothing but their order tells which answer is whose."""

    def sync(self) -> SyncSynthAuditEnv:
        """The same session with plain calls in place of coroutines."""
        if self._sync_client is None:
            self._sync_client = SyncSynthAuditEnv(self)
        assert isinstance(self._sync_client, SyncSynthAuditEnv)
        return self._sync_client

    # What openenv's client asks of a subclass, and where it is made to notice a lost session.

    def _step_payload(self, action: SynthAuditAction | Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(action, Mapping):
            return dict(action)  # what is wrong with it the server says
        return action.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    def _parse_result(self, payload: dict[str, Any]) -> Result:
        observation = SynthAuditObservation.model_validate(
            {**payload["observation"], "reward": payload["reward"], "done": payload["done"]}
        )
        return StepResult(
            observation=observation,
            reward=payload["reward"],
            done=payload["done"],
            metadata=payload.get("metadata"),
        )

    def _parse_state(self, payload: dict[str, Any]) -> SynthAuditState:
        return SynthAuditState.model_validate(payload)

    async def _connect_async(self) -> SynthAuditEnv:
        try:
            await super()._connect_async()
        except ConnectionError as problem:
            if isinstance(problem.__cause__, InvalidStatus):
                raise _not_let_in(problem.__cause__) from problem
            raise
        return self

    async def _reset_async(self, **kwargs: Any) -> Result:
        message = {"type": "reset", "data": kwargs}
        async with self._turn:
            connected_before = self._ws is not None
            try:
                answer = await self._exchange(message)
            except SessionLostError:
                if not connected_before:
                    raise
                # Another connection is as good for a new episode, and that this one was lost is told only now where the
                # event loop has been held up since.
                self._give_up_socket()
                answer = await self._exchange(message)
            # Only now: if reset is refused, the running episode goes on.
            self._episode_socket = self._ws
        return self._parse_result(answer.get("data", {}))

    async def _send_and_receive(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message of the running episode and return its answer."""
        async with self._turn:
            begun_on = self._episode_socket
            # Not on another connection: the server would take it for the start of a fresh session.
            if begun_on is not None and not (self._ws is begun_on and self._ws.state is SocketState.OPEN):
                raise SessionLostError(_lost(begun_on))
            return await self._exchange(message)

    async def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and return its answer; openenv's own raises the same RuntimeError for every refusal."""
        try:
            try:
                await self._send(message)
            except ConnectionClosed:
                # A server that is full says so and closes; its words may still be waiting to be read.
                if self._ws is None:
                    raise
            answer = await self._receive()
        except ConnectionClosed as closed:
            raise SessionLostError(_lost(self._ws)) from closed
        except TimeoutError as late:
            raise TimeoutError(
                f"The server did not answer within {self._message_timeout:g} s; the session is given up."
            ) from late
        except asyncio.CancelledError:
            # The message may have been sent, and what comes to be answered is not for the next call to read.
            self._give_up_socket()
            raise
        if answer.get("type") == "error":
            refusal = answer.get("data", {})
            if refusal.get("code") == SESSION_ERROR:
                raise SessionLostError(str(refusal.get("message")))
            raise ServerRefusedError(
                str(refusal.get("message", "no reason given")), str(refusal.get("code", "UNKNOWN"))
            )
        return answer

    def _give_up_socket(self) -> None:
        """Have the next call connect anew. What this connection still holds is for nobody."""
        given_up, self._ws, self._ws_loop = self._ws, None, None
        if given_up is not None:
            self._schedule_socket_close(given_up)


def _not_let_in(refused: InvalidStatus) -> ServerRefusedError:
    status = refused.response.status_code
    try:
        sentence = str(json.loads(refused.response.body or b"")["detail"])
    except (ValueError, KeyError, TypeError):
        # No server of ours: a proxy in between, or something else altogether.
        sentence = "The server refused the connection."
    return ServerRefusedError(sentence, str(status))


def _lost(socket: Any) -> str:
    # What the server has said is there before the connection is down, when `close_code` and `close_reason` tell of it.
    closing = None if socket is None else socket.protocol.close_rcvd
    why = "the connection was closed" if closing is None or not closing.reason else closing.reason
    if closing is not None and closing.code == SERVICE_RESTART:
        why = "the server is being stopped"
    return f"The session is gone and its episode with it ({why}): call reset to start another."


class SyncSynthAuditEnv(  # type: ignore[misc]  # as above
    _Calls[Result, SynthAuditState], SyncEnvClient[SynthAuditAction, SynthAuditObservation, SynthAuditState]
):
    """`SynthAuditEnv` with plain calls."""

    def new_session(self) -> SyncSynthAuditEnv:
        """Open another session on the same server; it is closed together with this one."""
        client: Any = self._async._create_session_client()
        child: SyncSynthAuditEnv = client.sync()
        child.connect()
        self._child_clients.append(child)
        return child

    def _run(self, coro: Coroutine[Any, Any, Any]) -> Any:
        self._claim_sync_mode()
        asked = asyncio.run_coroutine_threadsafe(coro, self._ensure_loop())
        try:
            return asked.result()
        finally:
            # Ctrl-C ends the wait and not the call, which would go on behind its caller's back. Of no effect when done.
            asked.cancel()
