"""Claim "channel": rewards, sizes, latencies and texts of the answers before the end tell no label.

Four kinds of proof, each of which can fail on its own:

- `exact.py`: nobody reads a label before the end; all labels are flipped, and not a byte changes; the same mistake has
  the same text, and the same kind of step the same reward, whatever the proposal;
- probes: classifiers of all that is answered about a proposal guess its label on held-out episodes, tier by tier, since
  a leak in one tier would be diluted by the rest: trees for numbers, a linear model for states and error texts;
- the same on latencies as a client sees them, over a socket;
- `byte_scan.py` reads what a real server sends.

Times alone differ from run to run, so that a few proposals now and then seem to tell a label by chance. What they make
suspect is measured again, on as many as the whole certificate has, and that figure is held to the bar.

In immediate settlement the reward of a decision tells its label, which is what it is for; in terminal settlement
nothing may.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter_ns
from typing import Any, TypeVar

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ...rollouts.own_server import own_server
from ...server.world.scenario import Scenario
from ...server.world.seeding import Stream
from ...server.world.tasks import TIERS, Tier
from ..certificate import Interval, Measurement, at_most
from ..episodes import Scale, first, scenarios
from ..estimates import auc_interval
from .answers import AboutProposal, answers_by_proposal, answers_in_turn, numbered, over_the_median
from .asks import DECISIONS, evidence, rounds
from .exact import flipped, looks
from .raw_sockets import WebSocketLine

SPLIT = "validation"
CHANCE = at_most(0.55)
_MANY, _FEW = (3_000, 3), (300, 2)
"""Proposals of a tier that are asked about, and how often; fewer where there may be doubt. With 3,000, half of them to
test on, 0.55 is three standard errors over chance."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Measure the claim, the exact part first."""
    compared = scale.played // 10
    trials = [one for tier in TIERS for one in scenarios(tier, SPLIT, compared)]
    seeds = f"{first(SPLIT, compared)} of each tier"
    yield from looks(trials, seeds)
    yield from flipped(trials, seeds)
    with own_server() as server:
        for tier in TIERS.values():
            yield from _of_tier(tier, scale, server)


