"""Playing over the wire: the same bytes as in-process, however many play at once, and a sentence where it fails."""

import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from synth_audit_env.comparison import workers
from synth_audit_env.comparison.jobs import Job, Played, jobs, play_job, seeds
from synth_audit_env.comparison.workers import PlayError, played
from synth_audit_env.rollouts.environment import NoEnvironmentError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.comparison.made_up import episode
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

TODO = list(jobs(["random", "heuristic", "oracle"], seeds("test", ("easy", "expert"), 2)))


def in_process():
    env = SynthAuditEnvironment()
    return [play_job(job, lambda options: env.reset(**options), env.step) for job in TODO]


def test_over_the_wire_as_in_process(server):
    with played(TODO, server.url, concurrency=1) as results:
        over_the_wire = list(results)
    expected = in_process()
    assert [one.line for one in over_the_wire] == [one.line for one in expected]
    assert [one.episode for one in over_the_wire] == [one.episode for one in expected]
    server.wait_for_sessions(0)


def test_four_at_once_give_the_same(server):
    with played(TODO, server.url, concurrency=4) as results:
        assert sorted(one.line for one in results) == sorted(one.line for one in in_process())
    server.wait_for_sessions(0)


def test_nobody_listens():
    with (
        pytest.raises(NoEnvironmentError, match=r"No environment answers at http://127\.0\.0\.1:9"),
        played(TODO, "http://127.0.0.1:9", concurrency=1) as results,
    ):
        next(results)


def test_a_refusal_names_the_episode(serve):
    full = serve(max_sessions=1)
    with played(TODO, full.url, concurrency=1) as first, played(TODO, full.url, concurrency=1) as second:
        next(first)
        with pytest.raises(PlayError, match=r"random did not finish the easy episode of seed 1000000: .*CAPACITY"):
            next(second)


def test_no_more_are_under_way_than_asked_for(server, monkeypatch):
    at_work, most = [], []

    def counting(job, env):
        at_work.append(job)
        most.append(len(at_work))
        wait_until(lambda: len(most) >= 3, "three are not begun at once")
        one = play(job, env)
        at_work.remove(job)
        return one

    play = workers._play
    monkeypatch.setattr(workers, "_play", counting)
    with played(TODO, server.url, concurrency=3) as results:
        assert len(list(results)) == len(TODO)
    assert max(most) == 3


def test_whoever_leaves_does_not_wait_for_an_answer(server, monkeypatch):
    left = threading.Event()
    monkeypatch.setattr(workers, "_play", lambda job, env: left.wait(PATIENCE_S))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "wait", interrupted)
    with played(TODO, server.url, concurrency=2) as results, pytest.raises(KeyboardInterrupt):
        next(results)
    left.set()
    server.wait_for_sessions(0)


JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


class Pool:
    """Where jobs end when they are told to."""

    def __init__(self, ends: list[list[int]], failing: tuple[int, ...] = ()) -> None:
        self.futures: dict[int, Future[Played]] = {}
        self._ends, self._failing = iter(ends), failing

    def submit(self, job):
        return self.futures.setdefault(job.seed, Future())

    def wait(self, futures, return_when):
        """End the next jobs."""
        ended = next(self._ends)
        for seed in ended:
            if seed in self._failing:
                self.futures[seed].set_exception(ValueError(f"Job {seed} failed."))
            else:
                self.futures[seed].set_result(Played("", episode(seed=seed)))
        done = [self.futures[seed] for seed in ended]
        assert set(done) <= set(futures)
        return SimpleNamespace(done=done)

    def seeds(self, at_once: int, monkeypatch: pytest.MonkeyPatch, **may):
        monkeypatch.setattr(workers, "wait", self.wait)
        return (one.episode.seed for one in workers._as_they_end(JOBS, at_once, self.submit, **may))


def test_what_is_over_is_handed_over_whatever_it_overtook(monkeypatch):
    pool = Pool([[2], [1, 0], [4], [3], [5], [6, 7]])
    assert list(pool.seeds(3, monkeypatch)) == [2, 0, 1, 4, 3, 5, 6, 7]
    assert list(pool.futures) == list(range(8))


def test_nothing_runs_far_ahead_of_a_job_that_hangs(monkeypatch):
    monkeypatch.setattr(workers, "_AHEAD", 1)
    pool = Pool([[1], [2], [0], [3, 4, 5], [6, 7]])
    seeds = pool.seeds(3, monkeypatch)
    assert [next(seeds), next(seeds)] == [1, 2]
    assert list(pool.futures) == [0, 1, 2]
    assert list(seeds) == [0, 3, 4, 5, 6, 7]


def test_when_one_fails_the_others_are_played(monkeypatch):
    pool = Pool([[2, 0], [3, 1], [4], [5, 6, 7]], failing=(0, 1))
    played: list[int] = []
    with pytest.raises(ValueError, match=r"^Job 0 failed\.$"):
        played.extend(pool.seeds(5, monkeypatch))
    assert played == [2, 3, 4, 5, 6, 7]


def test_when_all_fail_no_other_begins(monkeypatch):
    pool = Pool([[0, 1], [2, 3]], failing=tuple(range(8)))
    with pytest.raises(ValueError, match=r"^Job 0 failed\.$"):
        next(pool.seeds(2, monkeypatch))
    assert list(pool.futures) == [0, 1, 2, 3]


def test_what_may_not_begin_waits_for_those_under_way_and_ends_it_where_there_are_none(monkeypatch):
    pool, paid = Pool([[1], [0, 2]]), []
    seeds = pool.seeds(3, monkeypatch, may_begin=lambda job: job.seed < 2 + len(paid))
    assert next(seeds) == 1
    assert list(pool.futures) == [0, 1]
    paid.append("for one more")
    assert list(seeds) == [0, 2]
    assert list(pool.futures) == [0, 1, 2]


def test_no_jobs():
    assert list(workers._as_they_end([], 3, Pool([]).submit)) == []
