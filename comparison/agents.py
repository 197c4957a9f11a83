"""The agents of an evaluation by name, and how one is made for an episode.

    model_settings("heuristic-12-calls", ReactSettings())      # raises RequestError for a name that stands for none
    auditor = auditor_of("heuristic-12-calls", ReactSettings(), "hard", 1_000_007)

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

CALLS = (12, 24)
"""Evidence that the limited heuristics may ask for: all that an easy episode needs, and twice that. The rest they
approve, and say with their confidence that they have not looked."""
ORACLE = "oracle"
"""The one agent that is told the labels."""
_KEYLESS: Mapping[str, Callable[[], Auditor]] = {
    **{name: partial(baseline, name) for name in BASELINES},
    **{f"heuristic-{calls}-calls": partial(HeuristicAuditor, Limits(calls=calls)) for calls in CALLS},
    "heuristic": HeuristicAuditor,
    "heuristic-reads-notes": NoteReadingAuditor,
}
KEYLESS = (*_KEYLESS, ORACLE)
"""In the order of the table."""
REACT = "react:"
"""The beginning of the names of agents that ask a model."""


def label(name: str) -> str:
    """The name of an agent in tables, with a mark if it was given what the others must find out."""
    return f"{name} (told the labels)" if name == ORACLE else name


def model_settings(name: str, react: ReactSettings) -> Mapping[str, Any] | None:
    """The settings that the agent's model is asked with, as logs keep them; None without a model.

    Raises:
        RequestError: There is no such agent.
        EndpointError: The model of a ReAct agent is not available.
    """
    if name in KEYLESS:
        return None
    if name.startswith(REACT) and name != REACT:
        return _of_model(name, react).settings
    raise RequestError(f"There is no agent {name!r}: they are {', '.join(KEYLESS)} and react:MODEL.")


def auditor_of(name: str, react: ReactSettings, tier: str, seed: int) -> Auditor:
    """The agent of that name, for one episode. The name of a ReAct agent contains that of its model."""
    if name == ORACLE:
        return Oracle(scenario(tier, seed))
    # A ReAct agent holds an episode, and may be one of several at once.
    return _KEYLESS[name]() if name in _KEYLESS else copy(_of_model(name, react))


@lru_cache(maxsize=16)
def _of_model(name: str, react: ReactSettings) -> ReactAuditor:
    """One for a whole process, since making it asks the model a first question. Each episode resets it."""
    return react_auditor(replace(react, model=name.removeprefix(REACT)), os.environ)
