"""Whether anything but the evidence tells a label: rewards, sizes, latencies and texts of the answers before the end.

Three kinds of proof, each of which can fail on its own:

- **exact**: the truth is watched, and nobody looks at it before the end; every label is turned over, and not a byte
  changes; the same mistake has the same text, and the same kind of step the same reward, whatever the proposal;
- **probes**: gradient-boosted trees on all that is heard of a proposal guess its label on held-out episodes;
- `byte_scan.py` reads what a real server sends.

In immediate settlement the reward of a decision tells its label, which is what it is for; in terminal settlement
nothing may.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from synth_audit_env.models import COHORT
from synth_audit_env.server.episode import SETTLEMENTS
from synth_audit_env.server.scenario import Scenario
from synth_audit_env.server.seeding import Stream
from synth_audit_env.server.tasks import TIERS
from synth_audit_env.validation.certificate import Interval, Measurement, at_least, at_most
from synth_audit_env.validation.channel.listening import (
    DECISIONS,
    EVIDENCE,
    MISTAKES,
    Ask,
    Heard,
    comparable,
    everything,
    hear,
    rounds,
    step,
    twin,
    watched,
)
from synth_audit_env.validation.episodes import Scale, scenarios
from synth_audit_env.validation.estimates import auc_interval

CLAIM = "channel"
SPLIT = "validation"
CHANCE = at_most(0.55)
_NOTHING = at_most(0.0)
_NAMES = re.compile(r"PROP-\d+|P\d{4}|COHORT|flagged|approved", re.IGNORECASE)
"""What the listener has said itself: whom it asked about, and how it has decided."""
_PLAYS = (*(("terminal", what) for what in (*DECISIONS, MISTAKES)), ("immediate", MISTAKES))
"""Rounds in which no answer may tell a label, so that all of it goes to the probes."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Measure the claim, the exact part first."""
    compared = scale.played // 10
    trials = [one for tier in TIERS for one in scenarios(tier, SPLIT, compared)]
    seeds = f"{SPLIT} 0-{compared - 1} of each tier"
    yield from looks(trials, seeds)
    yield from turned_over(trials, seeds)
    yield others_told([one for tier in TIERS for one in scenarios(tier, SPLIT, scale.probed // 2)], scale.probed // 2)
    probed = scale.logged // 2
    listened = [one for tier in TIERS for one in scenarios(tier, SPLIT, probed)]
    seeds = f"{SPLIT} 0-{probed - 1} of each tier, every other to train on"
    yield from probes(listened, 2 if scale.doubt else 3, seeds)


def looks(trials: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Count who looks at the truth before the end: code that never reads a label cannot tell it in any way."""
    for settlement in SETTLEMENTS:
        seen, failing = 0, []
        for trial in trials:
            scenario, truth = watched(trial)
            asks = _everything(trial)
            if settlement == "immediate":
                asks = [ask for ask in asks if not _decides(ask) or int(ask.about[-3:]) % 2]
            hear(scenario, settlement, asks)
            mine = [one for one in truth if settlement == "terminal" or int(one[0][-3:]) % 2 == 0]
            seen += len(mine)
            failing += [_name(trial)] * bool(mine)
        whose = "any proposal" if settlement == "terminal" else "an undecided proposal"
        yield Measurement(
            CLAIM,
            f"looks at the truth about {whose} before the end, {settlement} settlement",
            "all",
            Interval.exact(seen),
            _NOTHING,
            _first(failing) or seeds,
            "Every read of a label, error type, judgement or explanation is counted while everything is asked.",
        )


def turned_over(trials: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Turn every label over, ask the same, and compare the answers to the last byte; then sort them by kind."""
    report = step("report", "", "submit_audit_report", report="Nothing.")
    kinds, ends = Kinds(), []
    for settlement in SETTLEMENTS:
        differing, failing, count = 0, [], 0
        for trial in trials:
            asks = [*_everything(trial), report]
            *before, end = hear(trial, settlement, asks)
            *turned, other_end = hear(twin(trial), settlement, asks)
            pairs = zip(before, turned, strict=True)
            changed = [a.ask.kind for a, b in pairs if comparable(a, settlement) != comparable(b, settlement)]
            differing, count = differing + len(changed), count + len(before)
            failing += [f"{_name(trial)} ({kind})" for kind in changed[:1]]
            ends.append(end.answer != other_end.answer)
            kinds.add(trial, settlement, before)
        yield Measurement(
            CLAIM,
            f"answers before the end that change when every label is turned over, {settlement} settlement",
            "all",
            Interval.exact(differing),
            _NOTHING,
            _first(failing) or seeds,
            f"Of {count} answers to everything there is to ask, in random order"
            + (", the reward of the decision itself left out." if settlement == "immediate" else ", rewards included."),
        )
    yield Measurement(
        CLAIM,
        "share of ends that change when every label is turned over",
        "all",
        Interval.exact(float(np.mean(ends))),
        at_least(1.0),
        seeds,
        "The control: what the comparison must see once the truth is told.",
    )
    yield from kinds.measurements(seeds)


class Kinds:
    """All rewards by the kind of step, and all errors by the kind of mistake: of each kind there must be one."""

    def __init__(self) -> None:
        self.rewards: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self.texts: dict[tuple[str, ...], set[str]] = defaultdict(set)

    def add(self, trial: Scenario, settlement: str, answers: Iterable[Heard]) -> None:
        """Sort the answers of an episode."""
        patients = {one.note.proposal_id: one.note.patient_id for one in trial.proposals}
        for heard in answers:
            if heard.status != "no step" and not (settlement == "immediate" and heard.settles):
                kind = heard.status if settlement == "immediate" else "any"
                self.rewards[settlement, heard.ask.action, kind].add(str(heard.reward))
            if heard.error is not None and heard.ask.about:
                subject = "cohort" if patients[heard.ask.about] == COHORT else "patient"
                self.texts[heard.ask.kind, heard.status, subject].add(_NAMES.sub("…", heard.error))

    def measurements(self, seeds: str) -> Iterator[Measurement]:
        """The kinds that have most."""
        for what, found in (
            ("most rewards that one kind of step has, decisions in immediate settlement left out", self.rewards),
            ("most texts that one kind of mistake has, names of proposals and patients left out", self.texts),
        ):
            kind, values = max(found.items(), key=lambda item: (len(item[1]), item[0]))
            note = f"Of {len(found)} kinds."
            if len(values) > 1:
                note += f" The one with most is {', '.join(kind)}: {sorted(values)[:4]}"
            yield Measurement(CLAIM, what, "all", Interval.exact(len(values)), at_most(1.0), seeds, note)


@dataclass
class Sound:
    """All that was heard of one proposal, as numbers."""

    episode: int
    wrong: bool
    rewards: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    evidence_sizes: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Nanoseconds, the least of all repetitions."""

    def quieter(self, others: Sequence[Sound]) -> Sound:
        """Without what all proposals of its episode have in common: the length of the list, a slow moment."""
        return replace(
            self,
            sizes=list(np.subtract(self.sizes, np.median([one.sizes for one in others], axis=0))),
            times=list(np.subtract(self.times, np.median([one.times for one in others], axis=0))),
        )


def probes(trials: Sequence[Scenario], repetitions: int, seeds: str) -> Iterator[Measurement]:
    """Train trees on what was heard of the proposals of every other episode, and test them on the rest."""
    heard = sounds(trials, repetitions)
    told = ", all of terminal settlement and all before the decision in immediate"
    rows: tuple[tuple[str, Callable[[Sound], list[float]], bool, str], ...] = (
        ("AUC, rewards" + told, lambda s: s.rewards, True, ""),
        ("AUC, sizes of answers" + told, lambda s: s.sizes, True, "Reviews, decisions, errors and states."),
        ("AUC, latencies" + told, lambda s: s.times, True, f"Least of {repetitions} interleaved repetitions."),
        ("AUC, sizes of the evidence tools' answers", lambda s: s.evidence_sizes, False, _INFORMS),
    )
    for what, features, bound, note in rows:
        figure = probe([(features(one), one.wrong, one.episode) for one in heard])
        yield Measurement(CLAIM, what, "all", figure, CHANCE if bound else None, seeds, note)


_INFORMS = "No bar: a record with a date of death is longer than one without, and dates decide."


def others_told(trials: Sequence[Scenario], count: int) -> Measurement:
    """Whether what immediate settlement has paid for the other proposals of an episode tells the label of one."""
    rows = []
    for number, trial in enumerate(trials):
        features = _others(trial)
        rows += [(features[one.note.proposal_id], one.is_wrong, number) for one in trial.proposals]
    return Measurement(
        CLAIM,
        "AUC, rewards for the other proposals, immediate settlement",
        "all",
        probe(rows),
        CHANCE,
        f"{SPLIT} 0-{count - 1} of each tier, every other to train on",
        "Sums, counts and neighbours, also of what is decided later: labels are drawn independently of one another.",
    )


def probe(rows: Iterable[tuple[list[float], bool, int]]) -> Interval:
    """How well trees that are trained on the even episodes guess the labels of the odd ones."""
    samples = list(rows)
    width = max(len(features) for features, _, _ in samples)
    x = np.array([features + [np.nan] * (width - len(features)) for features, _, _ in samples])
    wrong, episode = (np.array([sample[i] for sample in samples]) for i in (1, 2))
    held_out = episode % 2 == 1
    # Small leaves, as a leak may be all there is to see in a few proposals.
    trees = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    with threadpool_limits(1):  # threads that wait for one another take longer than these few rows
        trees.fit(x[~held_out], wrong[~held_out])
        scores = trees.predict_proba(x[held_out])[:, 1]
    return auc_interval(list(scores), list(wrong[held_out]), list(episode[held_out]))


def sounds(trials: Sequence[Scenario], repetitions: int) -> list[Sound]:
    """Listen to every trial. Each repetition goes through all of them, so that a slow minute hits all alike."""
    of: dict[tuple[int, str], Sound] = {
        (number, one.note.proposal_id): Sound(number, one.is_wrong)
        for number, trial in enumerate(trials)
        for one in trial.proposals
    }
    for repetition in range(repetitions):
        for number, trial in enumerate(trials):
            times: dict[str, list[float]] = defaultdict(list)
            for settlement, what in _PLAYS:
                for heard in _rounds(trial, settlement, what):
                    times[heard.ask.about].append(heard.nanoseconds)
                    if repetition == 0:
                        sound = of[number, heard.ask.about]
                        sound.sizes.append(heard.size)
                        sound.rewards += [] if heard.reward is None else [heard.reward]
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


def _everything(trial: Scenario) -> list[Ask]:
    return everything(trial, Stream("everything", trial.tier.name, trial.seed))


def _decides(ask: Ask) -> bool:
    return ask.kind in DECISIONS


def _name(trial: Scenario) -> str:
    return f"{trial.tier.name} seed {trial.seed}"


def _first(failing: Sequence[str]) -> str:
    return ", ".join(failing[:5]) + (f" and {len(failing) - 5} more" if len(failing) > 5 else "")
