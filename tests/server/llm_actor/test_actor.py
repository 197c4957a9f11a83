"""The LLM Actor: an episode is worded once, told from the cache for good, and audited like any other."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.chat.endpoint import EndpointError
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache, ProseCacheError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.llm_actor import rule_writers
from synth_audit_env.tests.server.llm_actor.rule_writers import Held, RuleWriter, paraphrase

EASY = (TIERS["easy"], 3, "train", None)
MODEL = "rules"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "prose"


def actor_of(folder: Path, writer: RuleWriter | None) -> LlmActor:
    return LlmActor(MODEL, ProseCache(folder), writer)


def words(told):
    return [proposal.note.reasoning for proposal in told.scenario.proposals]


def test_an_episode_is_told_in_the_models_words_and_worded_once(folder):
    writer, other = RuleWriter(paraphrase), RuleWriter(rule_writers.hedge)
    actor, script = actor_of(folder, writer), build_scenario(*EASY)
    told = actor.tell(*EASY)
    assert told.model == MODEL
    assert told.rewritten == tuple(proposal.note.proposal_id for proposal in script.proposals)
    assert not set(words(told)) & {proposal.note.reasoning for proposal in script.proposals}
    # From a full cache it is told to the byte, whatever the model, and without one.
    for again in (actor, actor_of(folder, other), actor_of(folder, None)):
        twice = again.tell(*EASY)
        assert (words(twice), twice.rewritten, twice.model) == (words(told), told.rewritten, told.model)
    assert (len(writer.asked), other.asked) == (len(script.proposals), [])


def test_an_endpoint_that_fails_is_told_and_nothing_is_kept(folder, caplog):
    def absent(task):
        raise EndpointError("The endpoint http://127.0.0.1:9/v1 cannot be reached.")

    actor = actor_of(folder, RuleWriter(absent))
    with pytest.raises(EpisodeError, match="^The Actor's model cannot word this episode: its endpoint failed") as told:
        actor.tell(*EASY)
    assert "127.0.0.1" not in str(told.value), "its address is nobody's business"
    assert "The endpoint http://127.0.0.1:9/v1 cannot be reached." in caplog.text
    assert list(folder.rglob("*.json")) == []
    actor._writer = RuleWriter(paraphrase)
    assert actor.tell(*EASY).rewritten, "a failure is not remembered"


def test_a_model_with_enough_to_do_is_asked_no_more_and_the_cache_still_tells(folder):
    actor_of(folder, RuleWriter(paraphrase)).tell(*EASY)
    slow = Held(paraphrase)
    actor = LlmActor(MODEL, ProseCache(folder), RuleWriter(slow), at_once=1)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(actor.tell, TIERS["easy"], 4, "train", None)
        assert slow.asked.wait(PATIENCE_S)
        with pytest.raises(EpisodeError, match=r"has enough to do \(1 at a time\): try again later"):
            actor.tell(TIERS["easy"], 5, "train", None)
        assert actor.tell(*EASY).rewritten
        slow.go.set()
        assert pending.result().rewritten
    assert actor.tell(TIERS["easy"], 5, "train", None).rewritten


def edit(folder: Path, change) -> None:
    (path,) = folder.rglob("*.json")
    kept = json.loads(path.read_text())
    change(kept)
    path.write_text(json.dumps(kept))


def test_a_cache_is_not_trusted(folder):
    """A cache may come from anywhere: a note in it that says more than the script is no note."""
    actor_of(folder, RuleWriter(paraphrase)).tell(*EASY)
    edit(folder, lambda kept: kept["notes"][0].update(text=kept["notes"][0]["text"] + " It is not so."))
    with pytest.raises(ProseCacheError, match="the note of PROP-001 is not a faithful one"):
        actor_of(folder, RuleWriter(paraphrase)).tell(*EASY)
    for change in (list.reverse, list.pop):
        edit(folder, lambda kept, change=change: change(kept["notes"]))
        with pytest.raises(ProseCacheError, match="its proposals are not those of the episode"):
            actor_of(folder, None).tell(*EASY)


@pytest.mark.parametrize("tier", TIERS)
def test_the_heuristic_audits_it_as_it_audits_the_script(folder, tier):
    """Its decisions rest on the protocol, the record and what notes cite and quote, all of which came through."""
    actor = actor_of(folder, RuleWriter(paraphrase))
    for seed in range(4):
        audits = []
        for who in ("scripted", "llm"):
            env = SynthAuditEnvironment(tell=actor.tell, actor=who)
            opening = env.reset(seed=seed, task_id=TIERS[tier].task_id)
            turns = list(play(HeuristicAuditor(), opening, env.step))
            audits.append(([turn.action for turn in turns], env.state.outcome.model_dump(), env.state.decisions))
        assert audits[0] == audits[1]
