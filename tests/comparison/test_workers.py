"""Playing over the wire: the same bytes as in-process, however many play at once, and a sentence where it fails."""

import threading
from queue import SimpleQueue

import pytest

from synth_audit_env.comparison import workers
from synth_audit_env.comparison.jobs import Job, Played, jobs, play_job, seeds
from synth_audit_env.comparison.workers import PlayError, as_they_end, played
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

    class Interrupted(SimpleQueue):
        def get(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(workers, "SimpleQueue", Interrupted)
    with played(TODO, server.url, concurrency=2) as results, pytest.raises(KeyboardInterrupt):
        next(results)
    left.set()
    server.wait_for_sessions(0)


JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


class Pool:
    """Where jobs end when they are told to."""

    def __init__(self, failing: tuple[int, ...] = (), **may) -> None:
        self.begun: list[int] = []
        self._ends = [threading.Event() for _ in JOBS]
        self._failing, self._may = failing, may

    def play(self, job):
        self.begun.append(job.seed)
        assert self._ends[job.seed].wait(PATIENCE_S)
        if job.seed in self._failing:
            raise ValueError(f"Job {job.seed} failed.")
        return Played("", episode(seed=job.seed))

    def end(self, *seeds: int) -> None:
        for seed in seeds:
            self._ends[seed].set()

    def seeds(self, at_once: int):
        return (one.episode.seed for one in as_they_end(JOBS, at_once, self.play, **self._may))


def test_what_is_over_is_handed_over_whatever_it_overtook():
    pool = Pool()
    seeds, handed_over = pool.seeds(3), []
    for seed in (2, 1, 3, 4, 5, 6, 7, 0):
        pool.end(seed)
        handed_over.append(next(seeds))
    assert handed_over == [2, 1, 3, 4, 5, 6, 7, 0]
    assert sorted(pool.begun) == list(range(8))
    assert list(seeds) == []


def test_when_one_fails_the_others_are_played():
    pool, handed_over = Pool(failing=(0, 1)), []
    pool.end(*range(8))
    with pytest.raises(ValueError, match=r"^Job [01] failed\.$"):
        handed_over.extend(pool.seeds(5))
    assert sorted(handed_over) == [2, 3, 4, 5, 6, 7]


def test_when_all_fail_no_other_begins():
    pool = Pool(failing=tuple(range(8)))
    pool.end(*range(8))
    with pytest.raises(ValueError, match=r"^Job \d failed\.$"):
        next(pool.seeds(2))
    assert sorted(pool.begun) == [0, 1, 2, 3]


def test_what_may_not_begin_waits_for_those_that_run_and_ends_it_where_none_does():
    paid: list[str] = []
    pool = Pool(may_begin=lambda job: job.seed < 2 + len(paid))
    seeds = pool.seeds(3)
    pool.end(1)
    assert next(seeds) == 1
    paid.append("for one more")
    pool.end(0, 2)
    assert sorted(seeds) == [0, 2]
    assert sorted(pool.begun) == [0, 1, 2]


def test_no_jobs():
    assert list(as_they_end([], 3, Pool().play)) == []
