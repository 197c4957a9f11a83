"""Playing over the wire: the same bytes as in-process, with any number of workers, and a sentence where it fails."""

import os
import signal
from multiprocessing import active_children

import pytest

from synth_audit_env.comparison.jobs import Job, jobs, play_job, seeds
from synth_audit_env.comparison.workers import PlayError, played
from synth_audit_env.rollouts.started import NoEnvironmentError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

TODO = list(jobs(["random", "heuristic", "oracle"], seeds("test", ("easy", "expert"), 2)))


def in_process():
    env = SynthAuditEnvironment()
    return [play_job(job, lambda options: env.reset(**options), env.step) for job in TODO]


def test_over_the_wire_as_in_process(server):
    with played(TODO, server.url, workers=1) as results:
        over_the_wire = list(results)
    expected = in_process()
    assert [one.line for one in over_the_wire] == [one.line for one in expected]
    assert [one.episode for one in over_the_wire] == [one.episode for one in expected]
    server.wait_for_sessions(0)


@pytest.mark.slow
def test_two_workers_give_the_same(server):
    with played(TODO, server.url, workers=2) as results:
        assert sorted(one.line for one in results) == sorted(one.line for one in in_process())
    server.wait_for_sessions(0)


def test_nobody_listens():
    with (
        pytest.raises(NoEnvironmentError, match=r"No environment answers at http://127\.0\.0\.1:9"),
        played(TODO, "http://127.0.0.1:9", workers=1) as results,
    ):
        next(results)


def test_a_refusal_names_the_episode(serve):
    full = serve(max_sessions=1)
    with played(TODO, full.url, workers=1) as first, played(TODO, full.url, workers=1) as second:
        next(first)
        with pytest.raises(PlayError, match=r"random did not finish the easy episode of seed 1000000: .*CAPACITY"):
            next(second)


@pytest.mark.slow
def test_a_refusal_comes_home_from_a_worker():
    with (
        pytest.raises(NoEnvironmentError, match=r"No environment answers at http://127\.0\.0\.1:9"),
        played(TODO, "http://127.0.0.1:9", workers=2) as results,
    ):
        next(results)
    assert active_children() == []


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_the_run_in_words(server):
    many = [Job("heuristic", "expert", 1_000_000 + number) for number in range(500)]
    with played(many, server.url, workers=2) as results:
        next(results)
        os.kill(active_children()[0].pid, signal.SIGKILL)
        with pytest.raises(PlayError, match="A worker process ended"):
            list(results)
    assert active_children() == []
