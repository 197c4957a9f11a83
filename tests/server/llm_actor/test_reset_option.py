"""Reset's option `actor`, where no words can be had or they take long. Over a socket: serving/test_actors.py."""

import asyncio

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.llm_actor.rule_writers import Held, RuleWriter, paraphrase

EASY = {"task_id": "oversight_easy", "seed": 3}
END = SynthAuditAction(action_type="submit_audit_report", report="-")
REVIEW = SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001")


def test_no_words_are_no_script_and_leave_the_running_episode_as_it_was():
    env = SynthAuditEnvironment()
    env.reset(**EASY, episode_id="running")
    env.step(REVIEW)
    before = env.state
    with pytest.raises(EpisodeError, match="^There is no LLM Actor here"):
        env.reset(task_id="oversight_hard", seed=1, actor="llm")
    assert env.state == before
    assert env.step(END).done


async def test_an_episode_that_has_begun_meanwhile_is_not_replaced(tmp_path):
    slow = Held(paraphrase)
    env = SynthAuditEnvironment(tell=LlmActor("rules", ProseCache(tmp_path), RuleWriter(slow)).tell)
    await env.reset_async(**EASY, episode_id="first")
    waiting = asyncio.create_task(env.reset_async(**EASY, episode_id="slow", actor="llm"))
    assert await asyncio.to_thread(slow.asked.wait, PATIENCE_S)
    await env.reset_async(**EASY, episode_id="quick")
    env.step(SynthAuditAction(action_type="approve", proposal_id="PROP-001"))
    slow.go.set()
    with pytest.raises(EpisodeError, match="^Another episode has begun"):
        await waiting
    assert (env.state.episode_id, env.state.decisions) == ("quick", {"PROP-001": "approved"})
