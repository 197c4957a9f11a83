"""What is played, in which order, and that a job's line is an episode that replays."""

import json

import pytest

from synth_audit_env.comparison.jobs import Job, jobs, play_job, seeds
from synth_audit_env.episode_line import PACKAGE_VERSION
from synth_audit_env.rollouts.episode_log import iterate_log, replay
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.tasks import split_of


def test_all_agents_play_the_same_seeds_in_the_same_order():
    todo = list(jobs(["flag-all", "heuristic"], seeds("test", ("easy", "hard"), 3)))
    assert [(job.tier, job.seed) for job in todo if job.agent == "heuristic"] == [
        (tier, 1_000_000 + index) for tier in ("easy", "hard") for index in range(3)
    ]
    assert [job.agent for job in todo] == ["flag-all"] * 6 + ["heuristic"] * 6


def test_the_reference_split_has_its_five_seeds():
    assert seeds("reference", ("easy", "medium"), 200) == dict.fromkeys(("easy", "medium"), (42, 137, 256, 512, 1024))


def test_a_split_has_an_end():
    with pytest.raises(EpisodeError, match="out of range"):
        seeds("test", ("easy",), 100_001)


def test_what_a_server_does_by_default_decides_nothing():
    """Notes in a model's words, say, which it would be no part of the results to have been."""

    def reworded(*_):
        raise AssertionError("the Actor was asked for its own words")

    plain, other = SynthAuditEnvironment(), SynthAuditEnvironment(tell=reworded, actor="llm")
    job = Job("heuristic", "easy", 1_000_005)
    lines = [play_job(job, lambda options, env=env: env.reset(**options), env.step).line for env in (plain, other)]
    assert lines[0] == lines[1]
    assert json.loads(lines[0])["options"] == {
        "task_id": "oversight_easy",
        "seed": 1_000_005,
        "actor": "scripted",
        "settlement": "terminal",
    }


@pytest.mark.parametrize("seed", [1_000_005, 42])
def test_a_line_replays(seed, tmp_path):
    env = SynthAuditEnvironment()
    one = play_job(Job("heuristic", "medium", seed), lambda options: env.reset(**options), env.step)
    fields = json.loads(one.line)
    assert (fields["agent"], fields["seed"], fields["split"]) == ("heuristic", seed, split_of(seed)[0])
    assert fields["version"] == PACKAGE_VERSION
    assert "usage" not in fields
    log = tmp_path / "log.jsonl"
    log.write_text(one.line, encoding="utf-8")
    (again,) = replay(iterate_log(log), lambda options: env.reset(**options), env.step)
    assert again.line() == one.line
