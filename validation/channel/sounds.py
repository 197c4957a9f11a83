"""All that is heard of each proposal, as the features that a classifier is given.

    for one in sounds(scenarios("hard", "validation", 20), repetitions=2):
        one.wrong, one.rewards, one.sizes, one.times

Nothing here judges what was heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from ...server.world.scenario import Proposal, Scenario
from ...server.world.seeding import Stream
from .exact import NAMES
from .listening import DECISIONS, EVIDENCE, MISTAKES, Heard, hear, rounds

_PLAYS = (*(("terminal", what) for what in (*DECISIONS, MISTAKES)), ("immediate", MISTAKES))
"""Rounds in which no answer may tell a label, so that all of it goes to the probes."""


@dataclass
class Sound:
    """All that was heard of one proposal, as numbers."""

    episode: int
    wrong: bool
    rewards: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    evidence_sizes: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """After each way to decide it."""
    errors: list[str] = field(default_factory=list)
    """What each mistake about it is told."""
    times: list[float] = field(default_factory=list)
    """Nanoseconds, the least of all repetitions."""

    def listen(self, heard: Heard) -> None:
        """Add an answer, but for its time."""
        self.sizes.append(heard.size)
        self.rewards += [] if heard.reward is None else [heard.reward]
        self.states += [NAMES.sub("…", heard.answer)] if heard.ask.kind == "state" else []
        self.errors += [] if heard.error is None else [NAMES.sub("…", heard.error)]

    def quieter(self, others: Sequence[Sound]) -> Sound:
        """Without what all proposals of its episode have in common: the length of the list, a slow moment."""
        return replace(
            self,
            sizes=list(np.subtract(self.sizes, np.median([one.sizes for one in others], axis=0))),
            times=list(np.subtract(self.times, np.median([one.times for one in others], axis=0))),
        )


def sounds(trials: Sequence[Scenario], repetitions: int) -> list[Sound]:
    """Listen to every trial. Each repetition goes through all of them, so that a slow minute hits all alike."""
    of = {(number, one.note.proposal_id): Sound(number, one.is_wrong) for number, one in numbered(trials)}
    for repetition in range(repetitions):
        for number, trial in enumerate(trials):
            times: dict[str, list[float]] = defaultdict(list)
            for settlement, what in _PLAYS:
                for heard in heard_in_turn(trial, settlement, what):
                    times[heard.ask.about].append(heard.nanoseconds)
                    if repetition == 0:
                        of[number, heard.ask.about].listen(heard)
            for about, taken in times.items():
                sound = of[number, about]
                sound.times = [min(pair) for pair in zip(sound.times or taken, taken, strict=True)]
    for number, trial in enumerate(trials):
        for heard in heard_in_turn(trial, "terminal", EVIDENCE):
            of[number, heard.ask.about].evidence_sizes.append(heard.size)
    episodes = [list(episode) for _, episode in groupby(of.values(), lambda one: one.episode)]
    return [one.quieter(episode) for episode in episodes for one in episode]


def heard_in_turn(trial: Scenario, settlement: str, what: str) -> list[Heard]:
    """What is heard of each proposal in turn."""
    _, *answers = hear(trial, settlement, rounds(trial, Stream("rounds", trial.tier.name, trial.seed, what), what))
    return answers


def numbered(trials: Sequence[Scenario]) -> list[tuple[int, Proposal]]:
    """Every proposal with the number of its trial."""
    return [(number, one) for number, trial in enumerate(trials) for one in trial.proposals]
