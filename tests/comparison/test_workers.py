"""Playing over the wire: the same bytes as in-process, with any number of workers, and a sentence where it fails."""

import os
import signal
from concurrent.futures import Future
from multiprocessing import active_children
from types import SimpleNamespace

import pytest

from synth_audit_env.comparison import workers
from synth_audit_env.comparison.jobs import Job, Played, jobs, play_job, seeds
from synth_audit_env.comparison.workers import PlayError, played
from synth_audit_env.rollouts.started import NoEnvironmentError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.comparison.made_up import episode

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


JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


class Pool:
    """Where jobs end when they are told to."""

    def __init__(self, ends: list[list[int]], failing: tuple[int, ...] = ()) -> None:
        self.futures: dict[int, Future[Played]] = {}
        self._ends, self._failing = iter(ends), failing

    def submit(self, job):
        return self.futures.setdefault(job.seed, Future())

    def wait(self, futures, return_when):
        """End the next jobs. Those of odd seeds have begun by the first time, and can be cancelled no more."""
        for seed, future in self.futures.items():
            if seed % 2 and not future.running() and not future.done():
                future.set_running_or_notify_cancel()
        ended = next(self._ends)
        for seed in ended:
            if seed in self._failing:
                self.futures[seed].set_exception(ValueError(f"Job {seed} failed."))
            else:
                self.futures[seed].set_result(Played("", episode(seed=seed)))
        done = [self.futures[seed] for seed in ended]
        assert set(done) <= set(futures)
        return SimpleNamespace(done=done)

    def seeds(self, ahead: int, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(workers, "wait", self.wait)
        return (one.episode.seed for one in workers._as_they_end(JOBS, ahead, self.submit))


def test_what_is_over_is_handed_over_whatever_it_overtook(monkeypatch):
    pool = Pool([[2], [1, 0], [4], [3], [5], [6, 7]])
    assert list(pool.seeds(3, monkeypatch)) == [2, 0, 1, 4, 3, 5, 6, 7]
    assert list(pool.futures) == list(range(8))


def test_nothing_runs_far_ahead_of_a_job_that_hangs(monkeypatch):
    pool = Pool([[1], [2], [0], [3, 4, 5], [6, 7]])
    seeds = pool.seeds(3, monkeypatch)
    assert [next(seeds), next(seeds)] == [1, 2]
    assert list(pool.futures) == [0, 1, 2]
    assert list(seeds) == [0, 3, 4, 5, 6, 7]


def test_when_one_fails_those_that_have_begun_are_kept_and_no_other_begins(monkeypatch):
    pool = Pool([[2, 0], [3, 1]], failing=(0, 1))
    played: list[int] = []
    with pytest.raises(ValueError, match=r"^Job 0 failed\.$"):
        played.extend(pool.seeds(5, monkeypatch))
    assert played == [2, 3]
    assert [seed for seed, future in pool.futures.items() if future.cancelled()] == [4]
    assert len(pool.futures) == 5


def test_no_jobs():
    assert list(workers._as_they_end([], 3, Pool([]).submit)) == []
