"""Refuses a run before it begins where an opening of its episodes does not fit the context that its model is given.

    check_context(auditor, [{"task_id": "oversight_frontier", "level": 8, "seed": 1_000_000}], reset)

The figure is an estimate from characters, on the safe side, as that of the chat itself (`agents/react/context.py`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError
from ..episode_line import task_name
from .episode_log import Reset
from .rollout import Auditor

AMPLE = 1.25
"""How much longer than the first opening of a task the others are at most. They differed by a sixth in 12 to 40 test
episodes of each tier."""


def check_context(auditor: Auditor, episodes: Iterable[Mapping[str, Any]], reset: Reset) -> None:
    """Check every episode, by reset's options, for which the first one of its task leaves a doubt.

    Raises:
        ContextError: One of them does not fit. The sentence names the flag and what it must be for the longest.
    """
    if not isinstance(auditor, ReactAuditor):
        return
    given, needed = auditor.budget.max_context, dict[str, int]()
    for options in episodes:
        task = task_name(options)
        if AMPLE * needed.get(task, given) > given:
            needed[task] = max(needed.get(task, 0), auditor.talk(reset(options)).needed)
    longest = max(needed, key=lambda task: needed[task], default="")
    if longest and needed[longest] > given:
        raise ContextError(
            f"{longest} needs a --max-context of at least {needed[longest]}, for its longest opening and an answer of "
            f"{auditor.budget.max_tokens} tokens (--max-tokens), but it is {given}: no audit was begun."
        )
