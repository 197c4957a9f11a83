"""What is played, in which order, and that a job's line is an episode that replays."""

import json

import pytest

from synth_audit_env.comparison.jobs import Job, play_job, seeds
from synth_audit_env.episode_line import PACKAGE_VERSION
from synth_audit_env.rollouts.episode_log import iterate_log, replay
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.tasks import split_of
from synth_audit_env.tests.comparison.real_run import play_here


def test_a_split_has_its_seeds_and_an_end():
    assert seeds("reference", ("easy", "medium"), 200) == dict.fromkeys(("easy", "medium"), (42, 137, 256, 512, 1024))
    with pytest.raises(EpisodeError, match="out of range"):
        seeds("test", ("easy",), 100_001)


def test_what_a_server_does_by_default_decides_nothing():
    """Notes in a model's words, say, which it would be no part of the results to have been."""

    def reworded(*_):
        raise AssertionError("the Actor was asked for its own words")

    other = SynthAuditEnvironment(tell=reworded, actor="llm")
    job = Job("heuristic", "easy", 1_000_005)
    line = play_job(job, lambda options: other.reset(**options), other.step).line()
    assert line == play_here(job).line()
    options = {"task_id": "oversight_easy", "seed": 1_000_005, "actor": "scripted", "settlement": "terminal"}
    assert json.loads(line)["options"] == options


@pytest.mark.parametrize("seed", [1_000_005, 42])
def test_a_line_replays(seed, tmp_path):
    line = play_here(Job("heuristic", "medium", seed)).line()
    fields = json.loads(line)
    assert (fields["agent"], fields["seed"], fields["split"]) == ("heuristic", seed, split_of(seed)[0])
    assert fields["version"] == PACKAGE_VERSION
    assert "usage" not in fields
    log, env = tmp_path / "log.jsonl", SynthAuditEnvironment()
    log.write_text(line, encoding="utf-8")
    (again,) = replay(iterate_log(log), lambda options: env.reset(**options), env.step)
    assert again.line() == line
