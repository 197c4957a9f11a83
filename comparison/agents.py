"""The agents of an evaluation by name, and how one is made for an episode.

    make = maker("heuristic-12-calls", ReactSettings())    # raises RequestError for a name that stands for none
    auditor = make("hard", 1_000_007)

Those of KEYLESS need no key, and nothing but this package. `react:MODEL` asks a model at an endpoint.
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
from ..agents.react.settings import ReactSettings, react_auditor
from ..rollouts.rollout import Auditor
from . import RequestError
from .episodes import scenario
from .oracle import Oracle

Make = Callable[[str, int], Auditor]
"""Makes the auditor of one episode, from its tier and seed. Only the oracle may look at them."""

CALLS = (12, 24)
"""Evidence that the limited heuristics may ask for: all that an easy episode needs, and twice that. The rest they
approve, and say with their confidence that they have not looked."""


def _of_any_episode(make: Callable[[], Auditor]) -> Make:
    return lambda tier, seed: make()


KEYLESS: Mapping[str, Make] = {
    **{name: _of_any_episode(partial(baseline, name)) for name in BASELINES},
    **{f"heuristic-{calls}-calls": _of_any_episode(partial(HeuristicAuditor, Limits(calls=calls))) for calls in CALLS},
    "heuristic": _of_any_episode(HeuristicAuditor),
    "heuristic-reads-notes": _of_any_episode(NoteReadingAuditor),
    "oracle": lambda tier, seed: Oracle(scenario(tier, seed)),
}
"""In the order of the table."""
REACT = "react:"
"""The beginning of the names of agents that ask a model."""
TOLD_THE_LABELS = frozenset({"oracle"})


def label(name: str) -> str:
    """The name of an agent in tables, with a mark if it was given what the others must find out."""
    return f"{name} (told the labels)" if name in TOLD_THE_LABELS else name


def model_settings(name: str, react: ReactSettings) -> Mapping[str, Any] | None:
    """The settings that the agent's model is asked with, as logs keep them; None without a model."""
    return _of_model(name, react).settings if name.startswith(REACT) else None


def maker(name: str, react: ReactSettings) -> Make:
    """The function that makes the agent of that name. The name of a ReAct agent contains that of its model.

    Raises:
        RequestError: There is no such agent.
        EndpointError: The model of a ReAct agent is not available.
    """
    if name in KEYLESS:
        return KEYLESS[name]
    if name.startswith(REACT) and name != REACT:
        auditor = _of_model(name, react)
        return lambda tier, seed: copy(auditor)  # which holds an episode, and may be one of several at once
    raise RequestError(f"There is no agent {name!r}: they are {', '.join(KEYLESS)} and react:MODEL.")


@lru_cache(maxsize=16)
def _of_model(name: str, react: ReactSettings) -> ReactAuditor:
    """One for a whole process, since making it asks the model a first question. Each episode resets it."""
    return react_auditor(replace(react, model=name.removeprefix(REACT)), os.environ)
