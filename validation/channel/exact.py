"""Claim "channel", the exact part: how often a label is read before the end, and what changes when all are flipped.

    for measurement in looks(trials, "validation 0-2 of each tier"): ...
    for measurement in flipped(trials, "validation 0-2 of each tier"): ...

Code that never reads a label cannot reveal it. And if no byte of an answer depends on the labels, no classifier can
find anything in it. The classifiers of `probes.py` are trained all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from ...models import COHORT
from ...server.audit.episode import SETTLEMENTS
from ...server.world.scenario import Scenario
from ..certificate import Measurement, at_least, at_most, counted, exact
from ..episodes import name_of
from .answers import NAMES, Answer, ask_session, comparable
from .asks import DECISIONS, everything, step, twin, watched

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
            pairs = zip(before, others, strict=True)
            changed = [a.ask.kind for a, b in pairs if comparable(a, settlement) != comparable(b, settlement)]
            failing += [f"{name_of(trial)} ({changed[0]})" for _ in changed]
            count += len(before)
            ends.append(end.text != other_end.text)
            _sort(settlement, trial, before, rewards, texts)
        but = "the reward of the decision itself left out" if settlement == "immediate" else "rewards included"
        what = f"answers before the end that change when all labels are flipped, {settlement} settlement"
        note = f"Of {count} answers to everything there is to ask, in random order, {but}; states and error texts too."
        yield counted(what, failing, seeds, note)
    what = "control: share of final answers that change when all labels are flipped"
    note = "The outcome tells the labels: a comparison that missed it would be blind."
    yield exact(what, fmean(ends), at_least(1.0), seeds, note)
    for what, kinds in (
        ("most rewards that one kind of step has, decisions in immediate settlement left out", rewards),
        ("most texts that one kind of mistake has, names of proposals and patients left out", texts),
    ):
        kind, values = max(kinds.items(), key=lambda item: (len(item[1]), item[0]))
        note = f"Of {len(kinds)} kinds."
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
            texts[one.ask.kind, kind, subject].add(NAMES.sub("…", one.error))
