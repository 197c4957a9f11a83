"""The client: typed, sync and async, and honest about a session that was lost."""

import asyncio
import sys
import threading
from collections.abc import Awaitable
from types import MappingProxyType
from typing import Any

import pytest
from openenv.core import GenericEnvClient
from openenv.core.client_types import StepResult
from pydantic import ValidationError
from websockets.exceptions import ConnectionClosedOK

from synth_audit_env import models
from synth_audit_env.client import ServerRefusedError, SessionLostError, SyncSynthAuditEnv, SynthAuditEnv
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import task_of
from synth_audit_env.tests.ctrl_c import ctrl_c
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

EASY, OTHER = ({"task_id": "oversight_easy", "seed": seed} for seed in (42, 7))


@pytest.fixture
async def env(server):
    """A client amid an episode."""
    async with SynthAuditEnv(base_url=server.url) as opened:
        await opened.reset(**EASY)
        yield opened


@pytest.fixture
def plain(server):
    """The same with plain calls."""
    with SynthAuditEnv(base_url=server.url).sync() as opened:
        opened.reset(**EASY)
        yield opened


async def test_an_episode_in_a_coroutine(server):
    async with SynthAuditEnv(base_url=server.url) as env:
        opening = await env.reset(**EASY)
        assert isinstance(opening, StepResult)
        assert isinstance(opening.observation, models.SynthAuditObservation)
        assert opening.done is False
        first, second, *_ = opening.observation.actor_proposals
        seen = {
            models.ReviewResult: await env.review_proposal(first.proposal_id),
            models.PatientResult: await env.investigate_patient(first.patient_id),
            models.ShapResult: await env.request_shap(first.patient_id),
            models.CohortResult: await env.cohort_analysis("sex"),
            models.TimelineResult: await env.temporal_audit(first.patient_id),
        }
        for kind, result in seen.items():
            assert isinstance(result.observation.result, kind)
            assert result.reward == result.observation.reward == pytest.approx(-0.003)
        narrowed = await env.request_shap(first.patient_id, feature="age")
        assert isinstance(narrowed.observation.result, models.ShapResult)
        assert narrowed.observation.result.feature == "age"
        claim = {"fault": "clause_ignored", "where": "3.2", "should_be": 72}
        flag = {"reason": "Too old (3.2).", "confidence": 0.9, **claim}
        await env.flag_error(first.proposal_id, "age_boundary_error", **flag)
        approved = await env.approve(second.proposal_id, **claim, confidence=0.8)
        assert [p.status for p in approved.observation.actor_proposals[:2]] == ["flagged", "approved"]
        state = await env.state()
        assert isinstance(state, models.SynthAuditState)
        assert state.decisions == {first.proposal_id: "flagged", second.proposal_id: "approved"}
        ended = await env.submit_audit_report("One error.")
        assert ended.done
        assert isinstance(ended.observation.result, models.OutcomeResult)
        assert (await env.state()).outcome == ended.observation.result.outcome


async def test_plain_calls_in_a_notebook(server):
    """A notebook runs in an event loop of its own, and has no `with` that spans its cells."""
    env = SynthAuditEnv(base_url=server.url).sync()
    env.reset(**EASY)
    assert env.review_proposal("PROP-001").observation.steps_taken == 1
    env.close()


def test_every_option_of_reset_reaches_the_episode(plain):
    plain.reset(split="test", index=3, task_id="oversight_hard", settlement="terminal", episode_id="mine")
    state = plain.state()
    assert (state.split, state.task_id, state.episode_id) == ("test", "oversight_hard", "mine")
    assert state.seed == task_of("test", 3).seed
    plain.reset(task_id="oversight_adaptive", level="medium", error_types=("age_boundary_error",), seed=5)
    assert (plain.state().difficulty, plain.state().seed) == ("medium", 5)


def test_sessions_of_one_client_are_separate(server):
    with SynthAuditEnv(base_url=server.url).sync() as env, env.new_session() as other:
        assert isinstance(other, SyncSynthAuditEnv)
        env.reset(seed=1, task_id="oversight_easy")
        other.reset(seed=2, task_id="oversight_easy")
        env.review_proposal("PROP-001")
        assert (env.state().step_count, other.state().step_count) == (1, 0)


WIRE = {"action_type": "review_proposal", "proposal_id": "PROP-001"}


