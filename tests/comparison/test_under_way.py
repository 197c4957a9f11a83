"""Jobs that end in any order: what is finished is handed over at once, and nothing runs far ahead of the first."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from synth_audit_env.comparison.jobs import Job, Played
from synth_audit_env.comparison.under_way import as_they_end
from synth_audit_env.tests.comparison.made_up import episode

JOBS = [Job("heuristic", "hard", seed) for seed in range(8)]


class Elsewhere:
    """Where jobs end when they are told to; a handle is a seed."""

    def __init__(self, ends: Iterable[list[int]], failing: Iterable[int] = ()) -> None:
        self.started: list[int] = []
        self.stopped: list[int] = []
        self._ends, self._failing = iter(ends), set(failing)

    def start(self, job: Job) -> int:
        self.started.append(job.seed)
        return job.seed

    def over(self, handles: list[int]) -> list[int]:
        ended = next(self._ends)
        assert set(ended) <= set(handles)
        return ended

    def result(self, handle: int) -> Played:
        if handle in self._failing:
            raise ValueError(f"Job {handle} failed.")
        return Played("", episode(seed=handle))

    def left(self, handles: list[int]) -> list[int]:
        """Odd ones have begun."""
        self.stopped += [handle for handle in handles if handle % 2 == 0]
        return [handle for handle in handles if handle % 2]

    def seeds(self, ahead: int) -> Iterable[int]:
        played = as_they_end(JOBS, ahead, start=self.start, over=self.over, result=self.result, left=self.left)
        for one in played:
            yield one.episode.seed


def test_what_is_over_is_handed_over_whatever_it_overtook() -> None:
    elsewhere = Elsewhere([[2], [1, 0], [4], [3], [5], [6, 7]])
    assert list(elsewhere.seeds(3)) == [2, 0, 1, 4, 3, 5, 6, 7]
    assert elsewhere.started == list(range(8))


def test_nothing_runs_far_ahead_of_a_job_that_hangs() -> None:
    elsewhere = Elsewhere([[1], [2], [0], [3, 4, 5], [6, 7]])
    seeds = iter(elsewhere.seeds(3))
    assert [next(seeds), next(seeds)] == [1, 2]
    assert elsewhere.started == [0, 1, 2]
    assert list(seeds) == [0, 3, 4, 5, 6, 7]


def test_when_one_fails_those_that_have_begun_are_kept_and_no_other_begins() -> None:
    elsewhere = Elsewhere([[2, 0], [3, 1]], failing=[0, 1])
    played: list[int] = []
    with pytest.raises(ValueError, match=r"^Job 0 failed\.$"):
        played.extend(elsewhere.seeds(5))
    assert played == [2, 3]
    assert (elsewhere.started, elsewhere.stopped) == ([0, 1, 2, 3, 4], [4])


def test_no_jobs() -> None:
    assert list(as_they_end([], 3, start=lambda job: 0, over=list, result=repr, left=list)) == []
