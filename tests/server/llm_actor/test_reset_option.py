"""Reset's option `actor`: whose words, what the state says of it, and what goes on when no words can be had."""

import asyncio
from threading import Event

import pytest

from synth_audit_env.models import LlmActorState, SynthAuditAction, SynthAuditState
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.server.llm_actor import rule_writers
from synth_audit_env.tests.server.llm_actor.rule_writers import RuleWriter, paraphrase

EASY = {"task_id": "oversight_easy", "seed": 3}
END = SynthAuditAction(action_type="submit_audit_report", report="-")
REVIEW = SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")


@pytest.fixture
def told(tmp_path):
    """An environment whose model words well."""
    return SynthAuditEnvironment(tell=LlmActor("rules", ProseCache(tmp_path), RuleWriter(paraphrase)).tell)


def note_of(env):
    return env.step(REVIEW).result.reasoning


def test_the_script_is_the_default_and_llm_is_an_option(told):
    scripted = SynthAuditEnvironment()
    opening = scripted.reset(**EASY)
    assert told.reset(**EASY) == opening
    assert told.reset(**EASY, actor="scripted") == opening
    assert note_of(told) == note_of(scripted)
    assert told.reset(**EASY, actor="llm") == opening, "the list of proposals has no prose"
    assert note_of(told) != note_of(scripted)


def test_a_server_may_have_llm_as_its_default(tmp_path):
    tell = LlmActor("rules", ProseCache(tmp_path), RuleWriter(paraphrase)).tell
    env = SynthAuditEnvironment(tell=tell, actor="llm")
    env.reset(**EASY)
    assert isinstance(env.state, LlmActorState)
    env.reset(**EASY, actor="scripted")
    assert not isinstance(env.state, LlmActorState)


@pytest.mark.parametrize("actor", ["LLM", "gpt", "", 3, ["llm"], {}])
def test_an_unknown_actor(told, actor):
    with pytest.raises(EpisodeError, match=r"^There is no actor .*: they are scripted and llm\.$"):
        told.reset(**EASY, actor=actor)


def test_no_model_is_no_script():
    env = SynthAuditEnvironment()
    env.reset(**EASY, episode_id="running")
    with pytest.raises(EpisodeError, match="^There is no LLM Actor here"):
        env.reset(**EASY, actor="llm")
    assert env.state.episode_id == "running"
    assert env.step(REVIEW).error is None


def test_the_state_names_the_model_and_at_the_end_the_notes(tmp_path):
    def fussy(task):
        return paraphrase(task) if "LDH" in task.note else rule_writers.hedge(task)

    actor = LlmActor("rules", ProseCache(tmp_path), RuleWriter(fussy))
    env = SynthAuditEnvironment(tell=actor.tell, actor="llm")
    env.reset(task_id="oversight_medium", seed=0)
    assert (env.state.actor_model, env.state.rewritten) == ("rules", None)
    env.step(REVIEW)
    assert env.state.rewritten is None
    env.step(END)
    rewritten = env.state.rewritten
    assert rewritten == list(actor.tell(*_world("medium", 0)).rewritten)
    assert 0 < len(rewritten) < len(env.state.outcome.proposals)


def _world(tier, seed):
    from synth_audit_env.server.tasks import TIERS

    return TIERS[tier], seed, "train", None


def test_the_state_of_a_scripted_episode_is_what_it_was(told):
    told.reset(**EASY, actor="llm")
    told.reset(**EASY)
    told.step(END)
    assert set(told.state.model_dump()) == set(SynthAuditState.model_fields)
    assert type(told.state) is SynthAuditState


def failing(*_):
    raise EpisodeError("The Actor's model cannot word this episode.")


def test_a_failure_leaves_the_running_episode_as_it_was():
    env = SynthAuditEnvironment(tell=failing)
    env.reset(**EASY, episode_id="running")
    env.step(REVIEW)
    before = env.state
    with pytest.raises(EpisodeError, match="cannot word this episode"):
        env.reset(task_id="oversight_hard", seed=1, actor="llm")
    assert env.state == before
    assert env.step(END).done


def test_a_failure_leaves_the_curriculum_as_it_was():
    """An adaptive episode counts as abandoned when the next has begun, not when it was asked for in vain."""
    plans = []
    for tries in (0, 3):
        env = SynthAuditEnvironment(tell=failing)
        seen = []
        for seed in range(6):
            env.reset(task_id="oversight_adaptive", seed=seed)
            seen.append((env.state.difficulty, env.state.error_types))
            for proposal in env.reset(task_id="oversight_adaptive", seed=seed).actor_proposals:
                env.step(SynthAuditAction(action_type="approve", proposal_id=proposal.proposal_id))
            for _ in range(tries):
                with pytest.raises(EpisodeError):
                    env.reset(task_id="oversight_adaptive", seed=seed, actor="llm")
        plans.append(seen)
    assert plans[0] == plans[1]


def test_an_adaptive_episode_can_be_told(told):
    told.reset(task_id="oversight_adaptive", seed=3, actor="llm")
    assert (told.state.difficulty, told.state.error_types) == ("easy", ["age_boundary_error"])
    assert told.state.actor_model == "rules"


def test_while_a_model_is_asked_the_loop_and_the_running_episode_go_on(tmp_path):
    asked, answer = Event(), Event()

    def slow(task):
        asked.set()
        assert answer.wait(10)
        return paraphrase(task)

    env = SynthAuditEnvironment(tell=LlmActor("rules", ProseCache(tmp_path), RuleWriter(slow)).tell)

    async def session():
        await env.reset_async(**EASY, episode_id="first")
        reset = asyncio.create_task(env.reset_async(**EASY, actor="llm", episode_id="second"))
        while not asked.is_set():
            await asyncio.sleep(0.001)
        assert env.state.episode_id == "first"
        assert (await env.step_async(REVIEW)).error is None
        assert not reset.done()
        answer.set()
        await reset
        assert env.state.episode_id == "second"
        assert env.state.step_count == 0

    asyncio.run(session())


def test_a_scripted_reset_takes_no_thread(monkeypatch, told):
    async def no_thread(*_):
        raise AssertionError("a thread was asked for")

    monkeypatch.setattr(asyncio, "to_thread", no_thread)
    asyncio.run(told.reset_async(**EASY))
    with pytest.raises(AssertionError):
        asyncio.run(told.reset_async(**EASY, actor="llm"))
