"""An episode that a server has a model tell: its log says whose words they are, and replays where they can be had."""

from functools import partial
from pathlib import Path

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.client import SynthAuditEnv
from synth_audit_env.rollouts.episode_log import EpisodeRecord, read_log, replay
from synth_audit_env.rollouts.resumption import Earlier
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.rollouts.started import start
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.server.llm_actor.rule_writers import RuleWriter, hedge, paraphrase

MEDIUM = {"task_id": "oversight_medium", "seed": 0}


def fussy(task):
    return paraphrase(task) if "LDH" in task.note else hedge(task)


@pytest.fixture
def told(serve, tmp_path) -> EpisodeRecord:
    """An episode of a server whose default is a model."""
    actor = LlmActor("rules", ProseCache(tmp_path / "prose"), RuleWriter(fussy))
    server = serve(environment=partial(SynthAuditEnvironment, tell=actor.tell, actor="llm"))
    with SynthAuditEnv(base_url=server.url).sync() as env:
        started = start(env, MEDIUM)
        turns = play(HeuristicAuditor(), started.opening, lambda action: env.step(action).observation)
        return started.record("heuristic", tuple(turns), None)


def logged(record: EpisodeRecord, tmp_path: Path) -> Path:
    log = tmp_path / "episodes.jsonl"
    log.write_text(record.line(), encoding="utf-8")
    return log


def test_the_log_says_whose_words_they_are(told, tmp_path):
    assert told.options == {**MEDIUM, "actor": "llm"}
    assert told.actor_model == "rules"
    assert 0 < len(told.rewritten) < len(told.outcome.proposals)
    assert read_log(logged(told, tmp_path)) == [told]


def test_it_replays_where_the_script_is_the_default_and_not_where_there_is_no_model(told, tmp_path):
    records = read_log(logged(told, tmp_path))
    env = SynthAuditEnvironment(tell=LlmActor("rules", ProseCache(tmp_path / "prose"), None).tell)
    (again,) = replay(records, lambda options: env.reset(**options), env.step)
    assert again.line() == told.line()
    plain = SynthAuditEnvironment()
    with pytest.raises(EpisodeError, match="no LLM Actor here"):
        list(replay(records, lambda options: plain.reset(**options), plain.step))


def test_a_run_that_is_resumed_knows_it_again(told, tmp_path):
    assert Earlier.read(logged(told, tmp_path), "heuristic").find(MEDIUM) is not None
