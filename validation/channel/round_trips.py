"""How long a real server takes to answer about each proposal, as a client on the same machine sees it.

    with own_server() as base_url:
        times = times_of(base_url, scenarios("hard", "validation", 160), repetitions=3)
        times[7, "PROP-003"]     # a number for each thing that was asked about it

What is asked is what costs few steps: a review, the three ways to decide, the state after each and a second decision.
A client measures no more than this: the time from its message to the answer, the server's own and the socket's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from time import perf_counter_ns

import numpy as np

from ...server.world.scenario import Scenario
from ...server.world.seeding import Stream
from .listening import DECISIONS, evidence, rounds
from .raw_sockets import WebSocketLine

Key = tuple[int, str]
"""The number of the trial, and the proposal's id."""


def times_of(base_url: str, trials: Sequence[Scenario], repetitions: int) -> dict[Key, list[float]]:
    """Ask about every proposal over /ws, in terminal settlement: nanoseconds over the median of the trial's proposals.

    Of all repetitions the least counts. Each goes through all trials, so that a slow minute hits all alike.
    """
    least: dict[Key, list[float]] = {}
    with WebSocketLine(base_url, "/ws") as line:
        for _ in range(repetitions):
            for number, trial in enumerate(trials):
                for about, taken in _taken(line, trial).items():
                    before = least.get((number, about), taken)
                    least[number, about] = [min(pair) for pair in zip(before, taken, strict=True)]
    found: dict[Key, list[float]] = {}
    for number, trial in enumerate(trials):
        keys = [(number, one.note.proposal_id) for one in trial.proposals]
        middle = np.median([least[key] for key in keys], axis=0)
        found |= {key: list(np.subtract(least[key], middle)) for key in keys}
    return found


def _taken(line: WebSocketLine, trial: Scenario) -> dict[str, list[float]]:
    """Nanoseconds for each question, by proposal."""
    options = {"task_id": trial.tier.task_id, "seed": trial.seed, "settlement": "terminal"}
    opening = json.dumps({"type": "reset", "data": options})
    taken: dict[str, list[float]] = defaultdict(list)
    for what in DECISIONS:
        stream = Stream("round trips", trial.tier.name, trial.seed, what)
        reviews = [evidence(one)[0] for one in stream.shuffled(list(trial.proposals))]
        line.exchange(opening)
        for ask in (*reviews, *rounds(trial, stream, what)):
            started = perf_counter_ns()
            line.exchange(ask.message)
            taken[ask.about].append(perf_counter_ns() - started)
    return taken