def _of_tier(tier: Tier, scale: Scale, server: str) -> Iterator[Measurement]:
    """The classifiers' figures in a tier."""
    yield others_rewards(scenarios(tier.name, SPLIT, scale.probed), _halves(scale.probed))
    proposals, repetitions = _FEW if scale.doubt else _MANY
    trials = scenarios(tier.name, SPLIT, episodes_for(proposals, tier))
    answers = answers_by_proposal(trials, repetitions)
    yield from probes(answers, tier.name, _halves(len(trials)))
    timings = (
        (in_process(tier, trials, repetitions, answers), partial(in_process, tier)),
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
    proposals, repetitions = _MANY
    yield again(scenarios(tier.name, SPLIT, episodes_for(proposals, tier)), repetitions)


def over_socket(server: str, tier: Tier, trials: Sequence[Scenario], repetitions: int) -> Measurement:
    """How well times over a socket tell the labels of these episodes."""
    times = times_of(server, trials, repetitions)
    figure = probe((times[number, one.note.proposal_id], one.is_wrong, number) for number, one in numbered(trials))
    what = "AUC, latencies over a loopback socket, terminal settlement"
    note = f"From message to answer as a client of a server process sees it; least of {repetitions} repetitions."
    return Measurement(what, tier.name, figure, CHANCE, _halves(len(trials)), note)


def in_process(
    tier: Tier, trials: Sequence[Scenario], repetitions: int, answers: Sequence[AboutProposal] = ()
) -> Measurement:
    """How well times without a socket tell the labels of these episodes, whose `answers` may be there already."""
    timed = answers or answers_by_proposal(trials, repetitions)
    figure = probe((one.times, one.wrong, one.episode) for one in timed)
    what = f"AUC, latencies in-process{_SETTLEMENTS}"
    note = f"From message to answer in one process, no socket between; least of {repetitions} repetitions."
    return Measurement(what, tier.name, figure, CHANCE, _halves(len(trials)), note)


def _halves(count: int) -> str:
    return f"{first(SPLIT, count)}, every other to train on"


def episodes_for(proposals: int, tier: Tier) -> int:
    """How many episodes of a tier have about so many proposals: short ones must be more for an equal interval."""
    return -(-2 * proposals // sum(tier.proposals))


def probes(answers: Sequence[AboutProposal], tier: str, seeds: str) -> Iterator[Measurement]:
    """Train on what was answered in every other episode of a tier, but for times, and ask about the rest."""
    rows: tuple[tuple[str, Callable[[AboutProposal], list[float]], bool, str], ...] = (
        (f"AUC, rewards{_SETTLEMENTS}", lambda s: s.rewards, True, ""),
        (f"AUC, sizes of answers{_SETTLEMENTS}", lambda s: s.sizes, True, "Reviews, decisions, errors and states."),
        ("AUC, sizes of the evidence tools' answers", lambda s: s.evidence_sizes, False, _INFORMS),
    )
    for what, features, bound, note in rows:
        figure = probe((features(one), one.wrong, one.episode) for one in answers)
        yield Measurement(what, tier, figure, CHANCE if bound else None, seeds, note)
    for what, texts in (
        ("AUC, states after each decision, terminal settlement", [one.states for one in answers]),
        ("AUC, error texts", [one.errors for one in answers]),
    ):
        samples = [("\n".join(said), one.wrong, one.episode) for said, one in zip(texts, answers, strict=True)]
        yield Measurement(what, tier, text_probe(samples), CHANCE, seeds, _TEXTS)


_SETTLEMENTS = ", all of terminal settlement and all before the decision in immediate"
_TEXTS = "One to three characters in a row, counted; names of proposals and patients left out."
_INFORMS = "No bar: a record with a date of death is longer than one without, and dates decide."


def others_rewards(trials: Sequence[Scenario], seeds: str) -> Measurement:
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
    decided = [one for one in answers_in_turn(trial, "immediate", DECISIONS[0]) if one.settles]
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


Key = tuple[int, str]
"""The number of the trial, and the proposal's id."""


def times_of(base_url: str, trials: Sequence[Scenario], repetitions: int) -> dict[Key, list[float]]:
    """Ask about every proposal over /ws, in terminal settlement: nanoseconds over the median of the trial's proposals.

    What is asked is what costs few steps: a review, the three ways to decide, the state after each and a second
    decision. A client measures no more than this: the server's own time and the socket's.

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
        found |= zip(keys, over_the_median([least[key] for key in keys]), strict=True)
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


Seen = TypeVar("Seen")
Row = tuple[Seen, bool, int]
"""What was seen, whether the proposal is wrong, and the number of its episode."""


def probe(rows: Iterable[Row[list[float]]]) -> Interval:
    """Gradient-boosted trees on numbers; a row that has fewer than others has none in their place."""
    samples = list(rows)
    width = max(len(features) for features, _, _ in samples)
    x = np.array([features + [np.nan] * (width - len(features)) for features, _, _ in samples])
    # Small leaves, as a leak may be all there is to see in a few proposals.
    trees = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    return _held_out(trees, x, samples)


def text_probe(rows: Iterable[Row[str]]) -> Interval:
    """A linear model on one to three characters in a row, counted; 0.5 where all texts are alike."""
    samples = list(rows)
    counter = CountVectorizer(analyzer="char", lowercase=False, ngram_range=(1, 3), dtype=np.float32)
    texts, places = np.unique([text for text, _, _ in samples], return_inverse=True)
    counts = counter.fit_transform(texts).toarray()[places]
    varied = counts[:, np.ptp(counts, axis=0) > 0]
    if not varied.size:
        varied = counts[:, :1]
    # Each on a scale of its own: a rare sign that leaks weighs as much as what is everywhere.
    return _held_out(make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300)), varied, samples)


def _held_out(model: Any, x: Any, samples: Sequence[Row[Any]]) -> Interval:
    wrong, episode = (np.array([sample[i] for sample in samples]) for i in (1, 2))
    asked = episode % 2 == 1
    with threadpool_limits(1):  # threads that wait for one another take longer than these few rows
        model.fit(x[~asked], wrong[~asked])
        scores = model.predict_proba(x[asked])[:, 1]
    return auc_interval(list(scores), list(wrong[asked]), list(episode[asked]))
