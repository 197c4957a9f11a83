"""Claim "channel": rewards, sizes, latencies and texts of the answers before the end tell no label.

Four kinds of proof, each of which can fail on its own:

- exactly: nobody reads a label before the end, and code that never reads a label cannot reveal it; all labels are
  flipped, and not a byte changes; the same mistake has the same text, and the same kind of step the same reward,
  whatever the proposal;
- probes: classifiers of all that is answered about a proposal guess its label on held-out episodes, tier by tier, since
  a leak in one tier would be diluted by the rest: trees for numbers, a linear model for states and error texts;
- the same on latencies as a client sees them, over a socket;
- `byte_scan.py` reads what a real server sends.

Only times differ from run to run, so with few proposals they sometimes seem to reveal a label by chance. A suspect
figure is measured again on as many proposals as the whole certificate has, and that figure is held to the bar.

In immediate settlement the reward of a decision reveals its label, by design. In terminal settlement nothing may.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean
from time import perf_counter_ns
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ...models import COHORT
from ...rollouts.own_server import own_server
from ...server.audit.episode import SETTLEMENTS
from ...server.world.scenario import Scenario
from ...server.world.seeding import Stream
from ...server.world.tasks import TIERS, Tier
from ..certificate import Bar, Interval, Measurement, at_least, at_most, counted, exact
from ..episodes import Scale, first, name_of, scenarios
from ..estimates import auc_interval, predicted
from .answers import (
    NAMES,
    Answer,
    Row,
    Taken,
    answers_by_proposal,
    answers_in_turn,
    ask_session,
    changed,
    least_times,
    times_in_process,
)
from .asks import DECISIONS, everything, evidence, rounds, step, twin, watched
from .raw_sockets import WebSocketLine
from .server_requests import Trial, opening

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


_Kinds = defaultdict[tuple[str, ...], set[str]]
"""What was found by kind: where nothing follows from labels, one of each."""


def looks(trials: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Count how often the label of a proposal is read before the end."""
    for settlement in SETTLEMENTS:
        failing = []
        for trial in trials:
            scenario, truth = watched(trial)
            asks = everything(trial, "everything")
            if settlement == "immediate":
                asks = [ask for ask in asks if ask.kind not in DECISIONS or int(ask.about[-3:]) % 2]
            ask_session(scenario, settlement, asks)
            mine = [one for one in truth if settlement == "terminal" or int(one[0][-3:]) % 2 == 0]
            failing += [name_of(trial)] * len(mine)
        whose = "any proposal" if settlement == "terminal" else "an undecided proposal"
        what = f"times that the label of {whose} is read before the end, {settlement} settlement"
        note = "Every read of a label, error type, judgement or explanation is counted while everything is asked."
        yield counted(what, failing, seeds, note)


