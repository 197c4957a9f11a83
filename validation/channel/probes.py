"""Whether anything but the evidence tells a label: rewards, sizes, latencies and texts of the answers before the end.

Four kinds of proof, each of which can fail on its own:

- `exact.py`: nobody reads a label before the end; all labels are flipped, and not a byte changes; the same mistake has
  the same text, and the same kind of step the same reward, whatever the proposal;
- probes: classifiers of all that is heard of a proposal guess its label on held-out episodes, tier by tier, since a
  leak in one tier would be diluted by the rest: trees for numbers, a linear model for states and error texts;
- `round_trips.py`: the same on latencies as a client sees them, over a socket;
- `byte_scan.py` reads what a real server sends.

Times alone differ from run to run, so that a few proposals now and then seem to tell a label by chance. What they make
suspect is measured again, on as many as the whole certificate has, and that figure is held to the bar.

In immediate settlement the reward of a decision tells its label, which is what it is for; in terminal settlement
nothing may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from ...rollouts.own_server import own_server
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS, Tier
from ..certificate import Measurement, at_most
from ..episodes import Scale, scenarios
from . import round_trips
from .classifiers import probe, text_probe
from .exact import flipped, looks
from .listening import DECISIONS
from .sounds import Sound, heard_in_turn, numbered, sounds

SPLIT = "validation"
CHANCE = at_most(0.55)
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
    yield others_told(scenarios(tier.name, SPLIT, scale.probed), _halves(scale.probed))
    proposals, repetitions = _FEWER if scale.doubt else _LISTENED
    trials = scenarios(tier.name, SPLIT, episodes_for(proposals, tier))
    heard = sounds(trials, repetitions)
    yield from probes(heard, tier.name, _halves(len(trials)))
    timings = (
        (_in_process(tier, trials, heard, repetitions), partial(in_process, tier)),
        (over_socket(server, tier, trials, repetitions), partial(over_socket, server, tier)),
    )
    for timed, again in timings:
        yield from settled(timed, again, tier) if scale.doubt else [timed]


def settled(
    timed: Measurement, again: Callable[[Sequence[Scenario], int], Measurement], tier: Tier
) -> Iterator[Measurement]:
    """A figure of few proposals' times; if it is suspect, for information only, and then that of many.

    `again` measures the same on other episodes, with so many repetitions.
    """
    if timed.passed(doubt=True):
        yield timed
        return
    yield replace(timed, bar=None, note=f"Suspect, and so measured again on more. {timed.note}")
    proposals, repetitions = _LISTENED
    yield again(scenarios(tier.name, SPLIT, episodes_for(proposals, tier)), repetitions)


def over_socket(server: str, tier: Tier, trials: Sequence[Scenario], repetitions: int) -> Measurement:
    """How well times over a socket tell the labels of these episodes."""
    times = round_trips.times_of(server, trials, repetitions)
    figure = probe((times[number, one.note.proposal_id], one.is_wrong, number) for number, one in numbered(trials))
    what = "AUC, latencies over a loopback socket, terminal settlement"
    note = f"From message to answer as a client of a server process sees it; least of {repetitions} repetitions."
    return Measurement(what, tier.name, figure, CHANCE, _halves(len(trials)), note)


def in_process(tier: Tier, trials: Sequence[Scenario], repetitions: int) -> Measurement:
    """How well times without a socket tell the labels of these episodes."""
    return _in_process(tier, trials, sounds(trials, repetitions), repetitions)


def _in_process(tier: Tier, trials: Sequence[Scenario], heard: Sequence[Sound], repetitions: int) -> Measurement:
    figure = probe((one.times, one.wrong, one.episode) for one in heard)
    note = f"From message to answer in one process, no socket between; least of {repetitions} repetitions."
    return Measurement(f"AUC, latencies in-process{_TOLD}", tier.name, figure, CHANCE, _halves(len(trials)), note)


def _halves(count: int) -> str:
    return f"{SPLIT} 0-{count - 1}, every other to train on"


def episodes_for(proposals: int, tier: Tier) -> int:
    """How many episodes of a tier have about so many proposals: short ones must be more for an equal interval."""
    return -(-2 * proposals // sum(tier.proposals))


def probes(heard: Sequence[Sound], tier: str, seeds: str) -> Iterator[Measurement]:
    """Train on what was heard of every other episode of a tier, but for times, and ask about the rest."""
    rows: tuple[tuple[str, Callable[[Sound], list[float]], bool, str], ...] = (
        (f"AUC, rewards{_TOLD}", lambda s: s.rewards, True, ""),
        (f"AUC, sizes of answers{_TOLD}", lambda s: s.sizes, True, "Reviews, decisions, errors and states."),
        ("AUC, sizes of the evidence tools' answers", lambda s: s.evidence_sizes, False, _INFORMS),
    )
    for what, features, bound, note in rows:
        figure = probe((features(one), one.wrong, one.episode) for one in heard)
        yield Measurement(what, tier, figure, CHANCE if bound else None, seeds, note)
    for what, texts in (
        ("AUC, states after each decision, terminal settlement", [one.states for one in heard]),
        ("AUC, error texts", [one.errors for one in heard]),
    ):
        samples = [("\n".join(said), one.wrong, one.episode) for said, one in zip(texts, heard, strict=True)]
        yield Measurement(what, tier, text_probe(samples), CHANCE, seeds, _TEXTS)


_TOLD = ", all of terminal settlement and all before the decision in immediate"
_TEXTS = "One to three characters in a row, counted; names of proposals and patients left out."
_INFORMS = "No bar: a record with a date of death is longer than one without, and dates decide."


def others_told(trials: Sequence[Scenario], seeds: str) -> Measurement:
    """Whether what immediate settlement has paid for the other proposals of an episode tells the label of one."""
    paid = [_others(trial) for trial in trials]
    return Measurement(
        "AUC, rewards for the other proposals, immediate settlement",
        trials[0].tier.name,
        probe((paid[number][one.note.proposal_id], one.is_wrong, number) for number, one in numbered(trials)),
        CHANCE,
        seeds,
        "Sums, counts and neighbours, also of what is decided later: labels are drawn independently of one another.",
    )


def _others(trial: Scenario) -> dict[str, list[float]]:
    """What the rewards for the other proposals come to when all are approved one after the other, by proposal."""
    decided = [one for one in heard_in_turn(trial, "immediate", DECISIONS[0]) if one.settles]
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
