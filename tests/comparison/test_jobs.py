"""What is played, and how: a job's line replays, over the wire it is the same, and a sentence says what fails."""

import json
import threading

import pytest

from synth_audit_env.comparison import jobs as module
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.jobs import Job, PlayError, as_they_end, jobs, play_job, seeds
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.comparison.real_run import play_here
from synth_audit_env.tests.patience import PATIENCE_S, wait_until


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


TODO = jobs(["random", "heuristic", "oracle"], seeds("test", ("easy", "expert"), 2))


def played(url, concurrency):
    return module.played(TODO, url, concurrency)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_over_the_wire_as_in_process(server, concurrency):
    with played(server.url, concurrency) as results:
        over_the_wire = {record.line(): episode for record, episode in results}
    expected = [play_here(job) for job in TODO]
    assert over_the_wire == {record.line(): episode_of(record) for record in expected}
    if concurrency == 1:
        assert list(over_the_wire) == [record.line() for record in expected]
    server.wait_for_sessions(0)


def test_a_refusal_names_the_episode(serve):
    full = serve(max_sessions=1)
    with played(full.url, 1) as first, played(full.url, 1) as second:
        next(first)
        with pytest.raises(PlayError, match=r"random did not finish the easy episode of seed 1000000: .*CAPACITY"):
            next(second)


JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


def test_when_one_fails_those_that_run_are_handed_over_and_no_other_begins():
    begun, handed_over, may_end = [], [], threading.Event()

    def play(job):
        begun.append(job.seed)
        if job.seed == 0:
            wait_until(lambda: len(begun) == 3, "three are not begun at once")
            raise ValueError("Job 0 failed.")
        assert may_end.wait(PATIENCE_S)
        return job.seed

    threading.Timer(0.5, may_end.set).start()
    with pytest.raises(ValueError, match=r"^Job 0 failed\.$"):
        handed_over.extend(as_they_end(JOBS, 3, play))
    assert sorted(handed_over) == sorted(set(begun) - {0})
    assert len(begun) < len(JOBS)
