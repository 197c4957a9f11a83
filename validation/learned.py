"""Claim "learned": a policy that learns to skip a part of the evidence finds few mistakes.

    for row in learned("hard", QUICK): ...     # mean skill on test episodes, an attacker each

An attacker is boosted trees on every feature of its evidence that a clever person would make (`SEES`), trained on
`train`. It flags what is likelier to be wrong than a threshold that has the highest mean skill on `validation`; 0 flags
all, which is skill 0. What it finds is what somebody gains who never looks at the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer

from ..server.audit.reward_model import Confusion
from ..server.world.argument import MET
from ..server.world.protocol import COMPLIANT, quantity_of
from ..server.world.quantities import LIMITS, PARAMETERS, QUESTIONS, THRESHOLDS
from ..server.world.record import Facts, facts
from .certificate import Bar, Measurement, at_most
from .episodes import Scale, first
from .estimates import mean_interval, predicted
from .evidence import Example, Features, examples, labels, style
from .fault_guesses import of_the_note, shapley_values

ATTACKED = ("medium", "hard", "expert", "frontier-6")
MOST_THRESHOLDS = 60


def row_of(example: Example) -> Facts | None:
    """The facts of the patient; None for a proposal on the cohort."""
    record = example.scenario.patient.get(example.note.patient_id)
    return None if record is None else facts(record)


def verdict(example: Example) -> Features:
    """What the Actor concluded."""
    return {"verdict": example.note.verdict}


def against_protocol(example: Example) -> Features:
    """How far a record is from each limit, under each clause that may give it; which rules it breaks, and how many."""
    row, trial = row_of(example), example.proposal.trial
    if row is None:
        return {"on the cohort": 1.0}
    features: Features = dict(row)
    near, broken = [], set()
    for check in trial.protocol.limits:
        name, unit = check.parameter, PARAMETERS[check.parameter].sizes.step
        value, sign = quantity_of(check.quantity, row), 1 if check.upper else -1
        clauses = [c for c in trial.protocol.clauses if c.parameter == name]
        margin, *others = (
            sign * (limit - value) / unit
            for limit in (trial.protocol.limit(name, row), *(c.value for c in clauses if c.value is not None))
        )
        kept = check.keeps(value, trial.protocol.limit(name, row))
        features |= {f"{name}, margin": margin, f"{name}, least": min(others), f"{name}, most": max(others)}
        features |= {f"{name}, readings that differ": sum((other >= 0) != kept for other in others)}
        features |= {f"{name}, nearest": min(map(abs, others))}
        near.append((abs(margin), name, kept))
        broken |= {question for question, names in QUESTIONS.items() if name in names and not kept}
        for condition in (c for clause in clauses for c in clause.when if c.field in THRESHOLDS):
            apart = abs(row[condition.field] - condition.value) / THRESHOLDS[condition.field].near[1]
            nearest = float(features.get(f"{name}, nearest condition", np.inf))
            features[f"{name}, nearest condition"] = min(apart, nearest)
    for place, (apart, name, kept) in enumerate(sorted(pair for pair in near if isfinite(pair[0]))[:3]):
        features |= {f"{place}. nearest": apart, f"{place}. nearest is": name, f"{place}. nearest is kept": kept}
    features |= {f"breaks {question}": 1.0 for question in broken}
    return {name: value for name, value in features.items() if value == value} | {"rules broken": len(broken)}


def in_note(example: Example, *, with_protocol: bool) -> Features:
    """The note as a careful reader has it, with the protocol at hand or not."""
    return {**style(example), **of_the_note(example.scenario, example.proposal, with_protocol=with_protocol)}


def against_source(example: Example) -> Features:
    """The note held clause by clause against record, timeline and SHAP, without the protocol."""
    row, argument = row_of(example), example.proposal.brief.argument
    features: Features = {"question": example.question, **(row or {})}
    if row is None or argument is None:
        return features
    features["value, off"] = argument.said - quantity_of(LIMITS[argument.parameter].quantity, row)
    used = {name: share for name, share in shapley_values(example.scenario, example.proposal).items() if share}
    features |= {"fields used": len(used)} | {f"{name}, share": share for name, share in used.items()}
    for step in argument.steps:
        if step.condition is not None:
            features[f"{step.condition.field}, in the note"] = step.part
            if step.said is not None:
                if bool(step.condition.holds(row)) != (step.part == MET):
                    features["conditions that differ"] = 1.0
                off = abs(step.said - row[step.condition.field])
                features["condition, off"] = max(off, float(features.get("condition, off", 0)))
    if argument.manner.quotes_limit:
        keeps = LIMITS[argument.parameter].keeps(quantity_of(LIMITS[argument.parameter].quantity, row), argument.limit)
        features["as the note has the limit"] = keeps == (argument.verdict == COMPLIANT)
    return features


SEES: Mapping[str, tuple[Callable[[Example], Features], Bar | Mapping[str, Bar]]] = {
    "verdict, record and protocol": (
        lambda example: {**verdict(example), **against_protocol(example)},
        {"medium": at_most(0.4), "hard": at_most(0.5), "expert": at_most(0.3), "frontier-6": at_most(0.3)},
    ),
    "record and protocol, no note": (against_protocol, at_most(0.03)),
    "record alone": (lambda example: {**(row_of(example) or {})}, at_most(0.03)),
    "note and protocol, no record": (lambda example: in_note(example, with_protocol=True), at_most(0.10)),
    "note and tools, no protocol": (
        lambda example: {**in_note(example, with_protocol=False), **against_source(example)},
        at_most(0.20),
    ),
}
"""Attackers: their evidence, and the mean skill that each may have."""


def skills(flagged: np.ndarray, wrong: np.ndarray, episodes: np.ndarray) -> list[float]:
    """The skill of each episode."""
    counts = np.zeros((int(episodes.max()) + 1, 2, 2), int)
    np.add.at(counts, (episodes, flagged.astype(int), wrong.astype(int)), 1)
    return [Confusion(hit, false, missed, right).skill for (right, missed), (false, hit) in counts.tolist()]


def learned(tier: str, scale: Scale) -> Iterator[Measurement]:
    """Train each attacker of a tier, fit its threshold, and let it flag test episodes."""
    sizes = {"train": scale.guessed, "validation": scale.played, "test": 2 * scale.played}
    of = {split: examples(tier, split, count) for split, count in sizes.items()}
    wrong = {split: np.array(labels(every)) for split, every in of.items()}
    episode = {split: np.array([example.episode for example in every]) for split, every in of.items()}
    for name, (see, bars) in SEES.items():
        table = DictVectorizer(sparse=False, dtype=np.float32)
        seen = table.fit_transform([see(example) for example in of["train"]])
        asked = [table.transform([see(example) for example in of[split]]) for split in ("validation", "test")]
        trees = HistGradientBoostingClassifier(
            learning_rate=0.06,
            max_iter=150,
            max_leaf_nodes=15,
            min_samples_leaf=25,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=0,
        )
        chances = predicted(trees, seen, wrong["train"].tolist(), np.concatenate(asked))
        tuned, tested = np.split(chances, [len(asked[0])])
        thresholds = [0.0, *np.quantile(tuned, np.linspace(0, 0.99, MOST_THRESHOLDS))]

        def on_validation(least: float, tuned: np.ndarray = tuned) -> float:
            return float(np.mean(skills(tuned >= least, wrong["validation"], episode["validation"])))

        best = max(thresholds, key=on_validation)
        figure = mean_interval(skills(tested >= best, wrong["test"], episode["test"]))
        bar = bars[tier] if isinstance(bars, Mapping) else bars
        seeds = f"{first('train', sizes['train'])} → {first('test', sizes['test'])}"
        yield Measurement(f"mean skill, learned from {name}", tier, figure, bar, seeds)


def measure(scale: Scale) -> Iterator[Measurement]:
    """Train all attackers on every tier that asks for more than ages."""
    for tier in ATTACKED[: 2 if scale.doubt else None]:
        yield from learned(tier, scale)