def flipped(trials: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Flip every label, ask the same, and compare the answers to the last byte; then sort them by kind."""
    report = step("report", "", "submit_audit_report", report="Nothing.")
    rewards, texts = _Kinds(set), _Kinds(set)
    ends = []
    for settlement in SETTLEMENTS:
        failing, count = [], 0
        for trial in trials:
            asks = [*everything(trial, "everything"), report]
            *before, end = ask_session(trial, settlement, asks)
            *others, other_end = ask_session(twin(trial), settlement, asks)
            kinds = changed(before, others, settlement)
            failing += [f"{name_of(trial)} ({kinds[0]})" for _ in kinds]
            count += len(before)
            ends.append(bool(changed([end], [other_end], settlement)))
            _sort(settlement, trial, before, rewards, texts)
        but = "the reward of the decision itself left out" if settlement == "immediate" else "rewards included"
        what = f"answers before the end that change when all labels are flipped, {settlement} settlement"
        note = f"Of {count} answers to everything there is to ask, in random order, {but}; states and error texts too."
        yield counted(what, failing, seeds, note)
    what = "control: share of final answers that change when all labels are flipped"
    note = "The outcome tells the labels: a comparison that missed it would be blind."
    yield exact(what, fmean(ends), at_least(1.0), seeds, note)
    for what, found in (
        ("most rewards that one kind of step has, decisions in immediate settlement left out", rewards),
        ("most texts that one kind of mistake has, names of proposals and patients left out", texts),
    ):
        kind, values = max(found.items(), key=lambda item: (len(item[1]), item[0]))
        note = f"Of {len(found)} kinds."
        if len(values) > 1:
            note += f" The one with most is {', '.join(kind)}: {sorted(values)[:4]}"
        yield exact(what, len(values), at_most(1.0), seeds, note)


def _sort(settlement: str, trial: Scenario, answers: Iterable[Answer], rewards: _Kinds, texts: _Kinds) -> None:
    """Add all rewards of an episode by the kind of step, and all errors by the kind of mistake."""
    for one in answers:
        if one.status != "no step" and not (settlement == "immediate" and one.settles):
            kind = one.status if settlement == "immediate" else "any"
            rewards[settlement, one.ask.action, kind].add(str(one.reward))
        if one.error is not None and one.ask.about:
            subject = "cohort" if trial.proposal[one.ask.about].note.patient_id == COHORT else "patient"
            # Questions are in random order, and one that comes before the review is refused for that.
            kind = f"{one.status}, unread" if "determination that was read" in one.error else one.status
            # The error types of a tier are no secret, and a refusal lists them.
            said = one.error.replace(", ".join(trial.tier.error_types), "…")
            texts[one.ask.kind, kind, subject].add(NAMES.sub("…", said))


def _of_tier(tier: Tier, scale: Scale, server: str) -> Iterator[Measurement]:
    """The classifiers' figures in a tier."""
    yield others_rewards(scenarios(tier.name, SPLIT, scale.probed), _halves(scale.probed))
    asked = _FEW if scale.doubt else _MANY
    trials = scenarios(tier.name, SPLIT, episodes_for(asked[0], tier))
    yield from probes(answers_by_proposal(trials), tier.name, _halves(len(trials)))
    for timings in (in_process, partial(over_socket, server)):
        timed = timings(tier, *asked)
        yield from settled(timed, partial(timings, tier, *_MANY)) if scale.doubt else [timed]


def settled(timed: Measurement, again: Callable[[], Measurement]) -> Iterator[Measurement]:
    """A figure of few proposals' times; if it is suspect, for information only, and then that of many."""
    if timed.passed(doubt=True):
        yield timed
        return
    yield replace(timed, bar=None, note=f"Suspect, and so measured again on more. {timed.note}")
    yield again()


def over_socket(server: str, tier: Tier, proposals: int, repetitions: int) -> Measurement:
    """How well times over a socket tell the labels of so many proposals, of a server that is there."""
    note = "From message to answer as a client of a server process sees it"
    with WebSocketLine(server, "/ws") as line:
        taken = partial(times_over_socket, line)
        return _timed("over a loopback socket, terminal settlement", note, taken, tier, proposals, repetitions)


def in_process(tier: Tier, proposals: int, repetitions: int) -> Measurement:
    """How well times without a socket tell the labels of so many proposals."""
    note = "From message to answer in one process, no socket between"
    return _timed(f"in-process{_SETTLEMENTS}", note, times_in_process, tier, proposals, repetitions)


def _timed(where: str, note: str, taken: Taken, tier: Tier, proposals: int, repetitions: int) -> Measurement:
    trials = scenarios(tier.name, SPLIT, episodes_for(proposals, tier))
    figure = probe(least_times(trials, repetitions, taken))
    note = f"{note}; least of {repetitions} repetitions."
    return Measurement(f"AUC, latencies {where}", tier.name, figure, CHANCE, _halves(len(trials)), note)


def _halves(count: int) -> str:
    return f"{first(SPLIT, count)}, every other to train on"


def episodes_for(proposals: int, tier: Tier) -> int:
    """How many episodes of a tier have about so many proposals: short ones must be more for an equal interval."""
    return -(-2 * proposals // sum(tier.proposals))


def probes(answers: Mapping[str, list[Row]], tier: str, seeds: str) -> Iterator[Measurement]:
    """Train on what was answered in every other episode of a tier, but for times, and ask about the rest."""
    rows: Sequence[tuple[str, str, Callable[..., Interval], Bar | None, str]] = (
        (f"AUC, rewards{_SETTLEMENTS}", "rewards", probe, CHANCE, ""),
        (f"AUC, sizes of answers{_SETTLEMENTS}", "sizes", probe, CHANCE, _SIZES),
        ("AUC, sizes of the evidence tools' answers", "sizes of evidence", probe, None, _INFORMS),
        ("AUC, states after each decision, terminal settlement", "states after decisions", text_probe, CHANCE, _TEXTS),
        ("AUC, error texts", "errors", text_probe, CHANCE, _TEXTS),
    )
    for what, seen, ask, bar, note in rows:
        yield Measurement(what, tier, ask(answers[seen]), bar, seeds, note)


_SETTLEMENTS = ", all of terminal settlement and all before the decision in immediate"
_SIZES = "Reviews, decisions, errors and states."
_TEXTS = "One to three characters in a row, counted; names of proposals and patients left out."
_INFORMS = "No bar: a record with a date of death is longer than one without, and dates decide."


def others_rewards(trials: Sequence[Scenario], seeds: str) -> Measurement:
    """Whether what immediate settlement has paid for the other proposals of an episode tells the label of one."""
    rows = []
    for number, trial in enumerate(trials):
        paid = _others(trial)
        rows += [(paid[about], one.is_wrong, number) for about, one in trial.proposal.items()]
    what = "AUC, rewards for the other proposals, immediate settlement"
    note = "Sums, counts and neighbours, also of what is decided later: labels are drawn independently of one another."
    return Measurement(what, trials[0].tier.name, probe(rows), CHANCE, seeds, note)


def _others(trial: Scenario) -> dict[str, list[float]]:
    """What the rewards for the other proposals come to when all are approved one after the other, by proposal."""
    decided = [one for one in answers_in_turn(trial, "immediate", DECISIONS[0]) if one.settles]
    paid = [one.reward or 0.0 for one in decided]
    features = {}
    for place, one in enumerate(decided):
        before, after = paid[:place], paid[place + 1 :]
        counts, sums = [len(before), len(after)], [sum(before), sum(after), sum(before + after)]
        neighbours = [before[-1] if before else 0.0, after[0] if after else 0.0]
        features[one.ask.about] = [*counts, *sums, sum(before) / max(1, len(before)), *neighbours]
    return features


def times_over_socket(line: WebSocketLine, trial: Scenario) -> dict[str, list[float]]:
    """Ask about every proposal over /ws, in terminal settlement.

    What is asked is what costs few steps: a review, the three ways to decide, the state after each and a second
    decision. A client measures no more than this: the server's own time and the socket's.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for what in DECISIONS:
        stream = Stream("round trips", trial.tier.name, trial.seed, what)
        reviews = [evidence(one)[0] for one in stream.shuffled(list(trial.proposals))]
        line.exchange(opening(Trial.of(trial), "terminal").message)
        for ask in (*reviews, *rounds(trial, stream, what)):
            started = perf_counter_ns()
            line.exchange(ask.message)
            taken[ask.about].append(perf_counter_ns() - started)
    return taken


def probe(rows: Iterable[Row]) -> Interval:
    """Gradient-boosted trees on numbers; a row that has fewer than others has none in their place."""
    samples = list(rows)
    width = max(len(features) for features, _, _ in samples)
    x = np.array([features + [np.nan] * (width - len(features)) for features, _, _ in samples])
    # Small leaves, as a leak may be all there is to see in a few proposals.
    trees = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    return _held_out(trees, x, samples)


def text_probe(rows: Iterable[Row]) -> Interval:
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


def _held_out(model: Any, x: Any, samples: Sequence[Row]) -> Interval:
    wrong, episode = (np.array([sample[place] for sample in samples]) for place in (1, 2))
    asked = episode % 2 == 1
    scores = predicted(model, x[~asked], wrong[~asked], x[asked])
    return auc_interval(scores, wrong[asked], episode[asked])
