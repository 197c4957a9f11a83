"""What is played, and how: a job's line replays, over the wire it is the same, and a sentence says what fails."""

import json
import threading
from queue import SimpleQueue

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


def test_no_more_run_at_once_than_asked_for(server, monkeypatch):
    at_work, most = [], []

    def counting(job, *session):
        at_work.append(job)
        most.append(len(at_work))
        wait_until(lambda: len(most) >= 3, "three are not begun at once")
        one = play(job, *session)
        at_work.remove(job)
        return one

    play = module.play_job
    monkeypatch.setattr(module, "play_job", counting)
    with played(server.url, 3) as results:
        assert len(list(results)) == len(TODO)
    assert max(most) == 3


def test_whoever_leaves_does_not_wait_for_an_answer(server, monkeypatch):
    left = threading.Event()
    monkeypatch.setattr(module, "play_job", lambda *_: left.wait(PATIENCE_S))

    class Interrupted(SimpleQueue):
        def get(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "SimpleQueue", Interrupted)
    with played(server.url, 2) as results, pytest.raises(KeyboardInterrupt):
        next(results)
    left.set()
    server.wait_for_sessions(0)


JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


class Pool:
    """Where jobs end when they are told to, and the result of a job is its seed."""

    def __init__(self, failing=()):
        self.begun, self._failing = [], failing
        self._ends = [threading.Event() for _ in JOBS]

    def play(self, job):
        self.begun.append(job.seed)
        assert self._ends[job.seed].wait(PATIENCE_S)
        if job.seed in self._failing:
            raise ValueError(f"Job {job.seed} failed.")
        return job.seed

    def end(self, *seeds):
        for seed in seeds:
            self._ends[seed].set()

    def seeds(self, at_once):
        return as_they_end(JOBS, at_once, self.play)


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
    pool = Pool(failing=range(8))
    pool.end(*range(8))
    with pytest.raises(ValueError, match=r"^Job \d failed\.$"):
        next(pool.seeds(2))
    assert sorted(pool.begun) == [0, 1, 2, 3]