async def test_a_step_takes_the_wire_format(env):
    assert isinstance((await env.step(MappingProxyType(WIRE))).observation.result, models.ReviewResult)
    with pytest.raises(ServerRefusedError, match="VALIDATION_ERROR"):
        await env.step({"proposal_id": 1})


def test_openenvs_generic_client_works_too(server):
    with GenericEnvClient(base_url=server.url).sync() as env:
        env.reset(**EASY)
        result = env.step({"action_type": "review_proposal", "proposal_id": "PROP-001"})
        assert result.observation["error"] is None
        assert env.state()["step_count"] == 1


class TestRefusals:
    def test_what_the_contract_forbids_fails_here(self, plain):
        with pytest.raises(ValidationError, match="confidence"):
            plain.approve("PROP-001", confidence=float("nan"))
        with pytest.raises(ValidationError, match="reason"):
            plain.flag_error("PROP-001", "age_boundary_error", reason="x" * 1_000_000)
        with pytest.raises(ServerRefusedError, match="reset takes no sed: its options are seed"):
            plain.reset(sed=1)  # type: ignore[call-arg]
        assert plain.state().step_count == 0

    def test_what_the_server_refuses_leaves_the_episode(self, server):
        with SynthAuditEnv(base_url=server.url).sync() as env:
            with pytest.raises(ServerRefusedError, match="call reset first") as early:
                env.approve("PROP-001")
            assert early.value.code == "EXECUTION_ERROR"
            env.reset(**EASY)
            no_list = {"task_id": "oversight_adaptive", "level": "easy", "error_types": "age_boundary_error"}
            for options, told in (
                *(({"seed": seed}, "seed must be") for seed in (-1, True, 1.0, "7")),
                ({"task_id": "oversight_none"}, "oversight_none"),
                (no_list, "must be a list"),
            ):
                with pytest.raises(ServerRefusedError, match=told):
                    env.reset(**options)
            assert env.review_proposal("PROP-001").observation.error is None
            assert env.state().seed == 42
            # An action that is merely invalid is not refused: it is told, and costs.
            result = env.review_proposal("PROP-404")
            assert "PROP-404" in (result.observation.error or "")
            assert result.reward == pytest.approx(-0.053)

    async def test_a_full_server_that_closes_while_it_is_asked(self, serve, talk, monkeypatch):
        """Its words are there, though the message could not be sent."""
        server = serve(max_sessions=1)
        talk(f"{server.ws_url}/ws").state()

        async def too_late(message):
            raise ConnectionClosedOK(None, None)

        async with SynthAuditEnv(base_url=server.url) as late:
            monkeypatch.setattr(late, "_send", too_late)
            with pytest.raises(ServerRefusedError, match="1 of 1 sessions.*CAPACITY_REACHED"):
                await late.reset(**EASY)

    def test_no_server(self):
        with pytest.raises(ConnectionError, match="Failed to connect"), SynthAuditEnv("http://127.0.0.1:9").sync():
            pass


class Slow(SynthAuditEnvironment):
    """Answers what is asked of a feature called slow when it is let go."""

    go = threading.Event()

    def act(self, action: models.SynthAuditAction) -> Any:
        if action.feature == "slow":
            assert self.go.wait(PATIENCE_S)
        return super().act(action)


@pytest.fixture
def let_go():
    Slow.go.clear()
    yield Slow.go.set
    Slow.go.set()


PROPOSALS = ("PROP-001", "PROP-002", "PROP-003", "PROP-004")


class TestCallsAtOnce:
    """Each gets the answer to what it has asked."""

    async def test_in_coroutines(self, env):
        reviews = await asyncio.gather(*(env.review_proposal(proposal) for proposal in PROPOSALS))
        assert [review.observation.result.proposal_id for review in reviews] == list(PROPOSALS)
        assert [review.observation.steps_taken for review in reviews] == [1, 2, 3, 4]

    async def test_a_call_during_reset_is_of_the_new_episode(self, env):
        await env.disconnect()
        _, state = await asyncio.gather(env.reset(**OTHER), env.state())
        assert state.seed == 7

    async def test_one_that_is_cancelled_while_it_waits_for_its_turn_costs_nothing(self, serve, let_go):
        async with SynthAuditEnv(base_url=serve(environment=Slow).url) as env:
            await env.reset(**EASY)
            slow = asyncio.ensure_future(_coroutine(env.cohort_analysis("slow")))
            await asyncio.sleep(0)  # it comes first: from Python 3.12 on, wait_for begins at once
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(_coroutine(env.review_proposal("PROP-001")), 0.1)
            let_go()
            assert "slow" in (await slow).observation.error
            assert (await env.review_proposal("PROP-002")).observation.steps_taken == 2


