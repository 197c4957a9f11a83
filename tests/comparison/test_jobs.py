"""What is played, by whom and how: over the wire it is the same as here, and a sentence says what fails."""

import json

import pytest

from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison.agents import KEYLESS
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.jobs import Job, PlayError, jobs, play_all, play_job, seeds
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.comparison.real_run import play_here


def test_a_split_has_its_seeds_and_an_end():
    assert seeds("reference", ("easy", "medium"), 200) == dict.fromkeys(("easy", "medium"), (42, 137, 256, 512, 1024))
    with pytest.raises(EpisodeError, match="out of range"):
        seeds("test", ("easy",), 100_001)


@pytest.mark.parametrize("agent", KEYLESS)
def test_each_agent_plays_to_the_end_under_its_name(agent):
    record = play_here(Job(agent, "hard", 1_000_004))
    assert record.agent == agent
    assert len(record.outcome.proposals) >= 8
    assert agent != "oracle" or record.outcome.score == 1.0


def test_what_a_server_does_by_default_decides_nothing():
    """Notes in a model's words, say, which it would be no part of the results to have been."""

    def reworded(*_):
        raise AssertionError("the Actor was asked for its own words")

    other = SynthAuditEnvironment(tell=reworded, actor="llm")
    job = Job("heuristic", "easy", 1_000_005)
    line = play_job(job, lambda options: other.reset(**options), other.step, ReactSettings()).line()
    assert line == play_here(job).line()
    options = {"task_id": "oversight_easy", "seed": 1_000_005, "actor": "scripted", "settlement": "terminal"}
    assert json.loads(line)["options"] == options


TODO = jobs(["random", "heuristic", "oracle"], seeds("test", ("easy", "expert"), 2))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_over_the_wire_as_in_process(server, concurrency):
    kept = []
    play_all(TODO, ReactSettings(), server.url, concurrency, kept.append)
    over_the_wire = {record.line(): episode for record, episode in kept}
    expected = [play_here(job) for job in TODO]
    assert over_the_wire == {record.line(): episode_of(record) for record in expected}
    if concurrency == 1:
        assert list(over_the_wire) == [record.line() for record in expected]
    server.wait_for_sessions(0)


def test_a_refusal_names_the_episode_and_those_under_way_are_kept(serve):
    two, kept = serve(max_sessions=2), []
    with pytest.raises(PlayError, match=r" did not finish the \w+ episode of seed 100000\d: .*CAPACITY"):
        play_all(TODO, ReactSettings(), two.url, 3, kept.append)
    assert 0 < len(kept) < len(TODO)
    two.wait_for_sessions(0)
