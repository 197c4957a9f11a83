"""Whether anything but the evidence tells a label: rewards, sizes, latencies and texts of the answers before the end.

Four kinds of proof, each of which can fail on its own:

- `exact.py`: nobody reads a label before the end; all labels are flipped, and not a byte changes; the same mistake has
  the same text, and the same kind of step the same reward, whatever the proposal;
- probes: classifiers of all that is heard of a proposal guess its label on held-out episodes, tier by tier, since a
  leak in one tier would be diluted by the rest: trees for numbers, a linear model for states and error texts;
- `round_trips.py`: the same on latencies as a client sees them, over a socket;
- `byte_scan.py` reads what a real server sends.

In immediate settlement the reward of a decision tells its label, which is what it is for; in terminal settlement
nothing may.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server.scenario import Proposal, Scenario
from synth_audit_env.server.seeding import Stream
from synth_audit_env.server.tasks import TIERS, Tier
from synth_audit_env.validation.certificate import Measurement, at_most
from synth_audit_env.validation.channel import round_trips
from synth_audit_env.validation.channel.classifiers import probe, text_probe
from synth_audit_env.validation.channel.exact import CLAIM, NAMES, flipped, looks
from synth_audit_env.validation.channel.listening import DECISIONS, EVIDENCE, MISTAKES, Heard, hear, rounds
from synth_audit_env.validation.episodes import Scale, scenarios

SPLIT = "validation"
CHANCE = at_most(0.55)
_PLAYS = (*(("terminal", what) for what in (*DECISIONS, MISTAKES)), ("immediate", MISTAKES))
"""Rounds in which no answer may tell a label, so that all of it goes to the probes."""
_LISTENED, _FEWER = (3_000, 3), (300, 2)
"""Proposals of a tier that are listened to, and how often; fewer where there may be doubt. With 3,000, half of them to
test on, 0.55 is three standard errors over chance."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Measure the claim, the exact part first."""
    compared = scale.played // 10
    trials = [one for tier in TIERS for one in scenarios(tier, SPLIT, compared)]
    seeds = f"{SPLIT} 0-{compared - 1} of each tier"
    yield from looks(trials, seeds)
    yield from flipped(trials, seeds)
    with own_server() as server:
        for tier in TIERS.values():
            yield from _of_tier(tier, scale, server)


def _of_tier(tier: Tier, scale: Scale, server: str) -> Iterator[Measurement]:
    """The classifiers' figures in a tier."""
    proposals, repetitions = _FEWER if scale.doubt else _LISTENED
    yield others_told(scenarios(tier.name, SPLIT, scale.probed), _halves(scale.probed))
    count = episodes_for(proposals, tier)
    heard, seeds = scenarios(tier.name, SPLIT, count), _halves(count)
    yield from probes(heard, repetitions, seeds)
    times = round_trips.times_of(server, heard, repetitions)
    figure = probe((times[number, one.note.proposal_id], one.is_wrong, number) for number, one in _all(heard))
    what = "AUC, latencies over a loopback socket, terminal settlement"
    note = f"From message to answer as a client of a server process sees it; least of {repetitions} repetitions."
    yield Measurement(CLAIM, what, tier.name, figure, CHANCE, seeds, note)


def _halves(count: int) -> str:
    return f"{SPLIT} 0-{count - 1}, every other to train on"


