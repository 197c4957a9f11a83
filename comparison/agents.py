"""The agents of an evaluation by name, and how one is made for an episode.

    make = maker("heuristic-12-calls", ReactSettings())    # raises RequestError for a name that stands for none
    auditor = make("hard", 1_000_007)

Those of KEYLESS need no key, and all but text-only nothing but this package. `react:MODEL` asks a model at an endpoint,
and `local:PATH` a checkpoint in this process.
"""

import os
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from ..agents.baselines import BASELINES, baseline
from ..agents.heuristic import HeuristicAuditor, NoteReadingAuditor
from ..agents.limits import Limits
from ..agents.react.agent import ReactAuditor
from ..agents.react.settings import ReactSettings, local_auditor, react_auditor
from ..rollouts.rollout import Auditor
from . import NEEDS_EVAL, RequestError, has_eval
from .episodes import scenario
from .oracle import Oracle
from .text_only import TextOnlyAuditor, trained

Make = Callable[[str, int], Auditor]
"""Makes the auditor of one episode, from its tier and seed. Only the oracle may look at them."""

TEXT_ONLY = "text-only"
"""The one agent of KEYLESS that needs the extra `eval`."""
CALLS = (12, 24)
"""Evidence that the limited heuristics may ask for: all that an easy episode needs, and twice that. The rest they
approve, and say with their confidence that they have not looked."""


def _of_any_episode(make: Callable[[], Auditor]) -> Make:
    return lambda tier, seed: make()


KEYLESS: Mapping[str, Make] = {
    **{name: _of_any_episode(partial(baseline, name)) for name in BASELINES},
    TEXT_ONLY: lambda tier, seed: TextOnlyAuditor(trained(tier)),
    **{f"heuristic-{calls}-calls": _of_any_episode(partial(HeuristicAuditor, Limits(calls=calls))) for calls in CALLS},
    "heuristic": _of_any_episode(HeuristicAuditor),
    "heuristic-reads-notes": _of_any_episode(NoteReadingAuditor),
    "oracle": lambda tier, seed: Oracle(scenario(tier, seed)),
}
"""In the order of the table."""
REACT, LOCAL = "react", "local"
"""The beginning of the names of agents that ask a model, up to a colon."""
TOLD_THE_LABELS = frozenset({"oracle"})
NO_EXAMPLE = frozenset({*BASELINES, TEXT_ONLY, *TOLD_THE_LABELS})
"""Agents that do not decide by evidence. Where they score well it was luck, or the labels: nothing is learnt from their
episodes."""


def label(name: str) -> str:
    """The name of an agent in tables, with a mark if it was given what the others must find out."""
    return f"{name} (told the labels)" if name in TOLD_THE_LABELS else name


def kind_of(name: str) -> str | None:
    """REACT or LOCAL for an agent that asks a model; None for any other."""
    kind, _, which = name.partition(":")
    return kind if kind in (REACT, LOCAL) and which else None


def model_settings(name: str, react: ReactSettings) -> Mapping[str, Any] | None:
    """The settings that the agent's model is asked with, as logs keep them; None without a model."""
    kind = kind_of(name)
    return _OF_MODELS[kind](_of_model(name, react)).settings if kind else None


def maker(name: str, react: ReactSettings) -> Make:
    """The function that makes the agent of that name. The name of a ReAct agent contains that of its model.

    Raises:
        RequestError: There is no such agent, or not without an extra that is not installed.
        EndpointError, LocalModelError: The model of a ReAct agent is not available.
    """
    if name == TEXT_ONLY and not has_eval():
        raise RequestError(f"{name} needs {NEEDS_EVAL}.")
    if name in KEYLESS:
        return KEYLESS[name]
    if kind := kind_of(name):
        auditor = _OF_MODELS[kind](_of_model(name, react))
        return lambda tier, seed: copy(auditor)  # which holds an episode, and may be one of several at once
    raise RequestError(f"There is no agent {name!r}: they are {', '.join(KEYLESS)}, react:MODEL and local:PATH.")


def _of_model(name: str, react: ReactSettings) -> ReactSettings:
    return replace(react, model=name.partition(":")[2])


# One for a whole process, since making it loads a model, or asks one a first question. Each episode resets it.
_OF_MODELS: Mapping[str, Callable[[ReactSettings], ReactAuditor]] = {
    REACT: lru_cache(maxsize=16)(lambda settings: react_auditor(settings, os.environ)),
    # One chat at a time: what an answer is depends a little on the batch it is in, and an episode must not on others.
    LOCAL: lru_cache(maxsize=1)(lambda settings: local_auditor(settings)[1]),
}
