"""Claim "shortcuts": classifiers that see a proposal, but look nothing up, cannot tell whether it is wrong.

    for measurement in measure(QUICK): ...

Each probe is trained on episodes of one kind and asked about others that it has not seen: from `train` to `validation`,
whose Actor speaks in the same voices, and within `test`, whose voices are its own. Its figure is the held-out AUC. The
direction of a probe is fixed by its training, so that a figure under 0.5 is of no use to anyone who learns from the
training episodes: it is chance, or the two kinds of episodes differ. The note says so where the interval is under 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from threadpoolctl import threadpool_limits

from ...server.world.tasks import TIERS
from ..certificate import Bar, Interval, Measurement, at_most
from ..episodes import Scale
from ..estimates import auc_interval, predicted
from .probe_features import Case, Features, cases, labels

NO_SHORTCUT = at_most(0.55)
STRONGEST = 5
"""How many features are named where a probe tells anything."""
AUTHORITIES = "with what an authority look-up decides, which is auditing"
PERMUTED = 2_000
"""Cases on which the features of trees are permuted to find those."""
_TOKENS = r"[^\W\d_]+(?:'[^\W\d_]+)?|[+-]?\d+(?:[.-]\d+)*|[^\w\s]"

Read = Callable[[Case], Features]


@dataclass(frozen=True, slots=True)
class Probe:
    """What is looked at, how a classifier of it is made, and the bar of its held-out AUC."""

    what: str
    make: Callable[[], Pipeline]
    bar: Bar | None = NO_SHORTCUT
    note: str = ""


def _of_text(**options: Any) -> Any:
    return TfidfVectorizer(preprocessor=attrgetter("text"), sublinear_tf=True, dtype=np.float32, **options)


def of_words(most: int = 2) -> Any:
    """Words, numbers and punctuation marks, up to so many in a row."""
    return _of_text(token_pattern=_TOKENS, ngram_range=(1, most), min_df=5)


def of_characters() -> Any:
    """Two to four characters in a row, case kept, within words and at their edges."""
    return _of_text(analyzer="char_wb", ngram_range=(2, 4), min_df=10)


def of_features(read: Read) -> Pipeline:
    """Named features as columns: each word one of its own."""
    rows = FunctionTransformer(lambda of: [read(case) for case in of], feature_names_out=lambda *_: np.array(["case"]))
    return make_pipeline(rows, DictVectorizer(sparse=False))


def scaled(read: Read) -> Pipeline:
    """Named features for a linear model: each with variance 1, and all of a case together as long as its words."""
    return make_pipeline(of_features(read), StandardScaler(), Normalizer())


def linear(*columns: Any) -> Pipeline:
    """Ridge logistic regression on columns side by side."""
    return make_pipeline(make_union(*columns), LogisticRegression(tol=1e-3, max_iter=300))


def boosted(*columns: Any) -> Pipeline:
    """Gradient boosted trees on columns side by side, which must be dense."""
    trees = HistGradientBoostingClassifier(
        learning_rate=0.07,
        max_iter=60,
        max_leaf_nodes=15,
        min_samples_leaf=25,
        l2_regularization=1.0,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    )
    return make_pipeline(make_union(*columns), trees)


def topics() -> Pipeline:
    """The words of a note in fewer, dense columns, for trees."""
    return make_pipeline(of_words(1), TruncatedSVD(30, random_state=0))


def everything(case: Case) -> Features:
    """Whatever is seen before a patient or the cohort is looked up, the protocol not held against the note."""
    return {**case.listed, **case.style}


def both(
    what: str, read: Read, bar: Bar | None = NO_SHORTCUT, note: str = "", *, words: bool = False
) -> tuple[Probe, Probe]:
    """Named features read by a linear model and by trees; with `words`, those of the note stand beside them."""
    return (
        Probe(f"{what}, linear", lambda: linear(*([of_words()] if words else []), scaled(read)), bar, note),
        Probe(f"{what}, trees", lambda: boosted(*([topics()] if words else []), of_features(read)), bar, note),
    )


BLIND = (
    *both("reset observation", attrgetter("listed")),
    *both("confidence, order, ids, counts", attrgetter("bare")),
)
TEXT = (
    Probe("words of the note", lambda: linear(of_words())),
    Probe("characters of the note", lambda: linear(of_characters())),
    *reversed(both("style and numbers of the note", attrgetter("style"))),
)
_, QUOTABLE = both("what a note may quote of the patient", attrgetter("quotable"))
TOGETHER = both("all of these", everything, words=True)
WITH_PROTOCOL = both("note and protocol", attrgetter("against_protocol"), None, AUTHORITIES, words=True)


@dataclass(frozen=True, slots=True)
class Samples:
    """What a probe is trained on, and what it is asked about."""

    tier: str
    train: Sequence[Case]
    test: Sequence[Case]
    seeds: str


def between_splits(tier: str, count: int) -> Samples:
    """From `train` to `validation`, in the same voices: a phrase that leaks goes with them."""
    seeds = f"train 0-{count - 1} → validation 0-{count - 1}"
    return Samples(tier, cases(tier, "train", count), cases(tier, "validation", count), seeds)


def within_test(tier: str, count: int) -> Samples:
    """From the first half to the second of `test`, whose voices are its own."""
    half = count // 2
    seeds = f"test 0-{half - 1} → test {half}-{2 * half - 1}"
    return Samples(tier, cases(tier, "test", half), cases(tier, "test", half, half), seeds)


def held_out(model: Pipeline, samples: Samples, within: Sequence[str] | None = None) -> Interval:
    """Train a model and return its AUC on what it has not seen; `within` as in `auc_interval`."""
    scores = predicted(model, samples.train, labels(samples.train), samples.test)
    return auc_interval(scores, labels(samples.test), [case.episode.index for case in samples.test], within)


def strongest(model: Pipeline, samples: Samples) -> str:
    """The features that a trained model leans on most, by name: by its coefficients, or by permuting each."""
    columns, last = model[:-1], model[-1]
    names = columns.get_feature_names_out()
    if hasattr(last, "coef_"):
        weights = last.coef_[0]
    else:
        asked = samples.test[:PERMUTED]
        seen = columns.transform(asked)
        with threadpool_limits(1):
            found = permutation_importance(last, seen, labels(asked), scoring="roc_auc", n_repeats=2, random_state=0)
        weights = found.importances_mean
    order = np.argsort(-np.abs(weights), kind="stable")[:STRONGEST]
    return "leans on " + ", ".join(f"{names[i].split('__', 1)[-1]!r} ({weights[i]:+.3f})" for i in order)


def probed(probe: Probe, samples: Samples) -> Measurement:
    """One row of the certificate, which names the features that tell where a figure is not chance."""
    model = probe.make()
    figure = held_out(model, samples)
    notes = [probe.note]
    if figure.high < 0.5:
        notes.append("wholly under 0.5: no use to one who learns from it")
    if probe.bar is not None and figure.low > 0.5:
        notes.append(strongest(model, samples))
    note = "; ".join(filter(None, notes))
    return Measurement(f"AUC, {probe.what}", samples.tier, figure, probe.bar, samples.seeds, note)


def within_shapes(probe: Probe, samples: Samples) -> Measurement:
    """The AUC of a probe among the notes of one shape: question, verdict, and what is said of which clauses.

    It is the mean over shapes of how often a wrong proposal has a higher probability than a right one of its shape, by
    the number of such pairs.
    """
    found = held_out(probe.make(), samples, within=[str(case.shape) for case in samples.test])
    return Measurement(f"AUC, {probe.what}, within shapes", samples.tier, found, NO_SHORTCUT, samples.seeds)


def measure(scale: Scale) -> Iterator[Measurement]:
    """Probe every tier with what is seen before anything is looked up, then with the note against the protocol."""
    for tier in TIERS:
        for samples in (between_splits(tier, scale.probed), within_test(tier, scale.probed)):
            for probe in (*BLIND, *TEXT, QUOTABLE, *TOGETHER):
                yield probed(probe, samples)
            yield within_shapes(TEXT[0], samples)
            train, test = ([c for c in half if not c.leans_on_authority] for half in (samples.train, samples.test))
            without = replace(samples, train=train, test=test)
            for probe in WITH_PROTOCOL:
                yield probed(probe, samples)
                yield probed(replace(probe, what=f"{probe.what}, without authorities", note=""), without)
