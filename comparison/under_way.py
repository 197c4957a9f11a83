"""Keeps jobs under way somewhere else, so many that nobody waits for us, and hands over what they came to as they end.

    for one in as_they_end(jobs, 8, start=pool_submit, over=first_completed, result=Future.result, left=not_cancelled):
        folder.add(one)                      # not in the order of the jobs: whichever was over first

Where jobs are played and what a handle is, a future or a reference, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from synth_audit_env.comparison.jobs import Job, Played

Handle = TypeVar("Handle")


def as_they_end(
    jobs: Sequence[Job],
    ahead: int,
    *,
    start: Callable[[Job], Handle],
    over: Callable[[list[Handle]], Iterable[Handle]],
    result: Callable[[Handle], Played],
    left: Callable[[list[Handle]], list[Handle]],
) -> Iterator[Played]:
    """Play jobs, and yield what was played as soon as it is there.

    Args:
        jobs: What to play.
        ahead: Jobs that are handed out from the first one on that is not over, at least 1: a job that hangs is not
            overtaken by more than that, since what overtook it is held in memory.
        start: Hands a job out.
        over: Waits until one of these is over at least, and says which are.
        result: What a job that is over came to. It raises for one that could not be played.
        left: Of jobs under way when another one fails, those whose end is waited for; it stops the others.

    Raises:
        Exception: That of the first job that failed, after what the others came to is handed over.
    """
    under_way: dict[Handle, int] = {}
    handed_out, failure = 0, None
    while True:
        first = min(under_way.values(), default=handed_out)
        while failure is None and handed_out < min(first + ahead, len(jobs)):
            under_way[start(jobs[handed_out])] = handed_out
            handed_out += 1
        if not under_way:
            break
        for handle in sorted(over(list(under_way)), key=under_way.__getitem__):
            del under_way[handle]
            try:
                one = result(handle)
            except Exception as problem:  # noqa: BLE001  # it is raised when the others are handed over
                failure = failure or problem
            else:
                yield one
        if failure is not None:
            under_way = {handle: under_way[handle] for handle in left(list(under_way))}
    if failure is not None:
        raise failure
