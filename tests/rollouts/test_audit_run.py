"""Which episodes a run is of; and where a model words the notes, its log says so and replays where they can be had."""

import json
from functools import partial
from io import StringIO

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.audit_run import REFERENCE_SEEDS, AuditRequest, AuditRun
from synth_audit_env.rollouts.episode_log import record_of
from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.rollouts.recorded import replayed
from synth_audit_env.tests.server.llm_actor.rule_writers import RuleWriter, hedge, paraphrase

TASKS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")


def errors(task: str, seed: int) -> int:
    env = SynthAuditEnvironment()
    env.reset(task_id=task, seed=seed)
    env.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    return sum(proposal.is_wrong for proposal in env.state.outcome.proposals)


@pytest.mark.parametrize("split", [None, "reference"])
def test_every_reference_seed_is_played_once_and_has_an_error_to_meet(split):
    for task in TASKS:
        seeds = [options["seed"] for options in AuditRequest((task,), episodes=5, split=split).options()]
        assert seeds == list(REFERENCE_SEEDS)
        assert split or all(errors(task, seed) > 0 for seed in seeds)


MEDIUM = {"task_id": "oversight_medium", "seed": 0}


def fussy(task):
    """Of some notes what is taken, of others what is refused."""
    return paraphrase(task) if len(task.note) % 2 else hedge(task)


@pytest.fixture
def worded(serve, tmp_path):
    """An episode of a server whose default is a model."""
    actor = LlmActor("rules", ProseCache(tmp_path / "prose"), RuleWriter(fussy))
    server = serve(environment=partial(SynthAuditEnvironment, tell=actor.tell, actor="llm"))
    log = StringIO()
    AuditRun(AuditRequest((MEDIUM["task_id"],), seed=MEDIUM["seed"], quiet=True), HeuristicAuditor(), log).audit(
        server.url
    )
    return record_of(json.loads(log.getvalue()))


def test_it_replays_where_the_script_is_the_default_and_not_where_there_is_no_model(worded, tmp_path):
    assert (worded.options, worded.actor_model) == ({**MEDIUM, "actor": "llm"}, "rules")
    assert 0 < len(worded.rewritten) < len(worded.outcome.proposals)
    tell = LlmActor("rules", ProseCache(tmp_path / "prose"), None).tell
    assert replayed([worded], SynthAuditEnvironment(tell=tell)) == worded.line()
    with pytest.raises(EpisodeError, match="no LLM Actor here"):
        replayed([worded])