class TestLostSessions:
    """A fresh session never takes the place of the old one unasked."""

    async def after_the_loss(self, env: SynthAuditEnv):
        for ask in (lambda: env.review_proposal("PROP-001"), env.state, lambda: env.approve("PROP-001")):
            with pytest.raises(SessionLostError, match="call reset to start another"):
                await ask()
        again = await env.reset(**OTHER)
        assert again.observation.steps_taken == 0
        assert (await env.review_proposal("PROP-001")).observation.steps_taken == 1

    @pytest.mark.parametrize("outer", [False, True], ids=["message_timeout", "callers_timeout"])
    async def test_an_answer_that_came_too_late(self, serve, let_go, outer):
        server = serve(environment=Slow)
        async with SynthAuditEnv(base_url=server.url, message_timeout_s=PATIENCE_S if outer else 2.0) as env:
            await env.reset(**EASY)
            with pytest.raises(TimeoutError, match=None if outer else "within 2 s"):
                await asyncio.wait_for(_coroutine(env.cohort_analysis("slow")), 0.1 if outer else None)
            let_go()
            await self.after_the_loss(env)

    async def test_a_call_that_is_cancelled_while_it_is_sent(self, server):
        class Congested(SynthAuditEnv):
            async def _send(self, message: dict[str, Any]):
                await super()._send(message)
                await asyncio.sleep(PATIENCE_S if "PROP-004" in str(message) else 0)

        async with Congested(base_url=server.url) as env:
            await env.reset(**EASY)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(_coroutine(env.review_proposal("PROP-004")), 0.1)
            await self.after_the_loss(env)

    @pytest.mark.parametrize("method", ["reset", "cohort_analysis"])
    def test_a_plain_call_that_ctrl_c_ends(self, serve, method):
        ended = threading.Event()

        class Interrupting(Slow):
            def interrupt(self):
                main = threading.main_thread().ident
                assert main is not None
                # Whoever presses Ctrl-C has seen that the call takes its time: it waits, and is not still being made.
                wait_until(lambda: sys._current_frames()[main].f_code.co_name == "wait", "nobody waits")
                press(ended)

            async def reset_async(self, *args: Any, **options: Any) -> Any:
                if options.get("episode_id") == "slow":
                    self.interrupt()
                return await super().reset_async(*args, **options)

            def act(self, action: models.SynthAuditAction) -> Any:
                if action.feature == "now":
                    self.interrupt()
                return super().act(action)

        ask = {"reset": lambda: env.reset(episode_id="slow"), "cohort_analysis": lambda: env.cohort_analysis("now")}
        with ctrl_c() as press, SynthAuditEnv(base_url=serve(environment=Interrupting).url).sync() as env:
            env.reset(**EASY)
            with pytest.raises(KeyboardInterrupt):
                ask[method]()
            ended.set()
            with pytest.raises(SessionLostError, match="call reset to start another"):
                env.state()
            env.reset(**OTHER)
            assert env.state().seed == 7

    async def test_reset_starts_an_episode_though_the_loop_was_held_up_while_the_session_ended(self, serve):
        server = serve()
        async with SynthAuditEnv(base_url=server.url) as env:
            await env.reset(**EASY)
            # Which holds the loop up, as a model does that generates on the client's own.
            server.end_sessions()
            assert (await env.reset(**OTHER)).observation.steps_taken == 0
            assert (await env.state()).seed == 7

    async def test_an_idle_session_that_the_server_ended(self, serve):
        server = serve(session_timeout_s=1.0)
        async with SynthAuditEnv(base_url=server.url) as env:
            await env.reset(**EASY)
            await asyncio.to_thread(server.wait_for_sessions, 0)
            with pytest.raises(SessionLostError, match=r"after 1 s without a message"):
                await env.review_proposal("PROP-001")
            await self.after_the_loss(env)

    @pytest.mark.parametrize("refused", [False, True])
    async def test_a_client_that_hung_up_itself(self, env, refused):
        """A reset that is refused on the new connection does not hide the loss."""
        await env.disconnect()
        if refused:
            with pytest.raises(ServerRefusedError, match="seed"):
                await env.reset(seed=-1)
        await self.after_the_loss(env)


async def _coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