def episodes_for(proposals: int, tier: Tier) -> int:
    """How many episodes of a tier have about so many proposals: short ones must be more for an equal interval."""
    return -(-2 * proposals // sum(tier.proposals))


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


def probes(trials: Sequence[Scenario], repetitions: int, seeds: str) -> Iterator[Measurement]:
    """Train trees on what was heard of the proposals of every other episode of a tier, and test them on the rest."""
    heard = sounds(trials, repetitions)
    told = ", all of terminal settlement and all before the decision in immediate"
    in_process = f"From message to answer in one process, no socket between; least of {repetitions} repetitions."
    rows: tuple[tuple[str, Callable[[Sound], list[float]], bool, str], ...] = (
        ("AUC, rewards" + told, lambda s: s.rewards, True, ""),
        ("AUC, sizes of answers" + told, lambda s: s.sizes, True, "Reviews, decisions, errors and states."),
        ("AUC, latencies in-process" + told, lambda s: s.times, True, in_process),
        ("AUC, sizes of the evidence tools' answers", lambda s: s.evidence_sizes, False, _INFORMS),
    )
    for what, features, bound, note in rows:
        figure = probe((features(one), one.wrong, one.episode) for one in heard)
        yield Measurement(CLAIM, what, trials[0].tier.name, figure, CHANCE if bound else None, seeds, note)
    for what, texts in (
        ("AUC, states after each decision, terminal settlement", [one.states for one in heard]),
        ("AUC, error texts", [one.errors for one in heard]),
    ):
        samples = [("\n".join(said), one.wrong, one.episode) for said, one in zip(texts, heard, strict=True)]
        yield Measurement(CLAIM, what, trials[0].tier.name, text_probe(samples), CHANCE, seeds, _TEXTS)


_TEXTS = "One to three characters in a row, counted; names of proposals and patients left out."
_INFORMS = "No bar: a record with a date of death is longer than one without, and dates decide."


def others_told(trials: Sequence[Scenario], seeds: str) -> Measurement:
    """Whether what immediate settlement has paid for the other proposals of an episode tells the label of one."""
    paid = [_others(trial) for trial in trials]
    return Measurement(
        CLAIM,
        "AUC, rewards for the other proposals, immediate settlement",
        trials[0].tier.name,
        probe((paid[number][one.note.proposal_id], one.is_wrong, number) for number, one in _all(trials)),
        CHANCE,
        seeds,
        "Sums, counts and neighbours, also of what is decided later: labels are drawn independently of one another.",
    )


def sounds(trials: Sequence[Scenario], repetitions: int) -> list[Sound]:
    """Listen to every trial. Each repetition goes through all of them, so that a slow minute hits all alike."""
    of = {(number, one.note.proposal_id): Sound(number, one.is_wrong) for number, one in _all(trials)}
    for repetition in range(repetitions):
        for number, trial in enumerate(trials):
            times: dict[str, list[float]] = defaultdict(list)
            for settlement, what in _PLAYS:
                for heard in _rounds(trial, settlement, what):
                    times[heard.ask.about].append(heard.nanoseconds)
                    if repetition == 0:
                        of[number, heard.ask.about].listen(heard)
            for about, taken in times.items():
                sound = of[number, about]
                sound.times = [min(pair) for pair in zip(sound.times or taken, taken, strict=True)]
    for number, trial in enumerate(trials):
        for heard in _rounds(trial, "terminal", EVIDENCE):
            of[number, heard.ask.about].evidence_sizes.append(heard.size)
    episodes = [list(episode) for _, episode in groupby(of.values(), lambda one: one.episode)]
    return [one.quieter(episode) for episode in episodes for one in episode]


def _others(trial: Scenario) -> dict[str, list[float]]:
    """What the rewards for the other proposals come to when all are approved one after the other, by proposal."""
    decided = [one for one in _rounds(trial, "immediate", DECISIONS[0]) if one.settles]
    paid = [one.reward or 0.0 for one in decided]
    features = {}
    for place, one in enumerate(decided):
        before, after = paid[:place], paid[place + 1 :]
        features[one.ask.about] = [
            len(before),
            len(after),
            sum(before),
            sum(after),
            sum(before + after),
            sum(before) / max(1, len(before)),
            before[-1] if before else 0.0,
            after[0] if after else 0.0,
        ]
    return features


def _rounds(trial: Scenario, settlement: str, what: str) -> list[Heard]:
    """What is heard of each proposal in turn."""
    _, *answers = hear(trial, settlement, rounds(trial, Stream("rounds", trial.tier.name, trial.seed, what), what))
    return answers


def _all(trials: Sequence[Scenario]) -> list[tuple[int, Proposal]]:
    """Every proposal with the number of its trial."""
    return [(number, one) for number, trial in enumerate(trials) for one in trial.proposals]
