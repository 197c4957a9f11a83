"""Claim "shortcuts": attackers that do not audit cannot tell which proposals are wrong.

    attacker = Attacker("order", evidence.order)
    for measurement in attack(attacker, between_splits("hard", 800)): ...   # its AUC on proposals that it has not seen

An attacker is a row of a table: the features that it sees (`evidence.py`), boosted trees on them or another classifier,
and the bar of its AUC. To add one, add a row. It is trained on some episodes and asked
about others: from `train` to `validation`, whose Actor speaks in the same voices, or within `test`, whose voices
are its own. A figure under 0.5 is of no use to anyone who learns from the training episodes: it is chance.

The attackers of BEFORE_ANY_LOOK see what a client is sent before it looks anything up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ..server.world.tasks import TIERS
from . import evidence
from .certificate import Bar, Interval, Measurement, at_most
from .episodes import Scale
from .estimates import auc_interval, predicted
from .evidence import Example, Features, examples, labels

NO_SHORTCUT = at_most(0.55)
_TOKENS = r"[^\W\d_]+(?:'[^\W\d_]+)?|[+-]?\d+(?:[.-]\d+)*|[^\w\s]"


def trees(see: Callable[[Example], Features]) -> Pipeline:
    """Gradient boosted trees on named features; each word is a column of its own."""
    classifier = HistGradientBoostingClassifier(
        learning_rate=0.07,
        max_iter=60,
        max_leaf_nodes=15,
        min_samples_leaf=25,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    )
    rows = FunctionTransformer(lambda of: [see(example) for example in of])
    return make_pipeline(rows, DictVectorizer(sparse=False, dtype=np.float32), classifier)


def words(see: Callable[[Example], str]) -> Pipeline:
    """Ridge logistic regression on words, numbers and punctuation marks of a text, up to two in a row."""
    tfidf = TfidfVectorizer(
        preprocessor=see, token_pattern=_TOKENS, ngram_range=(1, 2), min_df=5, sublinear_tf=True, dtype=np.float32
    )
    return make_pipeline(tfidf, LogisticRegression(tol=1e-3, max_iter=300))


@dataclass(frozen=True, slots=True)
class Attacker:
    """Evidence without an audit, a classifier of it, and the bars that it is held to."""

    what: str
    see: Callable[[Example], Any]
    auc: Bar = NO_SHORTCUT
    make: Callable[[Callable[[Example], Any]], Pipeline] = trees


WORDS = Attacker("words of the note", attrgetter("text"), make=words)
BEFORE_ANY_LOOK = (
    Attacker("reset observation", evidence.queue),
    Attacker("confidence, order, ids, counts", evidence.order),
    WORDS,
    Attacker("style and numbers of the note", evidence.style),
    Attacker("all of these", evidence.before_any_look),
)


@dataclass(frozen=True, slots=True)
class Samples:
    """Proposals that an attacker is trained on, and those that it is asked about."""

    tier: str
    train: Sequence[Example]
    test: Sequence[Example]
    seeds: str


def between_splits(tier: str, count: int) -> Samples:
    """From `train` to `validation`, in the same voices: a phrase that leaks goes with them."""
    seeds = f"train 0-{count - 1} → validation 0-{count - 1}"
    return Samples(tier, examples(tier, "train", count), examples(tier, "validation", count), seeds)


def within_test(tier: str, count: int) -> Samples:
    """From the first half to the second of `test`, whose voices are its own."""
    half = count // 2
    seeds = f"test 0-{half - 1} → test {half}-{2 * half - 1}"
    return Samples(tier, examples(tier, "test", half), examples(tier, "test", half, half), seeds)


def attack(attacker: Attacker, samples: Samples) -> Iterator[Measurement]:
    """The rows of an attacker: its AUC.

    The one that reads words has another AUC, among the notes of one shape: question, verdict, and what is said of which
    clauses. What tells there is the wording alone.
    """
    scores = predicted(attacker.make(attacker.see), samples.train, labels(samples.train), samples.test)
    asked = labels(samples.test), [example.episode for example in samples.test]

    def row(what: str, figure: Interval, bar: Bar) -> Measurement:
        return Measurement(what, samples.tier, figure, bar, samples.seeds)

    yield row(f"AUC, {attacker.what}", auc_interval(scores, *asked), attacker.auc)
    if attacker is WORDS:
        shapes = [example.shape for example in samples.test]
        yield row(f"AUC, {attacker.what}, within shapes", auc_interval(scores, *asked, shapes), attacker.auc)


def measure(scale: Scale) -> Iterator[Measurement]:
    """Attack every tier before anything is looked up."""
    for tier in TIERS:
        for samples in (between_splits(tier, scale.probed), within_test(tier, scale.probed)):
            for attacker in BEFORE_ANY_LOOK:
                yield from attack(attacker, samples)
